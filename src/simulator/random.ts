/** Seeded randomness: the same seed gives the same numbers, so that every run of a test or a demo can be repeated. */

/** Gives the next number, 0 ≤ n < 1. */
export type Random = () => number;

/** The mulberry32 generator: 32 bits of state, good enough to lose datagrams with. */
export function mulberry32(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A seed of 32 bits out of words (FNV-1a): separate things get separate streams of random numbers. */
export function seedOf(...words: readonly (string | number)[]): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(words.join('\0'))) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

export function between(random: Random, [least, most]: readonly [number, number]): number {
  return least + random() * (most - least);
}

export function pick<T>(random: Random, first: T, ...others: readonly T[]): T {
  return others[Math.floor(random() * (others.length + 1)) - 1] ?? first;
}

/** In another order, or by chance in the same. */
export function shuffle<T>(random: Random, items: readonly T[]): readonly T[] {
  const rest = [...items];
  return items.flatMap(() => rest.splice(Math.floor(random() * rest.length), 1));
}

export function digits(random: Random, count: number): string {
  return Array.from({ length: count }, () => Math.floor(random() * 10)).join('');
}
