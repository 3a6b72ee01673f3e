/** LevelDB with a checksum in each value. Its lock file keeps a second process out. */
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { loadLevelDb, type ClassicLevel } from './leveldb.js';
import { StoreCorruptError, StoreLockedError, type Change, type Store } from './store.js';
import { decodeValue, encodeValue, ValueError } from './value.js';

/** Keys of the store's own entries begin with it, before all others. */
export const OWN = '!';
/** The first character behind it. */
const BEHIND_OWN = '"';

/**
 * Real paths of the stores that this process has open. LevelDB does not know a folder by its other names, and to ask it for a
 * folder that is open drops the lock that keeps other processes out.
 */
const inUse = new Set<string>();

export class LevelStore implements Store {
  private constructor(
    private readonly db: ClassicLevel,
    private readonly place: string,
  ) {}

  /** Opens the store in a directory, and makes it if need be. */
  static async open(directory: string): Promise<LevelStore> {
    const { ClassicLevel } = loadLevelDb();
    const place = await reserve(directory);
    const db = new ClassicLevel(directory);
    try {
      await db.open();
    } catch (error) {
      inUse.delete(place);
      throw openError(directory, error);
    }
    return new LevelStore(db, place);
  }

  /** Rejects with a {@link StoreLockedError} if another process has the store. Changes nothing in it. */
  static async checkLock(directory: string): Promise<void> {
    const { ClassicLevel } = loadLevelDb();
    const place = await reserve(directory);
    const db = new ClassicLevel(directory);
    try {
      // LevelDB locks the folder first, and then refuses it whether there is a store in it or not.
      await db.open({ createIfMissing: false, errorIfExists: true });
      await db.close();
    } catch (error) {
      const reason = openError(directory, error);
      if (reason instanceof StoreLockedError) throw reason;
    } finally {
      inUse.delete(place);
    }
  }

  /** @param own entries of the store itself that go with the changes */
  async write(changes: readonly Change[], own: readonly Change[] = []): Promise<void> {
    try {
      // An array of operations would be copied and checked one by one, at several times the cost.
      const batch = this.db.batch();
      for (const list of [changes, own])
        for (const change of list) {
          if (change.type === 'put') batch.put(change.key, encodeValue(change.key, change.value));
          else batch.del(change.key);
        }
      await batch.write({ sync: true });
    } catch (error) {
      throw storeError(error);
    }
  }

  /** Writes entries as {@link encodedEntries} gave them; flushed only if `sync`. */
  async writeEncoded(entries: readonly (readonly [key: string, value: string])[], sync: boolean): Promise<void> {
    const batch = this.db.batch();
    for (const [key, value] of entries) batch.put(key, value);
    await batch.write({ sync });
  }

  get(key: string): unknown {
    try {
      const value = this.db.getSync(key);
      return value === undefined ? undefined : decodeValue(key, value);
    } catch (error) {
      throw storeError(error);
    }
  }

  async *entries(prefix: string): AsyncIterable<readonly [string, unknown]> {
    try {
      // To its end, and not one entry further: only there it tells of blocks that it could not read.
      for await (const [key, value] of this.db.iterator(rangeOf(prefix))) yield [key, decodeValue(key, value)];
    } catch (error) {
      throw storeError(error);
    }
  }

  /** All entries as they are on the disk, those of the store itself included. */
  async *encodedEntries(): AsyncIterable<readonly [key: string, value: string]> {
    yield* this.db.iterator();
  }

  async keys(prefix: string): Promise<string[]> {
    return this.db.keys(rangeOf(prefix)).all();
  }

  /** Makes LevelDB open the tables that hold these keys: it keeps them open, and can read them when their files are gone. */
  async openTables(keys: readonly string[]): Promise<void> {
    const iterator = this.db.keys();
    try {
      for (const key of keys) {
        iterator.seek(key);
        await iterator.next();
      }
    } finally {
      await iterator.close();
    }
  }

  async close(): Promise<void> {
    await this.db.close();
    inUse.delete(this.place);
  }
}

/** Reserves a folder for this process. @throws StoreLockedError if a store in this process has it */
async function reserve(directory: string): Promise<string> {
  const place = await realpath(directory).catch(() => path.resolve(directory));
  if (inUse.has(place))
    throw new StoreLockedError(`the journal in ${directory} is in use by another server of this process`);
  inUse.add(place);
  return place;
}

const rangeOf = (prefix: string): { readonly gte: string; readonly lt?: string } =>
  prefix === '' ? { gte: BEHIND_OWN } : { gte: prefix, lt: behind(prefix) };

/** The first text behind all that begin with a prefix of ASCII. */
function behind(prefix: string): string {
  return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
}

function openError(directory: string, error: unknown): Error {
  const { cause } = error as { cause?: { code?: string; message?: string } };
  const reason = cause?.message ?? (error as Error).message;
  if (cause?.code === 'LEVEL_LOCKED') {
    return new StoreLockedError(`the journal in ${directory} is in use by another process`, { cause: error });
  }
  if (cause?.code === 'LEVEL_CORRUPTION') {
    return new StoreCorruptError(`the journal in ${directory} is corrupt: ${reason}`, { cause: error });
  }
  return new Error(`the journal in ${directory} cannot be opened: ${reason}`, { cause: error });
}

function storeError(error: unknown): Error {
  const { code, message } = error as { code?: string; message: string };
  const isCorrupt = code === 'LEVEL_CORRUPTION' || PAST_END.test(message) || error instanceof ValueError;
  return isCorrupt ? new StoreCorruptError(message, { cause: error }) : (error as Error);
}

/** What LevelDB says of a table that is shorter than it was, on POSIX and on Windows. */
const PAST_END = /\.(ldb|sst): (Invalid argument|The parameter is incorrect)/;
