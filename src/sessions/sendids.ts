/** Numbers for bulk sessions: unique over all lines, rising, and higher after a restart than before. */
import { CLOCK_PLAUSIBLE, MAX_ID } from '../parameters.js';

/** Four ids a second from 2026 on: the space lasts 17 years, and no server opens more sessions than that for long. */
const MS_PER_ID = 250;

/** The ids of the first half year, which is over: a clock that has been set gives higher ones. */
const UNSET_CLOCK_IDS = (180 * 86_400_000) / MS_PER_ID;

export class SendIds {
  #last: number;

  /**
   * A clock that has not been set would give the same ids at each start, and a device answers for its old session when it
   * gets one that it still knows. Random ones are not known to it.
   *
   * @param wall milliseconds since 1970
   */
  constructor(wall: number, random = Math.random) {
    this.#last =
      wall < CLOCK_PLAUSIBLE
        ? Math.floor(random() * UNSET_CLOCK_IDS)
        : Math.floor((wall - CLOCK_PLAUSIBLE) / MS_PER_ID) % MAX_ID;
  }

  /** Goes on behind the last id of an earlier run. */
  raiseTo(last: number): void {
    this.#last = Math.max(this.#last, last);
  }

  next(): number {
    this.#last = (this.#last % MAX_ID) + 1;
    return this.#last;
  }
}
