/** Deliveries of the last moment. A flow that stops loses what is on its way in it, so they can be taken back for a while. */
import type { Clock } from '../time/clock.js';

export class Settling<T> {
  /** Delivered since the timer rang last, and before that. An item is settled at the second ring. */
  #recent: T[] = [];
  #older: T[] = [];
  #cancelTimer: (() => void) | undefined;

  /**
   * @param settleMs least time until a delivery is settled; 0 settles it at once. A full turn of the event loop passes as
   *   well, however long it takes.
   * @param settled receives what can no longer be taken back, in order
   */
  constructor(
    private readonly clock: Clock,
    private readonly settleMs: number,
    private readonly settled: (items: readonly T[]) => void,
  ) {}

  /** True if deliveries can be taken back at all. */
  get isOn(): boolean {
    return this.settleMs > 0;
  }

  /** Notes a delivery. */
  add(item: T): void {
    if (!this.isOn) return this.settled([item]);
    this.#recent.push(item);
    this.#wind();
  }

  /** Removes and returns what is not settled, in the order of delivery. */
  takeBack(): T[] {
    const unsettled = [...this.#older, ...this.#recent];
    this.#older = [];
    this.#recent = [];
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    return unsettled;
  }

  #wind(): void {
    this.#cancelTimer ??= this.clock.after(this.settleMs, () => {
      this.#cancelTimer = undefined;
      const settled = this.#older;
      this.#older = this.#recent;
      this.#recent = [];
      if (this.#older.length > 0) this.#wind();
      if (settled.length > 0) this.settled(settled);
    });
  }
}
