/** Journals of servers that are no longer there, and damaged files that were moved aside: found, reported, removed in the end. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CLOCK_PLAUSIBLE } from '../parameters.js';
import { isStoreFile, readEntries } from './level-files/inspect.js';
import { LevelStore } from './level-store.js';
import { JOBS, RESULTS, SMS } from './keys.js';
import { SINCE_FILE } from './places.js';

export interface TidyOptions {
  /** The folder around the journals. */
  readonly folder: string;
  /** Whether a server has the journal with this name. */
  readonly isUsed: (name: string) => boolean;
  /** Time for which what nobody uses is kept, from when it was found first. */
  readonly retentionMs: number;
  readonly now: number;
  /** Places that were reported before. */
  readonly reported: Set<string>;
  readonly report: (text: string) => void;
}

/**
 * Looks for what nobody uses, reports it once, and removes what was found long ago.
 * @throws the first error, when all that can be tidied is
 */
export async function tidyJournals(options: TidyOptions): Promise<void> {
  const errors: unknown[] = [];
  for (const name of await foldersIn(options.folder))
    if (options.isUsed(name)) await forgetUnused(name, options).catch((error: unknown) => errors.push(error));
  for (const place of await findPlaces(options.folder, options.isUsed))
    await tidy(place, options).catch((error: unknown) => errors.push(error));
  if (errors.length > 0) throw errors[0];
}

/** The time of a journal that is used again counts from when it is found unused the next time. */
async function forgetUnused(name: string, { folder, reported }: TidyOptions): Promise<void> {
  const directory = path.join(folder, name);
  reported.delete(directory);
  await rm(path.join(directory, SINCE_FILE), { force: true });
}

interface Place {
  readonly directory: string;
  readonly isDamaged: boolean;
}

async function findPlaces(folder: string, isUsed: (name: string) => boolean): Promise<Place[]> {
  const places: Place[] = [];
  for (const name of await foldersIn(folder)) {
    const directory = path.join(folder, name);
    if (name.includes('.corrupt-')) places.push({ directory, isDamaged: true });
    else if (!isUsed(name)) {
      const files = await readdir(directory).catch((): string[] => []);
      if (files.some(isStoreFile)) places.push({ directory, isDamaged: false });
    } else
      for (const inner of await foldersIn(directory))
        if (inner.startsWith('corrupt-')) places.push({ directory: path.join(directory, inner), isDamaged: true });
  }
  return places;
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

async function tidy({ directory, isDamaged }: Place, options: TidyOptions): Promise<void> {
  const { retentionMs, now, reported, report } = options;
  const since = await sinceOf(directory, now);
  const isClockSet = now >= CLOCK_PLAUSIBLE;
  if (isClockSet && now - since >= retentionMs) {
    // Another process may have it after all.
    if (!isDamaged) await LevelStore.checkLock(directory);
    await rm(directory, { recursive: true, force: true });
    reported.delete(directory);
    report(`${directory} is removed: nobody has used it since ${new Date(since).toISOString()}`);
    return;
  }
  if (reported.has(directory)) return;
  const end = new Date(since + retentionMs).toISOString();
  if (isDamaged) report(`damaged files of a journal are in ${directory}; they are removed after ${end}`);
  else report(`${await describeContents(directory)} It is removed after ${end}.`);
  // Not before: what could not be read this time is reported the next time.
  reported.add(directory);
}

async function describeContents(directory: string): Promise<string> {
  return (
    `no goip-server of the flows has the journal in ${directory}, with ${await describeWaiting(directory)}. ` +
    'To take it over, stop Node-RED and give the folder the id of the new goip-server as its name; to drop it, delete the folder.'
  );
}

/** Returns what waits in a journal that is not open, for users to read. */
export async function describeWaiting(directory: string): Promise<string> {
  const counts = { [SMS]: 0, [JOBS]: 0, [RESULTS]: 0 };
  for (const [key, { value }] of await readEntries(directory))
    for (const prefix of [SMS, JOBS, RESULTS] as const)
      if (value !== undefined && key.startsWith(prefix)) counts[prefix] += 1;
  return `${counts[SMS]} received SMS, ${counts[JOBS]} jobs and ${counts[RESULTS]} results that are not delivered`;
}

async function sinceOf(directory: string, now: number): Promise<number> {
  const file = path.join(directory, SINCE_FILE);
  const since = Date.parse(await readFile(file, 'utf8').catch(() => ''));
  // A time ahead of now, or from before this software, is that of a clock that was wrong.
  if (since <= now && since >= CLOCK_PLAUSIBLE) return since;
  await writeFile(file, new Date(now).toISOString(), { mode: 0o600 });
  return now;
}
