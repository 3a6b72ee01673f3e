import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../src/time/clock.js';

interface Alarm {
  readonly at: number;
  readonly ring: () => void;
}

/** A clock that stands still until it is told to go on: hours pass in microseconds, and always in the same order. */
export class VirtualClock implements Clock {
  #now: number;
  /** Milliseconds that the wall clock shows more. */
  #ahead = 0;
  /** In the order in which they were set, which decides between alarms of the same instant. */
  readonly #alarms = new Set<Alarm>();
  #soon: (() => void)[] = [];

  constructor(start: number = Date.UTC(2026, 10, 22, 10)) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  wall(): number {
    return this.#now + this.#ahead;
  }

  /** Somebody sets the wall clock. */
  step({ seconds }: { readonly seconds: number }): void {
    this.#ahead += seconds * 1000;
  }

  after(ms: number, ring: () => void): () => void {
    const alarm = { at: this.#now + ms, ring };
    this.#alarms.add(alarm);
    return () => this.#alarms.delete(alarm);
  }

  soon(callback: () => void): void {
    this.#soon.push(callback);
  }

  /** Alarms that are set. */
  get pending(): number {
    return this.#alarms.size;
  }

  /** Lets everything happen that needs no time: promises, and what was put off to the next turn. */
  async settle(): Promise<void> {
    await turn();
    while (this.#soon.length > 0) {
      const callbacks = this.#soon;
      this.#soon = [];
      for (const callback of callbacks) callback();
      await turn();
    }
  }

  /** Lets time pass, and everything happen that is due in it. */
  async pass({ seconds }: { readonly seconds: number }): Promise<void> {
    const end = this.#now + seconds * 1000;
    await this.settle();
    while (this.#ringNext(end)) await this.settle();
    this.#now = end;
  }

  /** Lets time pass until `isOver`, in one step per alarm. Throws where that takes more than a virtual day. */
  async passUntil(isOver: () => boolean): Promise<void> {
    const end = this.#now + 86_400_000;
    await this.settle();
    while (!isOver()) {
      if (!this.#ringNext(end)) throw new Error('it is never over');
      await this.settle();
    }
  }

  /** Lets time pass until the next alarm rings, if any is set. */
  async passToNext(): Promise<void> {
    this.#ringNext(Infinity);
    await this.settle();
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
