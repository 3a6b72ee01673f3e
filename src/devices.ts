/** The authentication list: which ids may talk, with which password. */
import { hash, timingSafeEqual } from 'node:crypto';
import { readDevices, type DeviceDefaults } from './config/device-rows.js';
import { ProblemList } from './config/problems.js';
import type { AllowList } from './gate/addresses.js';
import type { LineLimits } from './lines/limits.js';

export interface Device {
  readonly id: string;
  /** Its place in the list. */
  readonly index: number;
  readonly name: string;
  /** Sent in PASSWORD; never shown. Undefined where neither it nor the list has one: such a device is always refused. */
  readonly password: string | undefined;
  /** Where it may talk from; undefined for everywhere. */
  readonly allow: AllowList | undefined;
  /** It has to stay at the address of its first keepalive. */
  readonly isPinned: boolean;
  readonly group: string | undefined;
  readonly limits: LineLimits;
}

export class DeviceList {
  readonly #entries = new Map<string, { readonly device: Device; readonly secret: Buffer }>();
  readonly #passwords = new Set<string>();
  /** Those that are switched off: refused like strangers, but known by name. */
  readonly #disabled = new Map<string, Device>();
  /** Rows that cannot be used, by the ids and groups that they name. */
  readonly #leftOut: Pick<Device, 'id' | 'group'>[];

  /** Rows that are wrong are left out. @param problems takes what is wrong with them */
  constructor(rows: unknown, defaults: DeviceDefaults = {}, problems = new ProblemList([])) {
    const { devices, leftOut } = readDevices(rows, defaults, problems);
    this.#leftOut = leftOut;
    const secrets = Buffer.alloc(SECRET_BYTES * devices.length);
    for (const { isDisabled, ...read } of devices) {
      const device: Device = { ...read, index: this.#entries.size };
      const { id, password } = device;
      if (password !== undefined) this.#passwords.add(password);
      if (isDisabled) {
        this.#disabled.set(id, device);
        continue;
      }
      const start = SECRET_BYTES * this.#entries.size;
      const secret = secrets.subarray(start, start + SECRET_BYTES);
      this.#entries.set(id, { device, secret: password === undefined ? NOBODY : secret });
      if (password !== undefined) writeSecret(password, secret);
    }
  }

  /** The device, if `id` and `password` are right and it is not switched off. Takes the same time whichever of them is wrong. */
  authenticate(id: string, password: string): Device | undefined {
    const entry = this.#entries.get(id);
    writeSecret(password, GIVEN);
    const equal = timingSafeEqual(GIVEN, entry?.secret ?? NOBODY);
    return equal ? entry?.device : undefined;
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
    return this.#entries.get(id)?.device;
  }

  /** Is it in the list, be it switched off? */
  has(id: string): boolean {
    return this.#entries.has(id) || this.#disabled.has(id);
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
    for (const { device } of this.#entries.values()) yield device;
  }
}

/** Passwords are compared in as many bytes, whatever their length. */
const SECRET_BYTES = 64;

/** No password is written like this: it would have to begin with its length, or with what says that it is a digest. */
const NOBODY = Buffer.alloc(SECRET_BYTES, 0xff);
const GIVEN = Buffer.alloc(SECRET_BYTES);

/** Its length and its bytes; of a long one the digest. A digest of every password would cost ten times as much. */
function writeSecret(password: string, to: Buffer): void {
  to.fill(0);
  if (Buffer.byteLength(password) < SECRET_BYTES) to[0] = to.write(password, 1);
  else {
    to[0] = DIGEST;
    hash('sha256', password, 'buffer').copy(to, 1);
  }
}
const DIGEST = 0xfe;
