/** Keeps the timeline of a server in its journal, so that the next run goes on with it. */
import type { Journal } from './journal/journal.js';
import { put } from './journal/store.js';
import { CLOCK_KEPT } from './parameters.js';
import type { ClockStep, KeptTime, Timeline } from './timeline.js';

/** Journal key: where the timeline has got to. */
const TIME = 'time';

export class TimeKeeper {
  /** When the journal was given the time last, and how many commits it had seen. */
  #kept = { at: 0, commits: 0 };
  #isLoaded = false;

  constructor(
    private readonly clock: Timeline,
    private readonly journal: Journal,
  ) {}

  /** Goes on with the timeline of the journal, which is open. @returns by how many milliseconds the time has changed */
  load(): number {
    const change = this.clock.resume(keptTimeFrom(this.journal.get(TIME)));
    this.#isLoaded = true;
    this.keep();
    return change;
  }

  /** To be called every second or so. Returns how the wall clock was set, if it was. */
  look(): ClockStep | undefined {
    const step = this.clock.look();
    const { at, commits } = this.#kept;
    // A journal that is not in use is left alone.
    const isDue = commits !== this.journal.commits && this.clock.now() - at >= CLOCK_KEPT * 1000;
    if (step || isDue) this.keep();
    return step;
  }

  /** Writes how far the time has got. Not before it is known where the journal's had got. */
  keep(): void {
    if (!this.#isLoaded) return;
    this.journal.later([put(TIME, this.clock.kept)]);
    this.#kept = { at: this.clock.now(), commits: this.journal.commits };
  }
}

/** Undefined in journals of older versions. */
function keptTimeFrom(record: unknown): KeptTime | undefined {
  const { at, offset } = (record ?? {}) as Partial<KeptTime>;
  return Number.isFinite(at) && Number.isFinite(offset) ? (record as KeptTime) : undefined;
}
