/** All lines by id: who is online, and where. */
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
  /** Nothing was heard of the line before in the life of this server. */
  readonly isFirst: boolean;
  readonly cameOnline: boolean;
  /** The counter fell: the device forgot its sessions. */
  readonly restarted: boolean;
  /** It has just become clear that two devices have this id. */
  readonly isDuplicate?: true;
  /** It told something that was not known before. */
  readonly isNews: boolean;
  /** Overtaken on the way by a later keepalive: to be acked, and nothing else. */
  readonly stale: boolean;
}

export class LineRegistry {
  readonly #lines = new Map<string, Line>();
  /** By the index of the device: no search for an id that has been found in the device list already. */
  readonly #byIndex: Line[] = [];
  readonly #all: readonly Line[];
  /** By the credentials that were found right, as keepalives begin with them: `id:a;pass:b`. */
  readonly #byCredentials = new Map<string, Line>();
  readonly #census = new LineCensus();

  /** @param before the lines of a server that this one replaces; known are those whose credentials are the same */
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

  /** Those of the ids that there are; all lines for null. */
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

  /** How many lines there are, and how many are online. */
  get counts(): LineCounts {
    return this.#census.counts;
  }

  /**
   * Watches the counts of these lines; of all for undefined. Unknown ids are left out.
   * @param changed called after each change
   */
  watch(ids: readonly string[] | undefined, changed: () => void): LineWatch {
    return ids ? this.#census.watch(this.named(ids), changed) : this.#census.watchAll(changed);
  }

  /** Takes an authenticated keepalive of a line; undefined for one that is not in the list. */
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
    // Or the line might be heard again where it is not: at its address of before.
    if (!stale) this.#knowCredentials(keepalive, line);
    // The counter of another device says nothing of a restart.
    const restarted = order === 'restarted' && sighting?.isReturn !== true;
    const outcome = { line, isFirst, isNews, cameOnline, restarted, stale };
    return sighting?.isNews === true ? { ...outcome, isDuplicate: true } : outcome;
  }

  /**
   * Takes a keepalive that says what the last one of a line said, and comes from where that came from: it is as authentic, as
   * it holds the same password. Undefined for all others. A map compares hashes with a secret seed, so the time that it takes
   * to find the line does not tell how much of a wrong password was right; what follows the credentials is no secret.
   */
  heardAgain(saying: string, count: number, from: Address, now: number): Line | undefined {
    const line = this.#byCredentials.get(credentialsIn(saying));
    return line?.saying === saying && line.heardAgain(count, from, now) ? line : undefined;
  }

  /** Where other fields come first, or a name is written otherwise, each keepalive is read. */
  #knowCredentials({ id, password }: Keepalive, line: Line): void {
    if (line.saying === undefined) return;
    const credentials = credentialsIn(line.saying);
    if (this.#byCredentials.has(credentials)) return;
    for (const name of ['pass', 'password']) {
      const written = `id:${id};${name}:${password}`;
      if (written === credentials) this.#byCredentials.set(written, line);
    }
  }

  /** Moves the times of all lines: the timeline goes on at another place. */
  shiftTimes(ms: number): void {
    if (ms !== 0) for (const line of this.#all) line.shiftTimes(ms);
  }

  /** Marks the lines offline that were not heard of since `deadline` and returns them. */
  sweep(deadline: number, now: number): Line[] {
    const gone = [...this.#lines.values()].filter((line) => line.online && (line.lastSeen ?? 0) <= deadline);
    for (const line of gone) {
      line.wentOffline(now);
      this.#census.wentOffline(line);
    }
    return gone;
  }
}

/** A counter starts at 1 at power-up; a small step back is a datagram that was overtaken (protocol §2). */
function orderOf(count: string, last: number | string | undefined): 'next' | 'overtaken' | 'restarted' {
  const fall = Number(last) - Number(count);
  if (!(fall > 0)) return 'next';
  return fall <= REORDER_TOLERANCE && count !== '1' ? 'overtaken' : 'restarted';
}

/** The first two of the fields. */
const credentialsIn = (saying: string): string => saying.slice(0, saying.indexOf(';', saying.indexOf(';') + 1));
