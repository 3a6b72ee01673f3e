import { SEEN } from '../journal/keys.js';
import type { Journal } from '../journal/journal.js';
import { del, put, type Change } from '../journal/store.js';
import { DUPLICATE_LIMIT } from '../parameters.js';
import type { Sms } from './sms.js';
import { SeenInMemory } from './seen-in-memory.js';
import { seenKeyOf, type Seen } from './seen.js';

/** Remembers over restarts. */
export class SeenInJournal implements Seen {
  /**
   * What is not among these is not in the journal either: to look there is a sixth of the work for an SMS, and hardly any of
   * them is a copy. Undefined until {@link prune} has read the journal, and where there are too many of them.
   */
  #known: SeenInMemory | undefined;
  /** What the next {@link #known} is made of, while the journal is read. */
  #next: SeenInMemory | undefined;
  #isReading = false;

  /** @param earlier what knew the duplicates before the storage was changed; it cannot be moved into the journal */
  constructor(
    private readonly journal: Journal,
    private readonly earlier?: Seen | undefined,
  ) {}

  keyOf(sms: Sms): string {
    return seenKeyOf(sms);
  }

  timeOf(key: string): number | undefined {
    return this.#timeInJournal(key) ?? this.earlier?.timeOf(key);
  }

  #timeInJournal(key: string): number | undefined {
    // Of a journal that is out of order nothing is known, as it will say itself.
    const isOutOfOrder = this.journal.failure !== undefined;
    if (!isOutOfOrder && this.#known && this.#known.timeOf(key) === undefined) return undefined;
    const time = this.journal.get(key);
    return typeof time === 'number' ? time : undefined;
  }

  changesFor(key: string, now: number): readonly Change[] {
    return [put(key, now)];
  }

  saved(key: string, now: number): void {
    this.#known = added(this.#known, key, now);
    this.#next = added(this.#next, key, now);
  }

  async prune(now: number, retentionMs: number, isSaving: (key: string) => boolean): Promise<void> {
    await this.earlier?.prune(now, retentionMs, isSaving);
    if (this.#isReading) return;
    this.#isReading = true;
    // What is saved from here on may be missing in what is read.
    this.#next = new SeenInMemory();
    try {
      await this.#readAll(now, retentionMs, isSaving);
      this.#known = this.#next;
    } finally {
      this.#next = undefined;
      this.#isReading = false;
    }
  }

  async #readAll(now: number, retentionMs: number, isSaving: (key: string) => boolean): Promise<void> {
    const forget = (key: string, time: unknown): void => {
      // Not what was accepted anew since it was read.
      if (!isSaving(key) && this.journal.get(key) === time) this.journal.later([del(key)]);
    };
    // Counted by the minute and read again where there is too much: to sort them would hold everything up for a while.
    const perMinute = new Map<number, number>();
    let young = 0;
    for await (const [key, time] of this.journal.entriesInAnyOrder(SEEN)) {
      if (now - Number(time) >= retentionMs) forget(key, time);
      else {
        const minute = minuteOf(Number(time));
        perMinute.set(minute, (perMinute.get(minute) ?? 0) + 1);
        young += 1;
        this.#next = added(this.#next, key, Number(time));
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
      forget(key, time);
    }
  }
}

/** Adds a key; undefined where another one would have to be forgotten for it. */
function added(table: SeenInMemory | undefined, key: string, time: number): SeenInMemory | undefined {
  table?.saved(key, time);
  return table?.isFull ? undefined : table;
}

const minuteOf = (time: number): number => Math.floor(time / 60_000);
