/** Jobs as the outbox works on them. */
import { EventEmitter } from 'node:events';
import type { GoipError, GoipErrorCode } from '../errors.js';
import type { SessionEnd } from '../sessions/machine.js';
import type { EndedRecord, JobRecord, NumberRecord } from './job-log.js';
import type {
  FinalState,
  RecipientState,
  RecipientResult,
  RecipientStatus,
  JobResult,
  Job,
  JobSummary,
} from './result.js';

/** A number on its way, as the outbox keeps it. */
export interface Recipient {
  readonly to: string;
  readonly index: number;
  state: RecipientState;
  device: string | null;
  code: GoipErrorCode | null;
  reason: string | null;
  smsNo: number | null;
  errorstatus: number | null;
  attempts: number;
  /** Milliseconds since 1970. */
  at: number;
}

export type RecipientChange = Partial<Omit<Recipient, 'to' | 'index'>>;

export interface Trouble {
  readonly count: number;
  /** Milliseconds since 1970. */
  readonly since: number;
}

/** A job as the outbox works on it. */
export class OutboxJob extends EventEmitter<{ status: [RecipientStatus] }> implements Job {
  readonly result: Promise<JobResult>;
  readonly #settle: Settle<JobResult>;
  readonly #recipients: readonly Recipient[];
  readonly #devices: ReadonlySet<string> | undefined;
  /** Numbers that have not been submitted yet, in order, from `#next` on. */
  #pending: Recipient[];
  #next = 0;
  #open: number;

  paused: boolean;
  /** No number of it goes out any more. */
  cancelled = false;
  /** Numbers that have ended, and whose result is not in the journal yet. */
  readonly unsaved = new Set<Recipient>();
  /** Settles when the results of until now are saved, or the server closes before. */
  saving: Promise<unknown> = Promise.resolve();
  /** Lines that will not do for this job, and why. */
  readonly refusals = new Map<string, { readonly code: GoipErrorCode; readonly reason: string }>();
  /** Sessions that ended badly in a row, per line and reason; cleared by a number that ended there. */
  readonly troubles = new Map<string, Map<SessionEnd['why'], Trouble>>();

  constructor(
    /** Its place in the journal. */
    readonly key: string,
    readonly record: JobRecord,
    numbers: ReadonlyMap<number, NumberRecord> = new Map(),
  ) {
    super();
    this.#recipients = record.to.map((to, index) => recipientFrom(to, index, numbers.get(index), record.acceptedAt));
    this.#pending = this.#recipients.filter(({ state }) => state === 'queued');
    this.#open = this.#recipients.filter(({ state }) => !isFinal(state)).length;
    this.#devices = record.devices === null ? undefined : new Set(record.devices);
    this.paused = record.paused;
    [this.result, this.#settle] = settledLater<JobResult>();
    // Nobody has to wait for it.
    this.result.catch(() => undefined);
  }

  get id(): string {
    return this.record.id;
  }

  get context(): unknown {
    return this.record.context;
  }

  get total(): number {
    return this.#recipients.length;
  }

  /** Numbers that have not been submitted and are with no session. */
  get pending(): number {
    return this.#pending.length - this.#next;
  }

  get ended(): boolean {
    return this.#open === 0;
  }

  isExpired(now: number): boolean {
    return this.record.expiresAt !== null && now >= this.record.expiresAt;
  }

  /** May numbers of it be submitted? */
  maySubmit(now: number): boolean {
    return !this.paused && !this.cancelled && !this.isExpired(now);
  }

  mayUse(lineId: string): boolean {
    return !this.refusals.has(lineId) && (this.#devices?.has(lineId) ?? true);
  }

  /** Notes that a session on a line ended badly, once more. */
  troubled(lineId: string, why: SessionEnd['why'], now: number): Trouble {
    const troubles = this.troubles.get(lineId) ?? new Map<SessionEnd['why'], Trouble>();
    const { count, since } = troubles.get(why) ?? { count: 0, since: now };
    const trouble = { count: count + 1, since };
    this.troubles.set(lineId, troubles.set(why, trouble));
    return trouble;
  }

  recipient(index: number): Recipient | undefined {
    return this.#recipients[index];
  }

  take(): Recipient | undefined {
    const recipient = this.#pending[this.#next];
    if (recipient) this.#next += 1;
    return recipient;
  }

  takeAll(): Recipient[] {
    const all = this.#pending.slice(this.#next);
    this.#next = this.#pending.length;
    return all;
  }

  /** Gives back a number that was taken and not submitted: it is the next one again. */
  putBack(recipient: Recipient): void {
    this.#pending = [recipient, ...this.#pending.slice(this.#next)];
    this.#next = 0;
  }

  announceQueued(): void {
    for (const recipient of this.#recipients) if (recipient.state === 'queued') this.announce(recipient);
  }

  /** Moves a number a step on. */
  move(recipient: Recipient, change: RecipientChange, now: number): void {
    Object.assign(recipient, change, { at: now });
    if (isFinal(recipient.state)) this.#open -= 1;
  }

  announce(recipient: Recipient): void {
    const { index, ...rest } = recipient;
    this.emit('status', { id: this.id, ...rest, at: new Date(recipient.at).toISOString() });
  }

  /** All numbers have ended: settles the result. */
  settle(result: JobResult): void {
    this.#settle.resolve(result);
  }

  /** The server stops; a later one goes on with the job. */
  abandon(error: GoipError): void {
    this.#settle.reject(error);
  }

  summary(): JobSummary {
    const { id, record } = this;
    return {
      id,
      origin: record.origin,
      state: this.paused ? 'paused' : 'running',
      total: this.total,
      ...countStates(this.#recipients),
      waiting: this.#recipients.filter(({ state }) => state === 'queued').length,
      acceptedAt: new Date(record.acceptedAt).toISOString(),
      expiresAt: record.expiresAt === null ? null : new Date(record.expiresAt).toISOString(),
    };
  }

  endedRecord(endedAt: number): EndedRecord {
    const { origin, context } = this.record;
    return { result: this.toResult(), origin, context, endedAt };
  }

  toResult(): JobResult {
    const results = this.#recipients.map(resultOf);
    const counts = countStates(results);
    return { id: this.id, ok: counts.sent === results.length, total: results.length, ...counts, results };
  }
}

/** A job that had ended before somebody came for its result. */
export class EndedJob extends EventEmitter<{ status: [RecipientStatus] }> implements Job {
  readonly id: string;
  readonly total: number;
  readonly context: unknown;
  readonly result: Promise<JobResult>;

  constructor({ result, context }: EndedRecord) {
    super();
    this.id = result.id;
    this.total = result.total;
    this.context = context;
    this.result = Promise.resolve(result);
  }
}

export function resultOf(recipient: Recipient): RecipientResult {
  const { index, state, ...rest } = recipient;
  if (!isFinal(state)) throw new Error(`a number in state ${state} has no result`);
  return { ...rest, state, at: new Date(recipient.at).toISOString() };
}

function recipientFrom(to: string, index: number, number: NumberRecord | undefined, acceptedAt: number): Recipient {
  const recipient: Recipient = {
    to,
    index,
    state: 'queued',
    device: null,
    code: null,
    reason: null,
    smsNo: null,
    errorstatus: null,
    attempts: 0,
    at: acceptedAt,
  };
  if (!number) return recipient;
  if (number.state !== 'submitted') return { ...recipient, ...number, at: Date.parse(number.at) };
  const { state, device, attempts, at } = number;
  return { ...recipient, state, device, attempts, at };
}

function countStates(recipients: readonly { readonly state: RecipientState }[]): Record<FinalState, number> {
  const counts = { sent: 0, failed: 0, unknown: 0, expired: 0, cancelled: 0 };
  for (const { state } of recipients) if (isFinal(state)) counts[state] += 1;
  return counts;
}

function isFinal(state: RecipientState): state is FinalState {
  return state !== 'queued' && state !== 'submitted' && state !== 'waiting';
}

interface Settle<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

/** As `Promise.withResolvers`, which Node.js has from version 22. */
function settledLater<T>(): readonly [promise: Promise<T>, settle: Settle<T>] {
  let settle: Settle<T> | undefined;
  const promise = new Promise<T>((resolve, reject) => (settle = { resolve, reject }));
  if (!settle) throw new Error('a promise runs its executor at once');
  return [promise, settle];
}
