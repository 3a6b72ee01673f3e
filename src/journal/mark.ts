/**
 * The high-water mark of a journal: how far it has got, in a file of its own. Without it nobody could see that the end of
 * LevelDB's log is missing. It is written after each batch was flushed, so it is never ahead of the journal.
 */
import { open, type FileHandle } from 'node:fs/promises';
import { write } from 'node:fs';
import path from 'node:path';
import { readIfReadable } from './places.js';
import { decodeValue, encodeJson, OVERHEAD, ValueError } from './value.js';

export interface Progress {
  /** Number of the last batch. */
  readonly sequence: number;
  /** Received SMS and jobs that are in the journal. */
  readonly sms: number;
  readonly jobs: number;
}

export const MARK_FILE = 'goip-journal.mark';

/** All marks have the same length: one is written over the other. */
const LENGTH = 128;

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
    const bytes = bytesOf(progress);
    return new Promise((resolve, reject) => {
      write(this.file.fd, bytes, 0, LENGTH, 0, (error) => (error ? reject(error) : resolve()));
    });
  }

  async flush(): Promise<void> {
    await this.file.datasync();
  }

  close(): Promise<void> {
    return this.file.close();
  }
}

/** The last mark of a journal; undefined if there is none that can be read. */
export async function readMark(directory: string): Promise<Progress | undefined> {
  try {
    const text = await readIfReadable(path.join(directory, MARK_FILE));
    if (text === undefined) return undefined;
    const { sequence, sms, jobs } = decodeValue(MARK_FILE, text) as Progress;
    return [sequence, sms, jobs].every((count) => Number.isSafeInteger(count)) ? { sequence, sms, jobs } : undefined;
  } catch (error) {
    if (error instanceof ValueError) return undefined;
    throw error;
  }
}

function bytesOf({ sequence, sms, jobs }: Progress): Buffer {
  const counts = `"sequence":${sequence},"sms":${sms},"jobs":${jobs}`;
  // Blanks are valid in JSON, and the checksum covers them.
  return Buffer.from(encodeJson(MARK_FILE, `{${counts.padEnd(LENGTH - OVERHEAD - 2)}}`));
}
