/** What an outbox can be told, checked; times in milliseconds. */
import type { SessionConfig } from '../sessions/machine.js';

export interface OutboxSettings {
  readonly session: SessionConfig;
  /** Concurrent bulk sessions of a line. */
  readonly sessionsPerLine: number;
  readonly offlineAfterMs: number;
  /** From the acceptance of a job until its numbers are not submitted any more. */
  readonly expireMs: number;
  /** Numbers that may wait. */
  readonly queueLimit: number;
  /** Memory that jobs may take, as estimated. */
  readonly queueBytes: number;
  readonly retentionMs: number;
  /** How often a number is submitted at most. */
  readonly attempts: number;
  readonly retryUnknown: boolean;
  readonly sticky: boolean;
  /** Undefined to leave numbers as they are. */
  readonly country: string | undefined;
  /** Jobs outlive the server. */
  readonly isPersistent: boolean;
  /** Why nothing is sent: a setting that is wrong, and whose default could send what must not be sent. */
  readonly sendingProblem: string | undefined;
}
