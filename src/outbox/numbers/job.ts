/** Jobs as the outbox works on them. */
import type { WallTime } from '../../time/clock.js';
import type { GoipError, GoipErrorCode } from '../../errors.js';
import type { FaultReport } from '../../faults.js';
import { isoTime } from '../../time/iso-time.js';
import type { SessionEnd } from '../../sessions/machine.js';
import { JobHandle } from './job-handle.js';
import type { EndedRecord, JobRecord, UnclaimedRecord } from '../log/job-log.js';
import { isFinal, shownOf, type Recipient, type RecipientChange } from './recipient.js';
import type {
  Delivery,
  FinalState,
  JobCounts,
  JobResult,
  JobSummary,
  Priority,
  RecipientState,
  RecipientStatus,
} from '../result.js';

export interface Trouble {
  readonly count: number;
  /** Milliseconds since 1970. */
  readonly since: number;
}

export interface Refusal {
  readonly code: GoipErrorCode;
  readonly reason: string;
}

const NO_REFUSALS: ReadonlyMap<string, Refusal> = new Map();
const NONE_ENDED: Record<FinalState, number> = { sent: 0, failed: 0, unknown: 0, expired: 0, cancelled: 0 };
const NOTHING_TO_SAVE: Promise<unknown> = Promise.resolve();

export interface StatusSink {
  /** Returns whether a status of the job may reach anybody. */
  isHeard(job: OutboxJob): boolean;
  announce(job: OutboxJob, status: RecipientStatus): void;
}

/** What all jobs of an outbox share. */
export interface JobPorts {
  /** Shows times. */
  readonly wall: WallTime;
  /** Receives what listeners throw. */
  readonly fault: FaultReport;
  /** Where the steps of numbers go. */
  readonly statuses: StatusSink;
}

/**
 * A job as the outbox works on it. Most jobs have one number and a hundred thousand may wait, so what is rare is made when
 * needed.
 */
export class OutboxJob {
  /** Held weakly until somebody follows it: an owner is offered a hundred thousand jobs, and need not keep any. */
  #handle: JobHandle | WeakRef<JobHandle> | undefined;
  /** Numbers by their state; undefined as long as all of them wait. */
  #counts: Record<RecipientState, number> | undefined;
  /** Numbers that have not ended, or whose report is waited for. */
  #open = 0;
  /** Numbers that were sent, and whose report is waited for, with the times of their results. */
  #awaited: Map<Recipient, number> | undefined;
  #refusals: Map<string, Refusal> | undefined;
  /** Sessions that ended badly in a row, per line and reason; cleared by a number that ended there. */
  #troubles: Map<string, Map<SessionEnd['why'], Trouble>> | undefined;

  paused: boolean;
  /** No number of it goes out any more. */
  cancelled: boolean;
  /** Numbers of which something is not in the journal yet, with what tells it; undefined for none. */
  unsaved: Map<Recipient, Set<() => void>> | undefined;
  /** Its result was told. */
  settled = false;
  /** Settles when the results of until now are saved, or the server closes before. */
  saving = NOTHING_TO_SAVE;

  constructor(
    /** Its place in the journal. */
    readonly key: string,
    readonly record: JobRecord,
    readonly recipients: readonly Recipient[],
    /** Memory that it takes, estimated. */
    readonly bytes: number,
    private readonly ports: JobPorts,
  ) {
    this.paused = record.paused;
    this.cancelled = record.cancelled ?? false;
    if (!recipients.every(isQueued)) this.#counts = statesOf(recipients);
    for (const recipient of recipients) {
      // Kept is the time that was shown. It was never before the job was accepted.
      if (this.#awaitsReport(recipient))
        this.#await(recipient, Math.max(recipient.at - ports.wall(0), record.acceptedAt));
      else if (isFinal(recipient.state)) continue;
      this.#open += 1;
    }
  }

  /** What callers get of it. */
  get handle(): JobHandle {
    const held = this.heldHandle;
    if (held) return held;
    const handle = new JobHandle(this.record, this.total, this.ports.fault, () => (this.#handle = handle));
    this.#handle = new WeakRef(handle);
    return handle;
  }

  /** The same, if somebody may have it. */
  get heldHandle(): JobHandle | undefined {
    return this.#handle instanceof WeakRef ? this.#handle.deref() : this.#handle;
  }

  /** Its owner, or the caller of `send`, listens to the job or waits for its result. */
  get isFollowed(): boolean {
    return this.heldHandle?.isFollowed ?? false;
  }

  /** Lines that this job cannot use, and why. */
  get refusals(): ReadonlyMap<string, Refusal> {
    return this.#refusals ?? NO_REFUSALS;
  }

  get id(): string {
    return this.record.id;
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

  /** Excludes a line from this job. */
  refuse(lineId: string, refusal: Refusal): void {
    (this.#refusals ??= new Map<string, Refusal>()).set(lineId, refusal);
  }

  /** Notes that a session on a line ended badly, once more. */
  troubled(lineId: string, why: SessionEnd['why'], now: number): Trouble {
    this.#troubles ??= new Map<string, Map<SessionEnd['why'], Trouble>>();
    const troubles = this.#troubles.get(lineId) ?? new Map<SessionEnd['why'], Trouble>();
    const { count, since } = troubles.get(why) ?? { count: 0, since: now };
    const trouble = { count: count + 1, since };
    this.#troubles.set(lineId, troubles.set(why, trouble));
    return trouble;
  }

  /** A number ended on a line: the line works. */
  clearTroubles(lineId: string): void {
    this.#troubles?.delete(lineId);
  }

  /** Moves a number a step on. */
  move(recipient: Recipient, change: RecipientChange, now: number): void {
    const counts = (this.#counts ??= statesOf(this.recipients));
    counts[recipient.state] -= 1;
    Object.assign(recipient, change);
    recipient.at = this.ports.wall(now);
    counts[recipient.state] += 1;
    if (!isFinal(recipient.state)) return;
    if (this.#awaitsReport(recipient)) this.#await(recipient, now);
    else this.#open -= 1;
  }

  #await(recipient: Recipient, sentAt: number): void {
    (this.#awaited ??= new Map<Recipient, number>()).set(recipient, sentAt);
  }

  /** The network has reported what became of an SMS that was sent. */
  reported(recipient: Recipient, delivery: Delivery): void {
    recipient.delivery = delivery;
    if (!this.#awaitsReport(recipient) && this.#awaited?.delete(recipient)) this.#open -= 1;
  }

  /** Waits no longer for reports of what was sent too long ago. Returns whether that has ended the job. */
  forgoReports(now: number): boolean {
    const wasOpen = this.#open > 0;
    for (const [recipient, sentAt] of this.#awaited ?? []) {
      // The wall clock was set back before a restart, so a kept time can lie ahead: the wait starts now.
      if (sentAt > now) this.#await(recipient, now);
      if (now - sentAt < this.record.reportMs) continue;
      this.#awaited?.delete(recipient);
      this.#open -= 1;
    }
    return wasOpen && this.#open === 0;
  }

  #awaitsReport({ state, smsNo, delivery }: Recipient): boolean {
    const isReported = delivery !== null && delivery.state !== 'delivery-pending';
    return this.record.reportMs > 0 && !this.cancelled && state === 'sent' && smsNo !== null && !isReported;
  }

  announce(recipient: Recipient): void {
    const { statuses } = this.ports;
    if (!statuses.isHeard(this)) return;
    statuses.announce(this, { id: this.id, ...shownOf(recipient), state: recipient.state });
  }

  announceDelivery(recipient: Recipient, delivery: Delivery): void {
    const { statuses } = this.ports;
    if (!statuses.isHeard(this)) return;
    statuses.announce(this, { id: this.id, ...shownOf(recipient), delivery, state: delivery.state });
  }

  /** All numbers have ended: settles the result. */
  settle(result: JobResult): void {
    this.settled = true;
    this.heldHandle?.settle({ result });
  }

  /** The server stops; a later one goes on with the job. */
  abandon(error: GoipError): void {
    this.heldHandle?.settle({ error });
  }

  summary(): JobSummary {
    const { id, record } = this;
    return {
      id,
      origin: record.origin,
      state: this.paused ? 'paused' : 'running',
      priority: record.priority,
      total: this.total,
      ...this.#finalCounts(),
      waiting: this.#counts?.queued ?? this.total,
      acceptedAt: isoTime(this.ports.wall(record.acceptedAt)),
      expiresAt: isoTimeOrNull(record.expiresAt, this.ports.wall),
    };
  }

  #finalCounts(): Record<FinalState, number> {
    const { sent, failed, unknown, expired, cancelled } = this.#counts ?? NONE_ENDED;
    return { sent, failed, unknown, expired, cancelled };
  }

  /** What is kept of it, without the results of its numbers. */
  endedRecord(endedAt: number): EndedRecord {
    const { origin, context, content, priority, acceptedAt, expiresAt } = this.record;
    return { result: this.counts(), origin, context, content, priority, acceptedAt, expiresAt, endedAt };
  }

  counts(): JobCounts {
    const counts = this.#finalCounts();
    return { id: this.id, ok: counts.sent === this.total, total: this.total, ...counts };
  }
}

/** Of a job that has ended and whose result nobody has taken. */
export function summaryOf(record: UnclaimedRecord, wall: WallTime): JobSummary {
  const { result, origin, priority, acceptedAt, expiresAt } = record;
  const { ok, ...counts } = result;
  return {
    ...counts,
    origin,
    state: 'ended',
    priority,
    waiting: 0,
    acceptedAt: isoTimeOrNull(acceptedAt ?? null, wall),
    expiresAt: isoTimeOrNull(expiresAt ?? null, wall),
  };
}

function isoTimeOrNull(time: number | null, wall: WallTime): string | null {
  return time === null ? null : isoTime(wall(time));
}

const isQueued = ({ state }: Recipient): boolean => state === 'queued';

function statesOf(recipients: readonly Recipient[]): Record<RecipientState, number> {
  const counts = { queued: 0, submitted: 0, waiting: 0, sent: 0, failed: 0, unknown: 0, expired: 0, cancelled: 0 };
  for (const { state } of recipients) counts[state] += 1;
  return counts;
}
