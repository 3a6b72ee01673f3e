/**
 * The time of a server, which goes on across restarts. Everything that is measured or kept is a time of this timeline; what
 * people see is the wall clock's time of it. Setting the wall clock changes what is shown, and no duration.
 *
 * The journal keeps the difference between the two. The next run begins where the wall clock says, by that difference, but
 * never before the last time that the journal knows: a machine without a battery boots in 1970.
 */
import type { Clock } from './clock.js';
import { CLOCK_FOLLOWED, CLOCK_PLAUSIBLE, CLOCK_STEP } from '../parameters.js';

/** What the journal keeps of a timeline. */
export interface KeptTime {
  /** A time of the timeline that has been reached. */
  readonly at: number;
  /** What the wall clock shows more than the timeline, milliseconds. */
  readonly offset: number;
}

/** The wall clock was set. */
export interface ClockStep {
  /** Milliseconds; negative where it was set back. */
  readonly by: number;
  /** What it shows now, ISO 8601. */
  readonly at: string;
}

export class Timeline implements Clock {
  /** What this timeline is ahead of the clock's steady time. */
  #shift: number;
  /** What the wall clock shows more than this timeline. It is followed in steps: what is shown of one time must not change all the time. */
  #offset: number;
  /** The same as it was when it was looked at last. */
  #seenOffset: number;

  /** @param before the timeline of a server that this one replaces */
  constructor(
    private readonly clock: Clock,
    before?: Timeline,
  ) {
    const isKnown = before?.clock === clock;
    this.#shift = isKnown ? before.#shift : 0;
    // Two readings of the clocks differ by a millisecond: the times of inherited lines must not change by it.
    this.#offset = isKnown ? before.#offset : this.#difference();
    this.#seenOffset = isKnown ? before.#seenOffset : this.#offset;
  }

  now(): number {
    return this.clock.now() + this.#shift;
  }

  after(ms: number, callback: () => void): () => void {
    return this.clock.after(ms, callback);
  }

  soon(callback: () => void): void {
    this.clock.soon(callback);
  }

  heard(): void {
    this.clock.heard?.();
  }

  /** What the wall clock shows at a time of this timeline, milliseconds since 1970, as far as is known by now. */
  readonly wall = (time = this.now()): number => time + this.#offset;

  /** Whether the wall clock shows a time that cannot be, as after a start of a machine without a battery. */
  get isClockUnset(): boolean {
    return this.#shown < CLOCK_PLAUSIBLE;
  }

  /**
   * Goes on with the timeline of a journal; undefined for a journal that has none, whose times are those of the wall clock.
   * @returns by how many milliseconds that changes {@link now}
   */
  resume(kept: KeptTime | undefined): number {
    const { at, offset } = kept ?? { at: -Infinity, offset: 0 };
    // If the clock has been set since, nobody knows how long the server was off.
    const isOffTimeUnknown = kept !== undefined && at + offset < CLOCK_PLAUSIBLE && !this.isClockUnset;
    const resumed = isOffTimeUnknown ? at : Math.max(this.#shown - offset, at);
    const change = resumed - this.now();
    // The server before has just left the journal: its lines know times of this timeline.
    const isSame = Math.abs(change) < CLOCK_STEP * 1000;
    if (isSame) return 0;
    this.#shift += change;
    this.#offset = this.#difference();
    this.#seenOffset = this.#offset;
    return change;
  }

  get kept(): KeptTime {
    return { at: this.now(), offset: this.#offset };
  }

  /** Looks at the wall clock. To be called every second or so. Returns how it was set, if it was. */
  look(): ClockStep | undefined {
    const offset = this.#difference();
    const by = offset - this.#seenOffset;
    this.#seenOffset = offset;
    // What drifts away little by little is followed as well, and is no news.
    if (Math.abs(offset - this.#offset) < CLOCK_FOLLOWED * 1000) return undefined;
    this.#offset = offset;
    return Math.abs(by) < CLOCK_STEP * 1000 ? undefined : { by, at: new Date(this.wall(this.now())).toISOString() };
  }

  /** What the wall clock shows now. */
  get #shown(): number {
    return this.now() + this.#difference();
  }

  #difference(): number {
    return this.clock.wall === undefined ? -this.#shift : Math.round(this.clock.wall() - this.now());
  }
}
