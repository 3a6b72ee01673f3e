/** A bad network between the lines and the server: loss, duplicates, delay, reordering, partition; in both directions. */
import type { Alarms } from './alarms.js';
import type { Datagram, DatagramEvent, Direction } from './events.js';
import { between, mulberry32, seedOf, type Random } from './random.js';

/** What can happen to the datagrams of one direction. Chances are 0 … 1, times are [least, most] in **milliseconds**. */
export interface PathFaults {
  readonly loss?: number;
  readonly duplicate?: number;
  /** Chance that a datagram is held back for `holdBack`, so that later ones overtake it. */
  readonly reorder?: number;
  /** On the way for so long; without it a datagram arrives at once. */
  readonly delay?: readonly [number, number];
  /** Default 10 … 60 ms. */
  readonly holdBack?: readonly [number, number];
  /** Bytes of the longest datagram that arrives: a network that drops fragments loses all longer ones (1472 by Ethernet). */
  readonly longest?: number;
}

/** The faults of a gateway; `toServer` and `toDevice` change them for one direction. */
export interface Faults extends PathFaults {
  readonly toServer?: PathFaults;
  readonly toDevice?: PathFaults;
  /** Loses the datagrams for which it says true; for tests that mean one certain datagram. */
  readonly drop?: (datagram: Datagram) => boolean;
}

const HOLD_BACK = [10, 60] as const;

/**
 * Decides what becomes of one datagram: a delay in milliseconds for each copy that arrives, none where it is lost.
 * Draws the same count of random numbers whatever comes out, so that a change of the faults does not shift the fate of
 * all that follows.
 */
export function decideFate(random: Random, faults: PathFaults): readonly number[] {
  const { loss = 0, duplicate = 0, reorder = 0, delay = [0, 0], holdBack = HOLD_BACK } = faults;
  const lost = random() < loss;
  const doubled = random() < duplicate;
  const delays = [0, 1].map(() => {
    const travel = between(random, delay);
    const isHeldBack = random() < reorder;
    const wait = between(random, holdBack);
    return isHeldBack ? travel + wait : travel;
  });
  if (lost) return [];
  return doubled ? delays : delays.slice(0, 1);
}

/** The network of one gateway. */
export class Network {
  faults: Faults;
  readonly #seed: number;
  readonly #cut = new Set<string>();
  #allCut = false;

  constructor(seed: number, faults: Faults) {
    this.#seed = seed;
    this.faults = faults;
  }

  /** Cuts the given lines off, or all of them. */
  partition(lines: readonly string[]): void {
    if (lines.length === 0) this.#allCut = true;
    for (const line of lines) this.#cut.add(line);
  }

  heal(lines: readonly string[]): void {
    if (lines.length === 0) {
      this.#allCut = false;
      this.#cut.clear();
    }
    for (const line of lines) this.#cut.delete(line);
  }

  isCut(line: string): boolean {
    return this.#allCut || this.#cut.has(line);
  }

  faultsOf(direction: Direction): PathFaults {
    return { ...this.faults, ...this.faults[direction] };
  }

  /** Each line and direction draws from a stream of its own: what other lines do does not change its luck. */
  path(line: string, direction: Direction, alarms: Alarms, report: (event: DatagramEvent) => void): Path {
    const random = mulberry32(seedOf(this.#seed, line, direction));
    return new Path(this, line, direction, random, alarms, report);
  }
}

/** One line's way to the server, or back. */
export class Path {
  constructor(
    private readonly network: Network,
    private readonly line: string,
    private readonly direction: Direction,
    private readonly random: Random,
    private readonly alarms: Alarms,
    private readonly report: (event: DatagramEvent) => void,
  ) {}

  /** Calls `deliver` once for every copy of the datagram that arrives. */
  carry(text: string, deliver: () => void): void {
    const { network, line, direction } = this;
    const faults = network.faultsOf(direction);
    const fate = decideFate(this.random, faults);
    const isTooLong = faults.longest !== undefined && Buffer.byteLength(text) > faults.longest;
    const isLost = isTooLong || network.isCut(line) || network.faults.drop?.({ line, direction, text }) === true;
    const delays = isLost ? [] : fate;
    this.report({ line, direction, text, copies: delays.length });
    for (const delay of delays) {
      if (delay === 0) deliver();
      else this.#deliverLater(delay, deliver);
    }
  }

  #deliverLater(delay: number, deliver: () => void): void {
    this.alarms.after(delay / 1000, () => {
      if (!this.network.isCut(this.line)) deliver();
    });
  }
}
