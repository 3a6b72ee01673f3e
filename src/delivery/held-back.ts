/**
 * News for takers that are being replaced, by the id of the taker. Bounded: beyond {@link HELD_NEWS} for one taker the oldest
 * are dropped, and counted.
 */
import { HELD_NEWS } from '../parameters.js';

export class HeldBack<T> {
  readonly #byId = new Map<string, T[]>();
  #dropped = 0;

  /** How many were dropped so far. */
  get dropped(): number {
    return this.#dropped;
  }

  add(id: string, item: T): void {
    const items = this.#byId.get(id) ?? [];
    this.#byId.set(id, items);
    items.push(item);
    if (items.length <= HELD_NEWS) return;
    items.shift();
    this.#dropped += 1;
  }

  /** Removes and returns all, in order for each taker. */
  takeAll(): (readonly [id: string, items: readonly T[]])[] {
    const all = [...this.#byId];
    this.#byId.clear();
    return all;
  }
}
