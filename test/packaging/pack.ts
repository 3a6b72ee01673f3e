/** The package as npm would publish it, and as a user would install it. Needs no network: there is nothing to download. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
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

/** An empty directory with the tarball installed, as the Manage palette dialog does it. */
export async function installInto(directory: string, tarball: Tarball): Promise<void> {
  await writeFile(path.join(directory, 'package.json'), JSON.stringify({ name: 'user-dir', private: true }));
  await npm(directory, 'install', '--offline', '--no-audit', '--no-fund', '--ignore-scripts', tarball.file);
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
