/** Every setting of a server: one row each. Devices and routing rules have readers of their own. */
import { getHeapStatistics } from 'node:v8';
import {
  ATTEMPTS,
  DEFAULT_PORT,
  EXPIRE,
  LONGEST_EXPIRE,
  LONGEST_SETTING,
  OFFLINE_AFTER,
  QUERY_INTERVAL,
  QUEUE_LIMIT,
  QUEUE_PART_OF_HEAP,
  RESEND_COUNT,
  RESEND_INTERVAL,
  RETENTION_DAYS,
  SESSION_IDLE,
  SESSIONS_PER_LINE,
} from '../parameters.js';
import {
  allowList,
  choice,
  country,
  flag,
  integer,
  positiveDays,
  positiveSeconds,
  seconds,
  text,
  timeZone,
  type Setting,
} from '../reading/setting.js';

/**
 * `ifWrong` is the mildest effect that breaks no promise. A wrong port or allow list starts nothing: who may talk must not be
 * guessed. A wrong limit sends nothing: SMS beyond a limit cannot be taken back, and received SMS are not lost meanwhile.
 */
export const SETTINGS = {
  host: text({ default: '0.0.0.0', source: 'our choice', ifWrong: 'no start' }),
  port: integer({ default: DEFAULT_PORT, from: 0, to: 65_535, source: 'vendor', ifWrong: 'no start' }),
  allow: allowList({ default: undefined, source: 'our choice', ifWrong: 'no start' }),
  pinAddress: flag({ default: false, source: 'our choice', ifWrong: 'no start' }),
  /** A directory, or `memory`. */
  storage: text({ default: 'memory', source: 'our choice', ifWrong: 'no start' }),
  keepaliveStatus: integer({ default: 0, from: 0, to: 999, source: 'vendor', ifWrong: 'default' }),
  offlineAfter: positiveSeconds({ default: OFFLINE_AFTER, to: LONGEST_SETTING, source: 'vendor', ifWrong: 'default' }),
  eventDelay: seconds({ default: 0, from: 0, to: LONGEST_SETTING, source: 'our choice', ifWrong: 'default' }),
  resendInterval: positiveSeconds({
    default: RESEND_INTERVAL,
    to: LONGEST_SETTING,
    source: 'vendor',
    ifWrong: 'default',
  }),
  resendCount: integer({ default: RESEND_COUNT, from: 0, to: 100, source: 'vendor', ifWrong: 'default' }),
  // Old firmware takes a query for a new SMS: `auto` instead of `never` could send twice.
  statusQuery: choice<'auto' | 'poll' | 'never'>(['auto', 'poll', 'never'], {
    default: 'auto',
    source: 'our choice',
    ifWrong: 'no sending',
  }),
  queryInterval: positiveSeconds({ default: QUERY_INTERVAL, to: LONGEST_SETTING, source: 'spec', ifWrong: 'default' }),
  sessionsPerLine: integer({ default: 1, from: 1, to: SESSIONS_PER_LINE, source: 'spec', ifWrong: 'default' }),
  sessionIdle: positiveSeconds({ default: SESSION_IDLE, to: LONGEST_SETTING, source: 'spec', ifWrong: 'default' }),
  expire: seconds({ default: EXPIRE, from: 0, to: LONGEST_EXPIRE, source: 'our choice', ifWrong: 'default' }),
  queueLimit: integer({ default: QUEUE_LIMIT, from: 1, to: 10_000_000, source: 'our choice', ifWrong: 'default' }),
  // Jobs that fill the heap end the process, and again at each start.
  queueBytes: integer({
    default: Math.floor(getHeapStatistics().heap_size_limit * QUEUE_PART_OF_HEAP),
    ...{ from: 1, to: Number.MAX_SAFE_INTEGER, source: 'our choice', ifWrong: 'default' },
  }),
  retention: positiveDays({ default: RETENTION_DAYS, source: 'our choice', ifWrong: 'default' }),
  joinParts: seconds({ default: 0, from: 0, to: LONGEST_SETTING, source: 'our choice', ifWrong: 'default' }),
  attempts: integer({ default: ATTEMPTS, from: 1, to: 100, source: 'our choice', ifWrong: 'default' }),
  retryUnknown: flag({ default: false, source: 'our choice', ifWrong: 'default' }),
  sticky: flag({ default: false, source: 'our choice', ifWrong: 'default' }),
  // A number read as one of another country reaches another person.
  country: country({ default: undefined, source: 'our choice', ifWrong: 'no sending' }),
  // In the zone of the process, SMS might go out in quiet hours.
  timeZone: timeZone({ default: undefined, source: 'our choice', ifWrong: 'no sending' }),
} as const satisfies Readonly<Record<string, Setting<unknown>>>;

/** The values of a table, each read or its default. */
export type Values<T extends Readonly<Record<string, Setting<unknown>>>> = {
  readonly [K in keyof T]: T[K] extends Setting<infer V> ? V : never;
};
