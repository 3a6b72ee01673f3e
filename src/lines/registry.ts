/** All lines by id, and the keepalives that change them. */
import { NEVER_SET, type WallTime } from '../time/clock.js';
import type { Device } from './devices.js';
import type { Keepalive } from '../protocol/index.js';
import { REORDER_TOLERANCE } from '../parameters.js';
import { LineCensus, type LineCounts, type LineWatch } from './census.js';
import { Line } from './line.js';
import type { Address } from '../net/address.js';
import type { LocalTime } from '../time/local-time.js';

/** What a keepalive changed. */
export interface KeepaliveOutcome {
  readonly line: Line;
  /** The first keepalive of the line since the server started. */
  readonly isFirst: boolean;
  readonly cameOnline: boolean;
  /** The counter fell: the device forgot its sessions. */
  readonly restarted: boolean;
  /** It has just become clear that two devices have this id. */
  readonly isDuplicate?: true;
  /** The keepalive has more to say than that nothing has changed. */
  readonly isNews: boolean;
  /** The keepalive was overtaken on the way by a later one: it is acked and ignored. */
  readonly stale: boolean;
}

export class LineRegistry {
  readonly #lines = new Map<string, Line>();
  /** By the index of the device, to find the line of an authenticated device without a search. */
  readonly #byIndex: Line[] = [];
  readonly #all: readonly Line[];
  readonly #census = new LineCensus();

  /** @param before lines of the server that this one replaces; a line with the same password is inherited */
  constructor(devices: Iterable<Device>, before?: LineRegistry, wall: WallTime = NEVER_SET, local?: LocalTime) {
    for (const device of devices) {
      const line = new Line(device, wall, local);
      const known = before?.get(device.id);
      if (known?.device.password === device.password && known !== undefined) line.inherit(known);
      this.#lines.set(device.id, line);
      this.#byIndex[device.index] = line;
      this.#census.add(line);
    }
    this.#all = [...this.#lines.values()];
  }

  /** Lines with these ids, without ids that are unknown; all lines for null. */
  named(ids: readonly string[] | null): readonly Line[] {
    return ids?.map((id) => this.#lines.get(id)).filter((line) => line !== undefined) ?? this.#all;
  }

  get(id: string): Line | undefined {
    return this.#lines.get(id);
  }

  of(device: Device): Line | undefined {
    return this.#byIndex[device.index];
  }

  *[Symbol.iterator](): IterableIterator<Line> {
    yield* this.#lines.values();
  }

  get size(): number {
    return this.#lines.size;
  }

  /** Counts of all lines. */
  get counts(): LineCounts {
    return this.#census.counts;
  }

  /**
   * Watches the counts of the lines with these ids, of all lines for undefined. Unknown ids are left out.
   * @param changed called after each change
   */
  watch(ids: readonly string[] | undefined, changed: () => void): LineWatch {
    return ids ? this.#census.watch(this.named(ids), changed) : this.#census.watchAll(changed);
  }

  /** Processes an authenticated keepalive. Returns undefined for a line that is not in the list. */
  heard(
    keepalive: Keepalive,
    from: Address,
    now: number,
    line = this.#lines.get(keepalive.id),
  ): KeepaliveOutcome | undefined {
    if (!line) return undefined;
    const isFirst = line.lastCount === undefined;
    const order = orderOf(keepalive.count, line.lastCount);
    const cameOnline = !line.online;
    const sighting = line.sighted(keepalive.count, from, now);
    const stale = order === 'overtaken' && !cameOnline;
    const isNews = !stale && line.heard(keepalive, from, now);
    if (cameOnline) this.#census.cameOnline(line, isFirst);
    // The counter of another device says nothing of a restart.
    const restarted = order === 'restarted' && sighting?.isReturn !== true;
    const outcome = { line, isFirst, isNews, cameOnline, restarted, stale };
    return sighting?.isNews === true ? { ...outcome, isDuplicate: true } : outcome;
  }

  /** Moves the times of all lines, because the timeline goes on at another place. */
  shiftTimes(ms: number): void {
    if (ms !== 0) for (const line of this.#all) line.shiftTimes(ms);
  }

  /** Marks lines without a keepalive since `deadline` as offline and returns them. */
  sweep(deadline: number, now: number): Line[] {
    const gone = [...this.#lines.values()].filter((line) => line.online && (line.lastSeen ?? 0) <= deadline);
    for (const line of gone) {
      line.wentOffline(now);
      this.#census.wentOffline(line);
    }
    return gone;
  }
}

/** A counter starts at 1 at power-up. A small step back is a datagram that was overtaken (protocol §2). */
function orderOf(count: string, last: number | string | undefined): 'next' | 'overtaken' | 'restarted' {
  const fall = Number(last) - Number(count);
  if (!(fall > 0)) return 'next';
  return fall <= REORDER_TOLERANCE && count !== '1' ? 'overtaken' : 'restarted';
}
