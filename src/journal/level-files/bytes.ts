/** Reads the numbers and texts of LevelDB's files, one after the other. Throws {@link FormatError} behind the end. */

/** Bytes that are not what LevelDB writes. */
export class FormatError extends Error {}

export class ByteReader {
  constructor(
    private readonly bytes: Buffer,
    private at = 0,
    private readonly end = bytes.length,
  ) {}

  get isAtEnd(): boolean {
    return this.at >= this.end;
  }

  /** Reads a number of one to ten bytes, seven bits in each. */
  varint(): number {
    let value = 0;
    let factor = 1;
    for (let read = 0; read < 10; read += 1) {
      const byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
    throw new FormatError('a number without an end');
  }

  byte(): number {
    const byte = this.at < this.end ? this.bytes[this.at] : undefined;
    if (byte === undefined) throw new FormatError('the end is missing');
    this.at += 1;
    return byte;
  }

  take(length: number): Buffer {
    const end = this.at + length;
    if (end > this.end) throw new FormatError('the end is missing');
    const taken = this.bytes.subarray(this.at, end);
    this.at = end;
    return taken;
  }

  /** Reads bytes whose number stands before them. */
  slice(): Buffer {
    return this.take(this.varint());
  }
}
