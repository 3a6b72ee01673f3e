/**
 * Reports the state of a line to its followers if something in it has changed that users want to know. The last report is kept
 * once per line, for all followers.
 */
import type { Line } from './line.js';
import type { LineState } from './line-state.js';

/** A follower of lines. */
export interface ChangeTaker {
  /** Ids of the devices to follow; all for undefined. */
  readonly devices?: ReadonlySet<string> | undefined;
  /** Called with the first state of each line, and then with its changes. The taker may change the state object. */
  take(state: LineState): void;
}

/** Fields that change all the time, and are not reported by themselves. Of `hold`, only the reason is compared. */
type NoNews = 'device' | 'lastSeen' | 'queue' | 'counters' | 'usage' | 'hold' | 'lastError' | 'raw';

/** All other fields of a state. */
const NEWS: Readonly<Record<Exclude<keyof LineState, NoNews>, true>> = {
  name: true,
  group: true,
  online: true,
  since: true,
  address: true,
  port: true,
  number: true,
  signal: true,
  gsmStatus: true,
  voipStatus: true,
  voipState: true,
  operator: true,
  imei: true,
  imsi: true,
  iccid: true,
  failing: true,
  duplicate: true,
};
const NAMES = Object.keys(NEWS) as (keyof typeof NEWS)[];

/** The last report of a line. */
interface Reported {
  /** The compared fields. One string takes a fraction of their memory. */
  readonly text: string;
  /** Something held the line: that may end without any other change. */
  readonly isHeld: boolean;
  /** The newest taker at that time: later ones do not know the line yet. */
  readonly newest: number;
}

export class LineChanges {
  /** Takers in the order of their arrival, by their numbers. */
  readonly #takers = new Map<number, ChangeTaker>();
  #newest = 0;
  readonly #reported = new Map<Line, Reported>();

  /** Adds a follower. The returned function removes it. */
  add(taker: ChangeTaker): () => void {
    const number = (this.#newest += 1);
    this.#takers.set(number, taker);
    return () => {
      this.#takers.delete(number);
      // From now on they are not kept up to date.
      if (this.#takers.size === 0) this.#reported.clear();
    };
  }

  /**
   * Reports a line if something in its state is new.
   * @param mayBeNews false after a keepalive that repeats the one before
   */
  check(line: Line, mayBeNews: boolean, stateOf: (line: Line) => LineState): void {
    if (this.#takers.size === 0) return;
    const before = this.#reported.get(line);
    if (!mayBeNews && before?.newest === this.#newest && !before.isHeld) return;
    const state = stateOf(line);
    const hold = holdOf(state);
    const text = JSON.stringify([hold, ...NAMES.map((name) => state[name])]);
    const isNews = text !== before?.text;
    this.#reported.set(line, { text, isHeld: hold !== undefined, newest: this.#newest });
    let unused: LineState | undefined = state;
    for (const [number, taker] of this.#takers) {
      if (taker.devices?.has(line.id) === false) continue;
      if (!isNews && number <= before.newest) continue;
      // Each taker gets an object of its own, because flows change what they get.
      taker.take(unused ?? stateOf(line));
      unused = undefined;
    }
  }
}

/** Returns why a line sends nothing. The pause after each SMS is not reported, nor is the end of a hold. */
function holdOf({ hold }: LineState): string | undefined {
  return hold?.reason === 'pause' ? undefined : hold?.reason;
}
