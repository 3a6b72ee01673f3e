/** LevelDB's tables (`*.ldb`): sorted blocks, each with a checksum, an index of them, and a footer. */
import type { Version } from './batch.js';
import { ByteReader, FormatError } from './bytes.js';
import { maskedCrc32c } from './crc32c.js';
import { unsnappy } from './snappy.js';

interface Handle {
  readonly offset: number;
  readonly size: number;
}

/** A block of entries and the keys that can be in it: behind the last key of the block before, up to its own last key. */
interface DataBlock {
  readonly handle: Handle;
  readonly after: string | undefined;
  readonly upTo: string;
}

/** A range of keys; an end that is undefined is that of the table. */
export interface KeyRange {
  readonly from: string | undefined;
  readonly to: string | undefined;
}

const FOOTER = 48;
const MAGIC = Buffer.from('57fb808b247547db', 'hex');
const TRAILER = 5;

/** The ranges of keys whose entries are damaged; none if the table is sound. */
export function damagedRanges(table: Buffer): KeyRange[] {
  try {
    const { blocks, meta } = layoutOf(table);
    const damaged = blocks.filter(({ handle }) => !isSound(table, handle));
    // The filter answers which keys are not in the table.
    if (meta.some((handle) => !isSound(table, handle))) return [WHOLE];
    return damaged.map(({ after, upTo }) => ({ from: after, to: upTo }));
  } catch (error) {
    if (error instanceof FormatError) return [WHOLE];
    throw error;
  }
}

/** All entries of blocks that are sound. */
export function* readTable(table: Buffer): Iterable<Version> {
  let blocks: readonly DataBlock[];
  try {
    ({ blocks } = layoutOf(table));
  } catch (error) {
    if (error instanceof FormatError) return;
    throw error;
  }
  for (const { handle } of blocks) {
    if (!isSound(table, handle)) continue;
    for (const [key, value] of entriesOf(contentsOf(table, handle))) {
      const tag = key.readBigUInt64LE(key.length - 8);
      const isPut = (tag & 0xffn) === 1n;
      yield { key: userKey(key), value: isPut ? Buffer.from(value) : undefined, sequence: Number(tag >> 8n) };
    }
  }
}

/** A key without the sequence and kind that LevelDB appends. */
export const userKey = (internal: Buffer): string => internal.toString('utf8', 0, internal.length - 8);

const WHOLE: KeyRange = { from: undefined, to: undefined };

function layoutOf(table: Buffer): { readonly blocks: readonly DataBlock[]; readonly meta: readonly Handle[] } {
  const start = table.length - FOOTER;
  if (start < 0 || !table.subarray(-8).equals(MAGIC)) throw new FormatError('no footer');
  const footer = new ByteReader(table, start);
  const metaIndex = handleFrom(footer);
  const index = handleFrom(footer);
  const meta = [...entriesOf(soundContentsOf(table, metaIndex))].map(([, value]) => handleFrom(new ByteReader(value)));
  const blocks: DataBlock[] = [];
  let after: string | undefined;
  for (const [key, value] of entriesOf(soundContentsOf(table, index))) {
    const upTo = userKey(key);
    blocks.push({ handle: handleFrom(new ByteReader(value)), after, upTo });
    after = upTo;
  }
  return { blocks, meta };
}

function handleFrom(reader: ByteReader): Handle {
  return { offset: reader.varint(), size: reader.varint() };
}

function isSound(table: Buffer, { offset, size }: Handle): boolean {
  const end = offset + size + 1;
  if (end + 4 > table.length) return false;
  return maskedCrc32c(table.subarray(offset, end)) === table.readUInt32LE(end);
}

function soundContentsOf(table: Buffer, handle: Handle): Buffer {
  if (!isSound(table, handle)) throw new FormatError('a damaged block');
  return contentsOf(table, handle);
}

function contentsOf(table: Buffer, { offset, size }: Handle): Buffer {
  const block = table.subarray(offset, offset + size + TRAILER);
  const [contents, compression] = [block.subarray(0, size), block.readUInt8(size)];
  if (compression === 0) return contents;
  if (compression === 1) return unsnappy(contents);
  throw new FormatError(`an unknown compression ${compression}`);
}

/** Keys share their beginning with the one before. */
function* entriesOf(block: Buffer): Iterable<readonly [key: Buffer, value: Buffer]> {
  if (block.length < 4) throw new FormatError('a block without an end');
  const end = block.length - 4 - 4 * block.readUInt32LE(block.length - 4);
  if (end < 0) throw new FormatError('a block without entries');
  let key = Buffer.alloc(0);
  for (const reader = new ByteReader(block, 0, end); !reader.isAtEnd;) {
    const [shared, added, size] = [reader.varint(), reader.varint(), reader.varint()];
    key = Buffer.concat([key.subarray(0, shared), reader.take(added)]);
    yield [key, reader.take(size)];
  }
}
