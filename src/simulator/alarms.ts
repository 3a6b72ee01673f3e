/** The one door to time: everything in the simulator that waits does it through {@link Alarms}. */

/** What the simulator needs of a clock. A fake one drives it through hours in microseconds. */
export interface Timers {
  setTimeout(callback: () => void, milliseconds: number): unknown;
  clearTimeout(handle: unknown): void;
  /** Milliseconds since 1970. */
  now(): number;
}

/** Looks the globals up at each call, so that installed fake timers count as well. */
export const systemTimers: Timers = {
  setTimeout: (callback, milliseconds) => setTimeout(callback, milliseconds),
  clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout),
  now: () => Date.now(),
};

/** Takes the alarm back; without effect after it rang. */
export type CancelAlarm = () => void;

/** The alarms of one owner, who can take all of them back at once. */
export class Alarms {
  readonly #timers: Timers;
  readonly #pending = new Set<CancelAlarm>();
  #closed = false;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Rings once after that many seconds, fractions included. */
  after(seconds: number, ring: () => void): CancelAlarm {
    if (this.#closed) return () => undefined;
    const handle = this.#timers.setTimeout(() => {
      this.#pending.delete(cancel);
      ring();
    }, seconds * 1000);
    const cancel = () => {
      this.#pending.delete(cancel);
      this.#timers.clearTimeout(handle);
    };
    this.#pending.add(cancel);
    return cancel;
  }

  /** Milliseconds since 1970. */
  now(): number {
    return this.#timers.now();
  }

  clear(): void {
    for (const cancel of this.#pending) cancel();
  }

  /** For an owner that is no more, but may not have noticed yet: clears, and sets no alarm from now on. */
  close(): void {
    this.#closed = true;
    this.clear();
  }
}
