/** A real journal whose power fails: what was not flushed is lost from anywhere on, in the middle of a batch as well. */
import { readdir, stat, truncate } from 'node:fs/promises';
import path from 'node:path';
import { LevelStore } from '../../src/journal/level-store.js';
import type { OpenStore } from '../../src/journal/store.js';

export class TornLog {
  #life = 0;
  #store: LevelStore | undefined;
  /** The file that is written to, and how much of it was flushed. */
  #log: { readonly file: string; readonly flushed: number } | undefined;

  /** @param random 0 … 1 */
  constructor(
    private readonly directory: string,
    private readonly random: () => number,
  ) {}

  /** Opens it for somebody who dies with the next {@link cut}. */
  mortal(): OpenStore {
    const life = this.#life;
    const check = (): void => {
      if (life !== this.#life) throw new Error('no power');
    };
    return async () => {
      check();
      const store = await LevelStore.open(this.directory);
      this.#store = store;
      await this.#noteFlushed(life);
      return {
        write: async (changes) => {
          check();
          await store.write(changes);
          await this.#noteFlushed(life);
          check();
        },
        get: (key) => store.get(key),
        entries: (prefix) => store.entries(prefix),
        close: () => store.close(),
      };
    };
  }

  /** The next life finds the log cut off anywhere behind what was flushed. */
  async cut(): Promise<void> {
    const log = this.#log;
    this.#life += 1;
    // Gives up the lock, and writes nothing.
    await this.#store?.close();
    if (!log) return;
    const file = path.join(this.directory, log.file);
    const { size } = await stat(file);
    await truncate(file, log.flushed + Math.floor(this.random() * (size - log.flushed + 1)));
  }

  /** One write at a time: whatever is in the log when one is done was flushed with it. */
  async #noteFlushed(life: number): Promise<void> {
    const file = (await readdir(this.directory))
      .filter((name) => name.endsWith('.log'))
      .sort()
      .at(-1);
    if (file === undefined) throw new Error('a journal without a log');
    const { size } = await stat(path.join(this.directory, file));
    if (life === this.#life) this.#log = { file, flushed: size };
  }
}
