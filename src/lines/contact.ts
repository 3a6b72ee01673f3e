/** What the keepalives of a line show: where its device is, and whether it can send. */
import type { Address } from '../net/address.js';
import { fieldOf, saysTheSame, type Keepalive } from '../protocol/index.js';
import { Rivals, type Duplicate, type Sighting } from './rivals.js';
import { valueOf } from './values.js';

export class Contact {
  #online = false;
  #reportedOnline = false;
  #address: Address | undefined;
  /** The last keepalive that differed from the one before. */
  #keepalive: Keepalive | undefined;
  /** A number if possible: a string for each keepalive of thousands of lines would be work for the garbage collector. */
  #count: number | string | undefined;
  /** Read from the keepalive when it is needed. */
  #saysLogout: boolean | undefined;
  /** NaN before the first keepalive: a field that is always a number is written in place. */
  #since = NaN;
  #lastSeen = NaN;
  /** Undefined as long as keepalives come from one address. */
  #rivals: Rivals | undefined;
  #isParked = false;
  #hasBeenReady = false;

  get online(): boolean {
    return this.#online;
  }

  /** Whether the line was online when that was reported to users last. */
  get reportedOnline(): boolean {
    return this.#reportedOnline;
  }

  get address(): Address | undefined {
    return this.#address;
  }

  /** Steady time since when the line is online or offline; NaN before the first keepalive. */
  get since(): number {
    return this.#since;
  }

  /** Steady time of the last accepted keepalive; undefined before the first one. */
  get lastSeen(): number | undefined {
    return Number.isNaN(this.#lastSeen) ? undefined : this.#lastSeen;
  }

  /** Counter of the last keepalive. */
  get count(): string | undefined {
    return this.#count === undefined ? undefined : String(this.#count);
  }

  /** The same, without making a string that may not be needed. */
  get lastCount(): number | string | undefined {
    return this.#count;
  }

  /** Fields of the last keepalive. */
  get fields(): ReadonlyMap<string, string> {
    return this.#keepalive?.fields ?? NO_FIELDS;
  }

  /** Whether the SIM is not registered with the network, by the last keepalive or by a refused session since. */
  get isLoggedOut(): boolean {
    return this.#isParked || this.#isReportedLoggedOut;
  }

  /** Whether the SIM was registered at some time since the server started. */
  get hasBeenReady(): boolean {
    return this.#hasBeenReady;
  }

  /** Two devices that use the id at the moment. */
  duplicate(now: number): Duplicate | undefined {
    return this.#rivals?.duplicate(now);
  }

  /** Processes an authenticated keepalive. Returns false if it only says that nothing has changed. */
  heard(keepalive: Keepalive, { address, port }: Address, now: number): boolean {
    const isSame = this.#keepalive !== undefined && saysTheSame(keepalive, this.#keepalive);
    const hasMoved = this.#address?.port !== port || this.#address.address !== address;
    const isNews = !isSame || hasMoved || !this.#online;
    // An equal one is not kept: with thousands of lines, each object that lives for 30 s is work for the garbage collector.
    if (!isSame) {
      this.#keepalive = keepalive;
      this.#saysLogout = undefined;
    }
    this.#count = PLAIN_COUNT.test(keepalive.count) ? Number(keepalive.count) : keepalive.count;
    this.#lastSeen = now;
    if (hasMoved) this.#address = { address, port };
    if (!this.#online) {
      this.#online = true;
      this.#since = now;
    }
    if (this.#isParked && !this.#isReportedLoggedOut) this.#isParked = false;
    if (!this.#hasBeenReady && !this.#isReportedLoggedOut) this.#hasBeenReady = true;
    return isNews;
  }

  /**
   * Processes a later keepalive with the same body as the last one. Returns false if it changes more than the counter and the
   * time: then nothing was done, and {@link heard} has to be called.
   */
  repeated(count: number, { address, port }: Address, now: number): boolean {
    if (!this.#online || this.#address?.port !== port || this.#address.address !== address) return false;
    if (typeof this.#count !== 'number' || count <= this.#count) return false;
    if (!this.#isReportedLoggedOut && (this.#isParked || !this.#hasBeenReady)) return false;
    this.#count = count;
    this.#lastSeen = now;
    return true;
  }

  /** Notes where a keepalive came from, before {@link heard}. Returns what it shows of other devices with the same id. */
  sighted(count: string, from: Address, now: number): Sighting | undefined {
    const address = this.#address;
    if (!address || (address.port === from.port && address.address === from.address)) return undefined;
    this.#rivals ??= new Rivals();
    return this.#rivals.seen(from, Number(count), address, Number(this.#count), now);
  }

  wentOffline(now: number): void {
    this.#online = false;
    this.#since = now;
  }

  presenceReported(): void {
    this.#reportedOnline = this.#online;
  }

  /** A session was refused because the SIM is not registered: nothing can be sent until a keepalive says otherwise. */
  park(): void {
    this.#isParked = true;
  }

  /** Takes over what the previous server knows. */
  protected inheritContact(other: Contact): void {
    this.#online = other.#online;
    this.#reportedOnline = other.#reportedOnline;
    this.#address = other.#address;
    this.#keepalive = other.#keepalive;
    this.#count = other.#count;
    this.#since = other.#since;
    this.#lastSeen = other.#lastSeen;
    this.#rivals = other.#rivals;
    this.#isParked = other.#isParked;
    this.#hasBeenReady = other.#hasBeenReady;
  }

  protected shiftContactTimes(ms: number): void {
    this.#since += ms;
    this.#lastSeen += ms;
  }

  get #isReportedLoggedOut(): boolean {
    this.#saysLogout ??= valueOf(this.#keepalive && fieldOf(this.#keepalive, 'gsm_status')) === 'LOGOUT';
    return this.#saysLogout;
  }
}

const NO_FIELDS: ReadonlyMap<string, string> = new Map();

/** A counter that is written as JavaScript writes numbers, and is small enough to be stored without an object. */
const PLAIN_COUNT = /^[1-9]\d{0,8}$/;
