import type { Change } from '../journal/store.js';
import { DUPLICATE_LIMIT } from '../parameters.js';
import type { Sms } from './sms.js';
import { seenKeyOf, type Seen } from './seen.js';

const FEWEST_ROWS = 256;
const NOTHING: readonly Change[] = [];

/**
 * Remembers as long as it lives. A table of numbers, as a map would take several times the memory, and its strings are work for
 * the collector. It tells SMS apart by 64 bits of a digest: that one is taken for a copy of another has a chance of 1 in 10^14.
 */
export class SeenInMemory implements Seen {
  /** A row for each SMS, in the order in which they came. */
  #times = new Float64Array(FEWEST_ROWS);
  /** Two for each row. */
  #marks = new Int32Array(2 * FEWEST_ROWS);
  /** The number of a row, from 1 on, at the place of its marks or the next free one behind it. Never more than half full. */
  #index = new Int32Array(2 * FEWEST_ROWS);
  #rows = 0;

  /** @param limit rows that {@link prune} leaves at most */
  constructor(private readonly limit = DUPLICATE_LIMIT) {}

  /** Rows that it has. Between two times that it is pruned there may be more than the limit, up to four times as many. */
  get size(): number {
    return this.#rows;
  }

  /** It has so many rows that it does not take more room, but forgets the oldest. */
  get isFull(): boolean {
    return this.#rows >= 2 * this.limit;
  }

  keyOf(sms: Sms): string {
    return seenKeyOf(sms);
  }

  timeOf(key: string): number | undefined {
    const [high, low] = marksOf(key);
    const row = this.#index[this.#placeOf(high, low)] ?? 0;
    return row === 0 ? undefined : this.#times[row - 1];
  }

  changesFor(): readonly Change[] {
    return NOTHING;
  }

  saved(key: string, now: number): void {
    if (this.#rows === this.#times.length) this.#makeRoom();
    const [high, low] = marksOf(key);
    this.#times[this.#rows] = now;
    this.#marks[2 * this.#rows] = high;
    this.#marks[2 * this.#rows + 1] = low;
    this.#rows += 1;
    this.#index[this.#placeOf(high, low)] = this.#rows;
  }

  /** Sets the time of a message that is known, without another row for it. */
  renew(key: string, now: number): void {
    const [high, low] = marksOf(key);
    const row = this.#index[this.#placeOf(high, low)] ?? 0;
    if (row > 0) this.#times[row - 1] = now;
  }

  prune(now: number, retentionMs: number): Promise<void> {
    let first = Math.max(0, this.#rows - this.limit);
    while (first < this.#rows && now - (this.#times[first] ?? 0) >= retentionMs) first += 1;
    if (first > 0) this.#rebuildFrom(first);
    return Promise.resolve();
  }

  #makeRoom(): void {
    this.#rebuildFrom(this.isFull ? this.#rows - this.limit : 0);
  }

  /** Where the row with these marks is in the index, or would be. */
  #placeOf(high: number, low: number): number {
    const last = this.#index.length - 1;
    let place = low & last;
    for (;;) {
      const row = this.#index[place] ?? 0;
      if (row === 0 || (this.#marks[2 * row - 2] === high && this.#marks[2 * row - 1] === low)) return place;
      place = (place + 1) & last;
    }
  }

  /** Takes new tables for the rows from `first` on, with room for as many more. */
  #rebuildFrom(first: number): void {
    const times = this.#times.subarray(first, this.#rows);
    const marks = this.#marks.subarray(2 * first, 2 * this.#rows);
    const room = Math.max(FEWEST_ROWS, 2 ** Math.ceil(Math.log2(2 * times.length)));
    this.#times = new Float64Array(room);
    this.#times.set(times);
    this.#marks = new Int32Array(2 * room);
    this.#marks.set(marks);
    this.#index = new Int32Array(2 * room);
    this.#rows = times.length;
    for (let row = 0; row < this.#rows; row += 1) {
      // The last one with the same marks counts.
      this.#index[this.#placeOf(marks[2 * row] ?? 0, marks[2 * row + 1] ?? 0)] = row + 1;
    }
  }
}

/** The beginning of a key in two halves, each mixed to 32 bits. To decode the digest would take twice as long. */
function marksOf(key: string): readonly [high: number, low: number] {
  let [high, low] = [0, 0];
  for (let at = 0; at < HALF; at += 1) {
    high = (Math.imul(high, 31) + key.charCodeAt(at)) | 0;
    low = (Math.imul(low, 31) + key.charCodeAt(HALF + at)) | 0;
  }
  return [high, low];
}
/** In characters. All keys are longer than two of these, and most of what comes first is the digest: what follows is not looked at. */
const HALF = 13;
