import type { Clock } from '../time/clock.js';
import { GoipError, safeMessageOf } from '../errors.js';
import type { Journal } from '../journal/journal.js';
import { JOURNAL_RETRY } from '../parameters.js';

interface StartupPorts {
  readonly journal: Journal;
  readonly clock: Clock;
  /** Reads what is needed to take SMS. */
  loadInbox(): Promise<void>;
  /** Reads the jobs, which may be a hundred thousand. */
  loadJobs(): Promise<void>;
  /** All is read. */
  loaded(): void;
  /** The jobs cannot be read; they are tried again. */
  failing(error: Error): void;
}

/** Opens the journal and reads it in two stages, so that devices do not wait for the jobs. */
export class Startup {
  #opening: Promise<void> | undefined;
  #loading: Promise<void> | undefined;
  #failure: Error | undefined;
  #isLoading = false;
  #cancelRetry: (() => void) | undefined;
  #closed = false;
  #resolveLoaded: () => void = () => undefined;
  /** Resolves when both stages are done, however long that takes. */
  readonly loaded = new Promise<void>((resolve) => (this.#resolveLoaded = resolve));

  constructor(private readonly ports: StartupPorts) {}

  /** Why the journal cannot be read; undefined if it can. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  get isLoading(): boolean {
    return this.#isLoading;
  }

  /** First stage: SMS can be taken. Rejects with `GOIP_STORAGE`; it may be called again then. */
  open(): Promise<void> {
    this.#opening ??= this.#attempt(async () => {
      await this.ports.journal.open();
      await this.#read(() => this.ports.loadInbox());
    }).catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  /** Both stages: jobs can be accepted. Rejects with `GOIP_STORAGE`; the jobs are read again until that works. */
  load(): Promise<void> {
    this.#loading ??= this.#loadAll().catch((error: unknown) => {
      this.#loading = undefined;
      throw error;
    });
    return this.#loading;
  }

  /** Reads no more. Resolves when nothing is being read. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelRetry?.();
    await Promise.allSettled([this.#opening, this.#loading]);
  }

  async #loadAll(): Promise<void> {
    await this.open();
    try {
      await this.#attempt(() => this.#read(() => this.ports.loadJobs()));
    } catch (error) {
      if (!this.#closed) this.#retry(error as Error);
      throw error;
    }
    this.ports.loaded();
    this.#resolveLoaded();
  }

  #retry(error: Error): void {
    this.ports.failing(error);
    this.#cancelRetry?.();
    this.#cancelRetry = this.ports.clock.after(JOURNAL_RETRY * 1000, () => void this.load().catch(() => undefined));
  }

  /** Goes on with what can be read if the journal is damaged. */
  async #read(read: () => Promise<void>): Promise<void> {
    try {
      await read();
    } catch (error) {
      if (!this.ports.journal.isUnreadable) throw error;
      await this.ports.journal.open();
      await read();
    }
  }

  async #attempt(task: () => Promise<void>): Promise<void> {
    this.#isLoading = true;
    try {
      await task();
      this.#failure = undefined;
    } catch (error) {
      this.#failure = error as Error;
      throw error instanceof GoipError ? error : new GoipError('GOIP_STORAGE', safeMessageOf(error));
    } finally {
      this.#isLoading = false;
    }
  }
}
