/** What a damaged journal has lost. */
import type { Damage } from './level-files/inspect.js';
import { JOBS, RESULTS } from './keys.js';
import { COUNTED, lossOf, PREFIX_OF, type Counted } from './live-keys.js';
import type { Progress } from './mark.js';

export interface JournalDamage {
  /** Files and what is wrong with them. */
  readonly problems: readonly string[];
  /** Where the damaged files are; null if there is nothing to look at. */
  readonly place: string | null;
  /** Received SMS, jobs, and results that were not acknowledged, that are lost; null if the number cannot be known. */
  readonly sms: number | null;
  readonly jobs: number | null;
  readonly results: number | null;
  /** Which of these numbers may be too low. */
  readonly atLeast: readonly Counted[];
  /** Writes at the end of the journal that are missing; null if the number cannot be known. */
  readonly writes: number | null;
  /** Entries that are there and cannot be read. */
  readonly entries: number;
  /** Keys of jobs of which numbers may have gone out that wait according to the journal. */
  readonly doubtful: readonly string[];
  /** When it was found first, ms since the epoch: numbers that ended since then as unknown are part of it. */
  readonly foundAt: number;
}

/** Prefixes of entries without which a number could go out a second time. */
const NUMBERS = [JOBS, 'part/', 'number/', 'refused/'];

/** Whether entries of numbers may be lost. */
export function concernsNumbers(damages: readonly Damage[]): boolean {
  return damages.some(({ from, to }) =>
    NUMBERS.some((prefix) => (from === undefined || from < `${prefix}\uffff`) && (to === undefined || to >= prefix)),
  );
}

/** What is left of a journal. */
export interface Remains {
  readonly keys: readonly string[];
  /** Keys of which the last change was a deletion. */
  readonly deleted: readonly string[];
  /** Ids of the jobs that have not ended. */
  readonly jobIds: readonly string[];
}

/**
 * Counts what is lost of all that was there when the mark was written.
 *
 * @param sequence of the last batch that is left; one behind the mark may have deleted something
 */
export function lossesOf(
  { keys, deleted, jobIds }: Remains,
  mark: Progress | undefined,
  sequence: number,
): Pick<JournalDamage, Counted | 'atLeast'> {
  if (!mark) return { sms: null, jobs: null, results: null, atLeast: [] };
  // A job whose end is lost ends again, and gets a result again.
  const accounted = [...deleted, ...jobIds.map((id) => RESULTS + id)];
  const lossOfKind = (kind: Counted) => {
    const isOfKind = (key: string): boolean => key.startsWith(PREFIX_OF[kind]);
    return lossOf(mark.keys[kind], keys.filter(isOfKind), accounted.filter(isOfKind), sequence <= mark.sequence);
  };
  const losses = { sms: lossOfKind('sms'), jobs: lossOfKind('jobs'), results: lossOfKind('results') };
  return {
    sms: losses.sms.count,
    jobs: losses.jobs.count,
    results: losses.results.count,
    atLeast: COUNTED.filter((kind) => losses[kind].isAtLeast),
  };
}

/** The damage that a journal keeps; undefined if it keeps none. */
export function damageFrom(value: unknown): JournalDamage | undefined {
  return typeof value === 'object' && value !== null ? { foundAt: Date.now(), ...NO_LOSS, ...value } : undefined;
}

/** Adds what was found next in a journal: the later counts include the earlier ones. */
export function noteDamage(before: JournalDamage | undefined, found: Partial<JournalDamage>): JournalDamage {
  const entries = (before?.entries ?? 0) + (found.entries ?? 0);
  return { foundAt: Date.now(), ...NO_LOSS, ...before, ...found, entries, ...listsOf(before, found) };
}

/** Adds what was lost to what had been lost before, and was not reported yet. */
export function addDamage(
  earlier: JournalDamage | undefined,
  later: JournalDamage | undefined,
): JournalDamage | undefined {
  if (!earlier || !later) return earlier ?? later;
  return {
    place: later.place ?? earlier.place,
    sms: sumOf(earlier.sms, later.sms),
    jobs: sumOf(earlier.jobs, later.jobs),
    results: sumOf(earlier.results, later.results),
    atLeast: COUNTED.filter((kind) => earlier.atLeast.includes(kind) || later.atLeast.includes(kind)),
    writes: sumOf(earlier.writes, later.writes),
    entries: earlier.entries + later.entries,
    foundAt: earlier.foundAt,
    ...listsOf(earlier, later),
  };
}

function listsOf(before: Partial<JournalDamage> = {}, found: Partial<JournalDamage>) {
  return {
    problems: [...(before.problems ?? []), ...(found.problems ?? [])],
    doubtful: [...new Set([...(before.doubtful ?? []), ...(found.doubtful ?? [])])],
  };
}

const sumOf = (one: number | null, other: number | null): number | null =>
  one === null || other === null ? null : one + other;

const NO_LOSS = {
  problems: [],
  place: null,
  sms: 0,
  jobs: 0,
  results: 0,
  atLeast: [],
  writes: 0,
  entries: 0,
  doubtful: [],
} satisfies Omit<JournalDamage, 'foundAt'>;

/** What damage has done to jobs, as the outbox found it. */
export interface DamagedJobs {
  /** Numbers that end as unknown. */
  readonly unknown: number;
  /** Results that were not acknowledged, and of which only the name is left. */
  readonly results: number;
}

/** All that a damage has done. */
export interface ReportedDamage extends Omit<JournalDamage, 'doubtful' | 'foundAt'> {
  /** Numbers that end as unknown. */
  readonly unknown: number;
  /** When it was found first, ISO 8601. A report with the same time repeats an earlier one, with what was found since then. */
  readonly foundAt: string;
}

export function reportedDamage(
  { doubtful: _doubtful, foundAt, ...found }: JournalDamage,
  { unknown, results }: DamagedJobs,
): ReportedDamage {
  return { ...found, unknown, results: sumOf(found.results, results), foundAt: new Date(foundAt).toISOString() };
}

export function describeDamage(directory: string, damage: ReportedDamage): string {
  const lossOfKind = (kind: Counted, one: string, more: string): string | undefined =>
    counted(damage[kind], one, more, damage.atLeast.includes(kind));
  const lost = [
    lossOfKind('sms', 'received SMS', 'received SMS'),
    lossOfKind('jobs', 'job', 'jobs'),
    lossOfKind('results', 'result', 'results'),
    counted(damage.writes, 'write at its end', 'writes at its end'),
    counted(damage.entries, 'unreadable entry', 'unreadable entries'),
  ].filter((one) => one !== undefined);
  return [
    `the journal in ${directory} is damaged: ${shortened(damage.problems, SHOWN).join('; ')}.`,
    lost.length === 0 ? 'No SMS, job or result is lost.' : `Lost: ${lost.join(', ')}.`,
    ...(damage.unknown > 0 ? [`${damage.unknown} numbers that may have been sent end as "unknown".`] : []),
    ...(damage.place === null
      ? []
      : [`Other entries in the damaged places may be missing, too; the files are in ${damage.place}.`]),
    `It was found at ${damage.foundAt}.`,
  ].join(' ');
}

function counted(count: number | null, one: string, more: string, isAtLeast = false): string | undefined {
  if (count === 0) return undefined;
  if (count === null) return `an unknown number of ${more}`;
  return `${isAtLeast ? 'at least ' : ''}${count} ${count === 1 ? one : more}`;
}

/** Damaged places, and records, that are named. */
const SHOWN = 5;
const NAMED = 20;

function shortened(problems: readonly string[], most: number): readonly string[] {
  const different = [...new Set(problems)];
  const rest = different.length - most;
  return rest <= 0 ? different : [...different.slice(0, most), `${rest} more`];
}

/** An entry that does not look as it should. */
export interface SetAsideRecord {
  readonly key: string;
  readonly problem: string;
}

export function describeSetAside(directory: string, records: readonly SetAsideRecord[]): string {
  const named = records.map(({ key, problem }) => `${withoutNumber(key)} (${problem})`);
  return (
    `the journal in ${directory} has ${records.length} records that this version does not understand, and that it leaves ` +
    `alone: ${shortened(named, NAMED).join('; ')}. They are as a newer version wrote them, or somebody has changed them.`
  );
}

/** Keys of sticky lines hold telephone numbers. */
const withoutNumber = (key: string): string => (key.startsWith('sticky/') ? 'sticky/…' : key);
