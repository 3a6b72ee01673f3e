/** Messages made of pairs: `name:value;name:value;…` (seed §Registration and Keepalive, §RECEIVE SMS). */
import { trimBlanks, trimBlanksEnd } from './blanks.js';

/**
 * Reads pairs into a map by lower-case name. Each pair is split at its *first* colon; of two equal names the first counts.
 * From the pair named `tail` on, the rest of the datagram is its value: whatever looks like a pair in there is text.
 */
export function readPairs(text: string, tail?: string): Map<string, string> {
  const pairs = new Map<string, string>();
  forEachPair(text, tail, (name, value) => {
    const key = name.toLowerCase();
    if (!pairs.has(key)) pairs.set(key, value);
  });
  return pairs;
}

/**
 * Calls `visit` with each pair, names as they were received, until it returns false. A pair without a colon has an empty
 * value. Blanks and the line end behind the last pair are no part of its value; only a tail keeps them.
 */
export function forEachPair(
  text: string,
  tail: string | undefined,
  visit: (name: string, value: string) => unknown,
): void {
  let start = 0;
  while (start < text.length) {
    const semicolon = text.indexOf(';', start);
    const end = semicolon < 0 ? text.length : semicolon;
    const pair = semicolon < 0 ? trimBlanksEnd(text.slice(start)) : text.slice(start, end);
    const colon = pair.indexOf(':');
    const name = trimBlanks(colon < 0 ? pair : pair.slice(0, colon));
    const isTail = name.toLowerCase() === tail;
    if (isTail && colon >= 0) {
      visit(name, text.slice(start + colon + 1));
      return;
    }
    // A tail without a colon has been cut off: no text is not an empty text.
    if (name !== '' && !isTail && visit(name, colon < 0 ? '' : pair.slice(colon + 1)) === false) return;
    start = end + 1;
  }
}

/** Devices write `pass` in keepalives and `password` elsewhere, and the seed's own example does the opposite. */
export function readPassword(pairs: ReadonlyMap<string, string>): string | undefined {
  return pairs.get('password') ?? pairs.get('pass');
}
