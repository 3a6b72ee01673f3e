/** What a damaged journal has lost. */
import type { Damage } from './level-files/inspect.js';

export interface JournalDamage {
  /** Files and what is wrong with them. */
  readonly problems: readonly string[];
  /** Where the damaged files are; null if there is nothing to look at. */
  readonly place: string | null;
  /** Received SMS and jobs that are missing; null if nobody can know how many there were. */
  readonly sms: number | null;
  readonly jobs: number | null;
  /** Writes at the end of the journal that are missing; null if nobody can know how many there were. */
  readonly writes: number | null;
  /** Entries that are there and cannot be read. */
  readonly entries: number;
  /** Keys of jobs of which numbers may have gone out that wait according to the journal. */
  readonly doubtful: readonly string[];
  /** When it was found first, ms since the epoch: numbers that ended since then as unknown are part of it. */
  readonly foundAt?: number | undefined;
}

/** Prefixes of the keys that are counted: what is acked or accepted, and must not get lost. */
export const SMS = 'in/';
export const JOBS = 'job/';

/** Prefixes of entries without which a number could go out a second time. */
const NUMBERS = [JOBS, 'part/', 'number/', 'refused/'];

/** Whether entries of numbers may be lost. */
export function concernsNumbers(damages: readonly Damage[]): boolean {
  return damages.some(({ from, to }) =>
    NUMBERS.some((prefix) => (from === undefined || from < `${prefix}\uffff`) && (to === undefined || to >= prefix)),
  );
}

/** Adds what was found next in a journal: the later counts include the earlier ones. */
export function noteDamage(before: JournalDamage | undefined, found: Partial<JournalDamage>): JournalDamage {
  return { foundAt: Date.now(), ...NO_LOSS, ...before, ...found, ...listsOf(before, found) };
}

/** Adds what was lost to what had been lost before, and was not reported yet. */
export function addDamage(earlier: JournalDamage | undefined, later: JournalDamage | undefined) {
  if (!earlier || !later) return earlier ?? later;
  return {
    place: later.place ?? earlier.place,
    sms: sumOf(earlier.sms, later.sms),
    jobs: sumOf(earlier.jobs, later.jobs),
    writes: sumOf(earlier.writes, later.writes),
    entries: earlier.entries + later.entries,
    foundAt: earlier.foundAt ?? later.foundAt,
    ...listsOf(earlier, later),
  } satisfies JournalDamage;
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
  writes: 0,
  entries: 0,
  doubtful: [],
} satisfies JournalDamage;

/** What damage has done to jobs, as the outbox found it. */
export interface DamagedJobs {
  /** Numbers that end as unknown. */
  readonly unknown: number;
  /** Results of ended jobs that were not delivered yet, and are lost. */
  readonly results: number;
}

export function describeDamage(directory: string, damage: JournalDamage, { unknown, results }: DamagedJobs): string {
  const lost = [
    counted(damage.sms, 'received SMS', 'received SMS'),
    counted(damage.jobs, 'job', 'jobs'),
    counted(results, 'result', 'results'),
    counted(damage.writes, 'write at its end', 'writes at its end'),
    counted(damage.entries, 'unreadable entry', 'unreadable entries'),
  ].filter((one) => one !== undefined);
  return [
    `the journal in ${directory} is damaged: ${shortened(damage.problems, SHOWN).join('; ')}.`,
    lost.length === 0 ? 'No SMS, job or result is lost.' : `Lost: ${lost.join(', ')}.`,
    ...(unknown > 0 ? [`${unknown} numbers that may have been sent end as "unknown".`] : []),
    ...(damage.place === null
      ? []
      : [`Other entries in the damaged places may be missing, too; the files are in ${damage.place}.`]),
  ].join(' ');
}

function counted(count: number | null, one: string, more: string): string | undefined {
  if (count === 0) return undefined;
  return count === null ? `an unknown number of ${more}` : `${count} ${count === 1 ? one : more}`;
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
