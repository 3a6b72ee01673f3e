import { hash } from 'node:crypto';
import type { Journal } from '../journal/journal.js';
import { del, put, type Change } from '../journal/store.js';
import { DUPLICATE_LIMIT } from '../parameters.js';
import type { Sms } from './inbox.js';
import { SeenInMemory } from './seen-in-memory.js';
import type { Seen } from './seen.js';

/** Journal keys: `seen/` and 162 bits of SHA-256. Another way to make them would not know the copies of before. */
const SEEN = 'seen/';

/** Remembers over restarts. */
export class SeenInJournal implements Seen {
  /**
   * What is not among these is not in the journal either: to look there is a sixth of the work for an SMS, and hardly any of
   * them is a copy. Undefined until the journal was read once, as it is to be pruned.
   */
  #known: SeenInMemory | undefined;
  /** The same, while the journal is read. */
  #read: SeenInMemory | undefined;
  #isReading = false;

  constructor(private readonly journal: Journal) {}

  keyOf({ device, recvid, from, text }: Sms): string {
    return SEEN + hash('sha256', JSON.stringify([device, recvid, from, text]), 'base64url').slice(0, 27);
  }

  timeOf(key: string): number | undefined {
    if (this.#known && this.#known.timeOf(key) === undefined) return undefined;
    const time = this.journal.get(key);
    return typeof time === 'number' ? time : undefined;
  }

  changesFor(key: string, now: number): readonly Change[] {
    return [put(key, now)];
  }

  saved(key: string, now: number): void {
    this.#known = withKey(this.#known, key, now);
    this.#read = withKey(this.#read, key, now);
  }

  async prune(now: number, retentionMs: number): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    // What is saved from here on may be missing in what is read.
    this.#read = new SeenInMemory();
    try {
      await this.#readAll(now, retentionMs);
      this.#known = this.#read;
    } finally {
      this.#read = undefined;
      this.#isReading = false;
    }
  }

  async #readAll(now: number, retentionMs: number): Promise<void> {
    // Counted by the minute and read again where there is too much: to sort them would hold everything up for a while.
    const perMinute = new Map<number, number>();
    let young = 0;
    for await (const [key, time] of this.journal.entriesInAnyOrder(SEEN)) {
      if (now - Number(time) >= retentionMs) this.journal.later([del(key)]);
      else {
        const minute = minuteOf(Number(time));
        perMinute.set(minute, (perMinute.get(minute) ?? 0) + 1);
        young += 1;
        this.#read = withKey(this.#read, key, Number(time));
      }
    }
    if (young <= DUPLICATE_LIMIT) return;
    let tooMany = young - DUPLICATE_LIMIT;
    const surplus = new Map<number, number>();
    for (const [minute, count] of [...perMinute].sort(([one], [other]) => one - other)) {
      surplus.set(minute, Math.min(count, tooMany));
      tooMany -= Math.min(count, tooMany);
    }
    for await (const [key, time] of this.journal.entriesInAnyOrder(SEEN)) {
      const left = surplus.get(minuteOf(Number(time))) ?? 0;
      if (left === 0) continue;
      surplus.set(minuteOf(Number(time)), left - 1);
      this.journal.later([del(key)]);
    }
  }
}

/** Undefined where it would have to forget another one. */
function withKey(table: SeenInMemory | undefined, key: string, time: number): SeenInMemory | undefined {
  table?.saved(key, time);
  return table?.isFull ? undefined : table;
}

const minuteOf = (time: number): number => Math.floor(time / 60_000);
