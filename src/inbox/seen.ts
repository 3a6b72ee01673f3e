/** Which SMS were accepted, and when: to know their copies. */
import { hash } from 'node:crypto';
import { SEEN } from '../journal/keys.js';
import type { Change } from '../journal/store.js';
import type { Sms } from './sms.js';

/** Times are milliseconds since 1970. */
export interface Seen {
  /** What copies have in common, and no other SMS has: their line, recvid, sender and text (protocol §3). */
  keyOf(sms: Sms): string;
  /**
   * Time at which an SMS was accepted last; undefined if it never was, or is forgotten.
   * @throws GoipError `GOIP_STORAGE` while the journal cannot be read
   */
  timeOf(key: string): number | undefined;
  /** What has to be saved with an SMS, so that it is remembered. */
  changesFor(key: string, now: number): readonly Change[];
  /** That is saved. */
  saved(key: string, now: number): void;
  /**
   * Forgets what is older than the retention, and the oldest where there is too much.
   * @param isSaving is the key on its way to the journal? Then it must not be forgotten
   */
  prune(now: number, retentionMs: number, isSaving: (key: string) => boolean): Promise<void>;
}

/**
 * The key of an SMS: 162 bits of SHA-256. It is the same in memory and on disk, so that a change of the storage keeps what is
 * known. With another way to make it, earlier duplicates would not be known.
 */
export const seenKeyOf = ({ device, recvid, from, text }: Sms): string =>
  SEEN + hash('sha256', JSON.stringify([device, recvid, from, text]), 'base64url').slice(0, 27);
