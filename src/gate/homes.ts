/** The last addresses of lines, kept across restarts: so a flood in the name of a line cannot keep the line out. */
import type { Journal } from '../journal/journal.js';
import type { Address } from '../net/address.js';
import { KeptByDevice } from './kept-by-device.js';

/** Journal keys: `home/` and the id of the device. One for each device of the list. */
const HOME = 'home/';

export class Homes {
  readonly #homes: KeptByDevice<Address>;

  /** @param isDevice whether a device is in the list */
  constructor(journal: Journal, isDevice: (id: string) => boolean) {
    this.#homes = new KeptByDevice(journal, HOME, isDevice);
  }

  load(): Promise<void> {
    return this.#homes.load();
  }

  /** Notes where a device with the right password has sent from. */
  heard(device: string, { address, port }: Address): void {
    if (!this.isHome(device, { address, port })) this.#homes.set(device, { address, port });
  }

  isHome(device: string, { address, port }: Address): boolean {
    const home = this.#homes.get(device);
    return home?.address === address && home.port === port;
  }
}
