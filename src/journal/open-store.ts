/** Opens the journal of a server on disk, whatever state it is in. */
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { DiskStore } from './disk-store.js';
import { readIdentity, type Identity } from './identity.js';
import { Opening } from './opening.js';
import { findForbidden, SINCE_FILE } from './places.js';
import { besidePlace, findRescue } from './rescue.js';
import type { OpenStore } from './store.js';

/** What happened to the folder of a journal. */
export type FolderNews =
  /** It could not be used, and an empty journal takes its place. */
  | { readonly state: 'moved aside'; readonly error: Error; readonly place: string }
  /** It was deleted or replaced while it was in use. */
  | { readonly state: 'rewritten'; readonly error: Error }
  /** Another storage is used now, and the entries of this one could not be moved there. */
  | { readonly state: 'left behind'; readonly error: Error; readonly place: string };

/**
 * @param directory made if need be, but only the first time: a journal that is missing later is on a disk that is not there
 * @param report hears of what happened to the folder
 */
export function storeOnDisk(directory: string, report: (news: FolderNews) => void): OpenStore {
  let known: Identity | undefined;
  let last: DiskStore | undefined;
  let replaced: Error | undefined;
  return async (unreadable) => {
    if (known) await checkIdentity(directory, known);
    else await prepareFolder(directory, report);
    const opening = new Opening(directory, known, (error) => report({ state: 'rewritten', error }));
    const suspicion = unreadable === replaced ? undefined : unreadable;
    // A disk that fails is asked every second: it is not read as a whole each time.
    const store = await opening.open(suspicion, last === undefined || last.hasWritten);
    if (!known) await rm(path.join(directory, SINCE_FILE), { force: true });
    known = store.identity;
    last = store;
    replaced = unreadable;
    return store;
  };
}

/** Rejects if another journal than that of this run is in the folder, or none. */
async function checkIdentity(directory: string, { id }: Identity): Promise<void> {
  const identity = await readIdentity((await findRescue(directory)) ?? directory);
  if (identity?.id === id) return;
  const what = identity ? 'another journal' : 'no journal';
  throw new Error(`${what} is in ${directory} now: this server waits for its own one to come back`);
}

/** Makes the folder, and moves one aside that may not be used. */
async function prepareFolder(directory: string, report: (news: FolderNews) => void): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const forbidden = await findForbidden(directory);
  if (forbidden === undefined) return;
  const place = besidePlace(directory, Date.now());
  const error = new Error(`the journal in ${directory} cannot be used: ${forbidden}`);
  try {
    await rename(directory, place);
  } catch (cause) {
    throw new Error(`${error.message}, and it cannot be moved aside: ${(cause as Error).message}`, { cause });
  }
  await mkdir(directory, { mode: 0o700 });
  report({ state: 'moved aside', error, place });
}
