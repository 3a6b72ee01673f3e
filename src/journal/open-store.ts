/** Opens the journal of a server on disk, whatever state it is in. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { LevelStore, moveAside } from './level-store.js';
import { StoreCorruptError, type OpenStore } from './store.js';

/**
 * @param directory made if need be
 * @param onMovedAside hears of a journal that could not be read, and where it is now; an empty one takes its place
 */
export function storeOnDisk(directory: string, onMovedAside: (error: Error, place: string) => void): OpenStore {
  let replaced: Error | undefined;
  const replace = async (error: Error): Promise<void> => {
    const place = await moveAside(directory, Date.now());
    replaced = error;
    onMovedAside(error, place);
  };
  return async (unreadable) => {
    await mkdir(path.dirname(directory), { recursive: true });
    if (unreadable && unreadable !== replaced) await replace(unreadable);
    try {
      return await LevelStore.open(directory);
    } catch (error) {
      if (!(error instanceof StoreCorruptError)) throw error;
      await replace(error);
      return LevelStore.open(directory);
    }
  };
}
