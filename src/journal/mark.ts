/**
 * The high-water mark of a journal: how far it has got, and what was in it then, in a file of its own. Without it, a missing
 * end of LevelDB's log would not show. It is written after each batch was flushed, so it is never ahead of the journal.
 */
import { open, type FileHandle } from 'node:fs/promises';
import { write } from 'node:fs';
import path from 'node:path';
import { COUNTED, type KeySummaries, type KeySummary } from './live-keys.js';
import { readBytes } from './places.js';
import { decodeValue, encodeJson, ValueError } from './value.js';

export interface Progress {
  /** Number of the last batch. */
  readonly sequence: number;
  /** What must not be lost, after that batch. */
  readonly keys: KeySummaries;
}

export const MARK_FILE = 'goip-journal.mark';

/** Two marks take turns: if the power fails while one is written, the one before it is still there. */
const SLOTS = 2;
/** Room for one mark: three lists of {@link MOST_LISTED} numbers with 15 digits. */
const SLOT_BYTES = 65_536;
/** Ends a mark: behind it may be the rest of a longer one. */
const END = '\n';

export class Mark {
  private constructor(private readonly file: FileHandle) {}

  /** Opens the mark of a journal, and makes it if need be. */
  static async open(directory: string): Promise<Mark> {
    const place = path.join(directory, MARK_FILE);
    try {
      return new Mark(await open(place, 'r+'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      return new Mark(await open(place, 'w+', 0o600));
    }
  }

  /** Resolves when the system has it. It survives the process, and most of the time a power loss. */
  write(progress: Progress): Promise<void> {
    const bytes = Buffer.from(encodeJson(MARK_FILE, JSON.stringify(progress)) + END);
    const position = (progress.sequence % SLOTS) * SLOT_BYTES;
    return new Promise((resolve, reject) => {
      write(this.file.fd, bytes, 0, bytes.length, position, (error) => (error ? reject(error) : resolve()));
    });
  }

  async flush(): Promise<void> {
    await this.file.datasync();
  }

  close(): Promise<void> {
    return this.file.close();
  }
}

/** Writes the first mark of a journal. Resolves when the disk has it. */
export async function writeMark(directory: string, progress: Progress): Promise<void> {
  const mark = await Mark.open(directory);
  try {
    await mark.write(progress);
    await mark.flush();
  } finally {
    await mark.close();
  }
}

/** The last mark of a journal; undefined if there is no readable one. */
export async function readMark(directory: string): Promise<Progress | undefined> {
  const bytes = await readBytes(path.join(directory, MARK_FILE));
  if (typeof bytes === 'string') return undefined;
  const slots = Array.from({ length: SLOTS }, (_, index) =>
    bytes.subarray(index * SLOT_BYTES, (index + 1) * SLOT_BYTES),
  );
  return slots
    .map((slot) => progressFrom(slot.toString('latin1')))
    .filter((progress) => progress !== undefined)
    .sort((one, other) => other.sequence - one.sequence)[0];
}

function progressFrom(slot: string): Progress | undefined {
  try {
    const [encoded = ''] = slot.split(END, 1);
    const value = decodeValue(MARK_FILE, encoded);
    return isProgress(value) ? value : undefined;
  } catch (error) {
    if (error instanceof ValueError) return undefined;
    throw error;
  }
}

/** Whether a value with a right checksum is a mark, and not one of another version. */
function isProgress(value: unknown): value is Progress {
  const { sequence, keys } = (value ?? {}) as Partial<Progress>;
  return Number.isSafeInteger(sequence) && COUNTED.every((kind) => isSummary(keys?.[kind]));
}

const isSummary = (summary: Partial<KeySummary> | undefined): boolean =>
  Number.isSafeInteger(summary?.count) && Number.isSafeInteger(summary?.sum) && summary?.digests !== undefined;
