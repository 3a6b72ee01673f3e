/** The limits of a line as users set them: checked, with defaults, times in milliseconds. */
import { GoipError } from '../errors.js';
import type { LineLimits } from './limits.js';
import type { ProblemList } from '../reading/problems.js';
import { quoted } from '../secrets.js';
import { readRows } from '../reading/setting.js';
import { fieldsOf, isBlank, kindOf } from '../reading/values.js';
import { LIMITS, type LimitName, type SettingOptions } from '../tables/settings.js';

/** The limits of a line. All are off by default. Times are seconds, fractions allowed. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- the API reference lists the members of an interface
export interface LimitOptions extends Pick<SettingOptions, LimitName> {}

/**
 * @param common what holds if `own` has no value
 * @throws GoipError `GOIP_BAD_SETTING` naming the setting
 */
export function limitsFrom(own: LimitOptions, common: LimitOptions = {}): LineLimits {
  const written = NAMES.map((name) => [name, isBlank(own[name]) ? common[name] : own[name]]);
  const limits = readRows(LIMITS, Object.fromEntries(written) as LimitOptions, (name, problem) => {
    throw new GoipError('GOIP_BAD_SETTING', `${name} ${problem}`);
  });
  const { pauseMin, quietHours, cooldownAfter } = limits;
  const pauseMax = limits.pauseMax || pauseMin;
  if (pauseMax < pauseMin) throw new GoipError('GOIP_BAD_SETTING', 'pauseMax must be no less than pauseMin');
  return {
    pauseMs: [pauseMin * 1000, pauseMax * 1000],
    perHour: limits.hourLimit,
    perDay: limits.dayLimit,
    ...{ quietHours, cooldownAfter, cooldownMs: limits.cooldown * 1000 },
  };
}

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

/** The limits of a server as they are written, without wrong ones. */
export function commonLimitsFrom(options: LimitOptions, problems: ProblemList): LimitOptions {
  const add = (name: string, reason: string): void =>
    problems.add({ what: 'setting', name, reason, effect: 'no sending' });
  const wrong = new Set<string>();
  readRows(LIMITS, options, (name, problem) => {
    add(name, problem);
    wrong.add(name);
  });
  const right: LimitOptions = Object.fromEntries(
    NAMES.filter((name) => !wrong.has(name)).map((name) => [name, options[name]]),
  );
  for (const [name, meant] of misspeltLimits(options)) add(name, `must be written ${meant}`);
  if (problemOfLimits(right) === undefined) return right;
  add('pauseMax', 'must be no less than pauseMin');
  return { ...right, pauseMin: undefined, pauseMax: undefined };
}

/** Limits in other upper and lower case, such as `daylimit`, and what is meant. Other unknown names may belong to the node. */
function misspeltLimits(options: object): readonly (readonly [name: string, meant: LimitName])[] {
  return Object.entries(options).flatMap(([name, value]) => {
    const meant = NAMES.find((known) => known.toLowerCase() === name.toLowerCase());
    return meant === undefined || meant === name || isBlank(value) ? [] : [[name, meant] as const];
  });
}
