import { PRUNE_DELAY, PRUNE_INTERVAL } from '../parameters.js';

/** Removes from time to time what is older than it has to be kept. */
export class Pruning {
  #prunedAt = 0;

  /** @param prune rejects if something could not be removed: it is removed next time */
  constructor(private readonly prune: (now: number) => Promise<unknown>) {}

  /** The server has started: prunes soon, but not while everything else starts, too. */
  started(now: number): void {
    this.#prunedAt = now - (PRUNE_INTERVAL - PRUNE_DELAY) * 1000;
  }

  readonly ifDue = (now: number): void => {
    if (now - this.#prunedAt < PRUNE_INTERVAL * 1000) return;
    this.#prunedAt = now;
    this.prune(now).catch(() => undefined);
  };
}
