/** Devices that must stay at their first address, which is kept across restarts. */
import type { Journal } from '../journal/journal.js';
import { displayAddress } from '../net/addresses.js';
import { KeptByDevice } from './kept-by-device.js';

/** Journal keys: `pin/` and the id of the device. */
const PIN = 'pin/';

export class Pins {
  readonly #addresses: KeptByDevice<string>;

  /** @param isPinned devices that are not pinned are forgotten: if pinning is switched on again, it begins again */
  constructor(
    journal: Journal,
    private readonly isPinned: (device: string) => boolean,
  ) {
    this.#addresses = new KeptByDevice(journal, PIN, isPinned);
  }

  load(): Promise<void> {
    return this.#addresses.load();
  }

  /** Pins a device to its first address, if it is to be pinned. */
  heard(device: string, address: string): void {
    if (this.isPinned(device) && this.#addresses.get(device) === undefined)
      this.#addresses.set(device, displayAddress(address));
  }

  allows(device: string, address: string): boolean {
    const pinned = this.#addresses.get(device);
    return pinned === undefined || pinned === displayAddress(address);
  }
}
