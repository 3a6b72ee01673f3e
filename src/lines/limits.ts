/**
 * How fast and how much a line may send, because operators block SIM cards that send like machines. Times are steady, see
 * {@link Clock}, and passed in.
 */
import { NEVER_SET, type WallTime } from '../time/clock.js';
import { LOCAL_TIME, type LocalTime } from '../time/local-time.js';
import type { QuietHours } from '../time/quiet-hours.js';
import type { LineCondition } from './condition.js';
import { UsageCounter, type Usage } from './usage.js';

export interface LineLimits {
  readonly pauseMs: readonly [min: number, max: number];
  /** 0: no limit. */
  readonly perHour: number;
  /** 0: no limit. */
  readonly perDay: number;
  readonly quietHours: QuietHours | undefined;
  /** Failures in a row; 0: no cooldown. */
  readonly cooldownAfter: number;
  readonly cooldownMs: number;
}

export type HoldReason = 'pause' | 'hour-limit' | 'day-limit' | 'quiet-hours' | 'cooldown';

/** Why nothing may go out, and until when it may not. */
export interface Hold {
  readonly reason: HoldReason;
  readonly until: number;
}

type MeterCondition = Pick<LineCondition, 'pauseEnds' | 'cooldownEnds' | 'isCooldownTried' | 'cooldownFailures'>;

/** Whether so many SMS that belong together can go out at some time. */
export function canEver({ perHour, perDay }: LineLimits, parts: number): boolean {
  return [perHour, perDay].every((limit) => limit === 0 || parts <= limit);
}

/** Called at each step of each line, most of which have no limits. */
function isUnlimited({ pauseMs, perHour, perDay, quietHours, cooldownAfter }: LineLimits): boolean {
  return pauseMs[1] === 0 && perHour === 0 && perDay === 0 && quietHours === undefined && cooldownAfter === 0;
}

export class LineMeter {
  readonly #counter: UsageCounter;
  #pauseEnds = 0;
  #cooldownEnds = 0;
  /** An urgent number went out in the cooldown, and was not sent. */
  #isCooldownTried = false;
  /** Failures in a row. */
  #failures = 0;

  /**
   * @param random returns numbers from 0 up to, but not including, 1
   * @param usage as a previous run saved it
   * @param wall shows times
   * @param local returns the hour and day of a time
   */
  constructor(
    private readonly limits: LineLimits,
    private readonly random: () => number,
    usage?: Usage,
    private readonly wall: WallTime = NEVER_SET,
    private readonly local: LocalTime = LOCAL_TIME,
  ) {
    this.#counter = new UsageCounter(usage, wall, local);
  }

  /** Goes on with the usage that a previous run saved. */
  restore(usage: Usage): void {
    this.#counter.restore(usage);
  }

  /** Pause and cooldown as they go on after a restart. */
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

  /** Goes on as the previous run left off. {@link hold} shortens what lasts longer than the limits allow. */
  restoreCondition({ pauseEnds, cooldownEnds, isCooldownTried, cooldownFailures }: MeterCondition): void {
    this.#pauseEnds = pauseEnds;
    this.#cooldownEnds = cooldownEnds;
    this.#isCooldownTried = isCooldownTried;
    this.#failures = cooldownFailures;
  }

  /** Takes over what the meter of the same line with other limits knows. */
  inherit(meter: LineMeter): void {
    this.#counter.inherit(meter.#counter);
    this.#pauseEnds = meter.#pauseEnds;
    this.#cooldownEnds = meter.#cooldownEnds;
    this.#isCooldownTried = meter.#isCooldownTried;
    this.#failures = meter.#failures;
  }

  /** Moves its times, because the timeline goes on at another place. */
  shiftTimes(ms: number): void {
    this.#pauseEnds += ms;
    this.#cooldownEnds += ms;
    this.#counter.shiftTimes(ms);
  }

  /** SMS of this hour and of this day. */
  counts(now: number): { readonly hour: number; readonly day: number } {
    return this.#counter.counts(now);
  }

  usage(now: number): Required<Usage> {
    return this.#counter.usage(now);
  }

  /** Counts SMS that are about to go out, see {@link UsageCounter.reserve}, and starts the pause. */
  reserve(parts: number, now: number): Required<Usage> {
    this.#isCooldownTried = this.#cooldownEnds > now;
    // From here on, in case that the result is never learned.
    this.#startPause(now);
    return this.#counter.reserve(parts, now);
  }

  usageSaved(usage: Usage): void {
    this.#counter.saved(usage);
  }

  usageDropped(usage: Usage): void {
    this.#counter.dropped(usage);
  }

  /** The line sent a number. */
  sent(now: number): void {
    this.#startPause(now);
    this.#failures = 0;
    this.#isCooldownTried = false;
  }

  /** The device reported the result of a number: the pause starts. */
  answered(now: number): void {
    this.#startPause(now);
  }

  /** A number that is counted already may go on air only now: the pause starts again. */
  askedAgain(now: number): void {
    this.#startPause(now);
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
   * Returns why so many SMS that belong together may not go out now: of all reasons the one that lasts longest. Undefined if
   * they may.
   *
   * @param isUrgent goes out in quiet hours, too
   * @param isLast no other line can send it: one urgent number may be tried in a cooldown, too
   */
  hold(now: number, parts: number, isUrgent: boolean, isLast = false): Hold | undefined {
    if (isUnlimited(this.limits)) return undefined;
    const { pauseMs, quietHours, cooldownAfter, cooldownMs } = this.limits;
    // No longer than they last: the limits may have been changed.
    this.#pauseEnds = Math.min(this.#pauseEnds, now + pauseMs[1]);
    this.#cooldownEnds = Math.min(this.#cooldownEnds, cooldownAfter === 0 ? now : now + cooldownMs);

    const holds = this.#exceeded(now, parts);
    const wall = this.wall(now);
    const quietUntil = isUrgent ? undefined : quietHours?.until(wall, this.local);
    if (quietUntil !== undefined) holds.push({ reason: 'quiet-hours', until: now + quietUntil - wall });
    const mayTry = isUrgent && isLast && !this.#isCooldownTried;
    if (this.#cooldownEnds > now && !mayTry) holds.push({ reason: 'cooldown', until: this.#cooldownEnds });
    if (this.#pauseEnds > now) holds.push({ reason: 'pause', until: this.#pauseEnds });
    return holds.reduce<Hold | undefined>((last, hold) => (last && last.until >= hold.until ? last : hold), undefined);
  }

  /** Whether the line has sent all that it may in this hour or on this day. */
  isSpent(now: number): boolean {
    return this.#exceeded(now, 1).length > 0;
  }

  #exceeded(now: number, parts: number): Hold[] {
    const { perHour, perDay } = this.limits;
    const holds: Hold[] = [];
    if (perHour === 0 && perDay === 0) return holds;
    const { hourCount, dayCount } = this.#counter.usage(now);
    if (perDay > 0 && dayCount + parts > perDay)
      holds.push({ reason: 'day-limit', until: this.#counter.endOf('day', now) });
    if (perHour > 0 && hourCount + parts > perHour)
      holds.push({ reason: 'hour-limit', until: this.#counter.endOf('hour', now) });
    return holds;
  }

  #startPause(now: number): void {
    const [min, max] = this.limits.pauseMs;
    this.#pauseEnds = now + Math.round(min + this.random() * (max - min));
  }
}
