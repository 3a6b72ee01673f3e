/** Jobs in the journal: what is needed to go on with them after a crash, and their results. */
import type { Journal } from '../journal/journal.js';
import { del, put } from '../journal/store.js';
import type { Usage } from '../lines/limits.js';
import type { Attempt, JobResult, Priority, RecipientResult, RecipientStatus } from './result.js';

/** A job as it was accepted. */
export interface JobRecord {
  readonly id: string;
  /** Of all numbers, or one for each where they differ. */
  readonly text: string | readonly string[];
  readonly to: readonly string[];
  /** Device ids; null for any line. */
  readonly devices: readonly string[] | null;
  readonly priority: Priority;
  /** Milliseconds that the result waits for delivery reports. */
  readonly reportMs: number;
  /** Milliseconds since 1970. */
  readonly acceptedAt: number;
  /** Milliseconds since 1970; null for never. */
  readonly expiresAt: number | null;
  readonly paused: boolean;
  /** Who gets the result, and what it wants to get with it. */
  readonly origin: string | null;
  readonly context: unknown;
}

/** What older jobs do not say. */
const OLDER = { priority: 'normal', reportMs: 0 } satisfies Partial<JobRecord>;

/** A number that is with a device. */
export interface SubmissionRecord {
  readonly state: 'submitted';
  readonly device: string;
  readonly sendid: number;
  readonly telid: number;
  /** The line's keepalive counter: a lower one means that the device restarted, and forgot it. */
  readonly count: string | null;
  readonly attempts: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export type NumberRecord = SubmissionRecord | RecipientResult;

/** What is known of a number that a line refused, and that another one may send. */
export interface RefusedRecord {
  readonly attempts: number;
  readonly tried: readonly Attempt[];
}

/** An SMS whose delivery report may come. */
export interface ReportRecord {
  readonly job: string;
  /** Of the number in its job. */
  readonly index: number;
  readonly origin: string | null;
  readonly result: RecipientResult;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** What a delivery report said of a number whose job has ended, for who asked for the job. */
export interface LateReport {
  readonly origin: string;
  readonly status: RecipientStatus;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** What is kept of a job that has ended. */
export interface EndedRecord {
  readonly result: JobResult;
  readonly origin: string | null;
  readonly context: unknown;
  readonly priority: Priority;
  /** Milliseconds since 1970. */
  readonly endedAt: number;
}

export interface SavedJob {
  readonly key: string;
  readonly record: JobRecord;
  /** By the index of the number in `record.to`. */
  readonly numbers: ReadonlyMap<number, NumberRecord>;
  readonly refused: ReadonlyMap<number, RefusedRecord>;
}

/** The line that a number is sent from. */
export interface StickyRecord {
  readonly device: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Journal keys. `untold/` names the ended jobs whose result nobody has taken yet, `session/` sessions that are open. */
const JOB = 'job/';
const NUMBER = 'number/';
const REFUSED = 'refused/';
const ENDED = 'ended/';
const UNTOLD = 'untold/';
const SESSION = 'session/';
const SENDID = 'sendid';
/** `usage/` what each line has sent this hour and day, `report/` SMS whose report may come, `sticky/` the line of each number. */
const USAGE = 'usage/';
const REPORT = 'report/';
/** Reports of ended jobs that nobody has taken yet, by number. */
const LATE = 'late/';
const STICKY = 'sticky/';

/** The key of a job's own entry. */
export const journalKeyOf = ({ key }: Pick<SavedJob, 'key'>): string => JOB + key;

export class JobLog {
  #sequence = 0;

  constructor(private readonly journal: Journal) {}

  /** All jobs that have not ended, in the order of acceptance. */
  async *load(): AsyncIterable<SavedJob> {
    const numbers = await this.#byJob<NumberRecord>(NUMBER);
    const refused = await this.#byJob<RefusedRecord>(REFUSED);
    for await (const [fullKey, record] of this.journal.entries(JOB)) {
      const key = fullKey.slice(JOB.length);
      this.#raiseTo(key);
      yield {
        key,
        record: { ...OLDER, ...(record as JobRecord) },
        numbers: numbers.get(key) ?? new Map<number, NumberRecord>(),
        refused: refused.get(key) ?? new Map<number, RefusedRecord>(),
      };
    }
  }

  /** Records of numbers, by the job's key and their index. */
  async #byJob<T>(prefix: string): Promise<Map<string, Map<number, T>>> {
    const byJob = new Map<string, Map<number, T>>();
    for await (const [key, record] of this.journal.entries(prefix)) {
      const [job = '', index = ''] = key.slice(prefix.length).split('/');
      const ofJob = byJob.get(job) ?? new Map<number, T>();
      byJob.set(job, ofJob.set(Number.parseInt(index, 36), record as T));
      // A number whose job was lost with a damaged journal must not become one of the next job's.
      this.#raiseTo(job);
    }
    return byJob;
  }

  #raiseTo(key: string): void {
    this.#sequence = Math.max(this.#sequence, Number.parseInt(key, 36));
  }

  /** Resolves to the job's key when it is saved. */
  async accept(record: JobRecord): Promise<string> {
    this.#sequence += 1;
    const key = this.#sequence.toString(36).padStart(11, '0');
    await this.journal.commit([put(JOB + key, record)], { isNew: true });
    return key;
  }

  /** Saves a change of a job's own properties. */
  update(key: string, record: JobRecord): Promise<void> {
    return this.journal.commit([put(JOB + key, record)]);
  }

  /**
   * Saves that a number goes out.
   * @param usage what its line has sent then
   * @param sticky the number, if it is to go out on this line from now on
   */
  async submitted(
    key: string,
    index: number,
    record: SubmissionRecord,
    usage: Usage,
    sticky: string | undefined,
  ): Promise<void> {
    const { device, at } = record;
    const changes = [put(USAGE + device, usage)];
    if (sticky !== undefined) changes.push(put(STICKY + sticky, { device, at } satisfies StickyRecord));
    // Only the submission is taken back where the write fails: to have counted too much does no harm.
    const counted = this.journal.commit(changes);
    await Promise.all([counted, this.journal.commit([put(numberKey(key, index), record)], { isNew: true })]);
  }

  /** Saves that a line refused a number, which waits again. */
  refused(key: string, index: number, record: RefusedRecord): Promise<void> {
    return this.journal.commit([put(refusedKey(key, index), record), del(numberKey(key, index))]);
  }

  /** Saves the results of numbers; with `ended`, the job is over and only its result stays. */
  results(
    key: string,
    results: ReadonlyMap<number, RecipientResult>,
    reports: ReadonlyMap<string, ReportRecord>,
    ended: EndedRecord | undefined,
  ): Promise<void> {
    const expected = [...reports].map(([report, record]) => put(REPORT + report, record));
    if (!ended) {
      return this.journal.commit([
        ...[...results].map(([index, result]) => put(numberKey(key, index), result)),
        ...expected,
      ]);
    }
    const { result, origin } = ended;
    const numbers = result.results.flatMap(({ tried }, index) => [
      del(numberKey(key, index)),
      ...(tried.length > 0 ? [del(refusedKey(key, index))] : []),
    ]);
    const untold = origin === null ? [] : [put(UNTOLD + result.id, origin)];
    return this.journal.commit([put(ENDED + result.id, ended), ...untold, del(JOB + key), ...numbers, ...expected]);
  }

  /** SMS whose delivery report may come. */
  reports(): AsyncIterable<readonly [key: string, record: ReportRecord]> {
    return this.#under<ReportRecord>(REPORT);
  }

  /** Saves what a delivery report said; `late` with the key of {@link lateReports} where somebody is to take it yet. */
  reported(key: string, record: ReportRecord, late?: readonly [key: string, report: LateReport]): Promise<void> {
    const untaken = late ? [put(LATE + late[0], late[1])] : [];
    return this.journal.commit([put(REPORT + key, record), ...untaken]);
  }

  /** Reports of jobs that had ended, which nobody has taken yet. */
  lateReports(): AsyncIterable<readonly [key: string, report: LateReport]> {
    return this.#under<LateReport>(LATE);
  }

  lateReportTaken(key: string): void {
    this.journal.later([del(LATE + key)]);
  }

  reportForgotten(key: string): void {
    this.journal.later([del(REPORT + key)]);
  }

  /** What each line has sent in its last hour and day, by device id. */
  usages(): AsyncIterable<readonly [device: string, usage: Usage]> {
    return this.#under<Usage>(USAGE);
  }

  /** The line that a number was sent from last. */
  stickyLine(to: string): string | undefined {
    return (this.journal.get(STICKY + to) as StickyRecord | undefined)?.device;
  }

  async *#under<T>(prefix: string): AsyncIterable<readonly [key: string, record: T]> {
    for await (const [key, record] of this.journal.entries(prefix)) yield [key.slice(prefix.length), record as T];
  }

  /** A job that has ended, if it is still remembered. */
  ended(id: string): EndedRecord | undefined {
    return this.journal.get(ENDED + id) as EndedRecord | undefined;
  }

  /** Ids of ended jobs whose result was not taken yet, by who was to get it. */
  async untold(): Promise<Map<string, string>> {
    const untold = new Map<string, string>();
    for await (const [key, origin] of this.journal.entries(UNTOLD))
      untold.set(key.slice(UNTOLD.length), origin as string);
    return untold;
  }

  told(id: string): void {
    this.journal.later([del(UNTOLD + id)]);
  }

  /** Saves that a session is about to be opened. */
  sessionOpened(sendid: number, device: string): Promise<void> {
    return this.journal.commit([put(SESSION + String(sendid), device), put(SENDID, sendid)]);
  }

  sessionEnded(sendid: number): void {
    this.journal.later([del(SESSION + String(sendid))]);
  }

  /** Devices by the sendids of sessions that were open when the last life ended. */
  async openSessions(): Promise<Map<number, string>> {
    const sessions = new Map<number, string>();
    for await (const [key, device] of this.journal.entries(SESSION)) {
      sessions.set(Number(key.slice(SESSION.length)), device as string);
    }
    return sessions;
  }

  /** The last sendid that was given out. */
  get lastSendid(): number {
    return Number(this.journal.get(SENDID) ?? 0);
  }

  /** Forgets results that ended before `deadline` (milliseconds since 1970), and yields the ids of their jobs. */
  async *prune(deadline: number): AsyncIterable<string> {
    for await (const [key, record] of this.journal.entriesInAnyOrder(ENDED)) {
      if ((record as EndedRecord).endedAt > deadline) continue;
      const id = key.slice(ENDED.length);
      this.journal.later([del(key), del(UNTOLD + id)]);
      yield id;
    }
  }

  /** Forgets the lines of numbers that were sent to before `deadline` (milliseconds since 1970) only. */
  async pruneSticky(deadline: number): Promise<void> {
    for await (const [key, record] of this.journal.entriesInAnyOrder(STICKY))
      if ((record as StickyRecord).at <= deadline) this.journal.later([del(key)]);
  }
}

function numberKey(key: string, index: number): string {
  return `${NUMBER}${key}/${index.toString(36)}`;
}

function refusedKey(key: string, index: number): string {
  return `${REFUSED}${key}/${index.toString(36)}`;
}
