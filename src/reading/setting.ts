/** Reads values by their rows in the table of settings. */
import type { GoipError } from '../errors.js';
import { AllowList, problemOfAllow } from '../net/addresses.js';
import { isInRange, type NumberRow, type ValueRow } from '../tables/settings.js';
import type { LocalTime } from '../time/local-time.js';
import { parseQuietHours, type QuietHours } from '../time/quiet-hours.js';
import { timeOfZone } from '../time/zone-time.js';
import { isCountry } from '../gsm/numbers.js';
import { quoted } from './problems.js';
import { booleanOf, entriesOf, isBlank, kindOf, numberOf, textOf, UnsetVariable, type Reading } from './values.js';

/** What values become when they are read, by the kind of their row. */
interface Values {
  readonly text: string;
  readonly flag: boolean;
  readonly 'whole number': number;
  readonly seconds: number;
  readonly days: number;
  readonly country: string;
  /** The calendar of the time zone. */
  readonly 'time zone': LocalTime;
  readonly 'quiet hours': QuietHours;
  readonly addresses: AllowList;
}

/** What a value of the row becomes. Undefined if there is none, and the row has no default. */
export type ValueOf<R extends ValueRow> =
  | (R extends { readonly choices: readonly (infer C)[] } ? C : R['is'] extends keyof Values ? Values[R['is']] : never)
  | (R['default'] extends null ? undefined : never);

type Rows = Readonly<Record<string, ValueRow>>;

/** Values of a table, in the unit in which they are written. */
export type ValuesOf<R extends Rows> = { readonly [K in keyof R]: ValueOf<R[K]> };

/**
 * Reads the values of a table.
 * @param onProblem is called for each wrong value; its default takes its place
 */
export function readRows<R extends Rows>(
  rows: R,
  options: Readonly<Partial<Record<keyof R, unknown>>>,
  onProblem: (name: keyof R & string, problem: string) => void,
): ValuesOf<R> {
  const values = Object.entries<ValueRow>(rows).map(([name, row]) => {
    const reading = readValue(row, options[name]);
    if ('value' in reading) return [name, reading.value];
    onProblem(name, reading.problem);
    return [name, row.default ?? undefined];
  });
  // What each value is follows from its row.
  return Object.fromEntries(values) as ValuesOf<R>;
}

/** Reads one value, or the default if it is blank. */
function readValue(row: ValueRow, value: unknown): Reading<unknown> {
  if (isBlank(value)) return { value: row.default ?? undefined };
  if (row.is === 'quiet hours') return readQuietHours(value);
  if (row.is === 'addresses') return readServerAllow(value);
  const read = valueIn(row, value);
  return read === undefined ? { problem: `must be ${rangeOf(row)}${notShown(value)}` } : { value: read };
}

/** The value; undefined if it is wrong. */
function valueIn(row: ValueRow, value: unknown): unknown {
  const text = textOf(value)?.trim();
  switch (row.is) {
    case 'flag':
      return booleanOf(value);
    case 'choice':
      return row.choices.find((choice) => choice === text);
    case 'country':
      return text !== undefined && isCountry(text) ? text.toUpperCase() : undefined;
    case 'time zone':
      return timeOfZone(text ?? '');
    case 'whole number':
    case 'seconds':
    case 'days': {
      const number = numberOf(value);
      return number !== undefined && isInRange(row, number) ? number : undefined;
    }
    default:
      return text;
  }
}

/** The possible values, in words that follow "must be". */
export function rangeOf(row: ValueRow): string {
  switch (row.is) {
    case 'text':
      return 'a text';
    case 'flag':
      return 'true or false';
    case 'choice':
      return `one of ${row.choices.join(', ')}`;
    case 'country':
      return 'a country code of two letters, such as DE';
    case 'time zone':
      return 'a time zone such as Europe/Berlin';
    case 'quiet hours':
      return 'times like 22:00-07:00';
    case 'addresses':
      return 'addresses and networks';
    default:
      return numbersOf(row);
  }
}

function numbersOf({ is, from, above, to }: NumberRow): string {
  const what = is === 'whole number' ? `a ${is}` : `a number of ${is}`;
  const most = to === undefined ? '' : from === undefined ? `, at most ${to}` : ` to ${to}`;
  return `${what} ${from === undefined ? `above ${above ?? -Infinity}` : `from ${from}`}${most}`;
}

function readQuietHours(value: unknown): Reading<QuietHours | undefined> {
  const written = textOf(value);
  if (written === undefined) return { problem: `must be times like 22:00-07:00, not ${kindOf(value)}` };
  try {
    return { value: parseQuietHours(written) };
  } catch (error) {
    // Its sentence begins with the name of the setting.
    return { problem: (error as GoipError).message.replace(/^quietHours /, '') };
  }
}

function readServerAllow(value: unknown): Reading<AllowList | undefined> {
  const reading = readAllow(value);
  if ('value' in reading) return reading;
  return { problem: reading.problem.replace('allow: ', 'must be addresses and networks: ') };
}

/** The list of allowed addresses; undefined if all are allowed. */
export function readAllow(value: unknown): Reading<AllowList | undefined> {
  // Most of thousands of devices have none.
  if (isBlank(value)) return { value: undefined };
  const unset = (Array.isArray(value) ? (value as unknown[]) : [value]).find((item) => item instanceof UnsetVariable);
  if (unset) return { problem: `allow: it is ${String(unset)}` };
  const entries = entriesOf(value);
  const problem = problemOfAllow(entries);
  return problem === undefined ? { value: AllowList.from(entries) } : { problem };
}

/** What was written instead, unless it is too long to quote. */
function notShown(value: unknown): string {
  const written = textOf(value);
  return `, not ${written === undefined ? kindOf(value) : quoted(written)}`;
}
