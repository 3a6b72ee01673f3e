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
import type { Duration } from './duration.js';
import type { GsmStatus } from './events.js';
import type { Faults } from './faults.js';
import { WITH_HEADER, type PartLength } from './sms-parts.js';

/**
 * When a line tells the result of an SMS. `push`: WAIT at once, the result unprompted when it is known.
 * `poll`: WAIT at once, the result only when a repeated SEND asks for it. `direct`: nothing until the result is known
 * (protocol §4).
 */
export type Firmware = 'push' | 'poll' | 'direct';

/**
 * Which fields a keepalive has. `full`: all of newer firmware. `seed`: num, signal, gsm_status, voip_status. `minimal`: id
 * and password only, as in the example of the first description.
 */
export type KeepaliveFields = 'full' | 'seed' | 'minimal';

/** How the parts of a long SMS come in: the function gives those that come, counted from 1, of so many. */
export type PartOrder = 'right' | 'reversed' | 'shuffled' | ((count: number) => readonly number[]);

/** What the network says to a USSD code: a text, an error, or that it closed the dialogue. */
export type UssdAnswer = string | { readonly error: string } | { readonly exit: true };

/**
 * The habits of a line. They can be changed while it runs, see `line.configure()`. Habits that begin after so many SMS
 * count those that went out, 1 or more, from the start or from when the habit was set; a restart of the line changes
 * nothing of it.
 */
export interface LineSettings {
  readonly keepaliveInterval: number;
  readonly keepaliveFields: KeepaliveFields;
  /** Further keepalive fields, or other values for the known ones; firmware habits such as `signal: '(null)'`. */
  readonly keepaliveValues: Readonly<Record<string, string>>;
  /** Until an unanswered notification is sent again, and how often. */
  readonly resendInterval: number;
  readonly resendCount: number;
  /** How a notification names the password: descriptions of the protocol differ. */
  readonly passwordName: 'password' | 'pass';
  /** The first recvid after power-up; then they count down. Default: the unix time at power-up. Can be negative. */
  readonly firstRecvid: number | null;

  /** `receive:…` instead of `RECEIVE:…`: odd firmware. */
  readonly lowerCaseVerbs: boolean;
  /** In front of every datagram: a byte order mark, a blank, a line end. */
  readonly beforeVerb: string;
  /** How a RECEIVE names the sender. */
  readonly senderName: 'srcnum' | 'num';
  /** Emoji and the like as two surrogates of three bytes each (CESU-8); the parts of a long SMS may be cut between the two. */
  readonly surrogates: boolean;

  readonly firmware: Firmware;
  /** How long one SMS takes on the air. A slow line: 30, or now fast and now slow: [1, 60]. */
  readonly lineTime: Duration;
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
  /** Every request for a new session is refused with this error; null: none is. For a certain count: `line.rejectSessions()`. */
  readonly sessionError: string | null;
  /** Sessions do not take the right password either, although keepalives name it. Commands do. */
  readonly refusePassword: boolean;
  /**
   * Hears nothing of sessions and says nothing of results, as firmware that hangs, while keepalives, SMS and reports go
   * on. A line that does what it is told, and whose answers are lost: `faults.drop`.
   */
  readonly silent: boolean;
  /** Numbers that the network refuses, with the device's `errorstatus`. */
  readonly failNumbers: Readonly<Record<string, number>> | ((to: string) => number | null | undefined);
  /** Numbers whose result never comes: WAIT for ever, nothing on the air. They do not hold the modem up. */
  readonly stuckNumbers: readonly string[] | ((to: string) => boolean);

  /** The operator has blocked the SIM: it refuses every SMS with this errorstatus. `configure({ blocked: false })` frees it. */
  readonly blocked: boolean;
  readonly blockedErrorstatus: number;
  /** After so many SMS the operator blocks the SIM; null: never. It counts again when the SIM is free. */
  readonly blockAfter: number | null;
  /** After so many SMS (0 too) the network refuses all with this errorstatus; null: it does not. */
  readonly failAfter: number | null;
  readonly failErrorstatus: number;
  /** When it has refused so many because of `failAfter` it takes them again, for good; null: never. */
  readonly recoverAfter: number | null;
  /** After every so many SMS the SIM loses the GSM network for `logoutTime`; null: never. At will: `line.logout()`. */
  readonly logoutAfter: number | null;
  readonly logoutTime: number;
  /**
   * After every so many SMS the line loses its power for `offlineTime`, before it can tell the result of the last one;
   * null: never. At will: `line.restart()`.
   */
  readonly offlineAfter: number | null;
  readonly offlineTime: number;

  /**
   * A DELIVER for each SMS, or for the numbers for which it says true; those due while the line has no power are lost. With
   * `smsNo`, or nobody knows which SMS they are about.
   */
  readonly deliveryReports: boolean | ((to: string) => boolean);
  /** From the moment that the SMS went out, which is that of its OK, to the first report. Late reports: [60, 3000]. */
  readonly deliveryDelay: Duration;
  /** The first report leaves before the OK of its SMS, whatever `deliveryDelay` is. */
  readonly deliveryFirst: boolean;
  /** The states of the reports of an SMS, one after the other: 0 delivered, [48, 0] first pending, [] no report. */
  readonly deliveryState: number | readonly number[] | ((to: string) => number | readonly number[]);
  /** Between two reports of an SMS. */
  readonly deliveryInterval: Duration;

  /** How a long SMS from the air is handed on: as one, or each part as an SMS of its own, with its own recvid. */
  readonly longSms: 'joined' | 'parts';
  /** Where it is cut: [153, 67], or [160, 70] as senders do who use no header. An SMS of 160 septets or 70 units is whole. */
  readonly partLength: PartLength;
  /** Between two parts, up to 30 s in the field. */
  readonly partGap: Duration;
  readonly partOrder: PartOrder;
  /** This part never comes, counted from 1, or from the end as -1; a joined SMS has `[SMS2 missed]` in its place. */
  readonly lostPart: number | null;

  readonly ussd: (code: string) => UssdAnswer;
  readonly ussdTime: number;
  /** How long a line is away when a command reboots it. */
  readonly rebootTime: number;
}

/** `+CMS ERROR` numbers (3GPP 27.005 §3.2.5, of 24.011 annex E). */
const OPERATOR_BARRING = 8;
const NETWORK_OUT_OF_ORDER = 38;

export const DEFAULT_SETTINGS: LineSettings = {
  keepaliveInterval: KEEPALIVE_INTERVAL,
  keepaliveFields: 'full',
  keepaliveValues: {},
  resendInterval: DEVICE_RESEND_INTERVAL,
  resendCount: DEVICE_RESEND_COUNT,
  passwordName: 'password',
  firstRecvid: null,
  lowerCaseVerbs: false,
  beforeVerb: '',
  senderName: 'srcnum',
  surrogates: false,
  firmware: 'push',
  lineTime: 3,
  smsNo: false,
  firstSmsNo: 0,
  duplicatesOnQuery: false,
  blankBeforeNewline: false,
  sessionIdle: SESSION_IDLE,
  maxSessions: SESSIONS_PER_LINE,
  resultsKept: RESULTS_KEPT,
  sessionError: null,
  refusePassword: false,
  silent: false,
  failNumbers: {},
  stuckNumbers: [],
  blocked: false,
  blockedErrorstatus: OPERATOR_BARRING,
  blockAfter: null,
  failAfter: null,
  failErrorstatus: NETWORK_OUT_OF_ORDER,
  recoverAfter: null,
  logoutAfter: null,
  logoutTime: 60,
  offlineAfter: null,
  offlineTime: 60,
  deliveryReports: false,
  deliveryDelay: 1,
  deliveryFirst: false,
  deliveryState: 0,
  deliveryInterval: 10,
  longSms: 'joined',
  partLength: WITH_HEADER,
  partGap: 2,
  partOrder: 'right',
  lostPart: null,
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
