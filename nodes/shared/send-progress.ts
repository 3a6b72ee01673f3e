import type { NodeStatus } from 'node-red';
import type { Job, RecipientStatus } from '../../src/index.js';
import { ERROR } from './server-user.js';

/** Counts what *goip send* shows: the numbers of all its running jobs. */
export class SendProgress {
  /** Numbers of the jobs that wait, by id. After a restart there may be a hundred thousand. */
  readonly #waiting = new Map<string, number>();
  /** Jobs of which a number was given to a line, by id. */
  readonly #started = new Map<string, { readonly total: number; sent: number }>();
  #total = 0;
  #sent = 0;
  #hasFailed = false;

  /** A job runs. Returns false if it is counted already: two messages with one job id share a job. */
  begin({ id, total }: Job): boolean {
    this.#hasFailed = false;
    if (this.#waiting.has(id) || this.#started.has(id)) return false;
    this.#waiting.set(id, total);
    this.#total += total;
    return true;
  }

  step({ id, state }: RecipientStatus): void {
    const total = this.#waiting.get(id);
    if (total !== undefined && state !== 'queued') {
      this.#waiting.delete(id);
      this.#started.set(id, { total, sent: 0 });
    }
    const started = this.#started.get(id);
    if (!started || state !== 'sent') return;
    started.sent += 1;
    this.#sent += 1;
  }

  end({ id }: Job, hasFailed: boolean): void {
    this.#hasFailed = hasFailed;
    const started = this.#started.get(id);
    this.#total -= started?.total ?? this.#waiting.get(id) ?? 0;
    this.#sent -= started?.sent ?? 0;
    this.#started.delete(id);
    this.#waiting.delete(id);
  }

  /** An input did not become a job. */
  failed(): void {
    this.#hasFailed = true;
  }

  /** Undefined if there is nothing to show. */
  status(): NodeStatus | undefined {
    if (this.#waiting.size + this.#started.size === 0) return this.#hasFailed ? ERROR : undefined;
    if (this.#started.size === 0) return { fill: 'yellow', shape: 'ring', text: `queued ${this.#total}` };
    return { fill: 'blue', shape: 'dot', text: `${this.#sent}/${this.#total}` };
  }
}
