/** The values of command line options, from text. */
import type { Duration } from './duration.js';

/** Something is wrong with the arguments; the message is meant for the user. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The longest time that can be given: a day. */
const LONGEST = 86_400;

export function seconds(name: string, text: string): number {
  return number(name, text, 0.01, LONGEST);
}

/** `3`, or `2-5` for random seconds from 2 to 5. */
export function range(name: string, text: string): Duration {
  const [least = NaN, most = least, ...others] = text.split('-').map((end) => (end.trim() === '' ? NaN : Number(end)));
  const isRight = others.length === 0 && least >= 0 && least <= most && most <= LONGEST;
  if (!isRight) throw new UsageError(`--${name} must be seconds from 0 to ${LONGEST}, or a range such as 2-5`);
  return least === most ? least : [least, most];
}

export function integer(name: string, text: string, least: number, most: number): number {
  const value = number(name, text, least, most);
  if (!Number.isInteger(value)) throw new UsageError(`--${name} must be a whole number`);
  return value;
}

export function number(name: string, text: string, least: number, most: number): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (value >= least && value <= most) return value;
  throw new UsageError(`--${name} must be a number from ${least} to ${most}`);
}
