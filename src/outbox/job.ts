/** A job: one text for one or many numbers, from its acceptance to its result. */
import { EventEmitter } from 'node:events';
import { GoipError, type GoipErrorCode } from '../errors.js';
import type { SessionEnd } from '../sessions/machine.js';

export type FinalState = 'sent' | 'failed' | 'unknown' | 'expired';
export type RecipientState = 'queued' | 'submitted' | 'waiting' | FinalState;

/** What became of one number. */
export interface RecipientResult {
  readonly to: string;
  /**
   * `unknown`: handed to a device, and its result was never learnt. It may have been sent, so it is not sent again.
   */
  readonly state: FinalState;
  /** The line that had it; null where it never got to one. */
  readonly device: string | null;
  /** Null where it was sent. */
  readonly code: GoipErrorCode | null;
  readonly reason: string | null;
  /** The device's number of the SMS, on newer firmware; a delivery report refers to it. */
  readonly smsNo: number | null;
  /** The device's error number with `GOIP_SEND_FAILED`. */
  readonly errorstatus: number | null;
  /** How often it was submitted to a line. */
  readonly attempts: number;
  /** When it ended, ISO 8601. */
  readonly at: string;
}

/** A step of one number on its way. */
export interface RecipientStatus extends Omit<RecipientResult, 'state'> {
  /** The job's id. */
  readonly id: string;
  readonly state: RecipientState;
}

export interface JobResult {
  readonly id: string;
  /** Every recipient was sent. */
  readonly ok: boolean;
  readonly total: number;
  readonly sent: number;
  readonly failed: number;
  readonly unknown: number;
  readonly expired: number;
  readonly results: readonly RecipientResult[];
}

/** What a caller of `send` holds: `status` for each step of each number, and the result in the end. */
export interface Job extends EventEmitter<{ status: [RecipientStatus] }> {
  readonly id: string;
  readonly total: number;
  /** Settles when every number has ended; never rejects. */
  readonly result: Promise<JobResult>;
}

/** The error that a job as a whole ended with: none if at least one number was sent. */
export function errorOf(result: JobResult): GoipError | undefined {
  if (result.sent > 0) return undefined;
  const first = result.results.find(({ code }) => code !== null);
  const counts = (['failed', 'unknown', 'expired'] as const)
    .filter((state) => result[state] > 0)
    .map((state) => `${result[state]} ${state}`)
    .join(', ');
  return new GoipError(
    first?.code ?? 'GOIP_SEND_FAILED',
    `no SMS was sent (${counts})${first?.reason ? `: ${first.reason}` : ''}`,
  );
}

/** A number on its way, as the outbox keeps it. */
export interface Recipient {
  readonly to: string;
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

export interface Trouble {
  readonly count: number;
  /** Milliseconds since 1970. */
  readonly since: number;
}

/** A job as the outbox works on it. */
export class OutboxJob extends EventEmitter<{ status: [RecipientStatus] }> implements Job {
  readonly result: Promise<JobResult>;
  readonly #resolve: (result: JobResult) => void;
  readonly #recipients: readonly Recipient[];
  /** Numbers that have not been submitted yet, in order, from `#next` on. */
  #pending: Recipient[];
  #next = 0;
  #open: number;

  /** Since when none of its lines can be hoped for; set and cleared by the outbox. */
  stalledSince: number | undefined;
  /** Lines that will not do for this job, and why. */
  readonly refusals = new Map<string, { readonly code: GoipErrorCode; readonly reason: string }>();
  /** Sessions that ended badly in a row, per line and reason; cleared by a number that ended there. */
  readonly troubles = new Map<string, Map<SessionEnd['why'], Trouble>>();

  constructor(
    readonly id: string,
    readonly text: string,
    to: readonly string[],
    /** Lines that may send it; undefined for any. */
    readonly devices: readonly string[] | undefined,
    now: number,
  ) {
    super();
    this.#recipients = to.map((number) => ({
      to: number,
      state: 'queued',
      device: null,
      code: null,
      reason: null,
      smsNo: null,
      errorstatus: null,
      attempts: 0,
      at: now,
    }));
    this.#pending = [...this.#recipients];
    this.#open = this.#recipients.length;
    let resolve: (result: JobResult) => void = () => undefined;
    this.result = new Promise((settle) => (resolve = settle));
    this.#resolve = resolve;
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

  mayUse(lineId: string): boolean {
    return !this.refusals.has(lineId) && (this.devices?.includes(lineId) ?? true);
  }

  take(): Recipient | undefined {
    const recipient = this.#pending[this.#next];
    if (recipient) this.#next += 1;
    return recipient;
  }

  /** Gives back a number that was taken and not submitted: it is the next one again. */
  putBack(recipient: Recipient): void {
    this.#pending = [recipient, ...this.#pending.slice(this.#next)];
    this.#next = 0;
  }

  announceQueued(): void {
    for (const recipient of this.#recipients) this.#announce(recipient);
  }

  /** Moves a number a step on. The last number to end settles the job's result. */
  move(recipient: Recipient, change: Partial<Omit<Recipient, 'to'>>, now: number): void {
    Object.assign(recipient, change, { at: now });
    this.#announce(recipient);
    if (!isFinal(recipient.state)) return;
    this.#open -= 1;
    if (this.#open === 0) this.#resolve(this.#summary());
  }

  #announce(recipient: Recipient): void {
    this.emit('status', { id: this.id, ...recipient, at: new Date(recipient.at).toISOString() });
  }

  #summary(): JobResult {
    const results = this.#recipients.map((recipient) => {
      const { state } = recipient;
      if (!isFinal(state)) throw new Error(`number in state ${state} at the end of a job`);
      return { ...recipient, state, at: new Date(recipient.at).toISOString() };
    });
    const count = (state: FinalState): number => results.filter((result) => result.state === state).length;
    const sent = count('sent');
    return {
      id: this.id,
      ok: sent === results.length,
      total: results.length,
      sent,
      failed: count('failed'),
      unknown: count('unknown'),
      expired: count('expired'),
      results,
    };
  }
}

function isFinal(state: RecipientState): state is FinalState {
  return state !== 'queued' && state !== 'submitted' && state !== 'waiting';
}
