/** Numbers for bulk sessions: unique over all lines, rising, and higher after a restart than before. */
import { MAX_ID } from '../parameters.js';

/** Four ids a second since then: the space lasts 17 years, and no server opens more sessions than that for long. */
const EPOCH = Date.UTC(2026, 0, 1);
const MS_PER_ID = 250;

export class SendIds {
  #last: number;

  /** @param now milliseconds since 1970 */
  constructor(now: number) {
    this.#last = Math.max(0, Math.floor((now - EPOCH) / MS_PER_ID)) % MAX_ID;
  }

  /** Goes on behind the last id of an earlier life. */
  raiseTo(last: number): void {
    this.#last = Math.max(this.#last, last);
  }

  next(): number {
    this.#last = (this.#last % MAX_ID) + 1;
    return this.#last;
  }
}
