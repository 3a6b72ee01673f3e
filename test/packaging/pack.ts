/** The package as npm would publish it, and as a user would install it. Needs neither the network nor a cache. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

export const ROOT = path.join(__dirname, '..', '..');

export const PACKAGE = '@goip-sms/node-red-goip';

const run = promisify(execFile);

export interface Tarball {
  readonly file: string;
  /** What is in it, as paths from the package's root. */
  readonly contents: readonly string[];
}

/** Packs what `npm run build` has left in dist; `npm test` builds first. */
export async function pack(directory: string): Promise<Tarball> {
  assert(existsSync(path.join(ROOT, 'dist', 'nodes', 'goip-in.js')), 'there is no dist; run npm run build first');
  // Without prepack: it would build once more, and pull dist away from under other tests.
  const stdout = await npm(ROOT, 'pack', '--json', '--ignore-scripts', '--pack-destination', directory);
  const [packed] = JSON.parse(stdout) as { filename: string; files: { path: string }[] }[];
  assert(packed);
  return { file: path.join(directory, packed.filename), contents: packed.files.map((file) => file.path) };
}

/**
 * Installs the tarball into an empty directory, as the Manage palette dialog does it. Its dependencies are those of this
 * checkout: npm copies them, checks them against what the tarball asks for, and finds no registry to ask for another one.
 */
export async function installInto(directory: string, tarball: Tarball): Promise<void> {
  await writeFile(path.join(directory, 'package.json'), JSON.stringify({ name: 'user-dir', private: true }));
  const registry = ['--registry', 'http://127.0.0.1:9', '--fetch-retries', '0'];
  const quiet = ['--no-audit', '--no-fund', '--ignore-scripts'];
  await npm(directory, 'install', ...registry, ...quiet, '--install-links', tarball.file, ...productionDependencies());
}

/** Directories of what a user gets beside the package, as the lock file has it. */
function productionDependencies(): string[] {
  const { packages } = JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8')) as LockFile;
  const names = Object.keys(packages).filter((name) => name !== '' && packages[name]?.dev !== true);
  return names.map((name) => path.join(ROOT, name));
}

interface LockFile {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean }>>;
}

/** To be called in a `describe`: a directory for its tests, gone after them. */
export function temporaryDirectory(): { readonly path: string } {
  const directory = { path: '' };
  before(async () => {
    directory.path = await mkdtemp(path.join(os.tmpdir(), 'goip-packaging-'));
  });
  after(() => rm(directory.path, { recursive: true, force: true }));
  return directory;
}

async function npm(cwd: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await run('npm', [...args, '--loglevel=error'], { cwd, maxBuffer: 1 << 24 });
  return stdout;
}
