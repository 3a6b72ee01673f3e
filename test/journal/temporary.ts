/** Directories of one test, and file systems where the machine lets us have them. */
import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

export class Temporary {
  readonly #directories: string[] = [];
  readonly #mounts: string[] = [];

  async directory(): Promise<string> {
    const directory = await mkdtemp(path.join(tmpdir(), 'goip-journal-'));
    this.#directories.push(directory);
    return directory;
  }

  /** A small file system of its own; undefined where this machine does not allow it. */
  async fileSystem(options: string): Promise<string | undefined> {
    const directory = await this.directory();
    if (!asRoot('mount', '-t', 'tmpfs', '-o', options, 'tmpfs', directory)) return undefined;
    this.#mounts.push(directory);
    return directory;
  }

  /** Mounts a folder at another place, as a disk that can be taken away and come back. */
  mountAt(folder: string, place: string): boolean {
    const isMounted = asRoot('mount', '--bind', folder, place);
    if (isMounted) this.#mounts.push(place);
    return isMounted;
  }

  /** Takes a disk away although files on it are open. */
  unmount(place: string): void {
    asRoot('umount', '--lazy', place);
  }

  /** A directory that nobody can write to; undefined for root on a machine that does not allow mounts: root can write to all. */
  async readOnlyDirectory(): Promise<string | undefined> {
    const mounted = await this.fileSystem('ro');
    if (mounted !== undefined) return mounted;
    if (process.getuid === undefined || process.getuid() === 0) return undefined;
    const directory = await this.directory();
    await chmod(directory, 0o500);
    return directory;
  }

  async remove(): Promise<void> {
    for (const mount of this.#mounts.splice(0).reverse()) asRoot('umount', '--lazy', mount);
    for (const directory of this.#directories.splice(0)) await rm(directory, { recursive: true, force: true });
  }
}

/** On machines of CI, root is a `sudo` away. */
function asRoot(...command: string[]): boolean {
  if (process.platform !== 'linux') return false;
  const [program = '', ...args] = process.getuid?.() === 0 ? command : ['sudo', '-n', ...command];
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}
