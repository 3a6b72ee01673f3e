/** Moves what one journal holds into another one, when a server is started with another storage than before. */
import { readdir, rmdir, unlink } from 'node:fs/promises';
import path from 'node:path';
import { addDamage, type JournalDamage } from './damage.js';
import { SEEN, SMS } from './keys.js';
import { isStoreFile } from './level-files/inspect.js';
import { MemoryStore } from './memory-store.js';
import { storeOnDisk, type FolderNews } from './open-store.js';
import { describeWaiting } from './unused.js';
import { DAMAGE, del, put, type Change, type OpenStore, type Store } from './store.js';

/** A directory, or a store in memory that is not used any more. */
export type EarlierStorage = string | MemoryStore;

/** What keeps the keys by which duplicates of SMS are known: the journal, or a table in memory. */
export interface SeenKeys {
  changesFor(key: string, time: number): readonly Change[];
  saved(key: string, time: number): void;
}

export interface CarryOver {
  readonly earlier: EarlierStorage | undefined;
  /** Not called before the first opening. */
  readonly seen: () => SeenKeys;
  readonly report: (news: FolderNews) => void;
}

/** Key of the entry with everything that is being moved: it counts when the earlier journal is empty. */
const MOVED = '!moved';

interface Moved {
  readonly entries: readonly Entry[];
  readonly damage: JournalDamage | null;
}

type Entry = readonly [key: string, value: unknown];

/**
 * Returns an `open` that first moves all entries of an earlier storage into the store. An earlier journal on disk that cannot
 * be read or emptied is reported, and left as it is.
 */
export function carryingOver(open: OpenStore, { earlier, seen, report }: CarryOver): OpenStore {
  let isDone = false;
  return async (unreadable) => {
    const store = await open(unreadable);
    if (isDone) return store;
    try {
      let isMoved = true;
      if (earlier instanceof MemoryStore) await move(earlier, store);
      else if (earlier !== undefined) isMoved = await moveFromDisk(earlier, store, report);
      if (isMoved) await takeMoved(store, seen());
      if (isMoved && typeof earlier === 'string') await removeFiles(earlier);
    } catch (error) {
      await store.close();
      throw error;
    }
    isDone = true;
    return store;
  };
}

/** Resolves to false if the earlier journal is left behind. */
async function moveFromDisk(directory: string, store: Store, report: CarryOver['report']): Promise<boolean> {
  if (!(await hasStore(directory))) return true;
  try {
    const earlier = await storeOnDisk(directory, report)();
    try {
      await move(earlier, store);
    } finally {
      await earlier.close();
    }
    return true;
  } catch (cause) {
    const waiting = await describeWaiting(directory).catch(() => 'unreadable contents');
    const error = new Error(
      `the storage was changed, but the journal in ${directory}, with ${waiting}, cannot be carried over: ` +
        `${(cause as Error).message}. It goes on when the storage is changed back.`,
      { cause },
    );
    report({ state: 'left behind', error, place: directory });
    return false;
  }
}

/**
 * Moves the entries so that at any moment one journal has them: a job that both have could be sent twice, and a job that none
 * has would be lost.
 */
async function move(earlier: Store, store: Store): Promise<void> {
  const entries: Entry[] = [];
  for await (const entry of earlier.entries('')) if (!entry[0].startsWith('!')) entries.push(entry);
  if (entries.length === 0 && !earlier.damage) return;
  await store.write([put(MOVED, { entries, damage: earlier.damage ?? null } satisfies Moved)]);
  await earlier.write([...entries.map(([key]) => del(key)), del(DAMAGE)]);
}

/** Brings the entries that were moved to their own keys. */
async function takeMoved(store: Store, seen: SeenKeys): Promise<void> {
  const moved = store.get(MOVED) as Moved | undefined;
  if (!moved) return;
  const times = moved.entries.filter((entry): entry is readonly [string, number] => isSeen(entry));
  // A table in memory forgets what was added first.
  times.sort(([, one], [, other]) => one - other);
  const damage = addDamage(store.damage, moved.damage ?? undefined);
  await store.write([
    ...(await changesFor(moved.entries, store)),
    ...times.flatMap(([key, time]) => seen.changesFor(key, time)),
    ...(damage ? [put(DAMAGE, damage)] : []),
    del(MOVED),
  ]);
  for (const [key, time] of times) seen.saved(key, time);
}

const isSeen = ([key, time]: Entry): boolean => key.startsWith(SEEN) && typeof time === 'number';

/** Received SMS get the next free keys: those of earlier versions count from 1 in each store. */
async function changesFor(entries: readonly Entry[], store: Store): Promise<Change[]> {
  let last = 0;
  for await (const [key] of store.entries(SMS)) last = Math.max(last, sequenceOf(key));
  return entries
    .filter(([key]) => !key.startsWith(SEEN))
    .map(([key, value]) => {
      if (last === 0 || !key.startsWith(SMS)) return put(key, value);
      last += 1;
      return put(SMS + last.toString(36).padStart(11, '0'), value);
    });
}

const sequenceOf = (key: string): number => Number.parseInt(key.slice(SMS.length), 36);

async function hasStore(directory: string): Promise<boolean> {
  const files = await readdir(directory).catch((): string[] => []);
  return files.some(isStoreFile);
}

/** Removes an empty journal; damaged files that are kept beside it stay. What cannot be removed does no harm. */
async function removeFiles(directory: string): Promise<void> {
  if (!(await hasStore(directory))) return;
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  for (const entry of entries)
    if (!entry.isDirectory()) await unlink(path.join(directory, entry.name)).catch(() => undefined);
  await rmdir(directory).catch(() => undefined);
}
