/** Damages one file of a journal, as bad disks do. */
import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Random } from '../../src/simulator/random.js';

export const KINDS = ['flip', 'zero', 'cut', 'delete'] as const;
export type Kind = (typeof KINDS)[number];

const ZEROS = 512;

/** Inflicts a damage on any file of a folder. Returns what it did, in words. */
export async function wound(directory: string, kind: Kind, random: Random): Promise<string> {
  const entries = await readdir(directory, { withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  const name = files.sort()[Math.floor(random() * files.length)];
  if (name === undefined) throw new Error('no file to damage');
  const file = path.join(directory, name);
  const bytes = await readFile(file);
  const at = Math.floor(random() * bytes.length);
  switch (kind) {
    case 'flip': {
      const bit = Math.floor(random() * 8);
      if (bytes.length > 0) bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
      await writeFile(file, bytes);
      return `${name}: bit ${bit} of byte ${at} of ${bytes.length} is flipped`;
    }
    case 'zero':
      await writeFile(file, bytes.fill(0, at, Math.min(bytes.length, at + ZEROS)));
      return `${name}: ${ZEROS} bytes from ${at} of ${bytes.length} are zero`;
    case 'cut':
      await truncate(file, at);
      return `${name}: cut to ${at} of ${bytes.length} bytes`;
    case 'delete':
      await rm(file);
      return `${name}: deleted`;
  }
}
