/** The authentication list: which ids may talk, with which password. */
import { hash, timingSafeEqual } from 'node:crypto';
import { GoipError } from './errors.js';
import { AllowList, problemOfAllow } from './gate/addresses.js';
import { limitsFrom, problemOfLimits, type LimitOptions } from './lines/limit-settings.js';
import type { LineLimits } from './lines/limits.js';
import type { DeviceOptions } from './settings.js';

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

/** What holds for devices that say nothing else. */
export interface DeviceDefaults {
  readonly password?: string | undefined;
  readonly pinAddress?: boolean | undefined;
  readonly limits?: LimitOptions | undefined;
}

export class DeviceList {
  readonly #entries = new Map<string, { readonly device: Device; readonly secret: Buffer }>();
  readonly #passwords = new Set<string>();
  /** Those that are switched off: refused like strangers, but known by name. */
  readonly #disabled = new Map<string, Device>();

  /** @throws GoipError `GOIP_BAD_SETTING` on ids and passwords that the protocol cannot carry, and on doubled ids. */
  constructor(devices: readonly DeviceOptions[], { password, pinAddress = false, limits }: DeviceDefaults = {}) {
    const commonLimits = limitsFrom(limits ?? {});
    const secrets = Buffer.alloc(SECRET_BYTES * devices.length);
    for (const options of devices) {
      const { id, name } = options;
      const effective = given(options.password) ?? given(password);
      const problem =
        problemOfDevice(id, effective, options.allow) ??
        (options.limits && problemOfLimits(options.limits, limits)) ??
        (this.has(id) ? 'its id is there twice' : undefined);
      if (problem !== undefined) throw new GoipError('GOIP_BAD_SETTING', `device ${JSON.stringify(id)}: ${problem}`);
      const allow = AllowList.from(options.allow);
      const device: Device = {
        id,
        index: this.#entries.size,
        name: given(name) ?? id,
        password: effective,
        allow,
        isPinned: options.pinAddress ?? pinAddress,
        group: given(options.group),
        limits: options.limits ? limitsFrom(options.limits, limits) : commonLimits,
      };
      if (effective !== undefined) this.#passwords.add(effective);
      if (options.disabled) {
        this.#disabled.set(id, device);
        continue;
      }
      const start = SECRET_BYTES * this.#entries.size;
      const secret = secrets.subarray(start, start + SECRET_BYTES);
      this.#entries.set(id, { device, secret: effective === undefined ? NOBODY : secret });
      if (effective !== undefined) writeSecret(effective, secret);
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

  get disabled(): Iterable<Device> {
    return this.#disabled.values();
  }

  /** Those that are not switched off. */
  *[Symbol.iterator](): IterableIterator<Device> {
    for (const { device } of this.#entries.values()) yield device;
  }
}

/** What is wrong with a device's id, its password or its allow list, or undefined. Never says the password. */
export function problemOfDevice(
  id: string,
  password: string | undefined,
  allow?: readonly string[],
): string | undefined {
  if (id === '') return 'its id is empty';
  if (!isCarriable(id)) return 'its id holds ; or a control character';
  return isCarriable(password ?? '') ? problemOfAllow(allow) : 'its password holds ; or a control character';
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

/** `;` ends a value and a newline a message: neither can be part of an id or a password. */
function isCarriable(text: string): boolean {
  // eslint-disable-next-line no-control-regex -- control characters are what it looks for
  return !/[;\u0000-\u001f\u007f]/.test(text);
}

function given(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
