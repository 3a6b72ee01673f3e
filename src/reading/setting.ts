/** What a row of the table of settings says about its setting, and the kinds of rows. */
import type { GoipError } from '../errors.js';
import { AllowList, problemOfAllow } from '../net/addresses.js';
import type { LocalTime } from '../time/local-time.js';
import { parseQuietHours, type QuietHours } from '../time/quiet-hours.js';
import { timeOfZone } from '../time/zone-time.js';
import { isCountry } from '../gsm/numbers.js';
import { quoted, type ProblemEffect } from './problems.js';
import { booleanOf, entriesOf, isBlank, kindOf, numberOf, textOf, UnsetVariable, type Reading } from './values.js';

export interface Setting<T> {
  readonly unit: 'seconds' | 'days' | 'SMS' | 'numbers' | null;
  /** Of a setting that is blank or missing. */
  readonly default: T;
  /** What values are possible, in words that follow "must be". */
  readonly range: string;
  /** Where the default comes from. */
  readonly source: string;
  /** What a server that keeps going does with a wrong value. Strict ones refuse to be made. */
  readonly ifWrong: Exclude<ProblemEffect, 'left out' | 'no line'>;
  /** Reads a value that is not blank. */
  readonly read: (value: unknown) => Reading<T>;
}

type Row<T> = Pick<Setting<T>, 'source' | 'ifWrong'> & { readonly default: T };
type NumberRow<T = number> = Row<T> &
  Partial<Pick<Setting<T>, 'unit'>> & { readonly from: number; readonly to: number };

/** The value of a setting, its default if it is blank. */
export function valueOf<T>(setting: Setting<T>, value: unknown): Reading<T> {
  return isBlank(value) ? { value: setting.default } : setting.read(value);
}

export function integer({ from, to, ...row }: NumberRow): Setting<number> {
  return numeric({ ...row, range: `a whole number from ${from} to ${to}` }, (number) => {
    return Number.isInteger(number) && number >= from && number <= to;
  });
}

/** Fractions allowed. */
export function seconds({ from, to, ...row }: NumberRow): Setting<number> {
  const range = `a number of seconds from ${from} to ${to}`;
  return numeric({ ...row, unit: 'seconds', range }, (number) => number >= from && number <= to);
}

/** Fractions allowed, 0 is not. */
export function positiveSeconds({ to, ...row }: Omit<NumberRow, 'from'>): Setting<number> {
  const range = `a number of seconds above 0, at most ${to}`;
  return numeric({ ...row, unit: 'seconds', range }, (number) => number > 0 && number <= to);
}

/** Fractions allowed, 0 is not. */
export function positiveDays(row: Row<number>): Setting<number> {
  return numeric({ ...row, unit: 'days', range: 'a number of days above 0' }, (number) => number > 0);
}

function numeric(
  row: Omit<Setting<number>, 'read' | 'unit'> & { readonly unit?: Setting<number>['unit'] },
  isInRange: (value: number) => boolean,
): Setting<number> {
  return setting(row, (value) => {
    const number = numberOf(value);
    return number !== undefined && isInRange(number) ? number : undefined;
  });
}

export function flag(row: Row<boolean>): Setting<boolean> {
  return setting({ ...row, range: 'true or false' }, booleanOf);
}

/** A text without blanks around it. */
export function text(row: Row<string>): Setting<string> {
  return setting({ ...row, range: 'a text' }, (value) => textOf(value)?.trim());
}

export function choice<T extends string>(choices: readonly T[], row: Row<T>): Setting<T> {
  return setting({ ...row, range: `one of ${choices.join(', ')}` }, (value) => {
    const written = textOf(value)?.trim();
    return choices.find((known) => known === written);
  });
}

export function country(row: Row<string | undefined>): Setting<string | undefined> {
  const range = 'a country code of two letters, such as DE';
  return setting({ ...row, range }, (value) => {
    const code = textOf(value)?.trim() ?? '';
    return isCountry(code) ? code.toUpperCase() : undefined;
  });
}

/** The calendar of a time zone; undefined for that of the process. */
export function timeZone(row: Row<LocalTime | undefined>): Setting<LocalTime | undefined> {
  const range = 'a time zone such as Europe/Berlin';
  return setting({ ...row, range }, (value) => timeOfZone(textOf(value)?.trim() ?? ''));
}

export function quietHours(row: Row<QuietHours | undefined>): Setting<QuietHours | undefined> {
  const range = 'times like 22:00-07:00';
  return { unit: null, ...row, range, read: readQuietHours };
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

export function allowList(row: Row<AllowList | undefined>): Setting<AllowList | undefined> {
  return { unit: null, ...row, range: 'addresses and networks', read: readServerAllow };
}

function readServerAllow(value: unknown): Reading<AllowList | undefined> {
  const reading = readAllow(value);
  if ('value' in reading) return reading;
  return { problem: reading.problem.replace('allow: ', 'must be addresses and networks: ') };
}

/** The list of those who may talk; undefined for everybody. */
export function readAllow(value: unknown): Reading<AllowList | undefined> {
  // Most of thousands of devices have none.
  if (isBlank(value)) return { value: undefined };
  const unset = (Array.isArray(value) ? (value as unknown[]) : [value]).find((item) => item instanceof UnsetVariable);
  if (unset) return { problem: `allow: it is ${String(unset)}` };
  const entries = entriesOf(value);
  const problem = problemOfAllow(entries);
  return problem === undefined ? { value: AllowList.from(entries) } : { problem };
}

/** @param read the value, undefined if it is wrong */
function setting<T>(
  row: Omit<Setting<T>, 'read' | 'unit'> & { readonly unit?: Setting<T>['unit'] },
  read: (value: unknown) => T | undefined,
): Setting<T> {
  return {
    unit: null,
    ...row,
    read: (written) => {
      const value = read(written);
      return value === undefined ? { problem: `must be ${row.range}${notShown(written)}` } : { value };
    },
  };
}

/** What was written instead, unless it is too much to quote. */
function notShown(value: unknown): string {
  const written = textOf(value);
  return `, not ${written === undefined ? kindOf(value) : quoted(written)}`;
}
