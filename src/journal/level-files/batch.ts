/** What LevelDB writes with one batch. */
import { ByteReader, FormatError } from './bytes.js';

/** An entry in one of its versions. */
export interface Version {
  readonly key: string;
  /** Undefined if it was deleted. */
  readonly value: Buffer | undefined;
  /** Rises with each change. */
  readonly sequence: number;
}

/** The changes of a batch in their order. @throws FormatError */
export function* readBatch(record: Buffer): Iterable<Version> {
  const header = new ByteReader(record).take(12);
  let sequence = Number(header.readBigUInt64LE(0));
  const end = sequence + header.readUInt32LE(8);
  for (const reader = new ByteReader(record, 12); !reader.isAtEnd; sequence += 1) {
    const isPut = reader.byte() === 1;
    const key = reader.slice().toString();
    yield { key, value: isPut ? reader.slice() : undefined, sequence };
  }
  if (sequence !== end) throw new FormatError('a batch of another length');
}

/** The sequences of a batch: of its first change, and of the first one behind it. */
export function sequencesOf(record: Buffer): readonly [first: number, behind: number] {
  const header = new ByteReader(record).take(12);
  const first = Number(header.readBigUInt64LE(0));
  return [first, first + header.readUInt32LE(8)];
}
