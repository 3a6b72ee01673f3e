/** Jobs as the outbox works on them. */
import { EventEmitter } from 'node:events';
import type { GoipError, GoipErrorCode } from '../errors.js';
import type { SessionEnd } from '../sessions/machine.js';
import { segmentsOf } from '../texts/segments.js';
import type { EndedRecord, JobRecord, NumberRecord, RefusedRecord } from './job-log.js';
import { isFinal, recipientFrom, resultOf, shownOf, type Recipient, type RecipientChange } from './recipient.js';
import type {
  Delivery,
  FinalState,
  RecipientState,
  RecipientStatus,
  JobResult,
  Job,
  JobSummary,
  Priority,
} from './result.js';

export interface Trouble {
  readonly count: number;
  /** Milliseconds since 1970. */
  readonly since: number;
}

/** What the journal has of a job's numbers, by their index. */
interface SavedNumbers {
  readonly numbers: ReadonlyMap<number, NumberRecord>;
  readonly refused: ReadonlyMap<number, RefusedRecord>;
}

const NEW: SavedNumbers = { numbers: new Map(), refused: new Map() };

/** A job as the outbox works on it. */
export class OutboxJob extends EventEmitter<{ status: [RecipientStatus] }> implements Job {
  readonly result: Promise<JobResult>;
  readonly recipients: readonly Recipient[];
  readonly #settle: Settle<JobResult>;
  /** Numbers that have not ended, or whose report is waited for. */
  #open: number;
  /** Numbers that were sent, and whose report is waited for. */
  readonly #awaited: Set<Recipient>;

  paused: boolean;
  /** No number of it goes out any more. */
  cancelled = false;
  /** Numbers of which something is not in the journal yet, with what tells it. */
  readonly unsaved = new Map<Recipient, Set<() => void>>();
  /** Its result was told. */
  settled = false;
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
    { numbers, refused }: SavedNumbers = NEW,
  ) {
    super();
    const { text } = record;
    const common = typeof text === 'string' ? segmentsOf(text) : undefined;
    this.recipients = record.to.map((to, index) => {
      const own = typeof text === 'string' ? text : (text[index] ?? '');
      const fixed = { to, index, text: own, ...(common ?? segmentsOf(own)) };
      return recipientFrom(fixed, record.acceptedAt, numbers.get(index), refused.get(index));
    });
    this.#awaited = new Set(this.recipients.filter((recipient) => this.#awaitsReport(recipient)));
    this.#open = this.#awaited.size + this.recipients.filter(({ state }) => !isFinal(state)).length;
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

  get priority(): Priority {
    return this.record.priority;
  }

  get total(): number {
    return this.recipients.length;
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

  /** Notes that a session on a line ended badly, once more. */
  troubled(lineId: string, why: SessionEnd['why'], now: number): Trouble {
    const troubles = this.troubles.get(lineId) ?? new Map<SessionEnd['why'], Trouble>();
    const { count, since } = troubles.get(why) ?? { count: 0, since: now };
    const trouble = { count: count + 1, since };
    this.troubles.set(lineId, troubles.set(why, trouble));
    return trouble;
  }

  announceQueued(): void {
    for (const recipient of this.recipients) if (recipient.state === 'queued') this.announce(recipient);
  }

  /** Moves a number a step on. */
  move(recipient: Recipient, change: RecipientChange, now: number): void {
    Object.assign(recipient, change, { at: now });
    if (!isFinal(recipient.state)) return;
    if (this.#awaitsReport(recipient)) this.#awaited.add(recipient);
    else this.#open -= 1;
  }

  /** The network has reported what became of an SMS that was sent. */
  reported(recipient: Recipient, delivery: Delivery): void {
    recipient.delivery = delivery;
    if (!this.#awaitsReport(recipient) && this.#awaited.delete(recipient)) this.#open -= 1;
  }

  /** Waits no longer for reports of what was sent too long ago. Returns whether that has ended the job. */
  forgoReports(now: number): boolean {
    const wasOpen = this.#open > 0;
    for (const recipient of this.#awaited) {
      if (now - recipient.at < this.record.reportMs) continue;
      this.#awaited.delete(recipient);
      this.#open -= 1;
    }
    return wasOpen && this.#open === 0;
  }

  #awaitsReport({ state, smsNo, delivery }: Recipient): boolean {
    const isReported = delivery !== null && delivery.state !== 'delivery-pending';
    return this.record.reportMs > 0 && !this.cancelled && state === 'sent' && smsNo !== null && !isReported;
  }

  announce(recipient: Recipient): void {
    this.emit('status', { id: this.id, ...shownOf(recipient), state: recipient.state });
  }

  announceDelivery(recipient: Recipient, delivery: Delivery): void {
    this.emit('status', { id: this.id, ...shownOf(recipient), delivery, state: delivery.state });
  }

  /** All numbers have ended: settles the result. */
  settle(result: JobResult): void {
    this.settled = true;
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
      priority: record.priority,
      total: this.total,
      ...countStates(this.recipients),
      waiting: this.recipients.filter(({ state }) => state === 'queued').length,
      acceptedAt: new Date(record.acceptedAt).toISOString(),
      expiresAt: record.expiresAt === null ? null : new Date(record.expiresAt).toISOString(),
    };
  }

  endedRecord(endedAt: number): EndedRecord {
    const { origin, context, priority } = this.record;
    return { result: this.toResult(), origin, context, priority, endedAt };
  }

  toResult(): JobResult {
    const results = this.recipients.map(resultOf);
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

function countStates(recipients: readonly { readonly state: RecipientState }[]): Record<FinalState, number> {
  const counts = { sent: 0, failed: 0, unknown: 0, expired: 0, cancelled: 0 };
  for (const { state } of recipients) if (isFinal(state)) counts[state] += 1;
  return counts;
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
