/** Who knocked and was not let in: for people to see, in bounded memory and without secrets. */
import { NEVER_SET, type WallTime } from '../time/clock.js';
import { isoTime } from '../time/iso-time.js';
import type { Address } from '../net/address.js';
import { REJECTIONS_KEPT, REJECTION_BURST, REJECTION_INTERVAL } from '../parameters.js';
import { printable, withoutPassword } from '../printable.js';
import { displayAddress } from '../net/addresses.js';
import { BoundedMap } from '../net/bounded-map.js';

/**
 * Why a datagram was refused. `paused`: its source failed so often that it has to wait. `address changed`: the line is
 * pinned to the address that it had first. `disabled`: the id is that of a device that is switched off. `foreign reply`: part of a bulk
 * session, but not from where its line is. `unexpected replies`: a row of replies with ids that were not used, as from somebody
 * who guesses them to forge a result.
 */
export type RejectionReason =
  | 'address not allowed'
  | 'unknown id'
  | 'wrong password'
  | 'disabled'
  | 'paused'
  | 'address changed'
  | 'foreign reply'
  | 'unexpected replies';

/** A source that was refused, as people see it. Times are ISO 8601. */
export interface Rejection {
  /** The authentication id that it gave, with control characters made visible; empty where none was read. */
  readonly id: string;
  readonly address: string;
  /** Of the last datagram. */
  readonly port: number;
  readonly reason: RejectionReason;
  /** Datagrams so far. */
  readonly count: number;
  readonly since: string;
  readonly lastSeen: string;
}

interface Entry {
  readonly id: string;
  readonly address: string;
  readonly reason: RejectionReason;
  readonly since: number;
  port: number;
  count: number;
  lastSeen: number;
  toldAt: number;
}

export class Rejections {
  readonly #entries = new BoundedMap<string, Entry>(REJECTIONS_KEPT);
  #tellable = REJECTION_BURST;
  #tellableAt = -Infinity;

  /** @param isSecret a device whose id and password were swapped must not show its password */
  constructor(
    private readonly isSecret: (text: string) => boolean,
    private readonly wall: WallTime = NEVER_SET,
  ) {}

  /** Counts a refused datagram. Returns what to tell of it: nothing, where the same was told lately or too much is going on. */
  add(id: string, from: Address, reason: RejectionReason, now: number): Rejection | undefined {
    const shown = this.isSecret(id) ? '' : withoutPassword(id.slice(0, LONGEST_ID).toWellFormed(), undefined);
    const key = `${reason}\n${from.address}\n${shown}`;
    const entry = this.#entries.get(key) ?? this.#begin(key, shown, from, reason, now);
    entry.count += 1;
    entry.port = from.port;
    entry.lastSeen = now;
    if (now - entry.toldAt < REJECTION_INTERVAL * 1000 || !this.#mayTell(now)) return undefined;
    entry.toldAt = now;
    return rejectionOf(entry, this.wall);
  }

  /** Those seen last come first. */
  list(): Rejection[] {
    return [...this.#entries.values()].reverse().map((entry) => rejectionOf(entry, this.wall));
  }

  #begin(key: string, id: string, { address, port }: Address, reason: RejectionReason, now: number): Entry {
    const entry = {
      ...{ id: printable(id), address: displayAddress(address), port, reason },
      ...{ count: 0, since: now, lastSeen: now, toldAt: -Infinity },
    };
    this.#entries.set(key, entry);
    return entry;
  }

  /** A burst, then one a second: random ids make new entries all the time. */
  #mayTell(now: number): boolean {
    const refilled = this.#tellable + (now - this.#tellableAt) / 1000;
    this.#tellable = Math.min(REJECTION_BURST, refilled);
    this.#tellableAt = now;
    if (this.#tellable < 1) return false;
    this.#tellable -= 1;
    return true;
  }
}

/** Enough to recognise an id by. */
const LONGEST_ID = 64;

function rejectionOf({ id, address, port, reason, count, since, lastSeen }: Entry, wall: WallTime): Rejection {
  const times = { since: isoTime(wall(since)), lastSeen: isoTime(wall(lastSeen)) };
  return { id, address, port, reason, count, ...times };
}
