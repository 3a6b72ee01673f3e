/** Jobs in the journal: what is needed to go on with them after a crash, and their results. */
import { setImmediate as turnOfEventLoop } from 'node:timers/promises';
import type { Journal } from '../../journal/journal.js';
import { del, put, type Change } from '../../journal/store.js';
import type { WallTime } from '../../time/clock.js';
import type { Usage } from '../../lines/usage.js';
import { NUMBERS_PER_RECORD, RESULTS_WITH_JOB } from '../../parameters.js';
import type { Pace } from '../../time/pace.js';
import { segmentsOf } from '../../gsm/segments.js';
import { RecordsByJob } from './records-by-job.js';
import { unclaimedOf, type EndedRecord, type JobRecord, type UnclaimedRecord } from '../numbers/job-record.js';
import { queuedAfter, type NumberLife, type Submission } from '../numbers/life.js';
import { lifeFrom, Recipient, type NumberRecord, type SmsText } from '../numbers/recipient.js';
import type { Attempt, JobResult, Priority, RecipientResult, RecipientStatus } from '../result.js';

/** Numbers of a job, and their texts if they differ. */
interface NumbersRecord {
  /** Index of the first one in the job, if the job has several records. */
  readonly first?: number;
  readonly to: readonly string[];
  readonly text?: readonly string[];
}

/**
 * A job in the journal. With many numbers, `to` is missing: they are in records of their own, which are written before. In
 * journals of 1.0 `to` is always there. `text` is that of all numbers, or a list with one for each.
 */
type SavedRecord = Omit<JobRecord, 'text' | 'priority' | 'reportMs'> & {
  readonly text: string | readonly string[] | null;
  readonly to?: readonly string[];
  /** All numbers, where `to` is missing. */
  readonly total?: number;
  /** Older jobs have neither. */
  readonly priority?: Priority;
  readonly reportMs?: number;
};

/** Results of some numbers of a job, by index, and the SMS whose report may come, by key. */
export interface EndedNumbers {
  readonly results: ReadonlyMap<number, RecipientResult>;
  readonly reports: ReadonlyMap<string, ReportRecord>;
}

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
  /** Ids of the reports on parts that are delivered, if the SMS has several parts. */
  readonly deliveredParts?: readonly string[];
  /** Steady. */
  readonly at: number;
}

/** What a delivery report said of a number whose job has ended, for who asked for the job. */
export interface LateReport {
  readonly origin: string;
  readonly status: RecipientStatus;
  /** Steady. */
  readonly at: number;
}

export interface SavedJob {
  readonly key: string;
  readonly record: JobRecord;
  readonly recipients: readonly Recipient[];
}

/** The line that a number is sent from. */
export interface StickyRecord {
  readonly device: string;
  /** Steady. */
  readonly at: number;
}

/**
 * Journal keys. `part/` numbers of a large job, `results/` results of an ended one. `untold/` names the ended jobs whose
 * result nobody has taken yet, `session/` sessions that are open.
 */
const JOB = 'job/';
const PART = 'part/';
const NUMBER = 'number/';
const REFUSED = 'refused/';
const ENDED = 'ended/';
const RESULTS = 'results/';
const UNTOLD = 'untold/';
const SESSION = 'session/';
const SENDID = 'sendid';
/** `usage/` what each line has sent this hour and day, `report/` SMS whose report may come, `sticky/` the line of each number. */
const USAGE = 'usage/';
const REPORT = 'report/';
/** Reports of ended jobs that nobody has taken yet, by number. */
const LATE = 'late/';
const STICKY = 'sticky/';

export class JobLog {
  #sequence = 0;
  /** Of the jobs that were read last. */
  #lastText: SmsText | undefined;
  #lastOwner: Pick<JobRecord, 'origin' | 'devices'> = { origin: null, devices: null };

  /**
   * @param pace for work on the numbers of a job
   * @param perRecord numbers, or results, in one record; a job with more has several
   */
  constructor(
    private readonly journal: Journal,
    private readonly pace: Pace,
    readonly perRecord = NUMBERS_PER_RECORD,
  ) {}

  /** All jobs that have not ended, in the order of acceptance. Forgets what a crash has left of others. */
  async *load(now: number, wall: WallTime): AsyncIterable<SavedJob> {
    const left: string[] = [];
    const parts = this.#byJob<NumbersRecord>(PART, left);
    const numbers = this.#byJob<NumberRecord>(NUMBER, left);
    const refused = this.#byJob<RefusedRecord>(REFUSED, left);
    for await (const [fullKey, saved] of this.journal.entries(JOB)) {
      const key = fullKey.slice(JOB.length);
      this.#raiseTo(key);
      yield this.#read(key, saved as SavedRecord, parts.of(key), numbers.of(key), refused.of(key), now, wall);
    }
    for (const key of this.journal.setAside(JOB)) this.#raiseTo(key.slice(JOB.length));
    for (const records of [parts, numbers, refused]) await records.end();
    void this.#forget(left.filter((key) => !this.#isSetAside(key)));
  }

  /** Whether a key is of a job that was set aside, and that a newer version may understand. */
  #isSetAside(key: string): boolean {
    const [, job = ''] = key.split('/');
    return this.journal.setAside(JOB + job).length > 0;
  }

  /**
   * Counts the numbers of ended jobs that ended for this reason, the damage of the journal, since it was found.
   */
  async endedInDoubt(reason: string, wall: WallTime): Promise<number> {
    const foundAt = this.journal.damage?.foundAt;
    if (foundAt === undefined) return 0;
    let count = 0;
    for await (const [, value] of this.journal.entriesInAnyOrder(ENDED)) {
      const { result, endedAt } = value as EndedRecord;
      if (wall(endedAt) >= foundAt)
        count += result.results?.filter((number) => number.reason === reason).length ?? result.unknown;
    }
    return count;
  }

  /** Whether the journal may say less of a job's numbers than what became of them. */
  isInDoubt(key: string): boolean {
    if (this.journal.isDoubtful(JOB + key)) return true;
    return [PART, NUMBER, REFUSED].some((prefix) => this.journal.setAside(`${prefix}${key}/`).length > 0);
  }

  #byJob<T>(prefix: string, left: string[]): RecordsByJob<T> {
    // A number whose job was lost with a damaged journal must not become one of the next job's.
    return new RecordsByJob<T>(this.journal.entries(prefix), prefix, (key, job) => {
      this.#raiseTo(job);
      left.push(key);
    });
  }

  async #read(
    key: string,
    saved: SavedRecord,
    parts: AsyncIterable<readonly [index: number, record: NumbersRecord]>,
    numbers: AsyncIterable<readonly [index: number, record: NumberRecord]>,
    refused: AsyncIterable<readonly [index: number, record: RefusedRecord]>,
    now: number,
    wall: WallTime,
  ): Promise<SavedJob> {
    const { to, text, total = 0 } = saved;
    const acceptedAt = wall(saved.acceptedAt);
    const recipients: Recipient[] = [];
    const common = typeof text === 'string' ? this.#withText(text) : undefined;
    // The numbers of a record that is missing from a damaged journal are lost, and the others keep their places.
    const skipTo = (index: number): void => {
      while (recipients.length < index) recipients.push(lostNumber(recipients.length, acceptedAt));
    };
    const add = (numbers: NumbersRecord): void => {
      skipTo(numbers.first ?? 0);
      for (const [at, one] of numbers.to.entries())
        recipients.push(
          new Recipient(one, recipients.length, common ?? withText(numbers.text?.[at] ?? ''), acceptedAt),
        );
    };
    if (to) add({ to, ...(Array.isArray(text) ? { text: text as readonly string[] } : {}) });
    for await (const [, part] of parts) {
      add(part);
      await turnOfEventLoop();
    }
    skipTo(total);
    for await (const [index, record] of refused) recipients[index]?.moveTo(queuedAfter(record), acceptedAt);
    for await (const [index, number] of numbers) {
      const recipient = recipients[index];
      // Of a damaged journal, numbers before it may be missing.
      if (!recipient || (number.state !== 'submitted' && number.to !== recipient.to)) continue;
      if (number.state === 'submitted') {
        // A clock that was fast must not put off the end of the wait.
        const submission = { ...number, at: Math.min(number.at, now) };
        recipient.moveTo(lifeFrom(submission, recipient.tried), wall(number.at));
      } else recipient.moveTo(lifeFrom(number, []), Date.parse(number.at));
    }
    // A list that has grown has room for more, which a hundred thousand jobs of one number would pay for.
    const record = jobRecordFrom({ ...saved, ...this.#ownerOf(saved) }, common?.text ?? null);
    return { key, record, recipients: recipients.slice() };
  }

  /** Jobs of the same text share it: next to one another, there may be a hundred thousand. */
  #withText(text: string): SmsText {
    if (this.#lastText?.text !== text) this.#lastText = withText(text);
    return this.#lastText;
  }

  /** Likewise, jobs of the same origin share it and their devices. */
  #ownerOf({ origin, devices }: SavedRecord): Pick<JobRecord, 'origin' | 'devices'> {
    const last = this.#lastOwner;
    if (last.origin !== origin || !areSame(last.devices, devices)) this.#lastOwner = { origin, devices };
    return this.#lastOwner;
  }

  #raiseTo(key: string): void {
    this.#sequence = Math.max(this.#sequence, Number.parseInt(key, 36));
  }

  /** Resolves to the job's key when it is saved. */
  async accept(record: JobRecord, recipients: readonly Recipient[]): Promise<string> {
    // The time makes sure that no later run uses the key again: after a damage, a job may come back.
    this.#sequence = Math.max(this.#sequence + 1, Math.floor(record.acceptedAt));
    const key = this.#sequence.toString(36).padStart(11, '0');
    const parts = recipients.length > this.perRecord ? this.#chunksOf(recipients) : [];
    try {
      for (const [index, part] of parts.entries()) {
        await this.pace.turn(part.length);
        const numbers = { first: index * this.perRecord, ...numbersOf(record, part) } satisfies NumbersRecord;
        await this.journal.commit([put(partKey(PART, key, index), numbers)], { isNew: true });
      }
      // The job is there with this record, and not before.
      await this.journal.commit([put(JOB + key, this.#recordOf(record, recipients))], { isNew: true });
    } catch (error) {
      this.journal.later(parts.map((_, index) => del(partKey(PART, key, index))));
      throw error;
    }
    return key;
  }

  /** Saves a change of a job's own properties. */
  update(key: string, record: JobRecord, recipients: readonly Recipient[]): Promise<void> {
    return this.journal.commit([put(JOB + key, this.#recordOf(record, recipients))]);
  }

  #recordOf(record: JobRecord, recipients: readonly Recipient[]): SavedRecord {
    const total = recipients.length;
    return total > this.perRecord ? { ...record, total } : { ...record, ...numbersOf(record, recipients) };
  }

  #chunksOf<T>(items: readonly T[]): (readonly T[])[] {
    const count = Math.ceil(items.length / this.perRecord);
    return Array.from({ length: count }, (_, index) =>
      items.slice(index * this.perRecord, (index + 1) * this.perRecord),
    );
  }

  /**
   * Saves that a number goes out.
   * @param along.usage what its line has sent then
   * @param along.sticky the number, if it is to go out on this line from now on
   */
  async submitted(
    key: string,
    index: number,
    record: Submission,
    { usage, sticky, ...ended }: EndedNumbers & { readonly usage: Usage; readonly sticky: string | undefined },
  ): Promise<void> {
    const { device, at } = record;
    const changes = [...endedChanges(key, ended), put(USAGE + device, usage)];
    if (sticky !== undefined) changes.push(put(STICKY + sticky, { device, at } satisfies StickyRecord));
    // Only the submission is taken back where the write fails: to have counted too much does no harm.
    const counted = this.journal.commit(changes);
    await Promise.all([counted, this.journal.commit([put(numberKey(key, index), record)], { isNew: true })]);
  }

  /** Saves that a line refused a number, which waits again. */
  refused(key: string, index: number, record: RefusedRecord): Promise<void> {
    return this.journal.commit([put(refusedKey(key, index), record), del(numberKey(key, index))]);
  }

  /** Saves the results of numbers, and the SMS whose report may come. */
  results(key: string, ended: EndedNumbers): Promise<void> {
    return this.journal.commit(endedChanges(key, ended));
  }

  /** Saves the last results of a job that fits into one record: from then on, only its result is there. */
  end(key: string, result: JobResult, reports: ReadonlyMap<string, ReportRecord>, ended: EndedRecord): Promise<void> {
    const { results, ...counts } = result;
    const isApart = results.length > RESULTS_WITH_JOB;
    const record = isApart ? { ...ended, result: counts, records: 1 } : { ...ended, result };
    const apart = isApart ? [put(partKey(RESULTS, result.id, 0), results)] : [];
    return this.journal.commit([
      ...apart,
      ...endChanges(key, record),
      ...results.flatMap(({ tried }, index) => numberKeys(key, index, tried.length > 0)).map(del),
      ...reportChanges(reports),
    ]);
  }

  /** Saves some results of an ended job, ahead of {@link endLarge}. */
  endPart(id: string, index: number, results: readonly RecipientResult[]): Promise<void> {
    return this.journal.commit([put(partKey(RESULTS, id, index), results)]);
  }

  /** Ends a job whose results are in so many records. */
  async endLarge(key: string, ended: EndedRecord, records: number, recipients: readonly Recipient[]): Promise<void> {
    await this.journal.commit(endChanges(key, { ...ended, records }));
    const numbers = function* (): Iterable<string> {
      for (const { index, tried } of recipients) yield* numberKeys(key, index, tried.length > 0);
    };
    void this.#forget(
      Array.from({ length: records }, (_, index) => partKey(PART, key, index)),
      numbers(),
    );
  }

  /** Deletes records that mean nothing any more, few at a time. What is left after a crash is found by {@link load}. */
  async #forget(...keys: readonly Iterable<string>[]): Promise<void> {
    let changes: Change[] = [];
    const write = async (): Promise<void> => {
      const written = changes;
      changes = [];
      await this.pace.turn(written.length);
      await this.journal.commit(written);
    };
    try {
      for (const some of keys) {
        for (const key of some) {
          changes.push(del(key));
          if (changes.length >= this.perRecord) await write();
        }
      }
      if (changes.length > 0) await write();
    } catch {
      // The disk is out of order, or the journal is closed: the next start goes on.
    }
  }

  /** SMS whose delivery report may come. */
  reports(): AsyncIterable<readonly [key: string, record: ReportRecord]> {
    return this.#under<ReportRecord>(REPORT);
  }

  /** What is kept of one of them. Throws `GOIP_STORAGE` while the journal is out of order. */
  report(key: string): ReportRecord | undefined {
    return this.journal.get(REPORT + key) as ReportRecord | undefined;
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

  /** The results of its numbers. */
  async resultsOf({ result, records = 0 }: EndedRecord): Promise<readonly RecipientResult[]> {
    if (result.results) return result.results;
    const results: RecipientResult[] = [];
    for (let index = 0; index < records; index += 1) {
      const some = this.journal.get(partKey(RESULTS, result.id, index)) as readonly RecipientResult[] | undefined;
      for (const one of some ?? []) results.push(one);
      await turnOfEventLoop();
    }
    return results;
  }

  /** Ended jobs whose result was not taken yet, by id. */
  async unclaimed(): Promise<Map<string, UnclaimedRecord>> {
    const unclaimed = new Map<string, UnclaimedRecord>();
    for await (const [key, value] of this.journal.entries(UNTOLD)) {
      const id = key.slice(UNTOLD.length);
      const record = typeof value === 'string' ? this.#splitUp(id) : (value as UnclaimedRecord);
      if (record) unclaimed.set(id, record);
    }
    return unclaimed;
  }

  /** Brings the single record of a job that 1.0 has ended into the form of today, so that the next start need not read it. */
  #splitUp(id: string): UnclaimedRecord | undefined {
    const ended = this.ended(id);
    if (!ended) return undefined;
    const { results = [], ...counts } = ended.result;
    const parts = results.length > RESULTS_WITH_JOB ? this.#chunksOf(results) : [];
    const isApart = parts.length > 0;
    this.journal.later([
      ...parts.map((part, index) => put(partKey(RESULTS, id, index), part)),
      ...(isApart ? [put(ENDED + id, { ...ended, result: counts, records: parts.length })] : []),
      put(UNTOLD + id, unclaimedOf(ended)),
    ]);
    return unclaimedOf(ended);
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

  /** Forgets results that ended before `deadline`, and yields the ids of their jobs. */
  async *prune(deadline: number): AsyncIterable<string> {
    for await (const [key, value] of this.journal.entriesInAnyOrder(ENDED)) {
      const { endedAt, records = 0 } = value as EndedRecord;
      if (endedAt > deadline) continue;
      const id = key.slice(ENDED.length);
      const results = Array.from({ length: records }, (_, index) => partKey(RESULTS, id, index));
      this.journal.later([key, UNTOLD + id, ...results].map(del));
      yield id;
    }
  }

  /** Forgets the lines of numbers that were sent to before `deadline` only. */
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

function numberKeys(key: string, index: number, wasRefused: boolean): readonly string[] {
  return wasRefused ? [numberKey(key, index), refusedKey(key, index)] : [numberKey(key, index)];
}

/** Fixed width, so that the order of the keys is that of the records. */
function partKey(prefix: string, of: string, index: number): string {
  return `${prefix}${of}/${index.toString(36).padStart(5, '0')}`;
}

function numbersOf({ text }: JobRecord, recipients: readonly Recipient[]): NumbersRecord {
  const to = recipients.map((recipient) => recipient.to);
  return text === null ? { to, text: recipients.map((recipient) => recipient.text) } : { to };
}

function lostNumber(index: number, acceptedAt: number): Recipient {
  const reason = 'the journal was damaged: the number is lost, it may have been sent';
  const trouble = { code: 'GOIP_STORAGE', reason, errorstatus: null } as const;
  const life: NumberLife = { phase: 'unknown', device: null, ...trouble, attempts: 0, tried: [] };
  return new Recipient('', index, withText(''), acceptedAt, life);
}

function areSame(one: readonly string[] | null, other: readonly string[] | null): boolean {
  if (one === null || other === null) return one === other;
  return one.length === other.length && one.every((item, index) => item === other[index]);
}

/** Every field is written out: V8 keeps a description of its own for each object that is made by spreading. */
function jobRecordFrom(saved: SavedRecord, text: string | null): JobRecord {
  const { id, devices, acceptedAt, expiresAt, paused, cancelled, origin, context, content } = saved;
  const { priority = 'normal', reportMs = 0 } = saved;
  const record = { id, text, devices, priority, reportMs, acceptedAt, expiresAt, paused, origin, context, content };
  return cancelled ? { ...record, cancelled } : record;
}

const withText = (text: string): SmsText => ({ text, ...segmentsOf(text) });

function endedChanges(key: string, { results, reports }: EndedNumbers): Change[] {
  const changes = Array.from(results, ([index, result]) => put(numberKey(key, index), result));
  return [...changes, ...reportChanges(reports)];
}

function reportChanges(reports: ReadonlyMap<string, ReportRecord>): Change[] {
  return Array.from(reports, ([report, record]) => put(REPORT + report, record));
}

function endChanges(key: string, record: EndedRecord): Change[] {
  const { id } = record.result;
  const unclaimed = record.origin === null ? [] : [put(UNTOLD + id, unclaimedOf(record))];
  return [put(ENDED + id, record), ...unclaimed, del(JOB + key)];
}
