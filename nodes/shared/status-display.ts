/** The status under a node: shown at once, then at most a few times per second, and in the end always the last one. */
import type { NodeStatus } from 'node-red';
import { systemClock, type Clock } from '../../src/index.js';

/** Milliseconds between two statuses: each is a message to every open editor. */
const INTERVAL = 250;

export class StatusDisplay {
  #shown: NodeStatus | undefined;
  /** When {@link refresh} showed one last, milliseconds since 1970. */
  #shownAt = -Infinity;
  #cancel: (() => void) | undefined;
  #isClosed = false;

  /**
   * @param current the status as it is at the moment of the call
   * @param show puts it under the node
   */
  constructor(
    private readonly current: () => NodeStatus,
    private readonly show: (status: NodeStatus) => void,
    private readonly clock: Clock = systemClock,
  ) {}

  /** Something may have changed: shows it now, or as soon as the last status has been there long enough. */
  refresh(): void {
    if (this.#cancel || this.#isClosed) return;
    const rest = this.#shownAt + INTERVAL - this.clock.now();
    // The clock may have been set back.
    if (rest > 0 && rest <= INTERVAL) this.#cancel = this.clock.after(rest, () => this.#showInTime());
    else this.#showInTime();
  }

  /** Shows what must not wait: that the server listens, or does not. */
  refreshNow(): void {
    this.#cancelPending();
    if (!this.#isClosed) this.#showIfNew();
  }

  /** Shows nothing any more. */
  close(): void {
    this.#isClosed = true;
    this.#cancelPending();
  }

  #cancelPending(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #showInTime(): void {
    this.#cancel = undefined;
    if (this.#showIfNew()) this.#shownAt = this.clock.now();
  }

  #showIfNew(): boolean {
    const status = this.current();
    const { fill, shape, text } = this.#shown ?? {};
    if (status.fill === fill && status.shape === shape && status.text === text) return false;
    this.#shown = status;
    this.show(status);
    return true;
  }
}
