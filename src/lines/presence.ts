/** Tells that lines come and go; of one that comes and goes all the time only where it stays. */
import type { Clock } from '../time/clock.js';
import type { Line } from './line.js';

export class Presence {
  /** What takes back the telling of lines that have changed. */
  readonly #pending = new Map<Line, () => void>();

  /** @param delayMs how long a line must stay as it is */
  constructor(
    private readonly clock: Clock,
    private readonly delayMs: number,
    private readonly tell: (line: Line, now: number) => void,
  ) {}

  /** A line came online or went offline, or may have done so in an earlier life that has not told. */
  changed(line: Line): void {
    this.#pending.get(line)?.();
    this.#pending.delete(line);
    // It is back again before anybody was told.
    if (line.online === line.toldOnline) return;
    if (this.delayMs === 0) this.#tell(line);
    else {
      const cancel = this.clock.after(this.delayMs, () => {
        this.#pending.delete(line);
        this.#tell(line);
      });
      this.#pending.set(line, cancel);
    }
  }

  stop(): void {
    for (const cancel of this.#pending.values()) cancel();
    this.#pending.clear();
  }

  #tell(line: Line): void {
    line.toldOnline = line.online;
    this.tell(line, this.clock.now());
  }
}
