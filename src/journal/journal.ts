/**
 * What has to survive is written here before it is acted on. All that is committed in one turn of the event loop, or while
 * a write is under way, shares the next write: one flush for many datagrams.
 */
import { EventEmitter } from 'node:events';
import type { Clock } from '../time/clock.js';
import { GoipError } from '../errors.js';
import { JOURNAL_CHECK, JOURNAL_LAZY, JOURNAL_RETRY } from '../parameters.js';
import type { JournalDamage } from './damage.js';
import {
  DAMAGE,
  del,
  StoreCorruptError,
  StoreDisplacedError,
  type Change,
  type OpenStore,
  type Store,
} from './store.js';

interface Commit {
  readonly changes: readonly Change[];
  readonly isNew: boolean;
  readonly resolve: () => void;
  readonly reject: (error: GoipError) => void;
}

export class Journal extends EventEmitter<{
  /** A write failed: nothing can be made durable until `healed`. Told once. */
  failing: [Error];
  healed: [];
  /** The store that was opened is damaged; what can be read of it is there. */
  damaged: [JournalDamage];
  /** An entry does not fit, and is left alone. */
  setAside: [key: string, problem: string];
}> {
  #store: Store | undefined;
  #opening: Promise<Store> | undefined;
  #commits: Commit[] = [];
  /** Changes without hurry, and those that make up for failed writes, by key: they go first in the next write. */
  #lazy = new Map<string, Change>();
  #cancelTimer: (() => void) | undefined;
  #flushing: Promise<void> | undefined;
  #failure: Error | undefined;
  #unreadable: Error | undefined;
  #closed = false;
  #cancelCheck: (() => void) | undefined;
  #isCheckDue = false;
  #reportedProblems: string | undefined;
  /** Keys of entries that do not fit. */
  readonly #setAside = new Set<string>();
  #doubted: { readonly damage: JournalDamage | undefined; readonly keys: ReadonlySet<string> } = {
    damage: undefined,
    keys: new Set(),
  };
  #stamp: (() => Change) | undefined;

  /** @param problemOf says what is wrong with an entry; those that do not fit are not read */
  constructor(
    private readonly openStore: OpenStore,
    private readonly clock: Clock,
    private readonly problemOf: (key: string, value: unknown) => string | undefined = () => undefined,
  ) {
    super();
  }

  /** Opens the store; an {@link isUnreadable unreadable} one is replaced. Rejects with its error; then `open` can be called again. */
  async open(): Promise<void> {
    await this.#opened();
  }

  /** Adds an entry to each write: how far the time has got. */
  stampWith(stamp: () => Change): void {
    this.#stamp = stamp;
  }

  /** Why nothing can be made durable at the moment; undefined while all is well. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** What the open store has lost, until {@link settleDamage}; undefined if nothing. */
  get damage(): JournalDamage | undefined {
    return this.#store?.damage;
  }

  /** Whether an entry may be older than what has happened. */
  isDoubtful(key: string): boolean {
    const { damage } = this;
    if (damage !== this.#doubted.damage) this.#doubted = { damage, keys: new Set(damage?.doubtful) };
    return this.#doubted.keys.has(key);
  }

  /** What was lost is reported and dealt with: it need not be remembered for the next start. */
  settleDamage(): void {
    if (this.damage) this.later([del(DAMAGE)]);
  }

  /** The store turned out to be damaged: with the next write, or by {@link open}, a sound one takes its place. */
  get isUnreadable(): boolean {
    return this.#unreadable !== undefined;
  }

  /** @throws GoipError `GOIP_STORAGE` while the store is out of order */
  get(key: string): unknown {
    // A write that failed may have left something behind, until it is undone.
    if (!this.#store || this.#failure) throw storageError(this.#failure);
    try {
      const value = this.#store.get(key);
      return value === undefined || this.#fits(key, value) ? value : undefined;
    } catch (error) {
      throw this.#notRead(error as Error);
    }
  }

  /** Keys of entries that were left out because they do not fit, as far as they were read. Nobody may use them for others. */
  setAside(prefix: string): string[] {
    return [...this.#setAside].filter((key) => key.startsWith(prefix));
  }

  #fits(key: string, value: unknown): boolean {
    const problem = this.problemOf(key, value);
    if (problem === undefined) return true;
    if (!this.#setAside.has(key)) {
      this.#setAside.add(key);
      this.emit('setAside', key, problem);
    }
    return false;
  }

  /** All entries whose key begins with `prefix`, in the order of the keys. Throws as {@link get}. */
  entries(prefix: string): AsyncIterable<readonly [key: string, value: unknown]> {
    return this.#read((store) => store.entries(prefix));
  }

  /** As {@link entries}; what is written meanwhile may be among them or not. */
  entriesInAnyOrder(prefix: string): AsyncIterable<readonly [key: string, value: unknown]> {
    return this.#read((store) => store.entriesInAnyOrder?.(prefix) ?? store.entries(prefix));
  }

  async *#read(entriesOf: (store: Store) => ReturnType<Store['entries']>): ReturnType<Store['entries']> {
    if (!this.#store) throw storageError(this.#failure);
    try {
      for await (const entry of entriesOf(this.#store)) if (this.#fits(...entry)) yield entry;
    } catch (error) {
      throw this.#notRead(error as Error);
    }
  }

  /**
   * Resolves when the changes would survive a power loss; commits take effect in their order. Rejects with `GOIP_STORAGE`:
   * then they count as not made.
   *
   * @param isNew there was nothing under these keys before: what a write that failed may have left behind all the same is
   *   deleted before anything else happens
   */
  commit(changes: readonly Change[], { isNew = false } = {}): Promise<void> {
    if (this.#closed) return Promise.reject(storageError(new Error('the journal is closed')));
    if (this.commitAtOnce(changes)) return DONE;
    return new Promise((resolve, reject) => {
      this.#commits.push({ changes, isNew, resolve, reject });
      this.#flush();
    });
  }

  /**
   * Makes changes without waiting for anything, where the store can. False where it cannot, and nothing is done. To share a
   * write is of no use where it costs nothing, and takes a turn of the event loop.
   */
  commitAtOnce(changes: readonly Change[]): boolean {
    if (this.#flushing !== undefined || this.#lazy.size > 0 || this.#closed) return false;
    if (this.#store?.writeAtOnce === undefined) return false;
    this.#store.writeAtOnce(changes);
    return true;
  }

  /** Makes changes that nobody waits for, with the next write or a moment later. */
  later(changes: readonly Change[]): void {
    if (this.commitAtOnce(changes)) return;
    for (const change of changes) this.#lazy.set(change.key, change);
    this.#wakeAfter(JOURNAL_LAZY);
  }

  /** Writes what is left and closes the store. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelTimer?.();
    this.#cancelCheck?.();
    while (this.#flushing) await this.#flushing;
    if (this.#lazy.size > 0 && !this.#failure) await this.#write([]);
    await this.#closeStore();
  }

  #flush(): void {
    this.#flushing ??= this.#writeAll().finally(() => {
      this.#flushing = undefined;
      if (this.#commits.length > 0) this.#flush();
    });
  }

  async #writeAll(): Promise<void> {
    // Whatever else this turn of the event loop brings shares the write.
    await new Promise<void>((resolve) => this.clock.soon(resolve));
    do {
      const commits = this.#commits;
      this.#commits = [];
      await this.#write(commits);
    } while (this.#commits.length > 0);
  }

  async #write(commits: readonly Commit[]): Promise<void> {
    const lazy = this.#lazy;
    this.#lazy = new Map();
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    let reachedStore = false;
    try {
      const store = await this.#opened();
      const isOnlyCheck = this.#isCheckDue && commits.length === 0 && lazy.size === 0 && !this.#failure;
      if (this.#isCheckDue) await this.#check(store);
      if (isOnlyCheck) return;
      const changes = [...lazy.values()];
      for (const commit of commits) changes.push(...commit.changes);
      if (this.#stamp && changes.length > 0) changes.push(this.#stamp());
      reachedStore = true;
      // With nothing to write it is a trial whether the disk works again, and a trial must write.
      await this.#writeTo(store, changes.length > 0 ? changes : [del('trial')]);
    } catch (error) {
      // What never got to the store has left nothing behind.
      const undone = reachedStore ? commits.filter((commit) => commit.isNew).flatMap((commit) => commit.changes) : [];
      const undo = undone.map(({ key }) => del(key));
      this.#lazy = new Map([...lazy, ...undo.map((change) => [change.key, change] as const), ...this.#lazy]);
      for (const { reject } of commits) reject(storageError(error as Error));
      await this.#failed(error as Error);
      return;
    }
    for (const { resolve } of commits) resolve();
    this.#healed();
  }

  async #writeTo(store: Store, changes: readonly Change[]): Promise<void> {
    try {
      await store.write(changes);
    } catch (error) {
      // If its folder was deleted, and could be written again, nothing else is wrong.
      const isRewritten = await store.check?.().catch((reason: unknown) => {
        if (reason instanceof StoreDisplacedError || reason instanceof StoreCorruptError) throw reason;
        return false;
      });
      if (!isRewritten) throw error;
      await store.write(changes);
    }
  }

  async #check(store: Store): Promise<void> {
    this.#isCheckDue = false;
    await store.check?.();
    this.#checkLater(store);
  }

  #checkLater(store: Store): void {
    this.#cancelCheck?.();
    this.#cancelCheck = undefined;
    if (this.#closed || !store.check) return;
    this.#cancelCheck = this.clock.after(JOURNAL_CHECK * 1000, () => {
      this.#cancelCheck = undefined;
      this.#isCheckDue = true;
      this.#flush();
    });
  }

  #opened(): Promise<Store> {
    this.#opening ??= this.#openOrReplace().finally(() => (this.#opening = undefined));
    return this.#opening;
  }

  async #openOrReplace(): Promise<Store> {
    const unreadable = this.#unreadable;
    if (unreadable) await this.#closeStore().catch(() => undefined);
    if (this.#store) return this.#store;
    const store = await this.openStore(unreadable);
    this.#store = store;
    this.#unreadable = undefined;
    this.#checkLater(store);
    this.#reportDamage(store.damage);
    return store;
  }

  /** Once, however often the store is opened until it is settled. */
  #reportDamage(damage: JournalDamage | undefined): void {
    const problems = damage?.problems.join();
    if (damage && problems !== this.#reportedProblems) this.emit('damaged', damage);
    this.#reportedProblems = problems;
  }

  async #closeStore(): Promise<void> {
    const store = this.#store;
    this.#store = undefined;
    this.#cancelCheck?.();
    this.#cancelCheck = undefined;
    this.#isCheckDue = false;
    await store?.close();
  }

  #notRead(error: Error): GoipError {
    if (error instanceof StoreCorruptError) {
      this.#unreadable = error;
      this.#wakeAfter(JOURNAL_LAZY);
    }
    return storageError(error);
  }

  /** A store that failed once may fail for good: it is opened again, unless nothing of it would be left. */
  async #failed(error: Error): Promise<void> {
    if (error instanceof StoreCorruptError) this.#unreadable = error;
    if (error instanceof StoreDisplacedError) this.#isCheckDue = true;
    else await this.#closeStore().catch(() => undefined);
    const isNews = this.#failure === undefined;
    this.#failure = error;
    this.#wakeAfter(JOURNAL_RETRY);
    if (isNews) this.emit('failing', error);
  }

  #healed(): void {
    if (this.#failure === undefined) return;
    this.#failure = undefined;
    this.emit('healed');
  }

  #wakeAfter(seconds: number): void {
    if (this.#closed) return;
    this.#cancelTimer ??= this.clock.after(seconds * 1000, () => {
      this.#cancelTimer = undefined;
      if (!this.#flushing) this.#flush();
      // The write that is under way has begun before.
      else void this.#flushing.then(() => this.#closed || this.#flush());
    });
  }
}

const DONE = Promise.resolve();

export function storageError(cause: Error | undefined): GoipError {
  return new GoipError('GOIP_STORAGE', `the journal cannot be used: ${cause?.message ?? 'it is not open'}`);
}
