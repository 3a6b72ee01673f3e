/** One value for each device of the list, kept across restarts. */
import type { Journal } from '../journal/journal.js';
import { del, put } from '../journal/store.js';

export class KeptByDevice<V> {
  readonly #values = new Map<string, V>();

  /**
   * @param prefix begins the keys of the journal; the id of the device follows
   * @param isKept whether the device has a value; saved values of others are removed
   */
  constructor(
    private readonly journal: Journal,
    private readonly prefix: string,
    private readonly isKept: (device: string) => boolean,
  ) {}

  /** Reads what the previous run has saved. May be called again if it failed. */
  async load(): Promise<void> {
    for await (const [key, value] of this.journal.entries(this.prefix)) {
      const device = key.slice(this.prefix.length);
      if (!this.isKept(device)) this.journal.later([del(key)]);
      // The journal checks what it reads. A value of this run is newer.
      else if (!this.#values.has(device)) this.#values.set(device, value as V);
    }
  }

  get(device: string): V | undefined {
    return this.#values.get(device);
  }

  set(device: string, value: V): void {
    this.#values.set(device, value);
    this.journal.later([put(this.prefix + device, value)]);
  }
}
