import type { NodeStatus } from 'node-red';
import type { Job, RecipientStatus } from '../../src/index.js';
import { ERROR } from './server-user.js';

/** Counts what *goip send* shows: the numbers of all its running jobs. */
export class SendProgress {
  readonly #jobs = new Map<Job, { sent: number; isStarted: boolean }>();
  #total = 0;
  #sent = 0;
  #started = 0;
  #hasFailed = false;

  /** A job runs. Returns false if it is counted already: two messages with one job id share a job. */
  begin(job: Job): boolean {
    this.#hasFailed = false;
    if (this.#jobs.has(job)) return false;
    this.#jobs.set(job, { sent: 0, isStarted: false });
    this.#total += job.total;
    return true;
  }

  step(job: Job, { state }: RecipientStatus): void {
    const progress = this.#jobs.get(job);
    if (!progress) return;
    if (state !== 'queued' && !progress.isStarted) {
      progress.isStarted = true;
      this.#started += 1;
    }
    if (state !== 'sent') return;
    progress.sent += 1;
    this.#sent += 1;
  }

  end(job: Job, hasFailed: boolean): void {
    this.#hasFailed = hasFailed;
    const progress = this.#jobs.get(job);
    if (!progress) return;
    this.#jobs.delete(job);
    this.#total -= job.total;
    this.#sent -= progress.sent;
    if (progress.isStarted) this.#started -= 1;
  }

  /** An input did not become a job. */
  failed(): void {
    this.#hasFailed = true;
  }

  /** Undefined if there is nothing to show. */
  status(): NodeStatus | undefined {
    if (this.#jobs.size === 0) return this.#hasFailed ? ERROR : undefined;
    if (this.#started === 0) return { fill: 'yellow', shape: 'ring', text: `queued ${this.#total}` };
    return { fill: 'blue', shape: 'dot', text: `${this.#sent}/${this.#total}` };
  }
}
