/** One line: a SIM channel of a gateway, known by its id. */
import { NEVER_SET, type WallTime } from '../time/clock.js';
import type { Device } from './devices.js';
import type { GoipErrorCode } from '../errors.js';
import type { Address } from '../net/address.js';
import { displayAddress, displayEndpoint } from '../net/addresses.js';
import { isoTime } from '../time/iso-time.js';
import { withoutPassword, withoutPasswordInValue } from '../printable.js';
import {
  fieldOf,
  KEEPALIVE_FIELDS,
  sayingOf,
  saysTheSame,
  type Keepalive,
  type KeepaliveField,
} from '../protocol/index.js';
import type { LineCondition } from './condition.js';
import { DurationEstimator } from './estimator.js';
import { LineHealth } from './health.js';
import { LineMeter, type HoldReason } from './limits.js';
import type { LocalTime } from '../time/local-time.js';
import { Rivals, type Sighting } from './rivals.js';

/** Whether a line reports results by itself (`push`), or has to be asked (`poll`): `unknown` until it has done one of both. */
export type ResultHabit = 'push' | 'poll' | 'unknown';

/** A line as people and flows see it (contract, line state). Times are ISO 8601. */
export interface LineState {
  readonly device: string;
  readonly name: string;
  readonly group: string | null;
  readonly online: boolean;
  /** Since when it is online or offline; null before the first keepalive. */
  readonly since: string | null;
  /** Time of the last accepted keepalive. */
  readonly lastSeen: string | null;
  readonly address: string | null;
  readonly port: number | null;
  /** Phone number of the SIM. */
  readonly number: string | null;
  readonly signal: number | null;
  readonly gsmStatus: string | null;
  readonly voipStatus: string | null;
  readonly voipState: string | null;
  readonly operator: string | null;
  readonly imei: string | null;
  readonly imsi: string | null;
  readonly iccid: string | null;
  /** Numbers that wait and may go out on this line, and numbers that are with the device. */
  readonly queue: { readonly waiting: number; readonly sending: number };
  /** Since the server started. */
  readonly counters: LineCounters;
  /** SMS that were handed to the device in this hour and on this day, local time. */
  readonly usage: { readonly hour: number; readonly day: number };
  /** Why nothing is handed to it at the moment, and until when (ISO 8601); null where it may send, or nobody knows how long. */
  readonly hold: { readonly reason: HoldReason | 'rest'; readonly until: string } | null;
  /** It failed again and again: it is tried now and then only, as long as other lines can send. */
  readonly failing: boolean;
  /** Of the last number that failed or stayed unknown here, or of the last job that the line was excluded from; null if none yet. */
  readonly lastError: LineError | null;
  /** Only if two devices send keepalives with this id: where from (`address:port`), and since when that is known (ISO 8601). */
  readonly duplicate?: { readonly addresses: readonly [string, string]; readonly since: string };
  /** Every field of the last keepalive as it was received, except the password. */
  readonly raw: Readonly<Record<string, string>>;
}

export interface LineError {
  readonly code: GoipErrorCode;
  readonly reason: string;
  /** ISO 8601. */
  readonly at: string;
}

/** As {@link LineError}, with its steady time. */
interface Failure extends Omit<LineError, 'at'> {
  readonly at: number;
}

export interface LineCounters {
  readonly received: number;
  readonly sent: number;
  readonly failed: number;
  readonly unknown: number;
}

/** Can a session be opened on a line? */
export type Readiness = 'ready' | 'offline' | 'logged-out' | 'resting';

export class Line {
  readonly device: Device;
  online = false;
  /** What those who listen know. */
  toldOnline = false;
  address: Address | undefined;
  counters: { -readonly [K in keyof LineCounters]: LineCounters[K] } = { received: 0, sent: 0, failed: 0, unknown: 0 };
  /** Bulk sessions that are open. */
  sessions = 0;
  /** Numbers that are with the device. */
  sending = 0;
  /** What its last keepalive said, see {@link sayingOf}. */
  saying: string | undefined;

  readonly meter: LineMeter;
  health = new LineHealth();
  /** When it took a number last, counted in the numbers that lines have taken. */
  lastTurn = 0;
  /** It has been able to send since the server started. */
  hasBeenReady = false;

  /** From a request of a session to its answer. */
  roundTrip = new DurationEstimator();
  /** From WAIT to a result that came unasked. */
  resultTime = new DurationEstimator();

  /** The last one that said something else than the one before. */
  #keepalive: Keepalive | undefined;
  /** As a number where it is one: a text for each keepalive of thousands of lines would be work for the collector. */
  #count: number | string | undefined;
  /** Read from the keepalive when it is asked for. */
  #isLoggedOut: boolean | undefined;
  /** NaN before the first keepalive. */
  #since = NaN;
  /** NaN before the first keepalive, so that it is always a number of the same kind, which is written in place. */
  #lastSeen = NaN;
  #rests = 0;
  #restsUntil = 0;
  #longTextsFrom = 0;
  #parked = false;
  #pushEvidence = 0;
  #lastError: Failure | null = null;
  #isInherited = false;
  /** Undefined as long as it has been at one address only. */
  #rivals: Rivals | undefined;

  /**
   * @param wall shows times
   * @param local knows the hour and day that it is then
   */
  constructor(
    device: Device,
    private readonly wall: WallTime = NEVER_SET,
    local?: LocalTime,
  ) {
    this.device = device;
    this.meter = new LineMeter(device.limits, Math.random, undefined, wall, local);
  }

  get id(): string {
    return this.device.id;
  }

  get lastSeen(): number | undefined {
    return Number.isNaN(this.#lastSeen) ? undefined : this.#lastSeen;
  }

  get count(): string | undefined {
    return this.#count === undefined ? undefined : String(this.#count);
  }

  /** The same, without a text that nobody needs. */
  get lastCount(): number | string | undefined {
    return this.#count;
  }

  /** Takes over what is known of the line from the server before. */
  inherit(line: Line): void {
    this.#isInherited = true;
    this.online = line.online;
    this.toldOnline = line.toldOnline;
    this.address = line.address;
    this.counters = line.counters;
    this.roundTrip = line.roundTrip;
    this.resultTime = line.resultTime;
    this.#keepalive = line.#keepalive;
    this.saying = line.saying;
    this.#count = line.#count;
    this.#since = line.#since;
    this.#lastSeen = line.#lastSeen;
    this.#parked = line.#parked;
    this.#pushEvidence = line.#pushEvidence;
    this.health = line.health;
    this.hasBeenReady = line.hasBeenReady;
    this.#lastError = line.#lastError;
    this.#rivals = line.#rivals;
    this.meter.inherit(line.meter);
  }

  /** What it is to go on with after a restart. */
  condition(now: number): LineCondition {
    return { ...this.meter.condition(now), ...this.health.condition(now) };
  }

  /** Goes on as the previous run left off, unless the server before has passed on what it knew. */
  restore(condition: LineCondition, now: number): void {
    if (this.#isInherited) return;
    this.meter.restoreCondition(condition);
    this.health.restore(condition, now);
  }

  /** Moves its times: the timeline goes on at another place. */
  shiftTimes(ms: number): void {
    this.#since += ms;
    this.#lastSeen += ms;
    if (this.#lastError) this.#lastError = { ...this.#lastError, at: this.#lastError.at + ms };
    this.health.shiftTimes(ms);
    this.meter.shiftTimes(ms);
  }

  /** Returns whether anything is new: not where a keepalive only says that all is as before. */
  heard(keepalive: Keepalive, { address, port }: Address, now: number): boolean {
    const isSame = this.#keepalive !== undefined && saysTheSame(keepalive, this.#keepalive);
    const hasMoved = this.address?.port !== port || this.address.address !== address;
    const isNews = !isSame || hasMoved || !this.online;
    // One that says the same is not kept: with thousands of lines, what lives from one to the next is work for the collector.
    if (!isSame) {
      this.#keepalive = keepalive;
      this.#isLoggedOut = undefined;
      this.saying = sayingOf(keepalive);
    }
    this.#count = PLAIN_COUNT.test(keepalive.count) ? Number(keepalive.count) : keepalive.count;
    this.#lastSeen = now;
    if (hasMoved) this.address = { address, port };
    if (!this.online) {
      this.online = true;
      this.#since = now;
    }
    if (this.#parked && !this.isLoggedOut) this.#parked = false;
    if (!this.hasBeenReady && !this.isLoggedOut) this.hasBeenReady = true;
    return isNews;
  }

  /** A keepalive came; to be called before {@link heard}. Returns what it shows of other devices with the same id. */
  sighted(count: string, from: Address, now: number): Sighting | undefined {
    const { address } = this;
    if (!address || (address.port === from.port && address.address === from.address)) return undefined;
    this.#rivals ??= new Rivals();
    return this.#rivals.seen(from, Number(count), address, Number(this.#count), now);
  }

  /** A later keepalive that says what the last one said. Returns whether it changes nothing; otherwise it is to be {@link heard}. */
  heardAgain(count: number, { address, port }: Address, now: number): boolean {
    if (!this.online || this.address?.port !== port || this.address.address !== address) return false;
    if (typeof this.#count !== 'number' || count <= this.#count) return false;
    if (!this.isLoggedOut && (this.#parked || !this.hasBeenReady)) return false;
    this.#count = count;
    this.#lastSeen = now;
    return true;
  }

  wentOffline(now: number): void {
    this.online = false;
    this.#since = now;
  }

  /** The SIM is not registered with the network: nothing can be sent until a keepalive says otherwise. */
  park(): void {
    this.#parked = true;
  }

  /** Leaves the line alone until as many {@link endRest} have followed, the last of them at `until`. */
  rest(until: number): void {
    this.#rests += 1;
    this.#restsUntil = Math.max(this.#restsUntil, until);
  }

  endRest(): void {
    this.#rests -= 1;
  }

  /** Gives the line no long texts until then: the network does not carry them. */
  restFromLongTexts(until: number): void {
    this.#longTextsFrom = until;
  }

  /** Time from which the line may be given long texts again; undefined if that is now. */
  longTextsFrom(now: number): number | undefined {
    return now < this.#longTextsFrom ? this.#longTextsFrom : undefined;
  }

  /** A number was not sent, or the line will not do for a job. That the server closes is no error of the line. */
  erred({ code, reason }: Pick<LineError, 'code' | 'reason'>, now: number): void {
    if (code !== 'GOIP_CLOSED') this.#lastError = { code, reason, at: now };
  }

  /** Does the last keepalive say that the SIM is not registered with the network? */
  private get isLoggedOut(): boolean {
    this.#isLoggedOut ??= valueOf(this.#keepalive && fieldOf(this.#keepalive, 'gsm_status')) === 'LOGOUT';
    return this.#isLoggedOut;
  }

  get readiness(): Readiness {
    if (!this.online) return 'offline';
    if (this.#parked || this.isLoggedOut) return 'logged-out';
    return this.#rests > 0 ? 'resting' : 'ready';
  }

  /** Does the device send results unasked? Learnt from what it did lately. */
  get habit(): ResultHabit {
    if (this.#pushEvidence === 0) return 'unknown';
    return this.#pushEvidence > 0 ? 'push' : 'poll';
  }

  /** A lost datagram can make a push look like a poll, so a few observations are weighed against each other. */
  learn(habit: 'push' | 'poll'): void {
    const evidence = this.#pushEvidence + (habit === 'push' ? 1 : -1);
    this.#pushEvidence = Math.max(-MOST_EVIDENCE, Math.min(MOST_EVIDENCE, evidence));
  }

  state(waiting: number, now: number): LineState {
    const fields = this.#keepalive?.fields ?? NO_FIELDS;
    const { password } = this.device;
    const field = (name: KeepaliveField): string | null => shownValue(fields.get(name), password);
    return {
      device: this.id,
      name: this.device.name,
      group: this.device.shownGroup,
      online: this.online,
      since: this.#shownTime(this.#since),
      lastSeen: this.#shownTime(this.#lastSeen),
      address: this.address ? displayAddress(this.address.address) : null,
      port: this.address?.port ?? null,
      number: field('num'),
      signal: integerOf(field('signal')),
      gsmStatus: field('gsm_status'),
      voipStatus: field('voip_status'),
      voipState: field('voip_state'),
      operator: field('pro'),
      imei: field('imei'),
      imsi: field('imsi'),
      iccid: field('iccid'),
      queue: { waiting, sending: this.sending },
      counters: { ...this.counters },
      usage: { ...this.meter.counts(now) },
      hold: this.#holdShown(now),
      failing: this.health.isFailing,
      lastError: this.#lastError && { ...this.#lastError, at: isoTime(this.wall(this.#lastError.at)) },
      ...this.#duplicateShown(now),
      raw: this.#shownFields(fields),
    };
  }

  #duplicateShown(now: number): Pick<LineState, 'duplicate'> | undefined {
    const duplicate = this.#rivals?.duplicate(now);
    if (!duplicate) return undefined;
    const [one, other] = duplicate.addresses;
    const addresses = [displayEndpoint(one), displayEndpoint(other)] as const;
    return { duplicate: { addresses, since: isoTime(this.wall(duplicate.since)) } };
  }

  #holdShown(now: number): LineState['hold'] {
    const hold = this.meter.hold(now, 1, false);
    if (this.#rests > 0 && this.#restsUntil > (hold?.until ?? 0)) {
      return { reason: 'rest', until: isoTime(this.wall(this.#restsUntil)) };
    }
    return hold ? { reason: hold.reason, until: isoTime(this.wall(hold.until)) } : null;
  }

  #shownTime(time: number): string | null {
    return Number.isNaN(time) ? null : isoTime(this.wall(time));
  }

  /** Every field of the last keepalive. One may hold the password after all: where the device left out a semicolon. */
  #shownFields(fields: ReadonlyMap<string, string>): Record<string, string> {
    const shown: Record<string, string> = {};
    if (this.count === undefined) return shown;
    const { password } = this.device;
    shown['req'] = withoutPassword(this.count, undefined);
    shown['id'] = this.id;
    for (const [name, value] of fields) {
      if (KNOWN.has(name)) shown[name] = withoutPasswordInValue(value, password);
      else define(shown, withoutPassword(name, password), withoutPassword(value, password));
    }
    return shown;
  }
}

const KNOWN: ReadonlySet<string> = new Set(KEEPALIVE_FIELDS);

/** An own property whatever its name: `__proto__` is just one more field. */
function define(target: object, name: string, value: string): void {
  Object.defineProperty(target, name, { value, enumerable: true, writable: true, configurable: true });
}

/** One that is written as JavaScript writes it, and is no large object. */
const PLAIN_COUNT = /^[1-9]\d{0,8}$/;

const MOST_EVIDENCE = 3;

/** How devices write that they have no value (protocol §2). */
const NO_VALUE: ReadonlySet<string> = new Set(['', '(null)', '<null>', 'null']);

function valueOf(written: string | undefined): string | null {
  const value = written?.trim();
  return value === undefined || NO_VALUE.has(value.toLowerCase()) ? null : value;
}

const NO_FIELDS: ReadonlyMap<string, string> = new Map();

function shownValue(written: string | undefined, password: string | undefined): string | null {
  return written === undefined ? null : valueOf(withoutPasswordInValue(written, password));
}

function integerOf(value: string | null): number | null {
  return value !== null && /^-?\d+$/.test(value) ? Number(value) : null;
}
