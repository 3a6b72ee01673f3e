/** Where lines were heard of last: kept across restarts, so that a flood in the name of a line cannot keep the line out. */
import type { Journal } from '../journal/journal.js';
import { del, put } from '../journal/store.js';
import type { Address } from '../net/address.js';

/** Journal keys: `home/` and the id of the device. One for each device of the list. */
const HOME = 'home/';

export class Homes {
  readonly #homes = new Map<string, Address>();

  /** @param isDevice whether a device is in the list; what is kept of others is removed */
  constructor(
    private readonly journal: Journal,
    private readonly isDevice: (id: string) => boolean,
  ) {}

  /** Reads what the previous run has kept. May be called again if it failed. */
  async load(): Promise<void> {
    for await (const [key, value] of this.journal.entries(HOME)) {
      const device = key.slice(HOME.length);
      if (!this.isDevice(device)) this.journal.later([del(key)]);
      else if (!this.#homes.has(device)) this.#homes.set(device, value as Address);
    }
  }

  /** A device was heard of there, with its password. */
  heard(device: string, { address, port }: Address): void {
    if (this.isHome(device, { address, port })) return;
    const home = { address, port };
    this.#homes.set(device, home);
    this.journal.later([put(HOME + device, home)]);
  }

  isHome(device: string, { address, port }: Address): boolean {
    const home = this.#homes.get(device);
    return home?.address === address && home.port === port;
  }
}
