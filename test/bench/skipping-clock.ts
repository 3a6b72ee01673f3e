/** The real clock, set forward at times. */
import type { Clock } from '../../src/index.js';

export class SkippingClock implements Clock {
  #skipped = 0;

  now(): number {
    return Date.now() + this.#skipped;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  }

  soon(callback: () => void): void {
    setImmediate(callback);
  }

  skip(ms: number): void {
    this.#skipped += ms;
  }
}
