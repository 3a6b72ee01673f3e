/** A store that stops at a moment, as one does whose process is killed: no write begins any more, and none is reported. */
import type { Change, OpenStore, Store } from '../../src/journal/store.js';

export class Freezer {
  #isFrozen = false;
  #isThawed = false;
  #writing: Promise<unknown> = Promise.resolve();
  readonly #thaws: (() => void)[] = [];

  constructor(private readonly openStore: OpenStore) {}

  readonly open: OpenStore = async (unreadable) => {
    if (this.#isFrozen) throw new Error('killed');
    const store = await this.openStore(unreadable);
    const write = (changes: readonly Change[]): Promise<void> => this.#write(store, changes);
    return {
      write,
      get: (key) => store.get(key),
      entries: (prefix) => store.entries(prefix),
      close: () => store.close(),
    };
  };

  /** Resolves when the last write is on the disk. */
  async freeze(): Promise<void> {
    this.#isFrozen = true;
    await this.#writing;
  }

  /** Lets what waits fail, and what comes, so that the server can be closed. */
  thaw(): void {
    this.#isThawed = true;
    for (const thaw of this.#thaws.splice(0)) thaw();
  }

  async #write(store: Store, changes: readonly Change[]): Promise<void> {
    await this.#stopIfFrozen();
    const written = store.write(changes);
    this.#writing = written.catch(() => undefined);
    await written;
    // What is on the disk now is not reported any more.
    await this.#stopIfFrozen();
  }

  async #stopIfFrozen(): Promise<void> {
    if (!this.#isFrozen) return;
    if (!this.#isThawed) await new Promise<void>((resolve) => this.#thaws.push(resolve));
    throw new Error('killed');
  }
}
