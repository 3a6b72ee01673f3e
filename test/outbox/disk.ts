/** A disk for journals that survives their crashes, and can be told to misbehave. */
import type { Change, OpenStore, Store } from '../../src/journal/store.js';

/**
 * How a write ends: made; not made; made although it was reported as failed, which shows when the store is opened again.
 */
export type WriteOutcome = 'made' | 'failed' | 'made, and reported as failed';

export class Disk {
  readonly #entries = new Map<string, string>();
  /** Decides on each write. */
  outcome: (changes: readonly Change[]) => WriteOutcome = () => 'made';
  /** Is called when a write begins, and when it is on the disk and nobody knows yet: a place to lose power. */
  onStep: (what: string) => void = () => undefined;
  /** Holds a write back. */
  delay: () => Promise<unknown> | undefined = () => undefined;
  isBroken = false;

  /** @param hasPower is there still somebody who can write? */
  /** Keys of the records that were read one by one. */
  readonly reads: string[] = [];

  storeFor(hasPower: () => boolean): OpenStore {
    return () => {
      if (!hasPower()) return new Promise(() => undefined);
      return this.isBroken ? Promise.reject(full()) : Promise.resolve(this.#store(hasPower));
    };
  }

  /** Keys, and what is in them. */
  get content(): Readonly<Record<string, unknown>> {
    return this.#contentUnder('');
  }

  keys(prefix: string): string[] {
    return [...this.#entries.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  #contentUnder(prefix: string): Record<string, unknown> {
    const entries = [...this.#entries].filter(([key]) => key.startsWith(prefix)).sort();
    return Object.fromEntries(entries.map(([key, value]) => [key, JSON.parse(value) as unknown]));
  }

  #store(hasPower: () => boolean): Store {
    const nothing = new Promise<never>(() => undefined);
    return {
      write: async (changes) => {
        if (!hasPower()) return nothing;
        this.onStep(`before the write of ${changes.map(({ key }) => key).join(', ')}`);
        await this.delay();
        if (!hasPower()) return nothing;
        const outcome = this.isBroken ? 'failed' : this.outcome(changes);
        // All or nothing: what a torn batch leaves behind is dropped when the store is opened.
        if (outcome !== 'failed') this.#make(changes);
        this.onStep(`after the write of ${changes.map(({ key }) => key).join(', ')}`);
        if (!hasPower()) return nothing;
        if (outcome !== 'made') throw full();
      },
      get: (key) => {
        this.reads.push(key);
        const value = this.#entries.get(key);
        return value === undefined ? undefined : (JSON.parse(value) as unknown);
      },
      entries: (prefix) => {
        const entries = Object.entries(this.#contentUnder(prefix));
        return (async function* () {
          await Promise.resolve();
          yield* entries;
        })();
      },
      close: () => Promise.resolve(),
    };
  }

  #make(changes: readonly Change[]): void {
    for (const change of changes) {
      if (change.type === 'put') this.#entries.set(change.key, JSON.stringify(change.value));
      else this.#entries.delete(change.key);
    }
  }
}

const full = (): Error => new Error('ENOSPC: no space left on device');
