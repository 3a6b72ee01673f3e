/** Which SMS were accepted, and when: to know their copies. */
import { hash } from 'node:crypto';
import type { Change } from '../journal/store.js';
import { keyOf } from './duplicates.js';
import type { Sms } from './inbox.js';

/** Times are milliseconds since 1970. */
export interface Seen {
  /** When an SMS was accepted last; undefined where that was never, or is forgotten. Throws as {@link Journal.get}. */
  timeOf(digest: string): number | undefined;
  /** What has to be saved with an SMS, so that it is remembered. */
  changesFor(digest: string, now: number): readonly Change[];
  /** That is saved. */
  saved(digest: string, now: number): void;
  /** Forgets what is older than the retention, and the oldest where there is too much. */
  prune(now: number, retentionMs: number): Promise<void>;
}

/** Copies have the same line, recvid, sender and text (PROTOCOL §3). 162 bits of SHA-256 as base64url. */
export function digestOf({ device, recvid, from, text }: Sms): string {
  return hash('sha256', keyOf(device, recvid, from, text), 'base64url').slice(0, 27);
}
