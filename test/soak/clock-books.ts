/** What clocks that are set allow, and what they do not. Pure, as {@link balance}. */
import { CLOCK_PLAUSIBLE } from '../../src/parameters.js';

/** The wall clock of Node-RED is ahead of the true time by `offset`, from then on. */
export interface ClockPeriod {
  /** True time, milliseconds since 1970. */
  readonly from: number;
  readonly offset: number;
  /** The clock was set while Node-RED was off. */
  readonly whileOff: boolean;
}

/** Time in which a server notices that the clock was set, and has written it down. */
const NOTICED = 5000;

/** A life that ends so soon after its clock was set has not written it down: the next one takes it for time that has passed. */
const UNWRITTEN = 2500;

/** The true time of what a wall clock has shown. */
export function trueTime(shown: number, periods: readonly ClockPeriod[]): number {
  const times = periods
    .map(({ from, offset }, index) => ({ time: shown - offset, from, to: periods[index + 1]?.from ?? Infinity }))
    .filter(({ time, from, to }) => time >= from - NOTICED && time < to + NOTICED);
  return times[0]?.time ?? shown;
}

/** Milliseconds that seem to have passed by the clock while Node-RED was off, as from 1970, where that cannot be known. */
export interface Leap {
  readonly at: number;
  readonly ms: number;
}

/** Steps forward that a server must take for time that has passed. @param ends true times at which lives ended */
export function leaps(periods: readonly ClockPeriod[], ends: readonly number[]): Leap[] {
  return periods.flatMap(({ from, offset, whileOff }, index) => {
    const before = periods[index - 1];
    if (!before || offset <= before.offset) return [];
    const isUnwritten = ends.some((end) => end >= from && end < from + UNWRITTEN);
    return whileOff || isUnwritten ? [{ at: from, ms: offset - before.offset }] : [];
  });
}

/** How often clocks that were not set have been set within a time: then limits follow the calendar. */
export function timesSet(periods: readonly ClockPeriod[], from: number, to: number): number {
  return periods.filter(({ from: at, offset }, index) => {
    const before = periods[index - 1];
    return before && at >= from && at < to && at + before.offset < CLOCK_PLAUSIBLE && at + offset >= CLOCK_PLAUSIBLE;
  }).length;
}
