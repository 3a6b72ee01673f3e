/**
 * A task that is asked for more often than it can run. Runs never overlap, and each request is covered by a run that begins
 * after it: many requests share one.
 */
export class Coalesced {
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  /** @param run must not reject */
  constructor(private readonly run: () => Promise<void>) {}

  /** Resolves when a run is over that has begun after this request; it begins at once if none is under way. */
  request(): Promise<void> {
    if (!this.#running) return this.#start();
    this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      return this.#start();
    });
    return this.#next;
  }

  get isIdle(): boolean {
    return this.#running === undefined;
  }

  /** Resolves when all requests of until now are covered. */
  get settled(): Promise<void> {
    return this.#next ?? this.#running ?? Promise.resolve();
  }

  #start(): Promise<void> {
    const running = this.run().finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
    this.#running = running;
    return running;
  }
}
