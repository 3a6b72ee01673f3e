/** SMS that a line has sent in the current hour and day. Times are steady, see {@link Clock}. */
import { NEVER_SET, type WallTime } from '../time/clock.js';
import { CLOCK_PLAUSIBLE } from '../parameters.js';
import { LOCAL_TIME, type LocalTime } from '../time/local-time.js';

/** SMS (each part of a long text is one) that were submitted to the device. Kept in the journal, so that a crash loses none. */
export interface Usage {
  /** Start of the local hour that is counted. */
  readonly hour: number;
  readonly hourCount: number;
  /** Start of the local day that is counted. */
  readonly day: number;
  readonly dayCount: number;
  /** Ends of both, as known at their start. Older versions do not write them. */
  readonly hourEnds?: number;
  readonly dayEnds?: number;
  /** Time of the last SMS. Older versions do not write it. */
  readonly at?: number;
}

export type CurrentUsage = Required<Usage>;

export const NO_USAGE: CurrentUsage = { hour: 0, hourCount: 0, hourEnds: 0, day: 0, dayCount: 0, dayEnds: 0, at: 0 };

const NO_COUNTS = { hour: 0, day: 0 } as const;

/** SMS of usages that are being saved, of all lines: few of thousands of lines have any. */
const unsaved = new WeakMap<Usage, number>();

interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * The hour or day of a limit. It ends with one of the wall clock, but not more than `slackMs` before the end that was known at
 * its start: setting the clock forward and back must not renew a limit.
 */
interface Counted {
  readonly span: 'hour' | 'day';
  readonly slackMs: number;
  /** An hour or day takes an hour more if clocks are set back in it. */
  readonly longestMs: number;
}

const HOUR: Counted = { span: 'hour', slackMs: 60_000, longestMs: 2 * 3_600_000 };
const DAY: Counted = { span: 'day', slackMs: 3_600_000, longestMs: 25 * 3_600_000 };

/** Time until the next look if the end of an hour cannot be computed. */
const A_MINUTE = 60_000;

export class UsageCounter {
  #usage: CurrentUsage;
  /** The usage is from a previous run, and has to be compared with the current time. */
  #isSaved: boolean;
  /** The counted hour and day are those of a clock that was not set, and mean nothing. */
  #isClockUnset = false;

  /**
   * @param usage as a previous run saved it
   * @param wall shows times
   * @param local returns the hour and day of a time
   */
  constructor(
    usage: Usage = NO_USAGE,
    private readonly wall: WallTime = NEVER_SET,
    private readonly local: LocalTime = LOCAL_TIME,
  ) {
    this.#isSaved = usage !== NO_USAGE;
    this.#usage = this.#isSaved ? this.#withEnds(usage) : NO_USAGE;
  }

  /** Goes on with what a previous run saved. */
  restore(usage: Usage): void {
    this.#usage = this.#withEnds(usage);
    this.#isSaved = true;
  }

  /** Takes over what another counter of the same line knows. */
  inherit(other: UsageCounter): void {
    this.#usage = other.#usage;
    this.#isSaved = other.#isSaved;
    this.#isClockUnset = other.#isClockUnset;
  }

  /** Moves its times, because the timeline goes on at another place. */
  shiftTimes(ms: number): void {
    const { hour, hourEnds, day, dayEnds, at } = this.#usage;
    const times = { hour: hour + ms, hourEnds: hourEnds + ms, day: day + ms, dayEnds: dayEnds + ms, at: at + ms };
    this.#usage = { ...this.#usage, ...times };
  }

  /** SMS of this hour and of this day. */
  counts(now: number): { readonly hour: number; readonly day: number } {
    // With zeros it does not matter when the hour began, and that takes longer to find out than all the rest.
    if (this.#usage.dayCount === 0 && this.#usage.hourCount === 0) return NO_COUNTS;
    const { hourCount, dayCount } = this.usage(now);
    return { hour: hourCount, day: dayCount };
  }

  /** Counts of the current local hour and day. */
  usage(now: number): CurrentUsage {
    if (this.#isSaved) this.#checkSaved(now);
    if (this.#isClockUnset && this.wall(now) >= CLOCK_PLAUSIBLE) this.#endWithCalendar();
    const hour = this.#renewed(HOUR, this.#usage.hour, this.#usage.hourEnds, now);
    const day = this.#renewed(DAY, this.#usage.day, this.#usage.dayEnds, now);
    if (hour) this.#usage = { ...this.#usage, hour: hour.start, hourCount: 0, hourEnds: hour.end };
    if (day) this.#usage = { ...this.#usage, day: day.start, dayCount: 0, dayEnds: day.end };
    return this.#usage;
  }

  /** Time when the counted hour or day ends by the clock as it is now. */
  endOf(span: 'hour' | 'day', now: number): number {
    const { hourEnds, dayEnds } = this.usage(now);
    return span === 'hour' ? this.#endOf(HOUR, hourEnds, now) : this.#endOf(DAY, dayEnds, now);
  }

  /**
   * Counts SMS that are about to go out, and returns what must be saved before they do. They count from now on, so that no other
   * session of the line takes the same room. {@link saved} or {@link dropped} follows.
   */
  reserve(parts: number, now: number): CurrentUsage {
    const current = this.usage(now);
    const usage = { ...current, hourCount: current.hourCount + parts, dayCount: current.dayCount + parts, at: now };
    this.#usage = usage;
    unsaved.set(usage, parts);
    return usage;
  }

  /** The usage is saved, and its SMS go out. */
  saved(usage: Usage): void {
    unsaved.delete(usage);
  }

  /** The usage could not be saved, and its SMS do not go out: their room is free again. */
  dropped(usage: Usage): void {
    const parts = unsaved.get(usage) ?? 0;
    unsaved.delete(usage);
    const { hour, hourCount, day, dayCount } = this.#usage;
    this.#usage = {
      ...this.#usage,
      hourCount: hour === usage.hour ? hourCount - parts : hourCount,
      dayCount: day === usage.day ? dayCount - parts : dayCount,
    };
  }

  #withEnds(usage: Usage): CurrentUsage {
    const { hour, day } = this.local;
    const { hourEnds = hour.endOf(usage.hour), dayEnds = day.endOf(usage.day), at = 0 } = usage;
    return { ...usage, hourEnds, dayEnds, at };
  }

  /** Returns the hour or day that has begun since the counted one; undefined as long as that goes on. */
  #renewed({ span, slackMs }: Counted, start: number, end: number, now: number): Span | undefined {
    if (now < end - slackMs) return undefined;
    const wall = this.wall(now);
    const begun = now - wall + this.local[span].startOf(wall);
    // If clocks are set back within an hour (Chatham Islands), the next one may have begun already, for the first time.
    if (begun <= start || begun < end - slackMs) return undefined;
    this.#isClockUnset = wall < CLOCK_PLAUSIBLE;
    const next = now - wall + this.local[span].endOf(wall);
    // An SMS that was counted with the last one by another clock must not be followed by two budgets.
    const { at } = this.#usage;
    return { start: begun, end: at > begun ? at + next - begun : next };
  }

  /** Moves the counts of a clock that was fast to the current hour and day: they must not hold the line for years. */
  #checkSaved(now: number): void {
    this.#isSaved = false;
    const { hour, day, hourEnds, dayEnds } = this.#usage;
    this.#usage = {
      ...this.#usage,
      ...{ hour: Math.min(hour, now), hourEnds: Math.min(hourEnds, now + HOUR.longestMs) },
      ...{ day: Math.min(day, now), dayEnds: Math.min(dayEnds, now + DAY.longestMs) },
      at: Math.min(this.#usage.at, now),
    };
  }

  /** The clock was set: the counted hour and day end with those of the calendar. */
  #endWithCalendar(): void {
    this.#isClockUnset = false;
    this.#usage = { ...this.#usage, hourEnds: this.#usage.hour, dayEnds: this.#usage.day };
  }

  #endOf({ span, slackMs }: Counted, end: number, now: number): number {
    const wall = this.wall(now);
    const calendar = this.local[span];
    let next = calendar.endOf(wall);
    while (now - wall + next < end - slackMs) next = calendar.endOf(next);
    return Math.max(now - wall + next, now + (next > wall ? 0 : A_MINUTE));
  }
}
