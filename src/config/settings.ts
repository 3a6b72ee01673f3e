/** The settings of a server: checked, with defaults, times in milliseconds. */
import { GoipError } from '../errors.js';
import type { AllowList } from '../net/addresses.js';
import type { LocalTime } from '../time/local-time.js';
import type { RoutingRule } from '../outbox/matching/routes.js';
import type { OutboxSettings } from '../outbox/settings.js';
import { WAIT_LIMIT } from '../parameters.js';
import { commonLimitsFrom, type LimitOptions } from '../lines/limit-options.js';
import { ProblemList } from '../reading/problems.js';
import { valueOf, type Setting } from '../reading/setting.js';
import { SETTINGS } from './table.js';

/** A line's credentials: the authentication id that the device sends, and its own password if it has one. */
export interface DeviceOptions {
  readonly id: string;
  readonly password?: string | undefined;
  /** What people call it; default: the id. */
  readonly name?: string | undefined;
  /** Addresses and networks (`192.0.2.7`, `2001:db8::/32`) that it may talk from; default: all that the server allows. */
  readonly allow?: readonly string[] | undefined;
  /** Refuse it from another address than that of its first keepalive; default: as `pinAddress` of the server. */
  readonly pinAddress?: boolean | undefined;
  /** A label that jobs and routing rules can name instead of its devices. */
  readonly group?: string | undefined;
  /** Where they differ from those of the server. */
  readonly limits?: LimitOptions | undefined;
  /** Switched off: refused, and without a line, as if it were not in the list; default false. */
  readonly disabled?: boolean | undefined;
}

/** What a {@link GoipServer} can be told; everything has the default of the contract. Times are seconds, fractions allowed. */
export interface ServerOptions extends LimitOptions {
  /** Address to bind, IPv4 or IPv6; default `0.0.0.0`. */
  readonly host?: string | undefined;
  /** UDP port, 0 picks a free one; default 44444. */
  readonly port?: number | undefined;
  readonly devices?: readonly DeviceOptions[] | undefined;
  /** For devices without a password of their own. */
  readonly password?: string | undefined;
  /** Addresses and networks that may talk to the server; default: all. */
  readonly allow?: readonly string[] | undefined;
  /** Refuse devices from another address than that of their first keepalive; default false. */
  readonly pinAddress?: boolean | undefined;
  /** Seconds without an accepted keepalive until a line is offline; default 92. */
  readonly offlineAfter?: number | undefined;
  /** Number in the keepalive ack: 0 (default) or 200. */
  readonly keepaliveStatus?: number | undefined;
  /** Seconds between retransmissions of an unanswered datagram; default 5. */
  readonly resendInterval?: number | undefined;
  /** Retransmissions of an unanswered datagram; default 3. */
  readonly resendCount?: number | undefined;
  /** How the result of a number on WAIT is learnt; default `auto`. */
  readonly statusQuery?: 'auto' | 'poll' | 'never' | undefined;
  /** Seconds between status queries; default 3. */
  readonly queryInterval?: number | undefined;
  /** Concurrent bulk sessions per line, 1–5; default 1. */
  readonly sessionsPerLine?: number | undefined;
  /** Seconds without traffic after which devices forget a session; default 90, as every spec says. */
  readonly sessionIdle?: number | undefined;
  /** Where jobs and received SMS are kept: a directory, or `memory` (default) for as long as the server runs. */
  readonly storage?: string | undefined;
  /** Seconds after which numbers are not submitted any more, 0 for never; default a day. */
  readonly expire?: number | undefined;
  /** Numbers that can wait; default 100 000. */
  readonly queueLimit?: number | undefined;
  /** Memory that jobs may take, in bytes as estimated by the server; default a third of the largest heap of Node.js. */
  readonly queueBytes?: number | undefined;
  /**
   * How often a number is submitted at most: one that a line refused is tried on another one. Default 2; 1 for never again.
   */
  readonly attempts?: number | undefined;
  /** Submit a number again whose result was not learnt, within `attempts`: it may arrive twice. Default false. */
  readonly retryUnknown?: boolean | undefined;
  /** Which lines numbers go out on, unless the request names them; the first rule whose prefix fits holds. */
  readonly routes?: readonly RoutingRule[] | undefined;
  /** Send to a number from the line that it was sent from before, where that can send; default false. */
  readonly sticky?: boolean | undefined;
  /** Write numbers as E.164, those without a country code as of this country (ISO 3166, `DE`); default: leave them. */
  readonly country?: string | undefined;
  /** IANA name of the time zone of limits and quiet hours, such as `Europe/Berlin`; default: that of the process. */
  readonly timeZone?: string | undefined;
  /** Seconds that a line must stay online, or offline, until an event tells so; default 0. */
  readonly eventDelay?: number | undefined;
  /** Days that results and the memory of received SMS are kept; default 7. */
  readonly retention?: number | undefined;
  /**
   * Seconds that an SMS as long as a part of a long one waits for the next part, to be joined with it; default 0: all are
   * delivered as they come.
   */
  readonly joinParts?: number | undefined;
}

/** Settings as diagnostics show them. */
export interface ShownSettings extends OutboxSettings {
  readonly host: string;
  readonly port: number;
  readonly keepaliveStatus: number;
  /** 0: nothing is joined. */
  readonly joinMs: number;
  readonly pinAddress: boolean;
  readonly eventDelayMs: number;
}

export interface Settings extends ShownSettings {
  /** Undefined for everybody. */
  readonly allow: AllowList | undefined;
  /** The hours and days of limits, and the times of quiet hours; undefined for those of the process. */
  readonly local: LocalTime | undefined;
}

export interface ReadSettings {
  readonly settings: Settings;
  /** The limits of lines that have none of their own. */
  readonly limits: LimitOptions;
}

/** @throws GoipError `GOIP_BAD_SETTING` naming the first setting that is wrong. */
export function settingsFrom(options: ServerOptions, isPersistent: boolean): Settings {
  const problems = new ProblemList();
  const { settings } = readSettings(options, isPersistent, problems);
  const problem = problems.first();
  if (problem) throw new GoipError('GOIP_BAD_SETTING', `${problem.name} ${problem.reason}`);
  return settings;
}

/** Reads all settings but the devices and the routing rules; those that are wrong have their default. */
export function readSettings(options: ServerOptions, isPersistent: boolean, problems: ProblemList): ReadSettings {
  const read = <T>(name: keyof typeof SETTINGS, setting: Setting<T>): T => {
    const reading = valueOf(setting, options[name]);
    if ('value' in reading) return reading.value;
    problems.add({ what: 'setting', name, reason: reading.problem, effect: setting.ifWrong });
    return setting.default;
  };
  const ms = (name: keyof typeof SETTINGS, setting: Setting<number>): number => read(name, setting) * 1000;
  const limits = commonLimitsFrom(options, problems);
  const values: Settings = {
    host: read('host', SETTINGS.host),
    port: read('port', SETTINGS.port),
    keepaliveStatus: read('keepaliveStatus', SETTINGS.keepaliveStatus),
    offlineAfterMs: ms('offlineAfter', SETTINGS.offlineAfter),
    sessionsPerLine: read('sessionsPerLine', SETTINGS.sessionsPerLine),
    session: {
      resendMs: ms('resendInterval', SETTINGS.resendInterval),
      resendCount: read('resendCount', SETTINGS.resendCount),
      statusQuery: read('statusQuery', SETTINGS.statusQuery),
      queryMs: ms('queryInterval', SETTINGS.queryInterval),
      idleMs: ms('sessionIdle', SETTINGS.sessionIdle),
      waitLimitMs: WAIT_LIMIT * 1000,
    },
    expireMs: ms('expire', SETTINGS.expire),
    queueLimit: read('queueLimit', SETTINGS.queueLimit),
    queueBytes: read('queueBytes', SETTINGS.queueBytes),
    retentionMs: ms('retention', SETTINGS.retention) * SECONDS_OF_DAY,
    joinMs: ms('joinParts', SETTINGS.joinParts),
    allow: read('allow', SETTINGS.allow),
    pinAddress: read('pinAddress', SETTINGS.pinAddress),
    attempts: read('attempts', SETTINGS.attempts),
    retryUnknown: read('retryUnknown', SETTINGS.retryUnknown),
    sticky: read('sticky', SETTINGS.sticky),
    country: read('country', SETTINGS.country),
    local: read('timeZone', SETTINGS.timeZone),
    eventDelayMs: ms('eventDelay', SETTINGS.eventDelay),
    isPersistent,
    sendingProblem: undefined,
  };
  return { settings: values, limits };
}

const SECONDS_OF_DAY = 86_400;
