/** The settings of a server: checked, with defaults, times in milliseconds. */
import { getHeapStatistics } from 'node:v8';
import { GoipError } from './errors.js';
import { AllowList } from './gate/addresses.js';
import type { LimitOptions } from './lines/limit-settings.js';
import type { RoutingRule } from './outbox/routes.js';
import {
  ATTEMPTS,
  DEFAULT_PORT,
  EXPIRE,
  LONGEST_EXPIRE,
  OFFLINE_AFTER,
  QUERY_INTERVAL,
  QUEUE_LIMIT,
  QUEUE_PART_OF_HEAP,
  RESEND_COUNT,
  RESEND_INTERVAL,
  RETENTION_DAYS,
  SESSION_IDLE,
  SESSIONS_PER_LINE,
  WAIT_LIMIT,
} from './parameters.js';
import type { SessionConfig } from './sessions/machine.js';
import { isCountry } from './texts/numbers.js';

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

export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly keepaliveStatus: number;
  readonly offlineAfterMs: number;
  readonly sessionsPerLine: number;
  readonly session: SessionConfig;
  readonly expireMs: number;
  readonly queueLimit: number;
  readonly queueBytes: number;
  readonly retentionMs: number;
  /** 0: nothing is joined. */
  readonly joinMs: number;
  /** Undefined for everybody. */
  readonly allow: AllowList | undefined;
  readonly pinAddress: boolean;
  readonly attempts: number;
  readonly retryUnknown: boolean;
  readonly sticky: boolean;
  /** Undefined to leave numbers as they are. */
  readonly country: string | undefined;
  readonly eventDelayMs: number;
  /** Jobs outlive the server. */
  readonly isPersistent: boolean;
}

/** @throws GoipError `GOIP_BAD_SETTING` naming the setting. */
export function settingsFrom(options: ServerOptions, isPersistent: boolean): Settings {
  const sessionIdleMs = seconds('sessionIdle', options.sessionIdle ?? SESSION_IDLE);
  return {
    host: options.host ?? '0.0.0.0',
    port: integer('port', options.port ?? DEFAULT_PORT, 0, 65535),
    keepaliveStatus: integer('keepaliveStatus', options.keepaliveStatus ?? 0, 0, 999),
    offlineAfterMs: seconds('offlineAfter', options.offlineAfter ?? OFFLINE_AFTER),
    sessionsPerLine: integer('sessionsPerLine', options.sessionsPerLine ?? 1, 1, SESSIONS_PER_LINE),
    session: {
      resendMs: seconds('resendInterval', options.resendInterval ?? RESEND_INTERVAL),
      resendCount: integer('resendCount', options.resendCount ?? RESEND_COUNT, 0, 100),
      statusQuery: oneOf('statusQuery', options.statusQuery ?? 'auto', ['auto', 'poll', 'never']),
      queryMs: seconds('queryInterval', options.queryInterval ?? QUERY_INTERVAL),
      idleMs: sessionIdleMs,
      waitLimitMs: WAIT_LIMIT * 1000,
    },
    expireMs: options.expire === 0 ? 0 : seconds('expire', options.expire ?? EXPIRE, LONGEST_EXPIRE),
    queueLimit: integer('queueLimit', options.queueLimit ?? QUEUE_LIMIT, 1, 10_000_000),
    queueBytes: integer('queueBytes', options.queueBytes ?? defaultQueueBytes(), 1, Number.MAX_SAFE_INTEGER),
    retentionMs: days('retention', options.retention ?? RETENTION_DAYS),
    joinMs: secondsOrNone('joinParts', options.joinParts),
    allow: AllowList.from(options.allow),
    pinAddress: boolean('pinAddress', options.pinAddress ?? false),
    attempts: integer('attempts', options.attempts ?? ATTEMPTS, 1, 100),
    retryUnknown: boolean('retryUnknown', options.retryUnknown ?? false),
    sticky: boolean('sticky', options.sticky ?? false),
    country: country(options.country),
    eventDelayMs: secondsOrNone('eventDelay', options.eventDelay),
    isPersistent,
  };
}

/** Jobs that fill the heap end the process, and again at each start. */
function defaultQueueBytes(): number {
  return Math.floor(getHeapStatistics().heap_size_limit * QUEUE_PART_OF_HEAP);
}

/** A day: longer is a slip of the pen, and timers of over 24.8 days would fire at once. */
const DAY = 86_400;
const LONGEST_SECONDS = DAY;

function seconds(name: string, value: number, most = LONGEST_SECONDS): number {
  if (!(value > 0 && value <= most)) {
    throw new GoipError('GOIP_BAD_SETTING', `${name} must be a number of seconds above 0, at most ${most}`);
  }
  return value * 1000;
}

/** 0 for none, the default. */
function secondsOrNone(name: string, value = 0): number {
  return value === 0 ? 0 : seconds(name, value);
}

function days(name: string, value: number): number {
  if (!(value > 0)) throw new GoipError('GOIP_BAD_SETTING', `${name} must be a number of days above 0`);
  return value * DAY * 1000;
}

function integer(name: string, value: number, least: number, most: number): number {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new GoipError('GOIP_BAD_SETTING', `${name} must be a whole number from ${least} to ${most}`);
  }
  return value;
}

function country(value: string | undefined): string | undefined {
  if (value === undefined || value === '') return undefined;
  if (isCountry(value)) return value.toUpperCase();
  throw new GoipError('GOIP_BAD_SETTING', 'country must be a country code of two letters, such as DE');
}

/** A flow or a program without types may hand over a text, and "false" must not switch anything on. */
function boolean(name: string, value: boolean): boolean {
  if (typeof value !== 'boolean') throw new GoipError('GOIP_BAD_SETTING', `${name} must be true or false`);
  return value;
}

function oneOf<T extends string>(name: string, value: T, choices: readonly T[]): T {
  if (!choices.includes(value)) {
    throw new GoipError('GOIP_BAD_SETTING', `${name} must be one of ${choices.join(', ')}`);
  }
  return value;
}
