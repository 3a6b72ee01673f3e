/** LevelDB's log format, of write-ahead logs (`*.log`) and of manifests: records in blocks of 32 KB, each part with a checksum. */
import { maskedCrc32c } from './crc32c.js';

export type LogItem =
  | { readonly kind: 'record'; readonly data: Buffer }
  /** Bytes between the records that are no whole record. */
  | { readonly kind: 'damage'; readonly at: number };

const BLOCK = 32_768;
const HEADER = 7;
const [FULL, FIRST, MIDDLE, LAST] = [1, 2, 3, 4];

/**
 * Reads all records in their order. A record that was not written to its end is a damage, too: whether it was ever promised
 * cannot be seen here.
 */
export function* readLog(bytes: Buffer): Iterable<LogItem> {
  let parts: Buffer[] = [];
  let startedAt = 0;
  let position = 0;
  while (position < bytes.length) {
    const blockEnd = Math.min(bytes.length, position - (position % BLOCK) + BLOCK);
    // Fewer bytes than a header has are filled with zeros.
    if (blockEnd - position < HEADER && blockEnd % BLOCK === 0) {
      if (!isZero(bytes, position, blockEnd)) yield { kind: 'damage', at: position };
      position = blockEnd;
      continue;
    }
    const part = partAt(bytes, position, blockEnd);
    if (!part) {
      yield { kind: 'damage', at: parts.length > 0 ? startedAt : position };
      parts = [];
      position = nextPart(bytes, position + 1, blockEnd);
      continue;
    }
    const continues = part.type === MIDDLE || part.type === LAST;
    if (continues !== parts.length > 0) {
      yield { kind: 'damage', at: parts.length > 0 ? startedAt : position };
      parts = [];
    }
    if (!continues) startedAt = position;
    position = part.end;
    // The rest of a record whose beginning is lost.
    if (continues && parts.length === 0) continue;
    parts.push(part.data);
    if (part.type === FIRST || part.type === MIDDLE) continue;
    yield { kind: 'record', data: part.type === FULL ? part.data : Buffer.concat(parts) };
    parts = [];
  }
  if (parts.length > 0) yield { kind: 'damage', at: startedAt };
}

/** Whether there are zeros where a part of a record has to begin. @param start where these bytes are in the log */
export function hasHole(bytes: Buffer, start: number): boolean {
  for (let at = 0; at + HEADER <= bytes.length;) {
    const left = BLOCK - ((start + at) % BLOCK);
    if (left < HEADER) at += left;
    else if (isZero(bytes, at, at + HEADER)) return true;
    else at += HEADER + bytes.readUInt16LE(at + 4);
  }
  return false;
}

interface Part {
  readonly type: number;
  readonly data: Buffer;
  readonly end: number;
}

/** The part of a record that begins here; undefined if none does, or if it is not whole. */
function partAt(bytes: Buffer, start: number, blockEnd: number): Part | undefined {
  if (start + HEADER > blockEnd) return undefined;
  const type = bytes.readUInt8(start + 6);
  const end = start + HEADER + bytes.readUInt16LE(start + 4);
  if (type < FULL || type > LAST || end > blockEnd) return undefined;
  if (maskedCrc32c(bytes.subarray(start + 6, end)) !== bytes.readUInt32LE(start)) return undefined;
  return { type, data: bytes.subarray(start + HEADER, end), end };
}

/** Where the next whole part begins behind a damage. LevelDB itself gives up the rest of the block. */
function nextPart(bytes: Buffer, from: number, blockEnd: number): number {
  for (let start = from; start + HEADER <= blockEnd; start += 1) if (partAt(bytes, start, blockEnd)) return start;
  return blockEnd;
}

function isZero(bytes: Buffer, from: number, to: number): boolean {
  return bytes.subarray(from, to).every((byte) => byte === 0);
}
