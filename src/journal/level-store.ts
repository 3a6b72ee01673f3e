/** A store on disk: LevelDB. Its lock file keeps a second process out. */
import { readdir, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { loadLevelDb, type ClassicLevel } from './leveldb.js';
import { StoreCorruptError, StoreLockedError, type Change, type Store } from './store.js';

export class LevelStore implements Store {
  private constructor(private readonly db: ClassicLevel) {}

  /** Opens the store in a directory, and makes it if need be. */
  static async open(directory: string): Promise<LevelStore> {
    const { ClassicLevel } = loadLevelDb();
    await refuseWithoutIndex(directory);
    const db = new ClassicLevel(directory);
    try {
      await db.open();
    } catch (error) {
      throw openError(directory, error);
    }
    return new LevelStore(db);
  }

  async write(changes: readonly Change[]): Promise<void> {
    try {
      // An array of operations would be copied and checked one by one, at several times the cost.
      const batch = this.db.batch();
      for (const change of changes) {
        if (change.type === 'put') batch.put(change.key, JSON.stringify(change.value));
        else batch.del(change.key);
      }
      await batch.write({ sync: true });
    } catch (error) {
      throw storeError(error);
    }
  }

  get(key: string): unknown {
    try {
      const value = this.db.getSync(key);
      return value === undefined ? undefined : (JSON.parse(value) as unknown);
    } catch (error) {
      throw storeError(error);
    }
  }

  async *entries(prefix: string): AsyncIterable<readonly [string, unknown]> {
    try {
      // To its end, and not one entry further: only there it tells of blocks that it could not read.
      for await (const [key, value] of this.db.iterator(prefix === '' ? {} : { gte: prefix, lt: behind(prefix) }))
        yield [key, JSON.parse(value) as unknown];
    } catch (error) {
      throw storeError(error);
    }
  }

  close(): Promise<void> {
    return this.db.close();
  }
}

/** The first text behind all that begin with a prefix of ASCII. */
function behind(prefix: string): string {
  return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
}

/** Moves a store out of the way, where somebody can look at it. Returns its new place. */
export async function moveAside(directory: string, now: number): Promise<string> {
  const place = `${directory}.corrupt-${new Date(now).toISOString().replaceAll(':', '')}`;
  await rename(directory, place);
  return place;
}

/**
 * LevelDB takes a directory without CURRENT for a new one, and deletes what else is there; that the manifest is not where
 * CURRENT points is to it as any file that cannot be opened.
 */
async function refuseWithoutIndex(directory: string): Promise<void> {
  // Whatever else is wrong with the directory, opening the store will tell.
  const files = await readdir(directory).catch((): string[] => []);
  const missing = files.includes('CURRENT')
    ? (await readFile(path.join(directory, 'CURRENT'), 'latin1').catch(() => '')).trim()
    : 'CURRENT';
  if (files.includes(missing) || !files.some((file) => /\.(ldb|sst|log)$/.test(file))) return;
  if (!/^(CURRENT|MANIFEST-\d+)$/.test(missing)) return;
  throw new StoreCorruptError(`the journal in ${directory} is corrupt: the file ${missing} is missing`);
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
  // An entry that is no JSON was damaged on the disk, too.
  const isCorrupt = code === 'LEVEL_CORRUPTION' || PAST_END.test(message) || error instanceof SyntaxError;
  return isCorrupt ? new StoreCorruptError(message, { cause: error }) : (error as Error);
}

/** What LevelDB says of a table that is shorter than it was, on POSIX and on Windows. */
const PAST_END = /\.(ldb|sst): (Invalid argument|The parameter is incorrect)/;
