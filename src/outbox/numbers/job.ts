/** A job as the outbox works on it. Only its own methods change it and its numbers. */
import type { WallTime } from '../../time/clock.js';
import type { GoipError, GoipErrorCode } from '../../errors.js';
import type { FaultReport } from '../../faults.js';
import { isoTime } from '../../time/iso-time.js';
import type { SessionEnd } from '../../sessions/machine.js';
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
import { JobHandle } from './job-handle.js';
import type { EndedRecord, JobRecord, UnclaimedRecord } from './job-record.js';
import { shownState, step, type NumberAction, type NumberEvent } from './life.js';
import { isFinal, shownOf, type Recipient } from './recipient.js';

/** Sessions of a job on a line that ended for the same reason in a row. */
export interface Troubles {
  readonly count: number;
  /** Steady time of the first of them. */
  readonly since: number;
}

export interface Refusal {
  readonly code: GoipErrorCode;
  readonly reason: string;
}

const NO_REFUSALS: ReadonlyMap<string, Refusal> = new Map();
const NONE_ENDED: Record<FinalState, number> = { sent: 0, failed: 0, unknown: 0, expired: 0, cancelled: 0 };

export interface StatusSink {
  /** Whether a status of the job may reach a listener. */
  isHeard(job: OutboxJob): boolean;
  announce(job: OutboxJob, status: RecipientStatus): void;
}

/** What all jobs of an outbox share. */
export interface JobPorts {
  /** Shows times. */
  readonly wall: WallTime;
  /** Receives what listeners throw. */
  readonly fault: FaultReport;
  /** Receives the statuses of numbers. */
  readonly statuses: StatusSink;
}

/** Most jobs have one number and a hundred thousand may wait, so what is rare is made when it is needed. */
export class OutboxJob {
  /** Held weakly until somebody follows it: an owner is offered a hundred thousand jobs, and need not keep any. */
  #handle: JobHandle | WeakRef<JobHandle> | undefined;
  /** Numbers by their state; undefined as long as all of them wait. */
  #counts: Record<RecipientState, number> | undefined;
  /** Numbers that have not ended, or whose report is awaited. */
  #open = 0;
  /** Numbers that were sent and whose report is awaited, with the times of their results. */
  #awaited: Map<Recipient, number> | undefined;
  #refusals: Map<string, Refusal> | undefined;
  /** Sessions that ended badly in a row, per line and reason; cleared by a number that ended there. */
  #troubles: Map<string, Map<SessionEnd['why'], Troubles>> | undefined;
  #isPaused: boolean;
  #isCancelled: boolean;
  #isSettled = false;

  constructor(
    /** Its key in the journal. */
    readonly key: string,
    readonly record: JobRecord,
    readonly recipients: readonly Recipient[],
    /** Estimated memory. */
    readonly bytes: number,
    private readonly ports: JobPorts,
  ) {
    this.#isPaused = record.paused;
    this.#isCancelled = record.cancelled ?? false;
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

  /** The same, if a caller may have it. */
  get heldHandle(): JobHandle | undefined {
    return this.#handle instanceof WeakRef ? this.#handle.deref() : this.#handle;
  }

  /** Whether its owner, or the caller of `send`, listens to the job or waits for its result. */
  get isFollowed(): boolean {
    return this.heldHandle?.isFollowed ?? false;
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

  // --- its numbers

  /** Moves a number on. Returns the actions to carry out. */
  step(recipient: Recipient, event: NumberEvent, now: number): readonly NumberAction[] {
    const before = recipient.life;
    const { life, actions } = step(before, event);
    if (life === before) return actions;
    const [from, to] = [shownState(before), shownState(life)];
    recipient.moveTo(life, from === to ? recipient.at : this.ports.wall(now));
    if (from !== to) {
      const counts = (this.#counts ??= { ...NO_STATES, queued: this.total });
      counts[from] -= 1;
      counts[to] += 1;
      if (isFinal(to)) this.#ended(recipient, now);
    } else if (event.type === 'delivery-reported') this.#reported(recipient);
    return actions;
  }

  #ended(recipient: Recipient, now: number): void {
    if (this.#awaitsReport(recipient)) this.#await(recipient, now);
    else this.#open -= 1;
  }

  #reported(recipient: Recipient): void {
    if (!this.#awaitsReport(recipient) && this.#awaited?.delete(recipient)) this.#open -= 1;
  }

  #await(recipient: Recipient, sentAt: number): void {
    (this.#awaited ??= new Map<Recipient, number>()).set(recipient, sentAt);
  }

  #awaitsReport({ life }: Recipient): boolean {
    if (life.phase !== 'sent' || life.smsNo === null) return false;
    const isReported = life.delivery !== null && life.delivery.state !== 'delivery-pending';
    return this.record.reportMs > 0 && !this.#isCancelled && !isReported;
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

  /** Whether all numbers have ended, and no report is awaited. */
  get ended(): boolean {
    return this.#open === 0;
  }

  // --- whether its numbers may go out

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Whether no further number of it goes out. */
  get isCancelled(): boolean {
    return this.#isCancelled;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
  }

  cancel(): void {
    this.#isCancelled = true;
  }

  isExpired(now: number): boolean {
    return this.record.expiresAt !== null && now >= this.record.expiresAt;
  }

  maySubmit(now: number): boolean {
    return !this.#isPaused && !this.#isCancelled && !this.isExpired(now);
  }

  // --- its lines

  /** Lines that this job cannot use, and why. */
  get refusals(): ReadonlyMap<string, Refusal> {
    return this.#refusals ?? NO_REFUSALS;
  }

  /** Excludes a line from this job. */
  refuse(lineId: string, refusal: Refusal): void {
    (this.#refusals ??= new Map<string, Refusal>()).set(lineId, refusal);
  }

  /** Notes that a session on a line ended badly. */
  troubled(lineId: string, why: SessionEnd['why'], now: number): Troubles {
    this.#troubles ??= new Map<string, Map<SessionEnd['why'], Troubles>>();
    const ofLine = this.#troubles.get(lineId) ?? new Map<SessionEnd['why'], Troubles>();
    const { count, since } = ofLine.get(why) ?? { count: 0, since: now };
    const troubles = { count: count + 1, since };
    this.#troubles.set(lineId, ofLine.set(why, troubles));
    return troubles;
  }

  /** A number ended on a line: the line works. */
  clearTroubles(lineId: string): void {
    this.#troubles?.delete(lineId);
  }

  // --- what users see

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

  /** Its result is saved and can be delivered. */
  settle(result: JobResult): void {
    this.#isSettled = true;
    this.heldHandle?.settle({ result });
  }

  get isSettled(): boolean {
    return this.#isSettled;
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
      state: this.#isPaused ? 'paused' : 'running',
      priority: record.priority,
      total: this.total,
      ...this.#finalCounts(),
      waiting: this.#counts?.queued ?? this.total,
      acceptedAt: isoTime(this.ports.wall(record.acceptedAt)),
      expiresAt: isoTimeOrNull(record.expiresAt, this.ports.wall),
    };
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

  #finalCounts(): Record<FinalState, number> {
    const { sent, failed, unknown, expired, cancelled } = this.#counts ?? NONE_ENDED;
    return { sent, failed, unknown, expired, cancelled };
  }
}

/** Summary of a job that has ended and whose result was not acknowledged. */
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

const NO_STATES = { queued: 0, submitted: 0, waiting: 0, sent: 0, failed: 0, unknown: 0, expired: 0, cancelled: 0 };

function statesOf(recipients: readonly Recipient[]): Record<RecipientState, number> {
  const counts = { ...NO_STATES };
  for (const { state } of recipients) counts[state] += 1;
  return counts;
}
