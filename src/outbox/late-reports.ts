/** Delivery reports of jobs that have ended: kept until who asked for the job has taken them. */
import type { JobLog, LateReport } from './job-log.js';
import type { RecipientStatus } from './result.js';

/** Takes delivery reports of an origin's jobs that have ended, with the context of the job. */
export type ReportTaker = (status: RecipientStatus, context: unknown) => void;

export class LateReports {
  /** What nobody has taken, by number of a job: the last word on each. */
  readonly #untaken = new Map<string, LateReport>();
  readonly #takers = new Map<string, ReportTaker>();

  constructor(private readonly log: JobLog) {}

  /** What an earlier life may not have told. */
  async load(): Promise<void> {
    for await (const [key, report] of this.log.lateReports()) {
      this.#untaken.set(key, report);
      this.#tell(key, report);
    }
  }

  /** Takes what there is, and what comes. The returned function ends it. */
  take(origin: string, taker: ReportTaker): () => void {
    this.#takers.set(origin, taker);
    for (const [key, report] of [...this.#untaken]) if (report.origin === origin) this.#tell(key, report);
    return () => {
      if (this.#takers.get(origin) === taker) this.#takers.delete(origin);
    };
  }

  /** A report is saved. */
  add(key: string, report: LateReport): void {
    this.#untaken.set(key, report);
    this.#tell(key, report);
  }

  /** Forgets those before `deadline` (milliseconds since 1970): who asked for the job does not come back. */
  prune(deadline: number): void {
    for (const [key, { at }] of this.#untaken) if (at <= deadline) this.#forget(key);
  }

  #tell(key: string, { origin, status }: LateReport): void {
    const taker = this.#takers.get(origin);
    if (!taker) return;
    this.#forget(key);
    taker(status, this.log.ended(status.id)?.context ?? null);
  }

  #forget(key: string): void {
    this.#untaken.delete(key);
    this.log.lateReportTaken(key);
  }
}
