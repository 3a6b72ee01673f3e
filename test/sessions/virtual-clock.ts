import type { Clock } from '../../src/clock.js';

interface Alarm {
  readonly at: number;
  readonly ring: () => void;
}

/** A clock that stands still until it is told to go on: hours pass in microseconds, and always in the same order. */
export class VirtualClock implements Clock {
  #now: number;
  /** In the order in which they were set, which decides between alarms of the same instant. */
  readonly #alarms = new Set<Alarm>();

  constructor(start: number = Date.UTC(2026, 10, 22, 10)) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, ring: () => void): () => void {
    const alarm = { at: this.#now + ms, ring };
    this.#alarms.add(alarm);
    return () => this.#alarms.delete(alarm);
  }

  /** Alarms that are set. */
  get pending(): number {
    return this.#alarms.size;
  }

  /** Lets time pass, and everything happen that is due in it. */
  pass({ seconds }: { readonly seconds: number }): void {
    const end = this.#now + seconds * 1000;
    while (this.#ringNext(end));
    this.#now = end;
  }

  /** Lets time pass until `isOver`, in one step per alarm. Throws where that takes more than a virtual day. */
  passUntil(isOver: () => boolean): void {
    const end = this.#now + 86_400_000;
    while (!isOver()) if (!this.#ringNext(end)) throw new Error('it is never over');
  }

  #ringNext(end: number): boolean {
    let next: Alarm | undefined;
    for (const alarm of this.#alarms) if (alarm.at <= end && alarm.at < (next?.at ?? Infinity)) next = alarm;
    if (!next) return false;
    this.#alarms.delete(next);
    this.#now = Math.max(this.#now, next.at);
    next.ring();
    return true;
  }
}
