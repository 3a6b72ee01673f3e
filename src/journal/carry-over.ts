/** Moves what one journal holds into another one, when a server is started with another storage than before. */
import { readdir, rmdir, unlink } from 'node:fs/promises';
import path from 'node:path';
import { isStoreFile } from './level-files/inspect.js';
import { SMS } from './live-keys.js';
import { MemoryStore } from './memory-store.js';
import { storeOnDisk, type FolderNews } from './open-store.js';
import { describeWaiting } from './unused.js';
import { DAMAGE, del, put, type Change, type OpenStore, type Store } from './store.js';

/** A directory, or a store in memory that is not used any more. */
export type EarlierStorage = string | MemoryStore;

/**
 * Returns an `open` that first moves all entries of an earlier storage into the store. An earlier journal on disk that cannot
 * be read or emptied is reported, and left as it is.
 */
export function carryingOver(open: OpenStore, earlier: EarlierStorage, report: (news: FolderNews) => void): OpenStore {
  let isDone = false;
  return async (unreadable) => {
    const store = await open(unreadable);
    if (isDone) return store;
    try {
      if (earlier instanceof MemoryStore) await moveFromMemory(earlier, store);
      else await moveFromDisk(earlier, store, report);
    } catch (error) {
      await store.close();
      throw error;
    }
    isDone = true;
    return store;
  };
}

async function moveFromMemory(earlier: MemoryStore, store: Store): Promise<void> {
  const entries = await entriesOf(earlier);
  if (entries.length === 0) return;
  await store.write(await changesFor(entries, store));
  earlier.writeAtOnce(entries.map(([key]) => del(key)));
}

async function moveFromDisk(directory: string, store: Store, report: (news: FolderNews) => void): Promise<void> {
  const files = await readdir(directory).catch((): string[] => []);
  if (!files.some(isStoreFile)) return;
  try {
    const earlier = await storeOnDisk(directory, report)();
    try {
      const entries = await entriesOf(earlier);
      const changes = await changesFor(entries, store);
      if (earlier.damage) changes.push(put(DAMAGE, earlier.damage));
      // Emptied first: a job that both journals have could be sent twice. A store in memory does not reject the write.
      await earlier.write([...entries.map(([key]) => del(key)), del(DAMAGE)]);
      await store.write(changes);
    } finally {
      await earlier.close();
    }
  } catch (cause) {
    const waiting = await describeWaiting(directory).catch(() => 'unreadable contents');
    const error = new Error(
      `the storage was changed, but the journal in ${directory}, with ${waiting}, cannot be carried over: ` +
        `${(cause as Error).message}. It goes on when the storage is changed back.`,
      { cause },
    );
    report({ state: 'left behind', error, place: directory });
    return;
  }
  await removeFiles(directory);
}

/** Removes an empty journal; damaged files that are kept beside it stay. What cannot be removed does no harm. */
async function removeFiles(directory: string): Promise<void> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  for (const entry of entries)
    if (!entry.isDirectory()) await unlink(path.join(directory, entry.name)).catch(() => undefined);
  await rmdir(directory).catch(() => undefined);
}

type Entry = readonly [key: string, value: unknown];

/** All entries except those by which duplicates of SMS are known: each storage has its own way to keep these. */
async function entriesOf(store: Store): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of store.entries('')) if (!/^(!|seen\/)/.test(entry[0])) entries.push(entry);
  return entries;
}

/** Received SMS get the next free keys: both stores count from 1. */
async function changesFor(entries: readonly Entry[], store: Store): Promise<Change[]> {
  let last = 0;
  for await (const [key] of store.entries(SMS)) last = Math.max(last, sequenceOf(key));
  return entries.map(([key, value]) => {
    if (last === 0 || !key.startsWith(SMS)) return put(key, value);
    last += 1;
    return put(SMS + last.toString(36).padStart(11, '0'), value);
  });
}

const sequenceOf = (key: string): number => Number.parseInt(key.slice(SMS.length), 36);
