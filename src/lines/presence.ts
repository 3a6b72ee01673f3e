/** Reports that lines come and go. With a delay, a line is reported when it has stayed online or offline for that long. */
import type { Clock } from '../time/clock.js';
import type { Line } from './line.js';

export class Presence {
  /** Cancels the reports of lines that have changed. */
  readonly #pending = new Map<Line, () => void>();

  /** @param delayMs how long a line must stay as it is */
  constructor(
    private readonly clock: Clock,
    private readonly delayMs: number,
    private readonly report: (line: Line, now: number) => void,
  ) {}

  /** A line came online or went offline, or did so before a deploy that came before the report. */
  changed(line: Line): void {
    this.#pending.get(line)?.();
    this.#pending.delete(line);
    // It is back again before the change was reported.
    if (line.online === line.reportedOnline) return;
    if (this.delayMs === 0) this.#report(line);
    else {
      const cancel = this.clock.after(this.delayMs, () => {
        this.#pending.delete(line);
        this.#report(line);
      });
      this.#pending.set(line, cancel);
    }
  }

  stop(): void {
    for (const cancel of this.#pending.values()) cancel();
    this.#pending.clear();
  }

  #report(line: Line): void {
    line.presenceReported();
    this.report(line, this.clock.now());
  }
}
