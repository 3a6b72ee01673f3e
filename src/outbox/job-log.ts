/** Jobs in the journal: what is needed to go on with them after a crash, and their results. */
import type { Journal } from '../journal/journal.js';
import { del, put } from '../journal/store.js';
import type { JobResult, RecipientResult } from './result.js';

/** A job as it was accepted. */
export interface JobRecord {
  readonly id: string;
  readonly text: string;
  readonly to: readonly string[];
  /** Device ids; null for any line. */
  readonly devices: readonly string[] | null;
  /** Milliseconds since 1970. */
  readonly acceptedAt: number;
  /** Milliseconds since 1970; null for never. */
  readonly expiresAt: number | null;
  readonly paused: boolean;
  /** Who gets the result, and what it wants to get with it. */
  readonly origin: string | null;
  readonly context: unknown;
}

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

/** What is kept of a job that has ended. */
export interface EndedRecord {
  readonly result: JobResult;
  readonly origin: string | null;
  readonly context: unknown;
  /** Milliseconds since 1970. */
  readonly endedAt: number;
}

export interface SavedJob {
  readonly key: string;
  readonly record: JobRecord;
  /** By the index of the number in `record.to`. */
  readonly numbers: ReadonlyMap<number, NumberRecord>;
}

/** Journal keys. `untold/` names the ended jobs whose result nobody has taken yet, `session/` sessions that are open. */
const JOB = 'job/';
const NUMBER = 'number/';
const ENDED = 'ended/';
const UNTOLD = 'untold/';
const SESSION = 'session/';
const SENDID = 'sendid';

export class JobLog {
  #sequence = 0;

  constructor(private readonly journal: Journal) {}

  /** All jobs that have not ended, in the order of acceptance. */
  async *load(): AsyncIterable<SavedJob> {
    const numbers = new Map<string, Map<number, NumberRecord>>();
    for await (const [key, record] of this.journal.entries(NUMBER)) {
      const [job = '', index = ''] = key.slice(NUMBER.length).split('/');
      const ofJob = numbers.get(job) ?? new Map<number, NumberRecord>();
      numbers.set(job, ofJob.set(Number.parseInt(index, 36), record as NumberRecord));
      // A number whose job was lost with a damaged journal must not become one of the next job's.
      this.#sequence = Math.max(this.#sequence, Number.parseInt(job, 36));
    }
    for await (const [fullKey, record] of this.journal.entries(JOB)) {
      const key = fullKey.slice(JOB.length);
      this.#sequence = Math.max(this.#sequence, Number.parseInt(key, 36));
      yield { key, record: record as JobRecord, numbers: numbers.get(key) ?? new Map<number, NumberRecord>() };
    }
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

  submitted(key: string, index: number, record: SubmissionRecord): Promise<void> {
    return this.journal.commit([put(numberKey(key, index), record)], { isNew: true });
  }

  /** Saves the results of numbers; with `ended`, the job is over and only its result stays. */
  results(key: string, results: ReadonlyMap<number, RecipientResult>, ended: EndedRecord | undefined): Promise<void> {
    if (!ended) return this.journal.commit([...results].map(([index, result]) => put(numberKey(key, index), result)));
    const { result, origin } = ended;
    const numbers = result.results.map((_, index) => del(numberKey(key, index)));
    const untold = origin === null ? [] : [put(UNTOLD + result.id, origin)];
    return this.journal.commit([put(ENDED + result.id, ended), ...untold, del(JOB + key), ...numbers]);
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
}

function numberKey(key: string, index: number): string {
  return `${NUMBER}${key}/${index.toString(36)}`;
}
