/** Counts lines as they come and go. To count thousands of lines for each status would take too long. */
import type { Line } from './line.js';

/** How many lines of a selection there are. */
export interface LineCounts {
  /** In the device list, and not switched off. */
  readonly known: number;
  readonly online: number;
  /** Lines with at least one keepalive, online or not. */
  readonly heard: number;
}

export interface LineWatch {
  readonly counts: LineCounts;
  readonly stop: () => void;
}

/** A selection of lines with its counts. */
interface Selection {
  readonly counts: Counts;
  readonly changed: () => void;
}

type Counts = { -readonly [K in keyof LineCounts]: LineCounts[K] };

export class LineCensus {
  readonly #all: Counts = { known: 0, online: 0, heard: 0 };
  readonly #ofAll = new Set<() => void>();
  /** Selections by the lines in them. */
  readonly #selections = new Map<Line, Set<Selection>>();

  /** Of all lines. */
  get counts(): LineCounts {
    return this.#all;
  }

  add(line: Line): void {
    countIn(this.#all, line);
  }

  /**
   * Watches all lines.
   * @param changed called after each change of the counts
   */
  watchAll(changed: () => void): LineWatch {
    // Each watch has a function of its own, even if the caller passes the same one twice.
    const notify = (): void => changed();
    this.#ofAll.add(notify);
    return { counts: this.#all, stop: () => this.#ofAll.delete(notify) };
  }

  /** Watches these lines; one that is named twice counts once. */
  watch(lines: Iterable<Line>, changed: () => void): LineWatch {
    const selection: Selection = { counts: { known: 0, online: 0, heard: 0 }, changed };
    const chosen = new Set(lines);
    for (const line of chosen) {
      countIn(selection.counts, line);
      const selections = this.#selections.get(line) ?? new Set();
      this.#selections.set(line, selections.add(selection));
    }
    const stop = (): void => {
      for (const line of chosen) {
        const selections = this.#selections.get(line);
        selections?.delete(selection);
        if (selections?.size === 0) this.#selections.delete(line);
      }
    };
    return { counts: selection.counts, stop };
  }

  cameOnline(line: Line, isFirst: boolean): void {
    this.#change(line, (counts) => {
      counts.online += 1;
      if (isFirst) counts.heard += 1;
    });
  }

  wentOffline(line: Line): void {
    this.#change(line, (counts) => (counts.online -= 1));
  }

  #change(line: Line, change: (counts: Counts) => void): void {
    change(this.#all);
    const selections = this.#selections.get(line);
    for (const { counts } of selections ?? []) change(counts);
    for (const changed of this.#ofAll) changed();
    for (const { changed } of selections ?? []) changed();
  }
}

function countIn(counts: Counts, { online, lastSeen }: Line): void {
  counts.known += 1;
  if (online) counts.online += 1;
  if (lastSeen !== undefined) counts.heard += 1;
}
