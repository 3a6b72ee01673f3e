/**
 * Reports the state of a line to those who follow the lines, if something has changed in it that users want to know. What was
 * reported last is kept once per line, however many follow.
 */
import type { Line, LineState } from './line.js';

/** Somebody who follows the lines. */
export interface ChangeTaker {
  /** Ids of the devices to follow; all for undefined. */
  readonly devices?: ReadonlySet<string> | undefined;
  /** Called with the first state of each line, and after that with its changes. The state belongs to the taker. */
  take(state: LineState): void;
}

/** What changes all the time, and is not reported by itself. Of `hold`, only the reason is compared. */
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

/** What was reported last of a line. */
interface Reported {
  /** The fields that are compared. One text takes a fraction of the memory of the fields. */
  readonly text: string;
  /** Something held the line: that may be over without any other change. */
  readonly isHeld: boolean;
  /** The newest taker at that time: those who came later do not know the line yet. */
  readonly newest: number;
}

export class LineChanges {
  /** Takers in the order in which they came, by their numbers. */
  readonly #takers = new Map<number, ChangeTaker>();
  #newest = 0;
  readonly #reported = new Map<Line, Reported>();

  /** @returns what ends it */
  add(taker: ChangeTaker): () => void {
    const number = (this.#newest += 1);
    this.#takers.set(number, taker);
    return () => {
      this.#takers.delete(number);
      // Nobody keeps it up to date from now on.
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
      // What one flow does to its state does not concern the others.
      taker.take(unused ?? stateOf(line));
      unused = undefined;
    }
  }
}

/** Why a line sends nothing. The pause after each SMS is no news; until when a hold lasts is none, either. */
function holdOf({ hold }: LineState): string | undefined {
  return hold?.reason === 'pause' ? undefined : hold?.reason;
}
