/** Folders and files of journals: their rights, and whether they are still where they were. */
import { access, chmod, constants, open, readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';

/** Says since when no server uses a folder. A server that opens the folder removes it. */
export const SINCE_FILE = 'goip-unused-since';

export async function isMissing(place: string): Promise<boolean> {
  return (await statOf(place)) === undefined;
}

async function statOf(place: string): Promise<Awaited<ReturnType<typeof stat>> | undefined> {
  try {
    return await stat(place);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

/** Reads a text; undefined if the file is missing or cannot be read. */
export async function readIfReadable(file: string): Promise<string | undefined> {
  const bytes = await readBytes(file);
  return typeof bytes === 'string' ? undefined : bytes.toString();
}

/** Reads a file; resolves to the system's code if it is missing, damaged on its disk, or no file. */
export async function readBytes(file: string): Promise<Buffer | string> {
  try {
    return await readFile(file);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (UNREADABLE.has(code)) return code;
    throw error;
  }
}

/** Codes of a file that is gone, is a folder or a wrong link, or that its disk cannot read. */
const UNREADABLE = new Set([
  'ENOENT',
  'EISDIR',
  'ENOTDIR',
  'ELOOP',
  'EIO',
  'EINVAL',
  'ENXIO',
  'ENODATA',
  'EBADMSG',
  'EUCLEAN',
  'EREMOTEIO',
  'UNKNOWN',
]);

/** Lets nobody but the owner read a journal. Where the file system knows no rights, nothing happens. */
export class PrivateFiles {
  readonly #done = new Set<string>();

  constructor(private readonly directory: string) {}

  async protect(): Promise<void> {
    if (process.platform === 'win32') return;
    if (this.#done.size === 0) await chmod(this.directory, 0o700).catch(ignore);
    for (const entry of await readdir(this.directory, { withFileTypes: true })) {
      if (!entry.isFile() || this.#done.has(entry.name)) continue;
      await chmod(path.join(this.directory, entry.name), 0o600).catch(ignore);
      this.#done.add(entry.name);
    }
  }
}

const ignore = (): void => undefined;

/** The first of a folder and its files that may not be read and written; undefined if all may. */
export async function findForbidden(directory: string): Promise<string | undefined> {
  const { R_OK, W_OK, X_OK } = constants;
  if (!(await may(directory, R_OK | W_OK | X_OK))) return describeRights(directory);
  for (const name of await readdir(directory)) {
    const file = path.join(directory, name);
    if (!(await may(file, R_OK | W_OK))) return describeRights(file);
  }
  return undefined;
}

async function may(place: string, rights: number): Promise<boolean> {
  try {
    await access(place, rights);
    return true;
  } catch (error) {
    return !['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '');
  }
}

async function describeRights(place: string): Promise<string> {
  const found = await stat(place).catch(() => undefined);
  const owner = found ? ` (owner ${found.uid}, mode ${(found.mode & 0o777).toString(8).padStart(4, '0')})` : '';
  const user = process.getuid ? ` for user ${process.getuid()}` : '';
  return `no permission to read and write ${place}${owner}${user}`;
}

/** Resolves when the disk has the names of the files in a folder. */
export async function syncFolder(directory: string): Promise<void> {
  // Windows has no such thing, and needs none.
  if (process.platform === 'win32') return;
  const folder = await open(directory, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Where a file was when it was opened. */
export interface Anchor {
  readonly device: number;
  readonly inode: number;
}

export async function anchorOf(file: string): Promise<Anchor | undefined> {
  const found = await statOf(file);
  return found && { device: Number(found.dev), inode: Number(found.ino) };
}

/** The device of a folder, or of the one around it that exists. */
export async function deviceOf(directory: string): Promise<number> {
  for (let place = directory; ; place = path.dirname(place)) {
    const found = await statOf(place);
    if (found) return Number(found.dev);
  }
}
