/** How a line answers: learned from its sessions, to choose when to repeat a request and when to ask for a result. */
import { DurationEstimator } from './estimator.js';

/** Whether a line reports results by itself (`push`) or has to be asked (`poll`); `unknown` before the first result. */
export type ResultHabit = 'push' | 'poll' | 'unknown';

/** A lost datagram can make a push look like a poll, so a few observations are weighed against each other. */
const MOST_EVIDENCE = 3;

export class LineHabits {
  #pushEvidence = 0;
  /** Made with the first measurement: thousands of lines may never send. */
  #roundTrip: DurationEstimator | undefined;
  #resultTime: DurationEstimator | undefined;

  get results(): ResultHabit {
    if (this.#pushEvidence === 0) return 'unknown';
    return this.#pushEvidence > 0 ? 'push' : 'poll';
  }

  /** Milliseconds in which the line answers a request; undefined before the first measurement. */
  get roundTripMs(): number | undefined {
    return this.#roundTrip?.upper;
  }

  /** Milliseconds from WAIT to a result that comes unasked; undefined before the first one. */
  get resultMs(): number | undefined {
    return this.#resultTime?.upper;
  }

  roundTripMeasured(ms: number): void {
    (this.#roundTrip ??= new DurationEstimator()).add(ms);
  }

  /** @param resultMs time from WAIT to a result that came unasked, if there was a WAIT */
  resultObserved(habit: 'push' | 'poll', resultMs?: number): void {
    const evidence = this.#pushEvidence + (habit === 'push' ? 1 : -1);
    this.#pushEvidence = Math.max(-MOST_EVIDENCE, Math.min(MOST_EVIDENCE, evidence));
    if (resultMs !== undefined) (this.#resultTime ??= new DurationEstimator()).add(resultMs);
  }
}
