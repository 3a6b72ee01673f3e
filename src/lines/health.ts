/**
 * Failures of a line in a row. A line with too many is set aside as long as others can send, and tried with one number at a time.
 * A failure that may be the number's own fault is only a suspicion until another line has tried the number.
 */
import { FAILURES_UNTIL_ASIDE, PROBE_INTERVAL, SUSPICIONS_KEPT } from '../parameters.js';
import type { LineCondition } from './condition.js';

export class LineHealth {
  #failures = 0;
  /** Numbers that failed since the last success, and that another line will try. */
  readonly #suspicions = new Set<object>();
  #nextProbe = 0;

  get isFailing(): boolean {
    return this.#failures >= FAILURES_UNTIL_ASIDE;
  }

  /** Whether so much has failed in a row that other lines go first, whether the line or the numbers are to blame. */
  get isDoubtful(): boolean {
    return this.#failures + this.#suspicions.size >= FAILURES_UNTIL_ASIDE;
  }

  /** Earliest time to try the line again; undefined if it can be used now. */
  asideUntil(now: number): number | undefined {
    return this.isDoubtful && now < this.#nextProbe ? this.#nextProbe : undefined;
  }

  /** Counts a failure that was the line's fault. Returns whether the line begins to fail. */
  failed(now: number): boolean {
    this.#setProbe(now);
    return this.#count();
  }

  /** Notes a failure whose cause another line will show: {@link convict} or {@link acquit} follows. */
  suspect(number: object, now: number): void {
    this.#suspicions.add(number);
    this.#setProbe(now);
    if (this.#suspicions.size <= SUSPICIONS_KEPT) return;
    for (const oldest of this.#suspicions) {
      this.#suspicions.delete(oldest);
      return;
    }
  }

  /** Another line sent the number: the failure counts, unless this line has worked since. */
  convict(number: object): 'ignored' | 'counted' | 'failing' {
    if (!this.#suspicions.delete(number)) return 'ignored';
    return this.#count() ? 'failing' : 'counted';
  }

  /** Another line refused the number, too, or did not report its result. */
  acquit(number: object): void {
    this.#suspicions.delete(number);
  }

  /** Failures in a row, and the earliest time to try the line; zeros for a line that works. */
  condition(now: number): Pick<LineCondition, 'failures' | 'nextProbe'> {
    const nextProbe = this.#failures > 0 && this.#nextProbe > now ? this.#nextProbe : 0;
    return { failures: this.#failures, nextProbe };
  }

  /** Goes on as the previous run left off. */
  restore({ failures, nextProbe }: LineCondition, now: number): void {
    this.#failures = failures;
    this.#nextProbe = Math.min(nextProbe, now + PROBE_INTERVAL * 1000);
  }

  /** The line takes a number. A line that is set aside gets no other one for a while. */
  probed(now: number): void {
    if (this.isDoubtful) this.#setProbe(now);
  }

  /** Moves its times, because the timeline goes on at another place. */
  shiftTimes(ms: number): void {
    this.#nextProbe += ms;
  }

  /** A number was sent. Returns whether the line had been failing. */
  worked(): boolean {
    const wasFailing = this.isFailing;
    this.#failures = 0;
    this.#suspicions.clear();
    return wasFailing;
  }

  #count(): boolean {
    this.#failures += 1;
    return this.#failures === FAILURES_UNTIL_ASIDE;
  }

  #setProbe(now: number): void {
    this.#nextProbe = now + PROBE_INTERVAL * 1000;
  }
}
