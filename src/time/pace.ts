import type { Clock } from './clock.js';

/**
 * Spreads long work over turns of the event loop. All work that shares a pace shares its budget, so that a turn stays short
 * however much is to be done.
 */
export class Pace {
  #spent = 0;
  #isScheduled = false;
  /** In the order in which they asked; those before `#admitted` have had their turn. */
  #waiting: Waiting[] = [];
  #admitted = 0;

  /** @param perTurn steps of work in one turn of the event loop */
  constructor(
    private readonly perTurn: number,
    private readonly soon: Clock['soon'],
  ) {}

  /**
   * Asks to do some steps of work. Returns undefined if this turn has room for them; otherwise a promise that resolves in a
   * turn that has.
   */
  turn(steps = 1): Promise<void> | undefined {
    if (this.#waiting.length === 0 && this.#spent < this.perTurn) {
      this.#spend(steps);
      return undefined;
    }
    return new Promise((resolve) => this.#waiting.push({ steps, resolve }));
  }

  /** Does work to its end, in as many turns as it takes. */
  async run<T>(work: Work<T>): Promise<T> {
    for (;;) {
      const { value, done } = work.next();
      if (done) return value;
      const wait = this.turn(value);
      if (wait) await wait;
    }
  }

  #spend(steps: number): void {
    this.#spent += steps;
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.soon(() => this.#nextTurn());
  }

  #nextTurn(): void {
    this.#isScheduled = false;
    this.#spent = 0;
    for (let next = this.#waiting[this.#admitted]; next; next = this.#waiting[this.#admitted]) {
      if (this.#spent >= this.perTurn) break;
      this.#admitted += 1;
      this.#spend(next.steps);
      next.resolve();
    }
    // A hundred thousand may wait: they are moved when half of them are gone, not in every turn.
    if (this.#admitted * 2 < this.#waiting.length) return;
    this.#waiting = this.#waiting.slice(this.#admitted);
    this.#admitted = 0;
  }
}

/** Steps of work for an item that is only looked at, such as one of a list that is copied. */
export const STEPS_OF_LOOK = 0.1;

/** Work that can be interrupted: yields the number of steps before it takes them, and returns its result. */
export type Work<T> = Generator<number, T, undefined>;

/** Does work to its end without a pause. */
export function atOnce<T>(work: Work<T>): T {
  for (;;) {
    const { value, done } = work.next();
    if (done) return value;
  }
}

interface Waiting {
  readonly steps: number;
  readonly resolve: () => void;
}
