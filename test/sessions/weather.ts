/** A network on a virtual clock that loses, doubles, delays and so reorders datagrams. */
import type { Clock } from '../../src/time/clock.js';

export interface Weather {
  /** Probability that a datagram gets lost. */
  readonly loss: number;
  /** Probability that a datagram comes once more, with a delay of its own. */
  readonly duplication: number;
  /** Seconds that a datagram takes at the most; how long each takes is chance, so they overtake one another. */
  readonly delay: number;
}

/** Numbers in [0, 1), the same for the same seed. */
export type Random = () => number;

/** mulberry32 */
export function randomFrom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** One direction of the network. */
export class Channel {
  constructor(
    private readonly clock: Clock,
    private readonly weather: Weather,
    private readonly random: Random,
    private readonly arrive: (datagram: string) => void,
  ) {}

  send(datagram: string): void {
    if (this.random() >= this.weather.loss) this.#carry(datagram);
    if (this.random() < this.weather.duplication) this.#carry(datagram);
  }

  #carry(datagram: string): void {
    this.clock.after(this.random() * this.weather.delay * 1000, () => this.arrive(datagram));
  }
}
