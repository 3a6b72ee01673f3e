/**
 * Reads the files of a LevelDB store without opening it. LevelDB skips what it cannot read, uses what was altered, and
 * deletes what it does not know; so damage is looked for before LevelDB touches anything.
 */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { readBytes, readIfReadable } from '../places.js';
import { readBatch, sequencesOf, type Version } from './batch.js';
import { FormatError } from './bytes.js';
import { readLog } from './log-file.js';
import { readManifest, type Manifest } from './manifest.js';
import { damagedRanges, readTable, type KeyRange } from './table.js';

/** A damaged place, and the keys whose entries may be lost or old because of it. */
export interface Damage extends KeyRange {
  readonly file: string;
  readonly problem: string;
}

export interface Inspection {
  readonly damages: readonly Damage[];
  /** Name of the manifest that CURRENT has to point to; undefined if it does. */
  readonly current: string | undefined;
  /** The first key of each table. */
  readonly tableKeys: readonly string[];
  /** False for a folder in which LevelDB has no store yet. */
  readonly exists: boolean;
}

const TABLE = /^(\d+)\.(?:ldb|sst)$/;
const LOG = /^(\d+)\.log$/;
const MANIFEST = /^MANIFEST-(\d+)$/;
const ANY_KEY: KeyRange = { from: undefined, to: undefined };

/** Files of LevelDB that hold entries, or say which files do. */
export function isStoreFile(name: string): boolean {
  return name === 'CURRENT' || [TABLE, LOG, MANIFEST].some((kind) => kind.test(name));
}

/** Looks for damage in all files of the store. */
export async function inspect(directory: string): Promise<Inspection> {
  const files = await readdir(directory);
  const exists = files.some(isStoreFile);
  if (!exists) return { damages: [], current: undefined, tableKeys: [], exists };
  const found = await findManifest(directory, files);
  if (!found) {
    const damages = [{ file: 'MANIFEST', problem: 'the list of tables is missing or damaged', ...ANY_KEY }];
    return { damages, current: undefined, tableKeys: [], exists };
  }
  const { manifest, name, isCurrent } = found;
  const damages = [
    ...(await inspectTables(directory, files, manifest)),
    ...(await inspectLogs(directory, files, manifest)),
  ];
  const tableKeys = manifest.tables.map(({ smallest }) => smallest);
  return { damages, current: isCurrent ? undefined : name, tableKeys, exists };
}

/**
 * Reads the newest version of each entry from what is sound in all tables and logs. Deleted entries are among them, with the
 * value undefined.
 * @param leaveOut leaves out files that cannot be read; by default they are an error
 */
export async function readEntries(directory: string, { leaveOut = false } = {}): Promise<Map<string, Version>> {
  const newest = new Map<string, Version>();
  const take = (versions: Iterable<Version>): void => {
    for (const version of versions)
      if ((newest.get(version.key)?.sequence ?? -1) < version.sequence) newest.set(version.key, version);
  };
  for (const name of await readdir(directory)) {
    if (!TABLE.test(name) && !LOG.test(name)) continue;
    const bytes = await readBytes(path.join(directory, name));
    if (typeof bytes === 'string') {
      if (leaveOut) continue;
      throw new Error(`${name}: ${unreadable(bytes)}`);
    }
    if (TABLE.test(name)) take(readTable(bytes));
    else take(readBatches(bytes));
  }
  return newest;
}

function* readBatches(log: Buffer): Iterable<Version> {
  for (const item of readLog(log)) {
    if (item.kind === 'damage') continue;
    try {
      yield* [...readBatch(item.data)];
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
    }
  }
}

/** The files that a list of tables names; undefined if it is missing or damaged. */
export async function readLiveFiles(
  directory: string,
  manifest: string,
): Promise<
  | { readonly tables: readonly { readonly name: string; readonly size: number }[]; readonly logNumber: number }
  | undefined
> {
  const bytes = await readBytes(path.join(directory, manifest));
  const read = typeof bytes === 'string' ? undefined : readManifest(bytes);
  return (
    read && {
      tables: read.tables.map(({ number, size }) => ({ name: `${String(number).padStart(6, '0')}.ldb`, size })),
      logNumber: read.logNumber,
    }
  );
}

interface Found {
  readonly name: string;
  readonly manifest: Manifest;
  /** CURRENT points to it. */
  readonly isCurrent: boolean;
}

async function findManifest(directory: string, files: readonly string[]): Promise<Found | undefined> {
  const current = files.includes('CURRENT') ? ((await readIfReadable(path.join(directory, 'CURRENT'))) ?? '') : '';
  const named = /^(MANIFEST-\d+)\n$/.exec(current)?.[1];
  // One that CURRENT names is the only right one, whatever state it is in.
  const isCurrent = named !== undefined && files.includes(named);
  const name = isCurrent
    ? named
    : files
        .filter((file) => MANIFEST.test(file))
        .sort(byNumber)
        .at(-1);
  if (name === undefined) return undefined;
  const bytes = await readBytes(path.join(directory, name));
  const manifest = typeof bytes === 'string' ? undefined : readManifest(bytes);
  return manifest && { name, manifest, isCurrent };
}

async function inspectTables(directory: string, files: readonly string[], manifest: Manifest): Promise<Damage[]> {
  const damages: Damage[] = [];
  const names = new Map(files.filter((file) => TABLE.test(file)).map((file) => [numberOf(file), file]));
  for (const { number, size, smallest, largest } of manifest.tables) {
    const whole = { from: smallest, to: largest };
    const file = names.get(number);
    if (file === undefined) {
      damages.push({ file: `${String(number).padStart(6, '0')}.ldb`, problem: 'the file is missing', ...whole });
      continue;
    }
    const bytes = await readBytes(path.join(directory, file));
    if (typeof bytes === 'string') {
      damages.push({ file, problem: unreadable(bytes), ...whole });
      continue;
    }
    if (bytes.length !== size) {
      damages.push({ file, problem: `the file has ${bytes.length} bytes instead of ${size}`, ...whole });
      continue;
    }
    for (const { from, to } of damagedRanges(bytes))
      damages.push({ file, problem: 'a block is damaged', from: from ?? smallest, to: to ?? largest });
  }
  return damages;
}

async function inspectLogs(directory: string, files: readonly string[], manifest: Manifest): Promise<Damage[]> {
  const damages: Damage[] = [];
  const damaged = (file: string, problem: string): void => void damages.push({ file, problem, ...ANY_KEY });
  const logs = files.filter((file) => LOG.test(file) && numberOf(file) >= manifest.logNumber).sort(byNumber);
  const { logNumber } = manifest;
  if (logNumber > 0 && !logs.some((file) => numberOf(file) === logNumber))
    damaged(`${String(logNumber).padStart(6, '0')}.log`, 'the file is missing');
  let expected = manifest.lastSequence + 1;
  for (const file of logs) {
    let isBroken = false;
    const bytes = await readBytes(path.join(directory, file));
    if (typeof bytes === 'string') {
      damaged(file, unreadable(bytes));
      continue;
    }
    for (const item of readLog(bytes)) {
      if (item.kind === 'damage') {
        isBroken = true;
        continue;
      }
      // At the end of the last log it may be what a crash has left of a write.
      if (isBroken) damaged(file, 'a record is damaged');
      isBroken = false;
      const [first, behind] = item.data.length < 12 ? [0, 0] : sequencesOf(item.data);
      if (first > expected) damaged(file, `${first - expected} changes are missing`);
      expected = Math.max(expected, behind);
    }
    if (isBroken && file !== logs.at(-1)) damaged(file, 'its end is damaged');
  }
  return damages;
}

const unreadable = (code: string): string => `the file cannot be read (${code})`;
const numberOf = (file: string): number => Number(/\d+/.exec(file)?.[0]);
const byNumber = (one: string, other: string): number => numberOf(one) - numberOf(other);
