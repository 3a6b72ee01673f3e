/** Values as they are on the disk: JSON behind a checksum of key and value, which is checked whenever a value is read. */
import { crc32 } from 'node:zlib';

/** Stands before values with a checksum. Version 1.0 wrote plain JSON, which never begins with it. */
const MARK = '#';
const DIGITS = 8;
/** Characters that a value is longer by than its JSON. */
export const OVERHEAD = MARK.length + DIGITS;

export class ValueError extends Error {}

export function encodeValue(key: string, value: unknown): string {
  return encodeJson(key, JSON.stringify(value));
}

export function encodeJson(key: string, json: string): string {
  return MARK + checksumOf(key, json) + json;
}

/** @throws ValueError if key or value are not what was written */
export function decodeValue(key: string, encoded: string): unknown {
  try {
    if (!encoded.startsWith(MARK)) return JSON.parse(encoded) as unknown;
    const json = encoded.slice(OVERHEAD);
    if (checksumOf(key, json) === encoded.slice(MARK.length, OVERHEAD)) return JSON.parse(json) as unknown;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new ValueError(`the entry ${JSON.stringify(key)} is damaged`);
}

function checksumOf(key: string, json: string): string {
  return crc32(json, crc32(key)).toString(16).padStart(DIGITS, '0');
}
