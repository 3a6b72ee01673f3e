/** The limits of a line as people set them: checked, with defaults, times in milliseconds. */
import { GoipError } from '../errors.js';
import { COOLDOWN, LARGEST_LIMIT, LONGEST_HOLD } from '../parameters.js';
import type { LineLimits } from './limits.js';
import type { ProblemList } from '../reading/problems.js';
import { quoted } from '../secrets.js';
import { fieldsOf, isBlank, kindOf } from '../reading/values.js';
import { integer, quietHours, seconds, valueOf, type Setting } from '../reading/setting.js';

/** The settings that devices can have of their own. */
export const LIMITS = {
  pauseMin: seconds({ default: 0, from: 0, to: LONGEST_HOLD, source: 'our choice', ifWrong: 'no sending' }),
  pauseMax: seconds({ default: 0, from: 0, to: LONGEST_HOLD, source: 'our choice', ifWrong: 'no sending' }),
  hourLimit: integer({ default: 0, from: 0, to: LARGEST_LIMIT, source: 'our choice', ifWrong: 'no sending' }),
  dayLimit: integer({ default: 0, from: 0, to: LARGEST_LIMIT, source: 'our choice', ifWrong: 'no sending' }),
  quietHours: quietHours({ default: undefined, source: 'our choice', ifWrong: 'no sending' }),
  cooldownAfter: integer({ default: 0, from: 0, to: LARGEST_LIMIT, source: 'our choice', ifWrong: 'no sending' }),
  cooldown: seconds({ default: COOLDOWN, from: 0, to: LONGEST_HOLD, source: 'our choice', ifWrong: 'no sending' }),
} as const satisfies Readonly<Record<string, Setting<unknown>>>;

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
  const read = <T>(name: LimitName, setting: Setting<T>): T => {
    const reading = valueOf(setting, isBlank(own[name]) ? common[name] : own[name]);
    if ('problem' in reading) throw new GoipError('GOIP_BAD_SETTING', `${name} ${reading.problem}`);
    return reading.value;
  };
  const pauseMin = read('pauseMin', LIMITS.pauseMin);
  const pauseMax = read('pauseMax', LIMITS.pauseMax) || pauseMin;
  if (pauseMax < pauseMin) throw new GoipError('GOIP_BAD_SETTING', 'pauseMax must be no less than pauseMin');
  return {
    pauseMs: [pauseMin * 1000, pauseMax * 1000],
    perHour: read('hourLimit', LIMITS.hourLimit),
    perDay: read('dayLimit', LIMITS.dayLimit),
    quietHours: read('quietHours', LIMITS.quietHours),
    cooldownAfter: read('cooldownAfter', LIMITS.cooldownAfter),
    cooldownMs: read('cooldown', LIMITS.cooldown) * 1000,
  };
}

type LimitName = keyof typeof LIMITS;
const NAMES = Object.keys(LIMITS) as LimitName[];

function isLimit(name: string): boolean {
  return NAMES.some((known) => known === name);
}

/** What is wrong with limits, or undefined. */
export function problemOfLimits(own: unknown, common: LimitOptions = {}): string | undefined {
  if (isBlank(own)) return undefined;
  const fields = fieldsOf(own);
  if (!fields) return `limits must be an object, not ${kindOf(own)}`;
  // A misspelt limit would be no limit.
  const unknown = Object.keys(fields).find((name) => !isLimit(name) && !isBlank(fields[name]));
  if (unknown !== undefined) return `limits must be some of ${NAMES.join(', ')}, not ${quoted(unknown)}`;
  try {
    limitsFrom(fields, common);
    return undefined;
  } catch (error) {
    return (error as GoipError).message;
  }
}

/** The limits of a server as they are written, without those that are wrong. */
export function commonLimitsFrom(options: LimitOptions, problems: ProblemList): LimitOptions {
  const right = Object.fromEntries(
    NAMES.filter((name) => {
      const reading = valueOf<unknown>(LIMITS[name], options[name]);
      if ('value' in reading) return true;
      problems.add({ what: 'setting', name, reason: reading.problem, effect: LIMITS[name].ifWrong });
      return false;
    }).map((name) => [name, options[name]]),
  ) as LimitOptions;
  for (const [name, meant] of misspeltLimits(options)) {
    const reason = `must be written ${meant}`;
    problems.add({ what: 'setting', name, reason, effect: LIMITS[meant].ifWrong });
  }
  if (problemOfLimits(right) === undefined) return right;
  const { ifWrong } = LIMITS.pauseMax;
  problems.add({ what: 'setting', name: 'pauseMax', reason: 'must be no less than pauseMin', effect: ifWrong });
  return { ...right, pauseMin: undefined, pauseMax: undefined };
}

/** Limits in other upper and lower case, such as `daylimit`, and what is meant. Other unknown names may belong to the node. */
function misspeltLimits(options: object): readonly (readonly [name: string, meant: LimitName])[] {
  return Object.entries(options).flatMap(([name, value]) => {
    const meant = NAMES.find((known) => known.toLowerCase() === name.toLowerCase());
    return meant === undefined || meant === name || isBlank(value) ? [] : [[name, meant] as const];
  });
}
