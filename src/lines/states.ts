/** States of lines for people, in several turns of the event loop if there are many. */
import { Pace } from '../time/pace.js';
import type { Clock } from '../time/clock.js';
import type { Line } from './line.js';
import type { LineState } from './line-state.js';
import type { LineRegistry } from './registry.js';

/** States of lines that are made in one turn of the event loop: a few milliseconds, or some tens on a small machine. */
const STATES_PER_TURN = 500;

export class LineStates {
  /** Shared by all who ask at the same time. */
  readonly #pace: Pace;

  /** @param waitingFor numbers that wait and may go out on a line */
  constructor(
    private readonly lines: LineRegistry,
    private readonly clock: Clock,
    private readonly waitingFor: (line: string) => number,
  ) {
    this.#pace = new Pace(STATES_PER_TURN, (callback) => clock.soon(callback));
  }

  readonly of = (line: Line): LineState => line.state(this.waitingFor(line.id), this.clock.now());

  /** The states of the lines with these ids, of all lines for undefined. Unknown ids are left out. */
  list(ids?: readonly string[]): LineState[] {
    return this.lines.named(ids ?? null).map(this.of);
  }

  /**
   * Calls back with each line of these ids, in several turns of the event loop if there are many.
   * @param steps what it costs to visit a line, in states
   */
  async visit(ids: readonly string[] | undefined, visit: (line: Line) => void, steps = 1): Promise<void> {
    for (const line of this.lines.named(ids ?? null)) {
      // Awaited only if the turn is over: few lines are there at once.
      const turn = this.#pace.turn(steps);
      if (turn) await turn;
      visit(line);
    }
  }
}
