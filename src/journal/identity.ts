/** Who a journal is, and how it is written: in a file beside LevelDB's, and in LevelDB itself. */
import { randomUUID } from 'node:crypto';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { readIfReadable, syncFolder } from './places.js';
import { JournalFormatError } from './store.js';

/** 1 is the format of version 1.0, which has no identity. 2 has checksums, an identity and a high-water mark. */
export const FORMAT = 2;

export interface Identity {
  readonly format: number;
  readonly id: string;
}

export const IDENTITY_FILE = 'goip-journal.json';

export const newIdentity = (): Identity => ({ format: FORMAT, id: randomUUID() });

/** Undefined if there is none, or if it is damaged. @throws JournalFormatError for one of a newer version */
export async function readIdentity(directory: string): Promise<Identity | undefined> {
  const text = await readIfReadable(path.join(directory, IDENTITY_FILE));
  try {
    const value = fieldsOf(JSON.parse(text ?? ''));
    const isChecked = value.check === checksumOf(value);
    // Journals of before have no checksum: there a higher format may be a flipped bit. LevelDB's own copy decides.
    if (!isChecked && (value.check !== undefined || Number(value.format) > FORMAT)) return undefined;
    return identityFrom(value, directory);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Undefined if a value is no identity. @throws JournalFormatError for one of a newer version */
export function identityFrom(value: unknown, directory: string): Identity | undefined {
  const { format, id } = fieldsOf(value);
  if (typeof format !== 'number' || typeof id !== 'string' || !UUID.test(id)) return undefined;
  if (format > FORMAT) {
    throw new JournalFormatError(
      `the journal in ${directory} was written by a newer version (format ${format}, this version reads up to ${FORMAT}): ` +
        'install that version again, or move the folder away to begin with an empty journal',
    );
  }
  return { format, id };
}

type Fields = Readonly<Partial<Record<keyof Identity | 'check', unknown>>>;

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? value : {});

/** Of format and id, so that a flipped bit is not taken for a newer version. */
const checksumOf = ({ format, id }: Fields): string => crc32(JSON.stringify([format, id])).toString(16);

/** Returns the contents of the identity file. */
export function encodeIdentity({ format, id }: Identity): string {
  return `${JSON.stringify({ format, id, check: checksumOf({ format, id }) })}\n`;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Resolves when the disk has it. */
export async function writeIdentity(directory: string, identity: Identity): Promise<void> {
  const file = await open(path.join(directory, IDENTITY_FILE), 'w', 0o600);
  try {
    await file.writeFile(encodeIdentity(identity));
    await file.sync();
  } finally {
    await file.close();
  }
  await syncFolder(directory);
}
