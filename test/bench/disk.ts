/** Journals on disk, from outside. */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { ClassicLevel } from 'classic-level';

/** Bytes of all files in a directory; one without subdirectories, as LevelDB's is. */
export async function sizeOf(directory: string): Promise<number> {
  const names = await readdir(directory);
  // Compaction removes files at any time.
  const sizes = await Promise.all(
    names.map((name) =>
      stat(path.join(directory, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** The size of a journal that nobody has open, when LevelDB has tidied up all of it. */
export async function sizeCompacted(directory: string): Promise<number> {
  const db = new ClassicLevel(directory);
  await db.open();
  await db.compactRange('', '\uffff');
  await db.close();
  // What was in the log is sorted in when the store is opened.
  await db.open();
  await db.close();
  return sizeOf(directory);
}
