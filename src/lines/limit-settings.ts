/** The limits of a line as people set them: checked, with defaults, times in milliseconds. */
import { GoipError } from '../errors.js';
import { COOLDOWN, LARGEST_LIMIT, LONGEST_HOLD } from '../parameters.js';
import type { LineLimits } from './limits.js';
import { parseQuietHours } from './quiet-hours.js';

/** What a line can be told. All is off by default. Times are seconds, fractions allowed. */
export interface LimitOptions {
  /** Least seconds between two SMS; default 0. */
  readonly pauseMin?: number | undefined;
  /** Most seconds between two SMS, where it does not wait for anything else: the pause is drawn; default `pauseMin`. */
  readonly pauseMax?: number | undefined;
  /** SMS per hour of the local clock, 0 for no limit (default). Each part of a long text is one. */
  readonly hourLimit?: number | undefined;
  /** SMS per local day, 0 for no limit (default). */
  readonly dayLimit?: number | undefined;
  /** Local times in which only urgent SMS go out, `22:00-07:00`, several with commas between them; default none. */
  readonly quietHours?: string | undefined;
  /** Failures in a row after which the line is left alone, 0 for never (default). */
  readonly cooldownAfter?: number | undefined;
  /** Seconds for which it is then left alone; default 300. */
  readonly cooldown?: number | undefined;
}

/**
 * @param common what holds where `own` says nothing
 * @throws GoipError `GOIP_BAD_SETTING` naming the setting
 */
export function limitsFrom(own: LimitOptions, common: LimitOptions = {}): LineLimits {
  const options: LimitOptions = { ...common, ...withoutUndefined(own) };
  const pauseMin = milliseconds('pauseMin', options.pauseMin ?? 0);
  const pauseMax = milliseconds('pauseMax', options.pauseMax ?? 0) || pauseMin;
  if (pauseMax < pauseMin) throw new GoipError('GOIP_BAD_SETTING', 'pauseMax must be no less than pauseMin');
  return {
    pauseMs: [pauseMin, pauseMax],
    perHour: count('hourLimit', options.hourLimit ?? 0),
    perDay: count('dayLimit', options.dayLimit ?? 0),
    quietHours: parseQuietHours(options.quietHours ?? ''),
    cooldownAfter: count('cooldownAfter', options.cooldownAfter ?? 0),
    cooldownMs: milliseconds('cooldown', options.cooldown ?? COOLDOWN),
  };
}

/** What is wrong with limits, or undefined. */
export function problemOfLimits(own: LimitOptions, common: LimitOptions = {}): string | undefined {
  try {
    limitsFrom(own, common);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** A setting that is there without a value is not set. */
function withoutUndefined(options: LimitOptions): LimitOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function milliseconds(name: string, value: number): number {
  if (!(typeof value === 'number' && value >= 0 && value <= LONGEST_HOLD)) {
    throw new GoipError('GOIP_BAD_SETTING', `${name} must be a number of seconds from 0 to ${LONGEST_HOLD}`);
  }
  return value * 1000;
}

function count(name: string, value: number): number {
  if (!Number.isInteger(value) || value < 0 || value > LARGEST_LIMIT) {
    throw new GoipError('GOIP_BAD_SETTING', `${name} must be a whole number from 0 to ${LARGEST_LIMIT}`);
  }
  return value;
}
