/** Owners of jobs: each origin has at most one, which gets the jobs that nobody else follows. */
import { guarded, reportFault, type FaultReport } from '../faults.js';
import type { Job } from './result.js';

/** Takes a job of its origin. It may get a job that it follows already. */
export type JobTaker = (job: Job) => void;

interface OwnersPorts {
  /** Jobs of an origin that run, and those whose result was not acknowledged. Throws `GOIP_STORAGE` if the journal cannot be read. */
  jobsOf(origin: string): readonly Job[];
  /** Receives what owners throw. */
  readonly fault?: FaultReport | undefined;
}

export class JobOwners {
  readonly #takers = new Map<string, JobTaker>();
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

  /** Offers the jobs of all origins. To be called again if the journal could not be read. */
  offerAll(): void {
    for (const [origin, taker] of [...this.#takers]) this.#offer(origin, taker);
  }

  get #isOffering(): boolean {
    return this.#isLoaded && !this.#isHolding;
  }

  #offer(origin: string, taker: JobTaker): void {
    if (!this.#isOffering) return;
    for (const job of this.#jobsOf(origin)) this.#give(taker, job);
  }

  #give(taker: JobTaker, job: Job): void {
    guarded(() => taker(job), this.ports.fault ?? reportFault);
  }

  #jobsOf(origin: string): readonly Job[] {
    try {
      return this.ports.jobsOf(origin);
    } catch {
      // They are offered when the journal can be read.
      return [];
    }
  }
}
