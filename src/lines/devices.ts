/** The authentication list: which ids may talk, with which password. */
import { hash, timingSafeEqual } from 'node:crypto';
import { readDevices, type DeviceDefaults } from './device-rows.js';
import { ProblemList } from '../reading/problems.js';
import type { AllowList } from '../net/addresses.js';
import type { LineLimits } from './limits.js';
import { Secrets } from '../secrets.js';

export interface Device {
  readonly id: string;
  /** Its place in the list. */
  readonly index: number;
  /** Hidden if it is a password. */
  readonly name: string;
  /** Sent in PASSWORD; never shown. Undefined where neither it nor the list has one: such a device is always refused. */
  readonly password: string | undefined;
  /** Where it may talk from; undefined for everywhere. */
  readonly allow: AllowList | undefined;
  /** It has to stay at the address of its first keepalive. */
  readonly isPinned: boolean;
  readonly group: string | undefined;
  /** The group, hidden if it is a password. */
  readonly shownGroup: string | null;
  readonly limits: LineLimits;
}

export class DeviceList {
  readonly #devices = new Map<string, Device>();
  /** The passwords, by the index of the device, and at the end that of nobody. One buffer: thousands cost tens of milliseconds. */
  readonly #digests: Buffer;
  readonly #passwords = new Set<string>();
  /** Those that are switched off: refused like strangers, but known by name. */
  readonly #disabled = new Map<string, Device>();
  /** Rows that cannot be used, by the ids and groups that they name. */
  readonly #leftOut: Pick<Device, 'id' | 'group'>[];

  /** Rows that are wrong are left out. @param problems takes what is wrong with them */
  constructor(rows: unknown, defaults: DeviceDefaults = {}, problems = new ProblemList(), secrets = new Secrets()) {
    const { devices, leftOut } = readDevices(rows, defaults, problems);
    this.#leftOut = leftOut;
    this.#digests = Buffer.alloc(DIGEST_BYTES * (devices.length + 1), NOBODY);
    for (const { isDisabled, ...read } of devices) {
      const device: Device = { ...read, ...shownOf(read, secrets), index: this.#devices.size };
      const { id, index, password } = device;
      if (password !== undefined) this.#passwords.add(password);
      if (isDisabled) {
        this.#disabled.set(id, device);
        continue;
      }
      this.#devices.set(id, device);
      if (password !== undefined) writeDigest(password, this.#digests, DIGEST_BYTES * index);
    }
  }

  /** The device, if `id` and `password` are right and it is not switched off. Takes the same time whichever of them is wrong. */
  authenticate(id: string, password: string): Device | undefined {
    const device = this.#devices.get(id);
    const start = device ? DIGEST_BYTES * device.index : this.#digests.length - DIGEST_BYTES;
    this.#digests.copy(EXPECTED, 0, start, start + DIGEST_BYTES);
    writeDigest(password, GIVEN, 0);
    return timingSafeEqual(GIVEN, EXPECTED) ? device : undefined;
  }

  /** Is this the password of a device? */
  isPassword(text: string): boolean {
    return this.#passwords.has(text);
  }

  /** To be hidden wherever they might be shown. */
  get passwords(): Iterable<string> {
    return this.#passwords;
  }

  get(id: string): Device | undefined {
    return this.#devices.get(id);
  }

  /** Is it in the list, be it switched off? */
  has(id: string): boolean {
    return this.#devices.has(id) || this.#disabled.has(id);
  }

  isDisabled(id: string): boolean {
    return this.#disabled.has(id);
  }

  /** Has it to stay at its address? That of a device that is switched off is not forgotten meanwhile. */
  isPinned(id: string): boolean {
    return (this.get(id) ?? this.#disabled.get(id))?.isPinned ?? false;
  }

  /** Devices that are in the list and have no line, and why, in words that follow their name. */
  get unusable(): readonly (Pick<Device, 'id' | 'group'> & { readonly why: string })[] {
    const off = Array.from(this.#disabled.values(), ({ id, group }) => ({ id, group, why: 'is switched off' }));
    return [...off, ...this.#leftOut.map((names) => ({ ...names, why: 'was left out of the list, the log says why' }))];
  }

  /** Those that are not switched off. */
  *[Symbol.iterator](): IterableIterator<Device> {
    yield* this.#devices.values();
  }
}

/** An id is shown whatever it is: flows choose devices by it. */
function shownOf(
  { id, name, group }: Pick<Device, 'id' | 'name' | 'group'>,
  secrets: Secrets,
): Pick<Device, 'name' | 'shownGroup'> {
  return {
    name: name === id ? id : secrets.shown(name),
    shownGroup: group === undefined ? null : secrets.shown(group),
  };
}

/** Passwords are compared in as many bytes, whatever their length. */
const DIGEST_BYTES = 64;

/** Every byte of what no password is written as: it would have to begin with its length, or with what says that it is hashed. */
const NOBODY = 0xff;
const HASHED = 0xfe;

const GIVEN = Buffer.alloc(DIGEST_BYTES);
const EXPECTED = Buffer.alloc(DIGEST_BYTES);

/** Its length and its bytes; of a long one the hash. A hash of every password would cost ten times as much. */
function writeDigest(password: string, to: Buffer, start: number): void {
  to.fill(0, start, start + DIGEST_BYTES);
  if (Buffer.byteLength(password) < DIGEST_BYTES) to[start] = to.write(password, start + 1);
  else {
    to[start] = HASHED;
    hash('sha256', password, 'buffer').copy(to, start + 1);
  }
}
