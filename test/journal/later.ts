import type { Clock } from '../../src/time/clock.js';

interface Alarm {
  readonly at: number;
  readonly ring: () => void;
}

/** A clock whose time stands still until it passes, and whose turns of the event loop are real. */
export class Later implements Clock {
  #now: number;
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

  soon(callback: () => void): void {
    setImmediate(callback);
  }

  /** Alarms that are set. */
  get pending(): number {
    return this.#alarms.size;
  }

  /** Rings what is due by then. What an alarm sets up is for the next time. */
  pass(seconds: number): void {
    this.#now += seconds * 1000;
    for (const alarm of [...this.#alarms]) if (alarm.at <= this.#now && this.#alarms.delete(alarm)) alarm.ring();
  }
}
