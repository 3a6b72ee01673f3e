/** What can be set on a simulated gateway. All times are in seconds, fractions included. */
import {
  DEVICE_RESEND_COUNT,
  DEVICE_RESEND_INTERVAL,
  KEEPALIVE_INTERVAL,
  RESULTS_KEPT,
  SESSION_IDLE,
  SESSIONS_PER_LINE,
} from '../parameters.js';
import type { Timers } from './alarms.js';
import type { GsmStatus } from './events.js';
import type { Faults } from './faults.js';

/**
 * When a line tells the result of an SMS. `push`: WAIT at once, the result unprompted when it is known (Chinese spec).
 * `poll`: WAIT at once, the result only when a repeated SEND asks for it. `direct`: nothing until the result is known
 * (seed, example).
 */
export type Firmware = 'push' | 'poll' | 'direct';

/**
 * Which fields a keepalive has. `full`: all of newer firmware. `seed`: num, signal, gsm_status, voip_status. `minimal`: id
 * and password only, as in the seed's example.
 */
export type KeepaliveFields = 'full' | 'seed' | 'minimal';

/** What the network says to a USSD code: a text, an error, or that it closed the dialogue. */
export type UssdAnswer = string | { readonly error: string } | { readonly exit: true };

/** The habits of a line. They can be changed while it runs, see `line.configure()`. */
export interface LineSettings {
  readonly keepaliveInterval: number;
  readonly keepaliveFields: KeepaliveFields;
  /** Further keepalive fields, or other values for the known ones; firmware habits such as `signal: '(null)'`. */
  readonly keepaliveValues: Readonly<Record<string, string>>;
  /** Until an unanswered notification is sent again, and how often. */
  readonly resendInterval: number;
  readonly resendCount: number;
  /** How a notification names the password: format and example of the seed differ. */
  readonly passwordName: 'password' | 'pass';
  /** The first recvid after power-up; then they count down. Default: the unix time at power-up. Can be negative. */
  readonly firstRecvid: number | null;

  readonly firmware: Firmware;
  /** How long one SMS takes on the air. */
  readonly lineTime: number;
  /** `OK $sendid $telid $sms_no`, as newer firmware. The number starts at `firstSmsNo` and comes again after 256. */
  readonly smsNo: boolean;
  readonly firstSmsNo: number;
  /** Old firmware, seen in the field: a SEND repeated during WAIT sends the SMS a second time. */
  readonly duplicatesOnQuery: boolean;
  /** `DONE 11 \n`: a blank before the newline of session replies. */
  readonly blankBeforeNewline: boolean;
  readonly sessionIdle: number;
  readonly maxSessions: number;
  readonly resultsKept: number;
  /** Numbers that the network refuses, with the device's `errorstatus`. */
  readonly failNumbers: Readonly<Record<string, number>> | ((to: string) => number | null | undefined);
  /** Numbers whose result never comes: WAIT for ever, nothing on the air. They do not hold the modem up. */
  readonly stuckNumbers: readonly string[] | ((to: string) => boolean);

  /** After each OK a DELIVER, `deliveryDelay` later, with this state (0 delivered). */
  readonly deliveryReports: boolean;
  readonly deliveryDelay: number;
  readonly deliveryState: number | ((to: string) => number);

  readonly ussd: (code: string) => UssdAnswer;
  readonly ussdTime: number;
  /** How long a line is away when a command reboots it. */
  readonly rebootTime: number;
}

export const DEFAULT_SETTINGS: LineSettings = {
  keepaliveInterval: KEEPALIVE_INTERVAL,
  keepaliveFields: 'full',
  keepaliveValues: {},
  resendInterval: DEVICE_RESEND_INTERVAL,
  resendCount: DEVICE_RESEND_COUNT,
  passwordName: 'password',
  firstRecvid: null,
  firmware: 'push',
  lineTime: 3,
  smsNo: false,
  firstSmsNo: 0,
  duplicatesOnQuery: false,
  blankBeforeNewline: false,
  sessionIdle: SESSION_IDLE,
  maxSessions: SESSIONS_PER_LINE,
  resultsKept: RESULTS_KEPT,
  failNumbers: {},
  stuckNumbers: [],
  deliveryReports: false,
  deliveryDelay: 1,
  deliveryState: 0,
  ussd: (code) => `Simulated answer to ${code}: your balance is 12.34`,
  ussdTime: 0.5,
  rebootTime: 2,
};

/** One line: one SIM channel with its own id, password and UDP port. */
export interface LineOptions extends Partial<LineSettings> {
  readonly id: string;
  readonly password: string;
  /** The SIM's own number; default: an invented one. */
  readonly number?: string;
  /** Default LOGIN. */
  readonly gsmStatus?: GsmStatus;
}

/** The settings here are defaults for all lines. */
export interface SimulatorOptions extends Partial<LineSettings> {
  /** Where the SMS server listens. */
  readonly server: { readonly host: string; readonly port: number };
  readonly lines: readonly LineOptions[];
  readonly faults?: Faults;
  /** Of all random decisions; default 1. */
  readonly seed?: number;
  /** Default: the real clock. */
  readonly timers?: Timers;
}

/** How many lines `makeLines` makes, and what they have in common. */
export interface LineSeries extends Partial<LineSettings> {
  readonly count: number;
  /** Default `goip-`. */
  readonly prefix?: string;
  readonly password: string;
}

/** Options of many lines: ids `gw1-01`, `gw1-02`, … with the prefix `gw1-`. */
export function makeLines({ count, prefix = 'goip-', password, ...settings }: LineSeries): LineOptions[] {
  const width = Math.max(2, String(count).length);
  return Array.from({ length: count }, (_, index) => ({
    ...settings,
    id: `${prefix}${String(index + 1).padStart(width, '0')}`,
    password,
  }));
}
