/** Devices that stay where they were heard of first: the address is kept over restarts. */
import type { Journal } from '../journal/journal.js';
import { del, put } from '../journal/store.js';
import { displayAddress } from '../net/addresses.js';

/** Journal keys: `pin/` and the id of the device. */
const PIN = 'pin/';

export class Pins {
  readonly #addresses = new Map<string, string>();

  /** @param isPinned devices that are not are forgotten, so that switching it off and on again pins them anew */
  constructor(
    private readonly journal: Journal,
    private readonly isPinned: (device: string) => boolean,
  ) {}

  /** Reads what an earlier life left behind. May be called again where it failed. */
  async load(): Promise<void> {
    for await (const [key, address] of this.journal.entries(PIN)) {
      const device = key.slice(PIN.length);
      if (!this.isPinned(device)) this.journal.later([del(key)]);
      else if (!this.#addresses.has(device)) this.#addresses.set(device, String(address));
    }
  }

  /** Pins a device that was heard of, if it is to be and is not yet. */
  heard(device: string, address: string): void {
    if (!this.isPinned(device) || this.#addresses.has(device)) return;
    const shown = displayAddress(address);
    this.#addresses.set(device, shown);
    this.journal.later([put(PIN + device, shown)]);
  }

  allows(device: string, address: string): boolean {
    const pinned = this.#addresses.get(device);
    return pinned === undefined || pinned === displayAddress(address);
  }
}
