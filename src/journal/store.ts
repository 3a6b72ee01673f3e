/** Where a journal keeps its entries: a sorted table whose writes survive a power loss. */
import type { JournalDamage } from './damage.js';

export type Change =
  /** The value survives JSON, and nobody changes it any more. */
  | { readonly type: 'put'; readonly key: string; readonly value: unknown }
  | { readonly type: 'del'; readonly key: string };

export const put = (key: string, value: unknown): Change => ({ type: 'put', key, value });
export const del = (key: string): Change => ({ type: 'del', key });

export interface Store {
  /** What was found damaged when it was opened, and is not settled yet: until the entry `!damage` is deleted. */
  readonly damage?: JournalDamage | undefined;
  /**
   * Makes all changes or none, and resolves when they would survive a power loss. After a rejection the store may be of no
   * more use: close it and open another one.
   */
  write(changes: readonly Change[]): Promise<void>;
  /** As `write`, where there is nothing to wait for and nothing can fail. */
  writeAtOnce?(changes: readonly Change[]): void;
  /** @throws StoreCorruptError where the entry cannot be read */
  get(key: string): unknown;
  /** All entries whose key begins with `prefix` (of ASCII), in the order of the keys (bytes of UTF-8). Throws as `get`. */
  entries(prefix: string): AsyncIterable<readonly [key: string, value: unknown]>;
  /** As `entries`, where their order costs something; what is written meanwhile may be among them or not. */
  entriesInAnyOrder?(prefix: string): AsyncIterable<readonly [key: string, value: unknown]>;
  /**
   * Makes sure that the store is still in its place, while nothing is being written. Resolves to true if it was deleted and
   * is written again. Rejects if it is somewhere else, with a `StoreCorruptError` if it was damaged, and with a
   * `StoreDisplacedError` if it could not be written again.
   */
  check?(): Promise<boolean>;
  close(): Promise<void>;
}

/** Key of the entry that keeps a {@link JournalDamage} until it is settled. */
export const DAMAGE = '!damage';

/**
 * Rejects with a `StoreLockedError` if another process has the store, and with a `StoreCorruptError` if the store can neither be
 * read nor replaced.
 *
 * @param unreadable the store that was opened last turned out to be damaged: a sound one with what can be read is to take its
 *   place
 */
export type OpenStore = (unreadable?: Error) => Promise<Store>;

export class StoreLockedError extends Error {}
export class StoreCorruptError extends Error {}
/** The files of an open store are deleted and could not be written again: the open store is the only copy. */
export class StoreDisplacedError extends Error {}
/** The journal was written by a newer version. */
export class JournalFormatError extends Error {}
