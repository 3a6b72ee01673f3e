/**
 * Any number of timers on a single one of the system: a line that waits costs an entry in a heap.
 *
 * A timer that rings much too late, after a standstill of the process, waits until what has arrived meanwhile is read: the
 * answer that a timer wants to ask for again may be there. Node.js runs timers before it reads sockets.
 */
import { guarded, reportFault, type FaultReport } from '../faults.js';
import { LATE_TIMER, MOST_READING_ROUNDS } from '../parameters.js';

export class Timers {
  /** A binary heap: each entry is due no later than the two below it. Entries that were taken back stay until they come up. */
  #heap: Entry[] = [];
  #cancelled = 0;
  /** The system's timer, and when it rings. */
  #timer: NodeJS.Timeout | undefined;
  #ringsAt = Infinity;

  #set = 0;
  /** Timers that are due wait for what has arrived. */
  #isReading = false;
  /** Datagrams so far. */
  #heard = 0;

  /** @param fault hears of callbacks that throw */
  constructor(private readonly fault: FaultReport = reportFault) {}

  /** Calls back once after `ms` milliseconds, at least one; the returned function takes that back. */
  after(ms: number, callback: () => void): () => void {
    this.#set += 1;
    const entry: Entry = { due: performance.now() + Math.max(1, ms), order: this.#set, callback };
    this.#heap.push(entry);
    this.#rise(this.#heap.length - 1);
    this.#wind();
    return () => this.#cancel(entry);
  }

  /** A datagram was read. */
  heard(): void {
    this.#heard += 1;
  }

  /** Timers that are not due yet. */
  get size(): number {
    return this.#heap.length - this.#cancelled;
  }

  #cancel(entry: Entry): void {
    if (entry.callback === undefined) return;
    entry.callback = undefined;
    this.#cancelled += 1;
    if (this.#cancelled > this.#heap.length / 2) this.#sweep();
    this.#wind();
  }

  /** Drops what was taken back: for every entry that is dropped one was taken back, so it costs each a moment. */
  #sweep(): void {
    this.#heap = this.#heap.filter(({ callback }) => callback !== undefined).sort(inOrder);
    this.#cancelled = 0;
  }

  /** Sets the system's timer to what is due first. */
  #wind(): void {
    while (this.#heap[0] !== undefined && this.#heap[0].callback === undefined) {
      this.#takeFirst();
      this.#cancelled -= 1;
    }
    const due = this.#heap[0]?.due ?? Infinity;
    if (due === this.#ringsAt || this.#isReading) return;
    clearTimeout(this.#timer);
    this.#ringsAt = due;
    // Rounded up: the system's timers count whole milliseconds, and one that rings early would have to be set again.
    this.#timer =
      due === Infinity ? undefined : setTimeout(() => this.#ring(), Math.max(1, Math.ceil(due - performance.now())));
  }

  #ring(): void {
    this.#ringsAt = Infinity;
    this.#timer = undefined;
    const first = this.#heap[0];
    if (first && performance.now() - first.due > LATE_TIMER) this.#readFirst();
    else this.#callDue();
  }

  /** Calls what is due when a turn of the event loop has brought no datagram any more. */
  #readFirst(): void {
    this.#isReading = true;
    let known = this.#heard;
    let rounds = 0;
    const look = (): void => {
      rounds += 1;
      if (this.#heard !== known && rounds < MOST_READING_ROUNDS) {
        known = this.#heard;
        setImmediate(look);
        return;
      }
      this.#isReading = false;
      this.#callDue();
    };
    setImmediate(look);
  }

  #callDue(): void {
    const now = performance.now();
    for (let first = this.#heap[0]; first !== undefined && first.due <= now; first = this.#heap[0]) {
      // What the callbacks do may take so long that the rest of them is late.
      if (performance.now() - now > LATE_TIMER) return this.#readFirst();
      this.#takeFirst();
      const { callback } = first;
      first.callback = undefined;
      if (callback === undefined) this.#cancelled -= 1;
      else guarded(callback, this.fault);
    }
    this.#wind();
  }

  #takeFirst(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#sink(0);
  }

  #rise(index: number): void {
    for (let parent = (index - 1) >> 1; index > 0 && this.#isBefore(index, parent); parent = (index - 1) >> 1) {
      this.#swap(index, parent);
      index = parent;
    }
  }

  #sink(index: number): void {
    for (;;) {
      const left = 2 * index + 1;
      const child = this.#isBefore(left + 1, left) ? left + 1 : left;
      if (!this.#isBefore(child, index)) return;
      this.#swap(index, child);
      index = child;
    }
  }

  #isBefore(one: number, other: number): boolean {
    const [first, second] = [this.#heap[one], this.#heap[other]];
    return first !== undefined && (second === undefined || inOrder(first, second) < 0);
  }

  #swap(one: number, other: number): void {
    const [first, second] = [this.#heap[one], this.#heap[other]];
    if (first === undefined || second === undefined) return;
    this.#heap[one] = second;
    this.#heap[other] = first;
  }
}

interface Entry {
  /** Milliseconds of a clock that is never set back. */
  readonly due: number;
  /** Those that are due together come in the order in which they were set. */
  readonly order: number;
  /** Undefined when it was called or taken back. */
  callback: (() => void) | undefined;
}

function inOrder(one: Entry, other: Entry): number {
  return one.due - other.due || one.order - other.order;
}
