/** Tells that lines come and go; of one that comes and goes all the time only where it stays. */
import type { Clock } from '../clock.js';
import type { Line } from './line.js';

export class Presence {
  /** What was told last of lines that have changed since, and what takes the telling back. */
  readonly #pending = new Map<Line, { readonly told: boolean; readonly cancel: () => void }>();

  /** @param delayMs how long a line must stay as it is */
  constructor(
    private readonly clock: Clock,
    private readonly delayMs: number,
    private readonly tell: (line: Line, now: number) => void,
  ) {}

  /** A line came online or went offline. */
  changed(line: Line, now: number): void {
    if (this.delayMs === 0) {
      this.tell(line, now);
      return;
    }
    const pending = this.#pending.get(line);
    pending?.cancel();
    this.#pending.delete(line);
    // Back again before anybody was told.
    const told = pending?.told ?? !line.online;
    if (told === line.online) return;
    const cancel = this.clock.after(this.delayMs, () => {
      this.#pending.delete(line);
      this.tell(line, this.clock.now());
    });
    this.#pending.set(line, { told, cancel });
  }

  stop(): void {
    for (const { cancel } of this.#pending.values()) cancel();
    this.#pending.clear();
  }
}
