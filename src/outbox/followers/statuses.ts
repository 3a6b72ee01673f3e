/** Statuses of numbers on their way to the listeners of their job, and to the taker of its origin. */
import { guarded, reportFault, type FaultReport } from '../../faults.js';
import { HeldBack } from '../../delivery/held-back.js';
import type { OutboxJob, StatusSink } from '../numbers/job.js';
import type { RecipientStatus } from '../result.js';

/** Takes the statuses of an origin's jobs, with the context of the job. */
export type StatusTaker = (status: RecipientStatus, context: unknown) => void;

export interface HeldStatus {
  readonly job: OutboxJob;
  readonly status: RecipientStatus;
}

export class JobStatuses implements StatusSink {
  readonly #takers = new Map<string, StatusTaker>();
  #isHolding = false;

  /**
   * @param held shared with the server that this one replaces
   * @param fault receives what listeners and takers throw
   */
  constructor(
    private readonly held = new HeldBack<HeldStatus>(),
    private readonly fault: FaultReport = reportFault,
  ) {}

  /** Makes a taker that of an origin, in place of the one before. The returned function ends it. */
  take(origin: string, taker: StatusTaker): () => void {
    this.#takers.set(origin, taker);
    return () => {
      if (this.#takers.get(origin) === taker) this.#takers.delete(origin);
    };
  }

  isHeard(job: OutboxJob): boolean {
    const { origin } = job.record;
    const listeners = job.heldHandle?.listenerCount('status') ?? 0;
    return listeners > 0 || (origin !== null && (this.#isHolding || this.#takers.has(origin)));
  }

  announce(job: OutboxJob, status: RecipientStatus): void {
    const { origin } = job.record;
    if (this.#isHolding && origin !== null) this.held.add(origin, { job, status });
    else this.#deliver(job, status);
  }

  /** Holds the statuses of jobs that have an origin until {@link release}. */
  hold(): void {
    this.#isHolding = true;
  }

  /** Delivers what was held. An origin without a taker has only the listeners of its jobs. */
  release(): void {
    this.#isHolding = false;
    for (const [, statuses] of this.held.takeAll()) for (const { job, status } of statuses) this.#deliver(job, status);
  }

  #deliver(job: OutboxJob, status: RecipientStatus): void {
    job.heldHandle?.announce(status);
    const taker = job.record.origin === null ? undefined : this.#takers.get(job.record.origin);
    if (taker) guarded(() => taker(status, job.record.context), this.fault);
  }
}
