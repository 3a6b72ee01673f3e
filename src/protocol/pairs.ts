/** Messages made of pairs: `name:value;name:value;…` (protocol §2, §3). */
import { PAIRS_READ } from '../parameters.js';
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
 * Calls `visit` with each pair, names as they were received, until it returns false. What follows the first
 * {@link PAIRS_READ} pairs is ignored: no device sends as many. A pair without a colon has an empty value. Blanks and the line end behind the last pair are no part of its value; only a tail keeps them.
 */
export function forEachPair(
  text: string,
  tail: string | undefined,
  visit: (name: string, value: string) => unknown,
): void {
  let start = 0;
  let count = 0;
  /** The next colon; the end where there is none, so that nobody looks for it again for each pair. */
  let colon = -1;
  while (start < text.length && count < PAIRS_READ) {
    count += 1;
    const semicolon = text.indexOf(';', start);
    const end = semicolon < 0 ? text.length : semicolon;
    if (colon < start) {
      const found = text.indexOf(':', start);
      colon = found < 0 ? text.length : found;
    }
    const hasColon = colon < end;
    const name = trimBlanks(text.slice(start, hasColon ? colon : end));
    const isTail = tail !== undefined && name.length === tail.length && name.toLowerCase() === tail;
    if (isTail && hasColon) {
      visit(name, text.slice(colon + 1));
      return;
    }
    const value = hasColon ? text.slice(colon + 1, end) : '';
    // A tail without a colon has been cut off: no text is not an empty text.
    if (name !== '' && !isTail && visit(name, semicolon < 0 ? trimBlanksEnd(value) : value) === false) return;
    start = end + 1;
  }
}

/** Devices write `pass` in keepalives and `password` elsewhere, and some do the opposite. */
export function readPassword(pairs: ReadonlyMap<string, string>): string | undefined {
  return pairs.get('password') ?? pairs.get('pass');
}
