/** The authentication list: which ids may talk, with which password. */
import { hash, timingSafeEqual } from 'node:crypto';
import { GoipError } from './errors.js';
import type { DeviceOptions } from './settings.js';

export interface Device {
  readonly id: string;
  readonly name: string;
  /** Sent in PASSWORD; never shown. Undefined where neither it nor the list has one: such a device is always refused. */
  readonly password: string | undefined;
}

export class DeviceList {
  readonly #entries = new Map<string, { readonly device: Device; readonly digest: Buffer }>();

  /** @throws GoipError `GOIP_BAD_SETTING` on ids and passwords that the protocol cannot carry, and on doubled ids. */
  constructor(devices: readonly DeviceOptions[], commonPassword: string | undefined) {
    for (const options of devices) {
      const { id, name } = options;
      const effective = given(options.password) ?? given(commonPassword);
      const problem = problemOfDevice(id, effective) ?? (this.#entries.has(id) ? 'its id is there twice' : undefined);
      if (problem !== undefined) throw new GoipError('GOIP_BAD_SETTING', `device ${JSON.stringify(id)}: ${problem}`);
      const device: Device = { id, name: given(name) ?? id, password: effective };
      this.#entries.set(id, { device, digest: effective === undefined ? NOBODY : digestOf(effective) });
    }
  }

  /** The device, if `id` and `password` are right. Takes the same time whichever of them is wrong. */
  authenticate(id: string, password: string): Device | undefined {
    const entry = this.#entries.get(id);
    const equal = timingSafeEqual(digestOf(password), entry?.digest ?? NOBODY);
    return equal ? entry?.device : undefined;
  }

  get(id: string): Device | undefined {
    return this.#entries.get(id)?.device;
  }

  *[Symbol.iterator](): IterableIterator<Device> {
    for (const { device } of this.#entries.values()) yield device;
  }
}

/** What is wrong with a device's id or password, or undefined. Never says the password. */
export function problemOfDevice(id: string, password: string | undefined): string | undefined {
  if (id === '') return 'its id is empty';
  if (!isCarriable(id)) return 'its id holds ; or a control character';
  return isCarriable(password ?? '') ? undefined : 'its password holds ; or a control character';
}

/** No password has this digest. */
const NOBODY = Buffer.alloc(32);

function digestOf(password: string): Buffer {
  return hash('sha256', password, 'buffer');
}

/** `;` ends a value and a newline a message: neither can be part of an id or a password. */
function isCarriable(text: string): boolean {
  // eslint-disable-next-line no-control-regex -- control characters are what it looks for
  return !/[;\u0000-\u001f\u007f]/.test(text);
}

function given(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
