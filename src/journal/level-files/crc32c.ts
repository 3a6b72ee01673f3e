/** CRC-32C (Castagnoli), as LevelDB stores it: Node.js has only the CRC-32 of zip files. */

/** Tables for four bytes at a time. */
const TABLES = makeTables();

/** Returns the checksum of bytes, masked as in LevelDB's files. */
export function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

function crc32c(bytes: Uint8Array): number {
  const [first, second, third, fourth] = TABLES;
  let crc = 0xffffffff;
  let at = 0;
  const { length } = bytes;
  for (const last = length - 3; at < last; at += 4) {
    crc ^=
      byteOf(bytes, at) | (byteOf(bytes, at + 1) << 8) | (byteOf(bytes, at + 2) << 16) | (byteOf(bytes, at + 3) << 24);
    crc =
      byteOf(fourth, crc & 0xff) ^
      byteOf(third, (crc >>> 8) & 0xff) ^
      byteOf(second, (crc >>> 16) & 0xff) ^
      byteOf(first, crc >>> 24);
  }
  for (; at < length; at += 1) crc = (crc >>> 8) ^ byteOf(first, (crc ^ byteOf(bytes, at)) & 0xff);
  return ~crc >>> 0;
}

/** An element of an array, whose index is known to be in range. */
const byteOf = (array: Uint8Array | Uint32Array, index: number): number => array[index] ?? 0;

function makeTables(): readonly [Uint32Array, Uint32Array, Uint32Array, Uint32Array] {
  const tables = [new Uint32Array(256), new Uint32Array(256), new Uint32Array(256), new Uint32Array(256)] as const;
  for (let byte = 0; byte < 256; byte += 1) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ ((crc & 1) * 0x82f63b78);
    for (const table of tables) {
      table[byte] = crc;
      // The next table holds the effect of the same byte one place further on.
      crc = (crc >>> 8) ^ nextOf(crc & 0xff);
    }
  }
  return tables;
}

function nextOf(byte: number): number {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ ((crc & 1) * 0x82f63b78);
  return crc;
}
