/** Decides who is let in: by address, by id and password, and by how often it failed before. */
import type { WallTime } from '../time/clock.js';
import type { Device, DeviceList } from '../lines/devices.js';
import type { Journal } from '../journal/journal.js';
import type { Address } from '../net/address.js';
import type { AllowList } from '../net/addresses.js';
import { Homes } from './homes.js';
import { Pins } from './pins.js';
import { Rejections, type Rejection, type RejectionReason } from './rejections.js';
import { Strangers } from './strangers.js';

export interface GateOptions {
  readonly devices: DeviceList;
  /** Where datagrams may come from at all; undefined for everywhere. */
  readonly allow: AllowList | undefined;
  readonly journal: Journal;
  readonly wall?: WallTime;
  /** Where a line is; one that is heard from there need not pause for what others do in its name. */
  addressOf(device: string): Address | undefined;
  /** Hears of who was refused, now and then. */
  rejected(rejection: Rejection, now: number): void;
}

export class Gate {
  readonly #options: GateOptions;
  readonly #pins: Pins;
  readonly #homes: Homes;
  readonly #strangers = new Strangers();
  readonly #rejections: Rejections;

  constructor(options: GateOptions) {
    const { devices, journal, wall } = options;
    this.#options = options;
    this.#pins = new Pins(journal, (id) => devices.isPinned(id));
    this.#homes = new Homes(journal, (id) => devices.has(id));
    // The id of a device is no secret, though it be a password, too.
    this.#rejections = new Rejections((text) => devices.isPassword(text) && !devices.has(text), wall);
  }

  async load(): Promise<void> {
    await this.#pins.load();
    await this.#homes.load();
  }

  /** May anything come from there? Asked before a datagram is read. */
  admits(from: Address, now: number): boolean {
    const { allow } = this.#options;
    if (allow === undefined || allow.has(from.address)) return true;
    this.reject('', from, 'address not allowed', now);
    return false;
  }

  /** The device that gives its right password from where it may. Whoever is refused does not learn what was wrong. */
  authenticate(id: string, password: string, from: Address, now: number): Device | undefined {
    const device = this.#options.devices.authenticate(id, password);
    const reason = this.#problemOf(id, device, from, now);
    if (reason === undefined) return device;
    // A device that was mended meanwhile does not make its pause longer by what it sends.
    if (!device) this.#strangers.failed(from.address, this.#knownId(id), now);
    // Id and password are swapped where the one is unknown and the other is an id of ours.
    const { devices } = this.#options;
    const isSwapped = !devices.has(id) && devices.has(password);
    this.reject(isSwapped ? '' : id, from, reason, now);
    return undefined;
  }

  /** A device was heard of at an address: from now on it has to stay there, if it is pinned. */
  heard(device: Device, from: Address): void {
    if (device.isPinned) this.#pins.heard(device.id, from.address);
    const home = this.#options.addressOf(device.id);
    if (home) this.#homes.heard(device.id, home);
  }

  /**
   * May whoever was refused be told so? Not often, and never in more bytes than it has sent. Whatever the id was, known or
   * not, in a pause or not: or its answers would tell which ids there are.
   */
  mayAnswer(from: Address, asked: number, answer: number, now: number): boolean {
    return answer <= asked && this.#strangers.mayAnswer(from.address, now);
  }

  /** A reply came with ids that were not used. A row of them is reported: somebody may try to forge a result. */
  guessed(from: Address, now: number): void {
    if (this.#strangers.guessed(from.address, now)) this.reject('', from, 'unexpected replies', now);
  }

  reject(id: string, from: Address, reason: RejectionReason, now: number): void {
    const news = this.#rejections.add(id, from, reason, now);
    if (news) this.#options.rejected(news, now);
  }

  /** Who was refused lately; those seen last come first. */
  get rejections(): Rejection[] {
    return this.#rejections.list();
  }

  #problemOf(id: string, device: Device | undefined, from: Address, now: number): RejectionReason | undefined {
    const known = device?.id ?? this.#knownId(id);
    if (this.#strangers.isPaused(from.address, known, now) && !this.#isAtHome(id, from)) return 'paused';
    if (this.#options.devices.isDisabled(id)) return 'disabled';
    if (!device) return known === undefined ? 'unknown id' : 'wrong password';
    if (device.allow?.has(from.address) === false) return 'address not allowed';
    return device.isPinned && !this.#pins.allows(id, from.address) ? 'address changed' : undefined;
  }

  #knownId(id: string): string | undefined {
    return this.#options.devices.get(id)?.id;
  }

  #isAtHome(id: string, from: Address): boolean {
    const home = this.#options.addressOf(id);
    // After a start of Node-RED the line is where it was before.
    return home ? home.address === from.address && home.port === from.port : this.#homes.isHome(id, from);
  }
}
