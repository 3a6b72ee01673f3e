/** Does a line keep failing? Then it is set aside as long as others can send, and tried with one number now and then. */
import { FAILURES_UNTIL_ASIDE, PROBE_INTERVAL } from '../parameters.js';

export class LineHealth {
  #failures = 0;
  /** Milliseconds since 1970. */
  #nextProbe = 0;

  get isFailing(): boolean {
    return this.#failures >= FAILURES_UNTIL_ASIDE;
  }

  /** When it may be tried again; undefined where nothing speaks against it. */
  asideUntil(now: number): number | undefined {
    return this.isFailing && now < this.#nextProbe ? this.#nextProbe : undefined;
  }

  /** Returns whether it has begun to fail. */
  failed(now: number): boolean {
    this.#failures += 1;
    this.#nextProbe = now + PROBE_INTERVAL * 1000;
    return this.#failures === FAILURES_UNTIL_ASIDE;
  }

  /** It is being tried: with one number only. */
  probed(now: number): void {
    if (this.isFailing) this.#nextProbe = now + PROBE_INTERVAL * 1000;
  }

  /** Returns whether it had been failing. */
  worked(): boolean {
    const wasFailing = this.isFailing;
    this.#failures = 0;
    return wasFailing;
  }
}
