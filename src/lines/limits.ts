/**
 * How fast and how much a line may send: operators block SIM cards that send like machines. Times are steady, see {@link Clock},
 * and handed in.
 */
import { NEVER_SET, type WallTime } from '../time/clock.js';
import { CLOCK_PLAUSIBLE } from '../parameters.js';
import type { LineCondition } from './condition.js';
import { LOCAL_TIME, type LocalTime } from '../time/local-time.js';
import type { QuietHours } from '../time/quiet-hours.js';

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
  /** Ends of both, as known at their start. Older versions do not write them. */
  readonly hourEnds?: number;
  readonly dayEnds?: number;
  /** Time of the last SMS. Older versions do not write it. */
  readonly at?: number;
}

export type HoldReason = 'pause' | 'hour-limit' | 'day-limit' | 'quiet-hours' | 'cooldown';

/** Why nothing may go out, and until when. */
export interface Hold {
  readonly reason: HoldReason;
  readonly until: number;
}

type MeterCondition = Pick<LineCondition, 'pauseEnds' | 'cooldownEnds' | 'isCooldownTried' | 'cooldownFailures'>;

export type Outcome = 'sent' | 'failed' | 'unknown';

/** Can so many SMS that belong together go out at all, at some time? */
export function canEver({ perHour, perDay }: LineLimits, parts: number): boolean {
  return [perHour, perDay].every((limit) => limit === 0 || parts <= limit);
}

/** Asked at each step of each line, most of which have no limits. */
function isUnlimited({ pauseMs, perHour, perDay, quietHours, cooldownAfter }: LineLimits): boolean {
  return pauseMs[1] === 0 && perHour === 0 && perDay === 0 && quietHours === undefined && cooldownAfter === 0;
}

type CurrentUsage = Required<Usage>;

const NOTHING: CurrentUsage = { hour: 0, hourCount: 0, hourEnds: 0, day: 0, dayCount: 0, dayEnds: 0, at: 0 };

interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * A limit's hour or day. It ends with one of the wall clock, but not more than `slackMs` before the end that it had when it
 * began: setting the clock forward and back must not renew a limit.
 */
interface Counted {
  readonly span: 'hour' | 'day';
  readonly slackMs: number;
  /** An hour or day is an hour longer where clocks are set back in it. */
  readonly longestMs: number;
}

const HOUR: Counted = { span: 'hour', slackMs: 60_000, longestMs: 2 * 3_600_000 };
const DAY: Counted = { span: 'day', slackMs: 3_600_000, longestMs: 25 * 3_600_000 };

const NO_COUNTS = { hour: 0, day: 0 } as const;

/** SMS of usages that are being saved, of all lines: thousands of lines have a meter, and few of them have any. */
const unsaved = new WeakMap<Usage, number>();

function withEnds(usage: Usage, local: LocalTime): CurrentUsage {
  const { hourEnds = local.hour.endOf(usage.hour), dayEnds = local.day.endOf(usage.day), at = 0 } = usage;
  return { ...usage, hourEnds, dayEnds, at };
}

/** When to look again where nobody can say. */
const A_MINUTE = 60_000;

export class LineMeter {
  #usage: CurrentUsage;
  /** What was saved is not from now: it has to be looked at with the time that it is. */
  #isSaved: boolean;
  /** The hour and day that are counted are those of a clock that was not set, and say nothing. */
  #isClockUnset = false;
  #pauseEnds = 0;
  #cooldownEnds = 0;
  /** An urgent number went out in the cooldown, and has not been sent. */
  #isCooldownTried = false;
  /** In a row. */
  #failures = 0;

  /**
   * @param random gives numbers from 0 up to 1, without 1
   * @param usage as it was saved last
   * @param wall shows times
   * @param local knows the hour and day that it is then
   */
  constructor(
    private readonly limits: LineLimits,
    private readonly random: () => number,
    usage: Usage = NOTHING,
    private readonly wall: WallTime = NEVER_SET,
    private readonly local = LOCAL_TIME,
  ) {
    this.#usage = withEnds(usage, local);
    this.#isSaved = usage !== NOTHING;
  }

  /** Goes on with what an earlier run has saved. */
  restore(usage: Usage): void {
    this.#usage = withEnds(usage, this.local);
    this.#isSaved = true;
  }

  /** Pause and cooldown as they are to go on after a restart. */
  condition(now: number): MeterCondition {
    const { pauseMs, cooldownAfter } = this.limits;
    const isCooling = cooldownAfter > 0 && this.#cooldownEnds > now;
    return {
      pauseEnds: pauseMs[1] > 0 && this.#pauseEnds > now ? this.#pauseEnds : 0,
      cooldownEnds: isCooling ? this.#cooldownEnds : 0,
      isCooldownTried: isCooling && this.#isCooldownTried,
      cooldownFailures: cooldownAfter > 0 ? this.#failures : 0,
    };
  }

  /** Goes on as the previous run left off. {@link hold} shortens what lasts longer than the limits say. */
  restoreCondition({ pauseEnds, cooldownEnds, isCooldownTried, cooldownFailures }: MeterCondition): void {
    this.#pauseEnds = pauseEnds;
    this.#cooldownEnds = cooldownEnds;
    this.#isCooldownTried = isCooldownTried;
    this.#failures = cooldownFailures;
  }

  /** Takes over what the meter of the same line with other limits knows. */
  inherit(meter: LineMeter): void {
    this.#usage = meter.#usage;
    this.#isSaved = meter.#isSaved;
    this.#isClockUnset = meter.#isClockUnset;
    this.#pauseEnds = meter.#pauseEnds;
    this.#cooldownEnds = meter.#cooldownEnds;
    this.#isCooldownTried = meter.#isCooldownTried;
    this.#failures = meter.#failures;
  }

  /** Moves its times: the timeline goes on at another place. */
  shiftTimes(ms: number): void {
    this.#pauseEnds += ms;
    this.#cooldownEnds += ms;
    const { hour, hourEnds, day, dayEnds, at } = this.#usage;
    const times = { hour: hour + ms, hourEnds: hourEnds + ms, day: day + ms, dayEnds: dayEnds + ms, at: at + ms };
    this.#usage = { ...this.#usage, ...times };
  }

  /** SMS of this hour and of this day. */
  counts(now: number): { readonly hour: number; readonly day: number } {
    // Without them it does not matter when the hour began, and that takes longer than all the rest.
    if (this.#usage.dayCount === 0 && this.#usage.hourCount === 0) return NO_COUNTS;
    const { hourCount, dayCount } = this.usage(now);
    return { hour: hourCount, day: dayCount };
  }

  /** Counts of the local hour and day that it is now. */
  usage(now: number): CurrentUsage {
    if (this.#isSaved) this.#checkSaved(now);
    if (this.#isClockUnset && this.wall(now) >= CLOCK_PLAUSIBLE) this.#clockSet();
    const hour = this.#renewed(HOUR, this.#usage.hour, this.#usage.hourEnds, now);
    const day = this.#renewed(DAY, this.#usage.day, this.#usage.dayEnds, now);
    if (hour) this.#usage = { ...this.#usage, hour: hour.start, hourCount: 0, hourEnds: hour.end };
    if (day) this.#usage = { ...this.#usage, day: day.start, dayCount: 0, dayEnds: day.end };
    return this.#usage;
  }

  /** The hour or day that has begun since the counted one; undefined as long as that goes on. */
  #renewed({ span, slackMs }: Counted, start: number, end: number, now: number): Span | undefined {
    if (now < end - slackMs) return undefined;
    const wall = this.wall(now);
    const begun = now - wall + this.local[span].startOf(wall);
    // Where clocks are set back within an hour (Chatham Islands), the next one may have begun already, for the first time.
    if (begun <= start || begun < end - slackMs) return undefined;
    this.#isClockUnset = wall < CLOCK_PLAUSIBLE;
    const next = now - wall + this.local[span].endOf(wall);
    // An SMS that was counted with the last one by another clock must not be followed by two budgets.
    const { at } = this.#usage;
    return { start: begun, end: at > begun ? at + next - begun : next };
  }

  /** Counts of a clock that was fast are those of the hour and day that it is now: they must not hold the line for years. */
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

  /** The counted hour and day end with those of the calendar. */
  #clockSet(): void {
    this.#isClockUnset = false;
    this.#usage = { ...this.#usage, hourEnds: this.#usage.hour, dayEnds: this.#usage.day };
  }

  /** When the counted hour or day, which should end at `end`, is over by the clock of now. */
  #endOf({ span, slackMs }: Counted, end: number, now: number): number {
    const wall = this.wall(now);
    const calendar = this.local[span];
    let next = calendar.endOf(wall);
    while (now - wall + next < end - slackMs) next = calendar.endOf(next);
    return Math.max(now - wall + next, now + (next > wall ? 0 : A_MINUTE));
  }

  /**
   * Counts SMS that are about to go out, and gives what must be saved before they do. They count from now on, so that no
   * other session of the line takes the same room. To be followed by {@link submitted} or {@link dropped}.
   */
  with(parts: number, now: number): CurrentUsage {
    const current = this.usage(now);
    const usage = { ...current, hourCount: current.hourCount + parts, dayCount: current.dayCount + parts, at: now };
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
      ...this.#usage,
      hourCount: hour === usage.hour ? hourCount - parts : hourCount,
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

  /** Starts the pause again: a number that is counted already may go on air only now. */
  askedAgain(now: number): void {
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
    // No longer than they last: the limits may have been changed.
    this.#pauseEnds = Math.min(this.#pauseEnds, now + pauseMs[1]);
    this.#cooldownEnds = Math.min(this.#cooldownEnds, cooldownAfter === 0 ? now : now + cooldownMs);

    const holds = this.#spent(now, parts);
    const wall = this.wall(now);
    const quietUntil = urgent ? undefined : quietHours?.until(wall, this.local);
    if (quietUntil !== undefined) holds.push({ reason: 'quiet-hours', until: now + quietUntil - wall });
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
    const { hourCount, dayCount, hourEnds, dayEnds } = this.usage(now);
    if (perDay > 0 && dayCount + parts > perDay)
      holds.push({ reason: 'day-limit', until: this.#endOf(DAY, dayEnds, now) });
    if (perHour > 0 && hourCount + parts > perHour)
      holds.push({ reason: 'hour-limit', until: this.#endOf(HOUR, hourEnds, now) });
    return holds;
  }

  #pause(now: number): void {
    const [min, max] = this.limits.pauseMs;
    this.#pauseEnds = now + Math.round(min + this.random() * (max - min));
  }
}
