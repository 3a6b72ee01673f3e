/** The settings of a server: checked, with defaults, times in milliseconds. */
import { getHeapStatistics } from 'node:v8';
import { GoipError } from '../errors.js';
import { commonLimitsFrom, type LimitOptions } from '../lines/limit-options.js';
import type { RoutingRule } from '../outbox/matching/routes.js';
import type { AllowList } from '../net/addresses.js';
import { QUEUE_PART_OF_HEAP, WAIT_LIMIT } from '../parameters.js';
import { ProblemList } from '../reading/problems.js';
import { readRows, type ValuesOf } from '../reading/setting.js';
import type { SessionConfig } from '../sessions/machine.js';
import type { LocalTime } from '../time/local-time.js';
import {
  LIMITS,
  rowOf,
  SETTINGS,
  type LimitName,
  type SettingName,
  type SettingOptions,
  type Written,
} from '../tables/settings.js';

/** A line's credentials: the authentication id that the device sends, and its own password if it has one. */
export interface DeviceOptions {
  readonly id: string;
  readonly password?: string | undefined;
  /** Name for users; default: the id. */
  readonly name?: string | undefined;
  /** Addresses and networks (`192.0.2.7`, `2001:db8::/32`) that it may connect from; default: all that the server allows. */
  readonly allow?: readonly string[] | undefined;
  /** Reject it from another address than that of its first keepalive; default: as `pinAddress` of the server. */
  readonly pinAddress?: boolean | undefined;
  /** A label that jobs and routing rules can name instead of its devices. */
  readonly group?: string | undefined;
  /** Limits that differ from those of the server. */
  readonly limits?: LimitOptions | undefined;
  /** Switched off: rejected, and without a line, as if it were not in the list; default false. */
  readonly disabled?: boolean | undefined;
}

/** The options of a {@link GoipServer}; all have the default of the contract. Times are seconds, fractions allowed. */
export interface ServerOptions extends SettingOptions {
  readonly devices?: readonly DeviceOptions[] | undefined;
  /** For devices without a password of their own. */
  readonly password?: string | undefined;
  /** The lines that send to numbers, by their prefix; the first rule that fits holds. A request that names lines has no rule. */
  readonly routes?: readonly RoutingRule[] | undefined;
}

type Rows = Omit<typeof SETTINGS, LimitName>;
/** Settings that are named in another way, or shown in another way. */
type Special = 'resendInterval' | 'resendCount' | 'statusQuery' | 'queryInterval' | 'sessionIdle' | 'storage';
type Hidden = 'allow' | 'timeZone';

/** All other settings as they are read: times are milliseconds, and their names end with it. */
type Plain = {
  readonly [K in Exclude<keyof Rows, Special | Hidden> as InMs<K>]:
    Written<Rows[K]> | (K extends 'country' ? undefined : never);
};
type InMs<K extends SettingName> = (typeof SETTINGS)[K]['is'] extends 'seconds' | 'days' ? `${K}Ms` : K;

/** Settings as diagnostics show them. */
export interface ShownSettings extends Plain {
  readonly session: SessionConfig;
  /** Jobs outlive the server. */
  readonly isPersistent: boolean;
  /** Why nothing is sent: a wrong setting whose default could send what must not be sent. */
  readonly sendingProblem: string | undefined;
}

export interface Settings extends ShownSettings {
  /** Undefined if all addresses are allowed. */
  readonly allow: AllowList | undefined;
  /** The calendar of limits and quiet hours; undefined for that of the process. */
  readonly timeZone: LocalTime | undefined;
}

export interface ReadSettings {
  readonly settings: Settings;
  /** A directory, or `memory`. */
  readonly storage: string;
  /** The limits of lines that have none of their own. */
  readonly limits: LimitOptions;
}

/**
 * @param hasOwnStore jobs are kept elsewhere than in the storage of the options
 * @throws GoipError `GOIP_BAD_SETTING` naming the first setting that is wrong
 */
export function settingsFrom(options: ServerOptions, hasOwnStore: boolean): Settings {
  const problems = new ProblemList();
  const { settings } = readSettings(options, hasOwnStore, problems);
  const problem = problems.first();
  if (problem) throw new GoipError('GOIP_BAD_SETTING', `${problem.name} ${problem.reason}`);
  return settings;
}

/** Reads all settings but the devices and the routing rules; wrong ones have their default. */
export function readSettings(options: ServerOptions, hasOwnStore: boolean, problems: ProblemList): ReadSettings {
  const limits = commonLimitsFrom(options, problems);
  const read = readRows(ROWS, options, (name, reason) =>
    problems.add({ what: 'setting', name, reason, effect: rowOf(name).ifWrong ?? 'default' }),
  );
  const { storage, resendInterval, resendCount, statusQuery, queryInterval, sessionIdle, ...others } = read;
  const settings: Settings = {
    ...inMs({ ...others, queueBytes: others.queueBytes ?? partOfHeap() }),
    session: {
      ...{ resendMs: resendInterval * 1000, resendCount, statusQuery, queryMs: queryInterval * 1000 },
      ...{ idleMs: sessionIdle * 1000, waitLimitMs: WAIT_LIMIT * 1000 },
    },
    isPersistent: storage !== 'memory' || hasOwnStore,
    sendingProblem: undefined,
  };
  return { settings, storage, limits };
}

/** All rows but those of the limits. */
const ROWS = Object.fromEntries(Object.entries(SETTINGS).filter(([name]) => !(name in LIMITS))) as unknown as Rows;

const MS = { seconds: 1000, days: 86_400_000 } as const;

function inMs(values: Omit<ValuesOf<Rows>, Special>): Plain & Pick<Settings, Hidden> {
  const entries = Object.entries(values).map(([name, value]) => {
    const { is } = rowOf(name as SettingName);
    return is === 'seconds' || is === 'days' ? [`${name}Ms`, Number(value) * MS[is]] : [name, value];
  });
  // The names are those of the type: both follow from the rows.
  return Object.fromEntries(entries) as Plain & Pick<Settings, Hidden>;
}

function partOfHeap(): number {
  return Math.floor(getHeapStatistics().heap_size_limit * QUEUE_PART_OF_HEAP);
}
