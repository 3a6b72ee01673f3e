/**
 * How fast and how much a line may send: operators block SIM cards that send like machines. Times are milliseconds since
 * 1970, handed in.
 */
import { LOCAL_DAY, LOCAL_HOUR, type CalendarSpan } from './local-time.js';
import type { QuietHours } from './quiet-hours.js';

export interface LineLimits {
  readonly pauseMs: readonly [min: number, max: number];
  /** 0: no limit. */
  readonly perHour: number;
  /** 0: no limit. */
  readonly perDay: number;
  readonly quietHours: QuietHours | undefined;
  /** Failures in a row, 0: never. */
  readonly cooldownAfter: number;
  readonly cooldownMs: number;
}

/** SMS (each part of a long text is one) that were handed to the device: kept in the journal, so that a crash forgets none. */
export interface Usage {
  /** Start of the local hour that is counted. */
  readonly hour: number;
  readonly hourCount: number;
  /** Start of the local day that is counted. */
  readonly day: number;
  readonly dayCount: number;
}

export type HoldReason = 'pause' | 'hour-limit' | 'day-limit' | 'quiet-hours' | 'cooldown';

/** Why nothing may go out, and until when. */
export interface Hold {
  readonly reason: HoldReason;
  readonly until: number;
}

export type Outcome = 'sent' | 'failed' | 'unknown';

/** Can so many SMS that belong together go out at all, at some time? */
export function canEver({ perHour, perDay }: LineLimits, parts: number): boolean {
  return [perHour, perDay].every((limit) => limit === 0 || parts <= limit);
}

/** Asked at each step of each line, most of which have no limits. */
function isUnlimited({ pauseMs, perHour, perDay, quietHours, cooldownAfter }: LineLimits): boolean {
  return pauseMs[1] === 0 && perHour === 0 && perDay === 0 && quietHours === undefined && cooldownAfter === 0;
}

const NOTHING: Usage = { hour: 0, hourCount: 0, day: 0, dayCount: 0 };

const NO_COUNTS = { hour: 0, day: 0 } as const;

/** SMS of usages that are being saved, of all lines: thousands of lines have a meter, and few of them have any. */
const unsaved = new WeakMap<Usage, number>();

/** When to look again where nobody can say. */
const A_MINUTE = 60_000;

export class LineMeter {
  #usage: Usage;
  #pauseEnds = 0;
  #cooldownEnds = 0;
  /** An urgent number went out in the cooldown, and has not been sent. */
  #isCooldownTried = false;
  /** In a row. */
  #failures = 0;

  /**
   * @param random gives numbers from 0 up to 1, without 1
   * @param usage as it was saved last
   */
  constructor(
    private readonly limits: LineLimits,
    private readonly random: () => number,
    usage = NOTHING,
  ) {
    this.#usage = usage;
  }

  /** Goes on with what an earlier life has saved. */
  restore(usage: Usage): void {
    this.#usage = usage;
  }

  /** Takes over what the meter of the same line with other limits knows. */
  inherit(meter: LineMeter): void {
    this.#usage = meter.#usage;
    this.#pauseEnds = meter.#pauseEnds;
    this.#cooldownEnds = meter.#cooldownEnds;
    this.#isCooldownTried = meter.#isCooldownTried;
    this.#failures = meter.#failures;
  }

  /** SMS of this hour and of this day. */
  counts(now: number): { readonly hour: number; readonly day: number } {
    // Without them it does not matter when the hour began, and that takes longer than all the rest.
    if (this.#usage.dayCount === 0 && this.#usage.hourCount === 0) return NO_COUNTS;
    const { hourCount, dayCount } = this.usage(now);
    return { hour: hourCount, day: dayCount };
  }

  /** Counts of the local hour and day that it is now. */
  usage(now: number): Usage {
    const { hour, hourCount, day, dayCount } = this.#usage;
    const thisHour = carriedOver(LOCAL_HOUR, hour, now);
    const thisDay = carriedOver(LOCAL_DAY, day, now);
    if (thisHour.start !== hour || thisDay.start !== day) {
      this.#usage = {
        hour: thisHour.start,
        hourCount: thisHour.isNew ? 0 : hourCount,
        day: thisDay.start,
        dayCount: thisDay.isNew ? 0 : dayCount,
      };
    }
    return this.#usage;
  }

  /**
   * Counts SMS that are about to go out, and gives what must be saved before they do. They count from now on, so that no
   * other session of the line takes the same room. To be followed by {@link submitted} or {@link dropped}.
   */
  with(parts: number, now: number): Usage {
    const { hour, hourCount, day, dayCount } = this.usage(now);
    const usage = { hour, hourCount: hourCount + parts, day, dayCount: dayCount + parts };
    this.#usage = usage;
    unsaved.set(usage, parts);
    this.#isCooldownTried = this.#cooldownEnds > now;
    // From here on, in case that the result is never learnt.
    this.#pause(now);
    return usage;
  }

  /** The usage is saved, and its SMS go out. */
  submitted(usage: Usage): void {
    unsaved.delete(usage);
  }

  /** The usage could not be saved, and its SMS do not go out: their room is free again. */
  dropped(usage: Usage): void {
    const parts = unsaved.get(usage) ?? 0;
    unsaved.delete(usage);
    const { hour, hourCount, day, dayCount } = this.#usage;
    this.#usage = {
      hour,
      hourCount: hour === usage.hour ? hourCount - parts : hourCount,
      day,
      dayCount: day === usage.day ? dayCount - parts : dayCount,
    };
  }

  /** What became of a number. One whose result was never learnt says nothing about the line. */
  ended(outcome: Outcome, now: number): void {
    if (outcome === 'unknown') return;
    this.answered(now);
    if (outcome === 'failed') this.failed(now);
    else this.#failures = 0;
    if (outcome === 'sent') this.#isCooldownTried = false;
  }

  /** The device told the result of a number: the pause begins. */
  answered(now: number): void {
    this.#pause(now);
  }

  /** Counts a failure that was the line's fault. */
  failed(now: number): void {
    this.#failures += 1;
    const { cooldownAfter, cooldownMs } = this.limits;
    if (cooldownAfter === 0 || this.#failures < cooldownAfter) return;
    this.#failures = 0;
    this.#isCooldownTried &&= this.#cooldownEnds > now;
    this.#cooldownEnds = now + cooldownMs;
  }

  /**
   * Why so many SMS that belong together may not go out now: of all reasons the one that lasts longest. Undefined where they
   * may.
   *
   * @param urgent goes out in quiet hours, too
   * @param isLast no other line can send it: one urgent number may be tried in a cooldown, too
   */
  hold(now: number, parts: number, urgent: boolean, isLast = false): Hold | undefined {
    if (isUnlimited(this.limits)) return undefined;
    const { pauseMs, quietHours, cooldownAfter, cooldownMs } = this.limits;
    // No longer than they last: the clock may have been set back, or the limits changed.
    this.#pauseEnds = Math.min(this.#pauseEnds, now + pauseMs[1]);
    this.#cooldownEnds = Math.min(this.#cooldownEnds, cooldownAfter === 0 ? now : now + cooldownMs);

    const holds = this.#spent(now, parts);
    const quietUntil = urgent ? undefined : quietHours?.until(now);
    if (quietUntil !== undefined) holds.push({ reason: 'quiet-hours', until: quietUntil });
    const mayTry = urgent && isLast && !this.#isCooldownTried;
    if (this.#cooldownEnds > now && !mayTry) holds.push({ reason: 'cooldown', until: this.#cooldownEnds });
    if (this.#pauseEnds > now) holds.push({ reason: 'pause', until: this.#pauseEnds });
    return holds.reduce<Hold | undefined>((last, hold) => (last && last.until >= hold.until ? last : hold), undefined);
  }

  /** Has it sent all that it may in this hour or on this day? */
  isSpent(now: number): boolean {
    return this.#spent(now, 1).length > 0;
  }

  #spent(now: number, parts: number): Hold[] {
    const { perHour, perDay } = this.limits;
    const holds: Hold[] = [];
    if (perHour === 0 && perDay === 0) return holds;
    const { hour, hourCount, day, dayCount } = this.usage(now);
    if (perDay > 0 && dayCount + parts > perDay) holds.push({ reason: 'day-limit', until: endOf(LOCAL_DAY, day, now) });
    if (perHour > 0 && hourCount + parts > perHour)
      holds.push({ reason: 'hour-limit', until: endOf(LOCAL_HOUR, hour, now) });
    return holds;
  }

  #pause(now: number): void {
    const [min, max] = this.limits.pauseMs;
    this.#pauseEnds = now + Math.round(min + this.random() * (max - min));
  }
}

/**
 * The hour or day to count in, where the one that began at `start` was counted last. If the clock was set back, that one
 * goes on: its budget must not be there again. It is the next one at most, or a clock that was once a year fast would hold
 * the line for a year.
 */
function carriedOver(
  span: CalendarSpan,
  start: number,
  now: number,
): { readonly start: number; readonly isNew: boolean } {
  const current = span.startOf(now);
  return current > start ? { start: current, isNew: true } : { start: Math.min(start, span.endOf(now)), isNew: false };
}

/** Where clocks are set back within an hour (Chatham Islands), the next one may have begun already, for the first time. */
function endOf(span: CalendarSpan, start: number, now: number): number {
  const end = span.endOf(start);
  return end > now ? end : now + A_MINUTE;
}
