/** A job as the journal keeps it, while it runs and when it has ended. */
import type { JobCounts, Priority, RecipientResult } from '../result.js';

/** A job as it was accepted, without its numbers. All times are steady, see timeline.ts. */
export interface JobRecord {
  readonly id: string;
  /** Text of all numbers; null if each number has its own. */
  readonly text: string | null;
  /** Device ids; null for any line. */
  readonly devices: readonly string[] | null;
  readonly priority: Priority;
  /** Milliseconds that the result waits for delivery reports. */
  readonly reportMs: number;
  readonly acceptedAt: number;
  /** Null for never. */
  readonly expiresAt: number | null;
  readonly paused: boolean;
  /** No further number goes out. */
  readonly cancelled?: true;
  /** Who gets the result, and what is returned with it. */
  readonly origin: string | null;
  readonly context: unknown;
  /** Digest of its numbers and texts, if the caller gave it an id. Jobs of 1.0 have none. */
  readonly content?: string | undefined;
}

/** What is kept of a job that has ended. */
export interface EndedRecord {
  /** Without the results of its numbers if these are in records of their own. */
  readonly result: JobCounts & { readonly results?: readonly RecipientResult[] };
  /** How many records with results of numbers there are. */
  readonly records?: number;
  readonly origin: string | null;
  readonly context: unknown;
  /** As in {@link JobRecord}. */
  readonly content?: string | undefined;
  readonly priority: Priority;
  /** Jobs of 1.0 do not have it. */
  readonly acceptedAt?: number;
  readonly expiresAt?: number | null;
  readonly endedAt: number;
}

/** Summary of an ended job whose result was not acknowledged yet. Version 1.0 kept its origin only. */
export type UnclaimedRecord = Omit<EndedRecord, 'context' | 'records'>;

/** Small whatever the number of results. */
export function unclaimedOf({ context, records, ...record }: EndedRecord): UnclaimedRecord {
  const { results, ...result } = record.result;
  return { ...record, result };
}
