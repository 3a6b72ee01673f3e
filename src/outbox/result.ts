/** What people and flows see of a job: its numbers' steps, its result, and itself in short. */
import type { EventEmitter } from 'node:events';
import { GoipError, type GoipErrorCode } from '../errors.js';
import type { Segments } from '../gsm/segments.js';

export type FinalState = 'sent' | 'failed' | 'unknown' | 'expired' | 'cancelled';
export type RecipientState = 'queued' | 'submitted' | 'waiting' | FinalState;

/** Who goes first; a job's numbers all have the same. */
export const PRIORITIES = ['high', 'normal', 'low'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** A line that a number was tried on, and that would not send it. */
export interface Attempt {
  readonly device: string;
  /** `unknown` where it may have sent it. */
  readonly state: 'failed' | 'unknown';
  readonly code: GoipErrorCode;
  readonly reason: string | null;
  readonly errorstatus: number | null;
  /** ISO 8601. */
  readonly at: string;
}

/** What the network reported of an SMS after it was sent. */
export interface Delivery {
  readonly state: 'delivered' | 'delivery-pending' | 'undelivered';
  /** The TP-Status as the device told it (3GPP 23.040 §9.2.3.15), and what it means. */
  readonly status: number;
  readonly reason: string;
  /** ISO 8601. */
  readonly at: string;
}

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
  /** The lines that would not send it, in order. */
  readonly tried: readonly Attempt[];
  /** SMS that it takes, and how they are encoded. */
  readonly parts: number;
  readonly encoding: Segments['encoding'];
  /** The last delivery report, where one has come before the job ended. */
  readonly delivery: Delivery | null;
  /** When it ended, ISO 8601. */
  readonly at: string;
}

/** A step of one number on its way. One that a line refused is `queued` again, with the code of the refusal. */
export interface RecipientStatus extends Omit<RecipientResult, 'state'> {
  /** The job's id. */
  readonly id: string;
  readonly state: RecipientState | Delivery['state'];
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
  readonly cancelled: number;
  readonly results: readonly RecipientResult[];
}

/** A result without those of its numbers. */
export type JobCounts = Omit<JobResult, 'results'>;

/** What a caller of `send` holds: `status` for each step of each number, and the result in the end. */
export interface Job extends EventEmitter<{ status: [RecipientStatus] }> {
  readonly id: string;
  readonly total: number;
  /** What the request gave to get back with the result. */
  readonly context: unknown;
  /** Its result is there. */
  readonly hasEnded: boolean;
  /** Settles when every number has ended, and its report is in where the request waits for that. Rejects with `GOIP_CLOSED` where the server stops before: the job is kept. */
  readonly result: Promise<JobResult>;
}

/** A job in hand, in short. */
export interface JobSummary {
  readonly id: string;
  /** Who asked for it: the id of a goip send node. */
  readonly origin: string | null;
  readonly state: 'running' | 'paused' | 'ended';
  readonly priority: Priority;
  readonly total: number;
  readonly sent: number;
  readonly failed: number;
  readonly unknown: number;
  readonly expired: number;
  readonly cancelled: number;
  /** Numbers that have not been submitted. */
  readonly waiting: number;
  /** ISO 8601; null for a job that version 1.0 has ended. */
  readonly acceptedAt: string | null;
  readonly expiresAt: string | null;
}

/** The error that a job as a whole ended with: none if at least one number was sent. */
export function errorOf(result: JobResult): GoipError | undefined {
  if (result.sent > 0) return undefined;
  const first = result.results.find(({ code }) => code !== null);
  const counts = (['failed', 'unknown', 'expired', 'cancelled'] as const)
    .filter((state) => result[state] > 0)
    .map((state) => `${result[state]} ${state}`)
    .join(', ');
  return new GoipError(
    first?.code ?? 'GOIP_SEND_FAILED',
    `no SMS was sent (${counts})${first?.reason ? `: ${first.reason}` : ''}`,
  );
}
