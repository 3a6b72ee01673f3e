/** A store that forgets everything at the end of the process. */
import { setImmediate as turnOfEventLoop } from 'node:timers/promises';
import type { JournalDamage } from './damage.js';
import { DAMAGE, type Change, type Store } from './store.js';

export class MemoryStore implements Store {
  readonly #entries = new Map<string, unknown>();

  /** Damage of a journal on disk whose entries were moved here. */
  get damage(): JournalDamage | undefined {
    return this.#entries.get(DAMAGE) as JournalDamage | undefined;
  }

  write(changes: readonly Change[]): Promise<void> {
    this.writeAtOnce(changes);
    return Promise.resolve();
  }

  writeAtOnce(changes: readonly Change[]): void {
    for (const change of changes) {
      if (change.type === 'put') this.#entries.set(change.key, change.value);
      else this.#entries.delete(change.key);
    }
  }

  get(key: string): unknown {
    return this.#entries.get(key);
  }

  entries(prefix: string): AsyncIterable<readonly [string, unknown]> {
    const keys = [...this.#entries.keys()].filter((key) => key.startsWith(prefix)).sort(byBytes);
    const entries = keys.map((key) => [key, this.#entries.get(key)] as const);
    return {
      [Symbol.asyncIterator]() {
        const iterator = entries[Symbol.iterator]();
        return { next: () => Promise.resolve(iterator.next()) };
      },
    };
  }

  async *entriesInAnyOrder(prefix: string): AsyncIterable<readonly [string, unknown]> {
    let seen = 0;
    for (const entry of this.#entries) {
      seen += 1;
      // A long walk lets everything else go on.
      if (seen % 1000 === 0) await turnOfEventLoop();
      if (entry[0].startsWith(prefix)) yield entry;
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** UTF-16 has another order than UTF-8 where surrogates meet the characters behind them. */
const byBytes = (one: string, other: string): number => Buffer.compare(Buffer.from(one), Buffer.from(other));
