/** Notices when files that an open journal depends on are deleted, truncated or replaced. */
import { open, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { isStoreFile, readLiveFiles } from './level-files/inspect.js';
import { hasHole } from './level-files/log-file.js';
import { readIfReadable } from './places.js';

interface FileState {
  readonly inode: number;
  readonly size: number;
}

/** A log that LevelDB appends to, and the last bytes of it that were seen. */
interface LogState extends FileState {
  readonly name: string;
  readonly end: Buffer;
}

/** What happened to files of an open store. */
export interface FileProblem {
  /** Empty if all of them are gone. */
  readonly what: string;
  /** Whether LevelDB can still read its tables. It has mapped them: to read one that was cut off would end the process. */
  readonly isReadable: boolean;
}

/** Bytes at the end of a log that are compared: an older copy, or a hole, has others in their place. */
const COMPARED = 64;

export class StoreFiles {
  #seen: ReadonlyMap<string, FileState> = new Map();
  #log: LogState | undefined;

  constructor(private readonly directory: string) {}

  /** Returns what happened to a file since the last call; undefined if all are as LevelDB left them. */
  async problem(): Promise<FileProblem | undefined> {
    const what = await this.#findProblem();
    if (what === undefined) return undefined;
    const cutOff = findCutOff(this.#seen, await this.#list());
    return cutOff === undefined
      ? { what, isReadable: true }
      : { what: `${cutOff}: it was truncated`, isReadable: false };
  }

  async #findProblem(): Promise<string | undefined> {
    const before = await this.#manifest();
    if (before === undefined) return 'CURRENT or the list of tables is missing';
    // Before the folder is read: a table that comes meanwhile would be in the list and not among the files.
    const then = await this.#stateOf(before);
    const files = await this.#list();
    if (isSame(files, this.#seen)) return undefined;
    const live = await readLiveFiles(this.directory, before);
    // LevelDB changes the list before it deletes a file. If it does so meanwhile, the next call sees.
    const after = await this.#manifest();
    const now = await this.#stateOf(before);
    if (after !== before || now?.size !== then?.size || now?.inode !== then?.inode) return undefined;
    const earlier = this.#seen.get(before);
    if (live === undefined || (earlier && isShorter(files.get(before), earlier))) return `${before}: it was replaced`;
    for (const { name, size } of live.tables) {
      const found = files.get(name) ?? files.get(name.replace('.ldb', '.sst'));
      if (!found) return `${name}: the file is missing`;
      if (found.size !== size) return `${name}: the file has ${found.size} bytes instead of ${size}`;
    }
    const problem = await this.#logProblem(files, live.logNumber);
    if (problem === undefined) this.#seen = files;
    return problem;
  }

  async #logProblem(files: ReadonlyMap<string, FileState>, logNumber: number): Promise<string | undefined> {
    const last = this.#log;
    if (last && Number.parseInt(last.name) >= logNumber) {
      const found = files.get(last.name);
      if (!found) return `${last.name}: the file is missing`;
      if (isShorter(found, last)) return `${last.name}: it was truncated or replaced`;
      const bytes = await this.#read(last.name, last.size - last.end.length, last.end.length);
      if (!bytes.equals(last.end)) return `${last.name}: it was replaced`;
    }
    const name = [...files.keys()]
      .filter((file) => file.endsWith('.log'))
      .sort(byNumber)
      .at(-1);
    const state = name === undefined ? undefined : files.get(name);
    if (name === undefined || !state) return 'the log is missing';
    // LevelDB goes on at its own position, so there is a hole behind the end of an older copy.
    const from = last?.name === name ? last.size : 0;
    if (hasHole(await this.#read(name, from, state.size - from), from)) return `${name}: it was replaced`;
    const length = Math.min(COMPARED, state.size);
    this.#log = { name, ...state, end: await this.#read(name, state.size - length, length) };
    return undefined;
  }

  async #manifest(): Promise<string | undefined> {
    const current = await readIfReadable(path.join(this.directory, 'CURRENT'));
    return current === undefined ? undefined : current.trim();
  }

  async #list(): Promise<Map<string, FileState>> {
    const files = new Map<string, FileState>();
    for (const name of (await readdir(this.directory)).filter(isStoreFile)) {
      const state = await this.#stateOf(name);
      if (state) files.set(name, state);
    }
    return files;
  }

  async #stateOf(name: string): Promise<FileState | undefined> {
    const found = await stat(path.join(this.directory, name)).catch(() => undefined);
    return found && { inode: found.ino, size: found.size };
  }

  async #read(name: string, position: number, length: number): Promise<Buffer> {
    const file = await open(path.join(this.directory, name), 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  }
}

/** A table that is shorter than it was, in the same place on the disk. */
function findCutOff(before: ReadonlyMap<string, FileState>, now: ReadonlyMap<string, FileState>): string | undefined {
  const cutOff = [...before].find(([name, { inode, size }]) => {
    const found = now.get(name);
    return isTable(name) && found?.inode === inode && found.size < size;
  });
  return cutOff?.[0];
}

const isTable = (name: string): boolean => /\.(ldb|sst)$/.test(name);

const byNumber = (one: string, other: string): number => Number.parseInt(one) - Number.parseInt(other);

const isShorter = (found: FileState | undefined, before: FileState): boolean =>
  found?.inode !== before.inode || found.size < before.size;

function isSame(one: ReadonlyMap<string, FileState>, other: ReadonlyMap<string, FileState>): boolean {
  if (one.size !== other.size) return false;
  for (const [name, { inode, size }] of one) {
    const found = other.get(name);
    if (found?.inode !== inode || found.size !== size) return false;
  }
  return true;
}
