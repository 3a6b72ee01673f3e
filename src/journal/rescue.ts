/**
 * Replaces the files of a journal by others, so that a crash at any moment loses nothing: the new files are written into a
 * folder inside of the journal's, the old ones are moved aside, the new ones are moved up. Files are moved one by one, because
 * a folder that is a mount point cannot be moved.
 */
import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { IDENTITY_FILE, writeIdentity, type Identity } from './identity.js';
import { isStoreFile } from './level-files/inspect.js';
import { LevelStore } from './level-store.js';
import { MARK_FILE, writeMark, type Progress } from './mark.js';
import { isMissing, readBytes } from './places.js';

/** Folders: being written, complete while old files are in their place, and complete with no old files left. */
const PART = 'rescued.part';
const COMPLETE = 'rescued';
const READY = 'rescued.ready';
/** A folder that is moved to see whether that is possible. */
const PROBE = 'moved';

const BATCH = 1000;

type EncodedEntry = readonly [key: string, value: string];

/** What is beside the entries of a journal. */
export interface RescuedFiles {
  readonly identity: Identity | undefined;
  readonly progress: Progress;
}

/** Writes a complete journal beside the files of another one. It takes their place with {@link finishRescue}. */
export async function writeRescue(
  directory: string,
  entries: AsyncIterable<EncodedEntry> | Iterable<EncodedEntry>,
  { identity, progress }: RescuedFiles,
): Promise<void> {
  const part = path.join(directory, PART);
  await rm(part, { recursive: true, force: true });
  await mkdir(part, { recursive: true, mode: 0o700 });
  const level = await LevelStore.open(part);
  try {
    let batch: EncodedEntry[] = [];
    for await (const entry of entries) {
      batch.push(entry);
      if (batch.length < BATCH) continue;
      await level.writeEncoded(batch, false);
      batch = [];
    }
    // Flushes those before it, too.
    await level.writeEncoded(batch, true);
  } finally {
    await level.close();
  }
  if (identity) await writeIdentity(part, identity);
  await writeMark(part, progress);
  await rename(part, path.join(directory, COMPLETE));
}

/** Deletes what {@link writeRescue} has written. */
export async function dropRescue(directory: string): Promise<void> {
  for (const name of [PART, COMPLETE]) await rm(path.join(directory, name), { recursive: true, force: true });
}

/** The folder of a journal that {@link writeRescue} has written, and that has not taken its place yet. */
export async function findRescue(directory: string): Promise<string | undefined> {
  const [ready, complete] = [READY, COMPLETE].map((name) => path.join(directory, name)) as [string, string];
  if (!(await isMissing(ready))) return ready;
  return (await isComplete(complete)) ? complete : undefined;
}

/** Whether a folder has a journal: a user may have made an empty one of this name. */
const isComplete = async (folder: string): Promise<boolean> => !(await isMissing(path.join(folder, 'CURRENT')));

/** Puts a journal that was written completely into its place, and what is there into the folder `aside`. */
export async function finishRescue(directory: string, aside: string): Promise<void> {
  const [part, complete, ready] = [PART, COMPLETE, READY].map((name) => path.join(directory, name)) as [
    string,
    string,
    string,
  ];
  await rm(part, { recursive: true, force: true });
  if (await isComplete(complete)) {
    await moveFiles(directory, aside);
    await rename(complete, ready);
  }
  if (await isMissing(ready)) return;
  await moveFiles(ready, directory);
  await rm(ready, { recursive: true, force: true });
}

/** Where damaged files are put: beside the journal, or inside of it if they cannot be moved out of it. */
export async function asidePlace(directory: string, now: number): Promise<string> {
  if (await canMoveOut(directory)) return besidePlace(directory, now);
  return path.join(directory, `corrupt-${nameOfTime(now)}`);
}

/** Where a folder is put that may not be used. */
export const besidePlace = (directory: string, now: number): string => `${directory}.corrupt-${nameOfTime(now)}`;

const nameOfTime = (now: number): string => new Date(now).toISOString().replaceAll(':', '');

/** Whether files can be moved out of a folder. A mount ends there, even if it is a folder of the same disk. */
async function canMoveOut(directory: string): Promise<boolean> {
  const [inside, outside] = [path.join(directory, PROBE), `${directory}.${PROBE}`];
  try {
    await mkdir(inside, { recursive: true, mode: 0o700 });
    await rename(inside, outside);
    await rmdir(outside);
    return true;
  } catch {
    await rmdir(inside).catch(ignore);
    return false;
  }
}

/** Moves the files of a folder, but not the one that LevelDB locks. */
async function moveFiles(from: string, to: string): Promise<void> {
  const entries = await readdir(from, { withFileTypes: true });
  // A store without CURRENT is found to be damaged: it comes last.
  const files = entries
    .filter((entry) => (isJournalFile(entry.name) || !entry.isDirectory()) && entry.name !== 'LOCK')
    .map(({ name }) => name)
    .sort((one, other) => Number(one === 'CURRENT') - Number(other === 'CURRENT'));
  for (const name of files) await moveFile(name, from, to);
}

/** @throws Error that names the file and the remedy */
async function moveFile(name: string, from: string, to: string): Promise<void> {
  const file = path.join(from, name);
  await mkdir(to, { recursive: true, mode: 0o700 });
  try {
    await rename(file, path.join(to, name));
  } catch (cause) {
    // Each try has a place of its own: they would add up.
    await rmdir(to).catch(ignore);
    throw new Error(
      `the journal in ${path.dirname(file)} cannot be repaired, because ${file} cannot be moved to ${to}: ` +
        `${(cause as Error).message}. Move or delete this file, or unmount what is mounted there.`,
      { cause },
    );
  }
}

const ignore = (): void => undefined;

/** Files of a journal: a folder of such a name is in the place of one. */
const isJournalFile = (name: string): boolean => isStoreFile(name) || name === IDENTITY_FILE || name === MARK_FILE;

/**
 * Moves the files aside that are written again and cannot be read: the identity, the mark and CURRENT. Returns what was found
 * wrong.
 */
export async function moveUnreadable(directory: string, now: number): Promise<string[]> {
  const problems: string[] = [];
  let aside: string | undefined;
  for (const name of await readdir(directory)) {
    if (![IDENTITY_FILE, MARK_FILE, 'CURRENT'].includes(name)) continue;
    const bytes = await readBytes(path.join(directory, name));
    if (typeof bytes !== 'string') continue;
    aside ??= await asidePlace(directory, now);
    await moveFile(name, directory, aside);
    problems.push(`${name}: the file cannot be read (${bytes}) and is moved to ${aside}`);
  }
  return problems;
}
