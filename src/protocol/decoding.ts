/** Bytes of a datagram as text. */

/** Stands for what is not UTF-8. */
const REPLACEMENT = '\ufffd';

/**
 * Decodes UTF-8, and surrogates that were encoded in three bytes each (CESU-8), as some modems send emoji. Half a pair becomes
 * a lone surrogate: its other half may be in the next part of a long SMS.
 */
export function decoded(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  return text.includes(REPLACEMENT) ? withSurrogates(bytes) : text;
}

function withSurrogates(bytes: Buffer): string {
  let text = '';
  let start = 0;
  for (let at = bytes.indexOf(FIRST_BYTE); at >= 0; at = bytes.indexOf(FIRST_BYTE, Math.max(at + 1, start))) {
    const second = bytes[at + 1] ?? 0;
    const third = bytes[at + 2] ?? 0;
    if (second >> 5 !== 0b101 || third >> 6 !== 0b10) continue;
    if (start < at) text += bytes.toString('utf8', start, at);
    text += String.fromCharCode(0xd000 | ((second & 0x3f) << 6) | (third & 0x3f));
    start = at + 3;
  }
  return text + bytes.toString('utf8', start);
}

/** Of U+D000 … U+DFFF, the surrogates among them. */
const FIRST_BYTE = 0xed;
