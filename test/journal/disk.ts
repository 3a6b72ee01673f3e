/** Disks for tests: what is written survives only when it was flushed, and flushing can be watched, held back and made to fail. */
import { EventEmitter, once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { MemoryStore } from '../../src/journal/memory-store.js';
import { StoreCorruptError, type Change, type OpenStore, type Store } from '../../src/journal/store.js';

/** A disk behind the store interface. Each `open` is a new handle on the same entries. */
export class Disk extends EventEmitter<{ flush: []; written: [] }> {
  /** What survives a power loss. */
  readonly durable = new MemoryStore();
  /** Batches that were written, in order; also those that failed. */
  readonly batches: (readonly Change[])[] = [];
  opened = 0;
  closed = 0;
  /** As long as it is set, every write fails with it. */
  failure: Error | undefined;
  /** As long as it is set, the store cannot be opened. */
  openFailure: Error | undefined;
  /** Failing writes reach the disk all the same. */
  leavesTraces = false;
  /** Does what is being written when the power fails get to the disk? */
  luck: () => boolean = () => false;
  /** Keys whose entries cannot be read. */
  readonly damaged = new Set<string>();
  /** The orders to replace a damaged store. */
  readonly replacements: Error[] = [];

  #heldBack = false;
  #life = 0;
  readonly #inFlight = new Set<readonly Change[]>();

  readonly open: OpenStore = async (unreadable) => {
    await turn();
    if (this.openFailure) throw this.openFailure;
    if (unreadable) this.replacements.push(unreadable);
    this.opened += 1;
    return this.#handle(this.#life);
  };

  /** Opens it for somebody who dies with the next power failure. */
  mortal(): OpenStore {
    const life = this.#life;
    return (unreadable) => (life === this.#life ? this.open(unreadable) : Promise.reject(new Error('no power')));
  }

  /** Stores that are open. */
  get handles(): number {
    return this.opened - this.closed;
  }

  /** From now on nothing is flushed until {@link release}. */
  holdBack(): void {
    this.#heldBack = true;
  }

  release(): void {
    this.#heldBack = false;
    this.emit('flush');
  }

  /** Resolves when a write waits to be flushed. */
  async whenWriting(): Promise<void> {
    while (this.#inFlight.size === 0) await turn();
  }

  /**
   * The power fails: what is being written is on the disk as a whole or not at all, and nobody is told. Handles of before
   * are of no more use.
   */
  async cut(isWritten = this.luck): Promise<void> {
    this.#life += 1;
    for (const batch of this.#inFlight) if (isWritten()) await this.durable.write(batch);
    this.#inFlight.clear();
    this.release();
  }

  /** The keys that are on the disk. */
  async keys(prefix = ''): Promise<string[]> {
    const keys: string[] = [];
    for await (const [key] of this.durable.entries(prefix)) keys.push(key);
    return keys;
  }

  #handle(life: number): Store {
    let isOpen = true;
    const check = (): void => {
      if (!isOpen) throw new Error('used after it was closed');
      if (life !== this.#life) throw new Error('no power');
    };
    const checkEntry = (key: string): void => {
      if (this.damaged.has(key)) throw new StoreCorruptError(`${key} is damaged`);
    };
    return {
      write: async (changes) => {
        check();
        this.batches.push(changes);
        this.#inFlight.add(changes);
        try {
          await turn();
          while (this.#heldBack && life === this.#life) await once(this, 'flush');
          check();
          if (!this.failure || this.leavesTraces) await this.durable.write(changes);
          if (this.failure) throw this.failure;
          this.emit('written');
        } finally {
          this.#inFlight.delete(changes);
        }
      },
      get: (key) => {
        check();
        checkEntry(key);
        return this.durable.get(key);
      },
      entries: (prefix) => {
        check();
        const entries = this.durable.entries(prefix);
        return (async function* () {
          for await (const entry of entries) {
            checkEntry(entry[0]);
            yield entry;
          }
        })();
      },
      close: () => {
        if (isOpen) this.closed += 1;
        isOpen = false;
        return Promise.resolve();
      },
    };
  }
}

/** Lets everything happen that needs no time. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 20; round += 1) await turn();
}
