import type { Clock } from '../time/clock.js';
import { guarded, type FaultReport } from '../faults.js';

/** A regular job. @param now steady time */
export type RegularJob = (now: number) => void;

/** Does the regular work for all lines and jobs: one timer instead of one for each of them. */
export class Sweeper {
  #cancel: (() => void) | undefined;

  /** @param jobs in the order in which they are done */
  constructor(
    private readonly clock: Clock,
    private readonly intervalMs: number,
    private readonly fault: FaultReport,
    private readonly jobs: readonly RegularJob[],
  ) {}

  start(): void {
    this.#cancel = this.clock.after(this.intervalMs, () => {
      const now = this.clock.now();
      // What one job throws must not keep the others from being done, now and from then on.
      for (const job of this.jobs) guarded(() => job(now), this.fault);
      // A job may have stopped it.
      if (this.#cancel) this.start();
    });
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
