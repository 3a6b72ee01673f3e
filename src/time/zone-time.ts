/** Local time of a time zone that is not that of the process. */
import type { CalendarSpan, LocalTime } from './local-time.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Clocks are changed at full quarters of an hour, in every zone. */
const QUARTER = 15 * MINUTE;
/** Offsets that are remembered. */
const MOST_OFFSETS = 200;

/** Local time of an IANA time zone, such as `Europe/Berlin`; undefined if there is no such zone. */
export function timeOfZone(name: string): LocalTime | undefined {
  try {
    return new ZoneTime(name);
  } catch {
    return undefined;
  }
}

class ZoneTime implements LocalTime {
  readonly hour: CalendarSpan = {
    startOf: (time) => this.#startOf(time, HOUR, 0),
    endOf: (time) => this.#startOf(time, HOUR, 1),
  };
  readonly day: CalendarSpan = {
    startOf: (time) => this.#startOf(time, DAY, 0),
    endOf: (time) => this.#startOf(time, DAY, 1),
  };
  readonly #format: Intl.DateTimeFormat;
  /** Offsets by the number of the quarter: all lines ask, and ask often. */
  readonly #offsets = new Map<number, number>();

  constructor(readonly name: string) {
    this.#format = new Intl.DateTimeFormat('en-US', {
      ...{ timeZone: name, hourCycle: 'h23' },
      ...{ year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' },
    });
  }

  minuteOfDay(time: number): number {
    return Math.floor((time + this.#offsetAt(time)) / MINUTE) % (DAY / MINUTE);
  }

  /** Start of the hour or day that is so many later. */
  #startOf(time: number, span: number, later: number): number {
    const local = time + this.#offsetAt(time);
    return this.#timeOf((Math.floor(local / span) + later) * span);
  }

  /** The time at which the clock shows this, for the first time; what it skips is as much later. */
  #timeOf(local: number): number {
    const [before, after] = [this.#offsetAt(local - DAY), this.#offsetAt(local + DAY)];
    const isAfter = this.#offsetAt(local - before) !== before && this.#offsetAt(local - after) === after;
    return local - (isAfter ? after : before);
  }

  /** What the clock shows more than UTC, in milliseconds. */
  #offsetAt(time: number): number {
    const quarter = Math.floor(time / QUARTER);
    const known = this.#offsets.get(quarter);
    if (known !== undefined) return known;
    if (this.#offsets.size >= MOST_OFFSETS) this.#offsets.clear();
    const offset = this.#lookUp(quarter * QUARTER);
    this.#offsets.set(quarter, offset);
    return offset;
  }

  #lookUp(time: number): number {
    const parts = new Map(this.#format.formatToParts(time).map(({ type, value }) => [type, Number(value)]));
    const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
    const shown = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
    return shown - time;
  }
}
