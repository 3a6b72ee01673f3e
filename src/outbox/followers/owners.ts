/** Owners of jobs: each origin has at most one, which gets the jobs that nobody else follows. */
import { guarded, reportFault, type FaultReport } from '../../faults.js';
import { STEPS_OF_LOOK, type Pace, type Work } from '../../time/pace.js';
import type { Job } from '../result.js';

/** Takes a job of its origin. It may get a job that it follows already. */
export type JobTaker = (job: Job) => void;

interface OwnersPorts {
  readonly pace: Pace;
  /**
   * Jobs of an origin that run, and those whose result was not acknowledged, as they are when they are asked for. Undefined for
   * a job that is looked at and has another origin.
   */
  jobsOf(origin: string): Iterator<Job | undefined>;
  /** Receives what owners throw. */
  readonly fault?: FaultReport | undefined;
}

/** Steps of work for a job that is offered: an owner makes a message of it. */
const STEPS_OF_OFFER = 12;

export class JobOwners {
  readonly #takers = new Map<string, JobTaker>();
  /** The last offering to each taker. */
  readonly #offerings = new WeakMap<JobTaker, Work<void>>();
  /** The jobs of the previous run are not there yet, or owners are about to stop. */
  #isLoaded = false;
  #isHolding = false;

  constructor(private readonly ports: OwnersPorts) {}

  /** Makes a taker the owner, in place of the one before, and offers it the jobs of its origin. The returned function ends it. */
  add(origin: string, taker: JobTaker): () => void {
    this.#takers.set(origin, taker);
    this.#offer(origin, taker);
    return () => {
      if (this.ownerOf(origin) === taker) this.#takers.delete(origin);
    };
  }

  ownerOf(origin: string | null): JobTaker | undefined {
    return origin === null ? undefined : this.#takers.get(origin);
  }

  /** The jobs of the previous run are there. */
  loaded(): void {
    this.#isLoaded = true;
    this.offerAll();
  }

  /** Offers nothing until {@link release}. */
  hold(): void {
    this.#isHolding = true;
  }

  release(): void {
    this.#isHolding = false;
    this.offerAll();
  }

  /** A job was accepted for an owner that has stopped since: the next owner gets it, unless it gets all jobs later. */
  accepted(job: Job, origin: string | null, owner: JobTaker | undefined): void {
    const current = this.ownerOf(origin);
    if (current && current !== owner && this.#isOffering) this.#give(current, job);
  }

  /** A job has ended that nobody followed: its owner gets it, unless it gets all jobs later. */
  ended(job: Job, origin: string | null): void {
    const owner = this.ownerOf(origin);
    if (owner && this.#isOffering) this.#give(owner, job);
  }

  /** Offers the jobs of all origins. To be called again if the journal could not be read. */
  offerAll(): void {
    for (const [origin, taker] of [...this.#takers]) this.#offer(origin, taker);
  }

  get #isOffering(): boolean {
    return this.#isLoaded && !this.#isHolding;
  }

  #offer(origin: string, taker: JobTaker): void {
    if (!this.#isOffering) return;
    const offering = this.#offering(origin, taker);
    this.#offerings.set(taker, offering);
    void this.ports.pace.run(offering);
  }

  /** A hundred thousand jobs may be offered. Each is looked up when its turn comes, because it may have ended by then. */
  *#offering(origin: string, taker: JobTaker): Work<void> {
    const offering = this.#offerings.get(taker);
    const jobs = this.ports.jobsOf(origin);
    for (let steps = STEPS_OF_OFFER; ;) {
      yield steps;
      const isWanted = this.#isOffering && this.ownerOf(origin) === taker && this.#offerings.get(taker) === offering;
      const next = isWanted ? jobs.next() : undefined;
      if (!next || next.done) return;
      if (next.value) this.#give(taker, next.value);
      steps = next.value ? STEPS_OF_OFFER : STEPS_OF_LOOK;
    }
  }

  #give(taker: JobTaker, job: Job): void {
    guarded(() => taker(job), this.ports.fault ?? reportFault);
  }
}
