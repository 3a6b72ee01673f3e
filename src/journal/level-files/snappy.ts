/** Decompresses blocks that LevelDB has compressed with Snappy. */
import { ByteReader, FormatError } from './bytes.js';

export function unsnappy(compressed: Buffer): Buffer {
  const reader = new ByteReader(compressed);
  const output = Buffer.alloc(reader.varint());
  let at = 0;
  while (!reader.isAtEnd) {
    const tag = reader.byte();
    const kind = tag & 3;
    if (kind === 0) {
      const literal = reader.take(literalLength(tag >> 2, reader));
      at += literal.copy(output, at);
      continue;
    }
    const length = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    const offset = kind === 1 ? ((tag >> 5) << 8) + reader.byte() : littleEndian(reader, kind === 2 ? 2 : 4);
    if (offset === 0 || offset > at || at + length > output.length) throw new FormatError('a copy of nothing');
    // Byte by byte: the source may overlap what is written.
    for (let copied = 0; copied < length; copied += 1, at += 1) output[at] = output[at - offset] ?? 0;
  }
  if (at !== output.length) throw new FormatError('a block of another length');
  return output;
}

function literalLength(code: number, reader: ByteReader): number {
  return (code < 60 ? code : littleEndian(reader, code - 59)) + 1;
}

function littleEndian(reader: ByteReader, bytes: number): number {
  let value = 0;
  for (let index = 0; index < bytes; index += 1) value += reader.byte() * 256 ** index;
  return value;
}
