/** What the length of an SMS tells about its place in a long one. The header that would say it stays in the device. */
import { FULL_PART_SEPTETS, FULL_PART_UNITS, FULL_PLAIN_PART_UNITS } from '../parameters.js';
import { septetsOf } from '../gsm/gsm7.js';

/** What is known of a long SMS by its parts so far. */
export interface LongSms {
  /** All its parts are written in the same one. */
  readonly alphabet: 'GSM-7' | 'UCS-2';
  /** Septets of GSM-7, or units of UCS-2. */
  readonly longestPart: number;
}

const MOST_SEPTETS = Math.max(...FULL_PART_SEPTETS);

/**
 * The long SMS that this can be the first part of, being as long as a part that another one follows; undefined where it
 * cannot.
 *
 * A text in letters of GSM-7 may be a part in UCS-2, too: one emoji further on is enough. National alphabets of GSM-7 are not
 * known here, and their parts come one by one.
 */
export function longSmsFrom(text: string): LongSms | undefined {
  // No character takes less than a septet.
  if (text.length > MOST_SEPTETS) return undefined;
  const septets = septetsOf(text);
  if (septets !== undefined && FULL_PART_SEPTETS.includes(septets)) return { alphabet: 'GSM-7', longestPart: septets };
  const units = septets === undefined ? FULL_PART_UNITS : FULL_PLAIN_PART_UNITS;
  return units.includes(text.length) ? { alphabet: 'UCS-2', longestPart: text.length } : undefined;
}

export function isFullPart(text: string): boolean {
  return longSmsFrom(text) !== undefined;
}

/** How an SMS goes on with a long one: not at all, as the last part, or as one that another one follows. */
export type Continuation = 'none' | 'last' | LongSms;

/** Parts have the same room, so one that another one follows is shorter by one at most, where a pair was not torn apart. */
export function continuationOf({ alphabet, longestPart }: LongSms, text: string): Continuation {
  if (text.length > MOST_SEPTETS || text === '') return 'none';
  const length = alphabet === 'UCS-2' ? text.length : septetsOf(text);
  if (length === undefined) return 'none';
  const full = alphabet === 'UCS-2' ? FULL_PART_UNITS : FULL_PART_SEPTETS;
  if (Math.abs(length - longestPart) <= 1 && full.includes(length)) {
    return { alphabet, longestPart: Math.max(length, longestPart) };
  }
  return length < longestPart ? 'last' : 'none';
}
