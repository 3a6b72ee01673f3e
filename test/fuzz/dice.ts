/** Random decisions out of one seed, cheap enough for a million datagrams. */
import { mulberry32, type Random } from '../../src/simulator/random.js';

export class Dice {
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = mulberry32(seed);
  }

  /** 0 … n − 1. */
  below(n: number): number {
    return Math.floor(this.#random() * n);
  }

  chance(probability: number): boolean {
    return this.#random() < probability;
  }

  pick<T>(choices: readonly [T, ...T[]] | readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }

  /** Small ones more often than large ones: 0 … most. */
  small(most: number): number {
    const root = this.#random();
    return Math.floor(root * root * root * (most + 1));
  }
}
