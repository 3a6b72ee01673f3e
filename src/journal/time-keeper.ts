/** Keeps the timeline of a server in its journal, so that the next run goes on with it. */
import type { Journal } from './journal.js';
import { put, type Change } from './store.js';
import type { ClockStep, KeptTime, Timeline } from '../time/timeline.js';

/** Journal key: where the timeline has got to. */
const TIME = 'time';

export class TimeKeeper {
  #isLoaded = false;

  constructor(
    private readonly clock: Timeline,
    private readonly journal: Journal,
  ) {}

  /** Goes on with the timeline of the journal, which is open. Resolves to the milliseconds by which the time has changed. */
  async load(): Promise<number> {
    const change = this.clock.resume(keptTimeFrom(this.journal.get(TIME)) ?? (await this.#timeOfOldJournal()));
    this.#isLoaded = true;
    this.keep();
    // No time in the journal may be ahead of it: if the clock is set back, the next run begins at it.
    this.journal.stampWith(() => this.#entry());
    return change;
  }

  /**
   * Where a journal of version 1.0 has got to, which keeps no time. Undefined if the wall clock says it; otherwise all of the
   * journal is read once, because its times must not be in the future.
   */
  async #timeOfOldJournal(): Promise<KeptTime | undefined> {
    if (!this.clock.isClockUnset) return undefined;
    let last = -Infinity;
    for await (const [key, record] of this.journal.entriesInAnyOrder('')) last = Math.max(last, timeOf(key, record));
    return last === -Infinity ? undefined : { at: last, offset: 0 };
  }

  /** To be called every second or so. Returns how the wall clock was set, if it was. */
  look(): ClockStep | undefined {
    const step = this.clock.look();
    if (step) this.keep();
    return step;
  }

  /** Writes how far the time has got. Not before it is known where the journal's had got. */
  keep(): void {
    if (this.#isLoaded) this.journal.later([this.#entry()]);
  }

  #entry(): Change {
    return put(TIME, this.clock.kept);
  }
}

/** Undefined in journals of older versions. */
function keptTimeFrom(record: unknown): KeptTime | undefined {
  const { at, offset } = (record ?? {}) as Partial<KeptTime>;
  return Number.isFinite(at) && Number.isFinite(offset) ? (record as KeptTime) : undefined;
}

/** When something was written; -Infinity if a record has no time. */
function timeOf(key: string, record: unknown): number {
  if (typeof record === 'number') return /^(seen|restart)\//.test(key) ? record : -Infinity;
  const { at, acceptedAt, endedAt, receivedAt } = (record ?? {}) as Readonly<Record<string, unknown>>;
  const times = [at, acceptedAt, endedAt, typeof receivedAt === 'string' ? Date.parse(receivedAt) : undefined];
  return Math.max(...times.map((time) => (typeof time === 'number' && Number.isFinite(time) ? time : -Infinity)));
}
