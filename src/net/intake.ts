/**
 * Datagrams that are read and not handled yet. It takes several times as long to handle a datagram as to read it. In a burst
 * all datagrams are read first: meanwhile more of them would not fit into the buffer of the kernel, which drops them.
 */
import type { Clock } from '../time/clock.js';
import { MOST_BYTES_READ_AHEAD, MOST_HANDLED_PER_TURN, MOST_READ_AHEAD, MOST_READ_PER_TURN } from '../parameters.js';

export class Intake<T extends { readonly size: number }> {
  #waiting: T[] = [];
  /** Index in {@link #waiting} of the one that is handled next. */
  #next = 0;
  #bytes = 0;
  #readThisTurn = 0;
  #isScheduled = false;

  /** @param soon calls back when this turn of the event loop has read what it reads */
  constructor(
    private readonly handle: (item: T) => void,
    private readonly soon: Clock['soon'],
  ) {}

  /** Takes what was read. If too much waits, the oldest is handled at once, and the rest of the burst waits in the kernel. */
  add(item: T): void {
    this.#waiting.push(item);
    this.#bytes += item.size;
    this.#readThisTurn += 1;
    this.#schedule();
    while (this.size > MOST_READ_AHEAD || this.#bytes > MOST_BYTES_READ_AHEAD) this.#handleNext();
  }

  get size(): number {
    return this.#waiting.length - this.#next;
  }

  /** Forgets what waits. */
  clear(): void {
    this.#waiting = [];
    this.#next = 0;
    this.#bytes = 0;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.soon(() => this.#nextTurn());
  }

  #nextTurn(): void {
    this.#isScheduled = false;
    const isAllRead = this.#readThisTurn < MOST_READ_PER_TURN;
    this.#readThisTurn = 0;
    const count = isAllRead ? Math.min(this.size, MOST_HANDLED_PER_TURN) : 0;
    for (let handled = 0; handled < count; handled += 1) this.#handleNext();
    if (this.size > 0) this.#schedule();
  }

  #handleNext(): void {
    const item = this.#waiting[this.#next];
    if (item === undefined) return;
    this.#next += 1;
    this.#bytes -= item.size;
    if (this.#next === this.#waiting.length) this.clear();
    this.handle(item);
  }
}
