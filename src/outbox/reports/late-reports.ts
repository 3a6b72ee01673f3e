/** Delivery reports of jobs that have ended: kept until who asked for the job has taken them. */
import type { Clock } from '../../time/clock.js';
import { guarded, reportFault, type FaultReport } from '../../faults.js';
import { Settling } from '../../delivery/settling.js';
import type { JobLog, LateReport } from '../log/job-log.js';
import type { RecipientStatus } from '../result.js';

/** Takes delivery reports of an origin's jobs that have ended, with the context of the job. */
export type ReportTaker = (status: RecipientStatus, context: unknown) => void;

type Entry = readonly [key: string, report: LateReport];

export class LateReports {
  /** What nobody has taken for good, by number of a job: the last word on each. */
  readonly #untaken = new Map<string, LateReport>();
  /** Those of them that were delivered a moment ago. */
  readonly #delivered = new Set<LateReport>();
  readonly #settling: Settling<Entry>;
  readonly #takers = new Map<string, ReportTaker>();
  #isHolding = false;

  /**
   * @param settleMs how long {@link hold} takes back a report that was delivered; 0: not at all
   * @param fault receives what takers throw
   */
  constructor(
    private readonly log: JobLog,
    clock: Clock,
    settleMs: number,
    private readonly fault: FaultReport = reportFault,
  ) {
    this.#settling = new Settling(clock, settleMs, (entries) => {
      for (const entry of entries) this.#settle(entry);
    });
  }

  /** What an earlier life may not have told. */
  async load(): Promise<void> {
    for await (const [key, report] of this.log.lateReports()) if (!this.#untaken.has(key)) this.add(key, report);
  }

  /** Takes what there is, and what comes. The returned function ends it. */
  take(origin: string, taker: ReportTaker): () => void {
    this.#takers.set(origin, taker);
    this.#deliverTo(origin);
    return () => {
      if (this.#takers.get(origin) === taker) this.#takers.delete(origin);
    };
  }

  /** A report is saved. */
  add(key: string, report: LateReport): void {
    this.#untaken.set(key, report);
    this.#deliver(key, report);
  }

  /** Delivers nothing until {@link release}; what was delivered in the last moment counts as not delivered. */
  hold(): void {
    this.#isHolding = true;
    for (const [, report] of this.#settling.takeBack()) this.#delivered.delete(report);
  }

  release(): void {
    this.#isHolding = false;
    this.deliverAll();
  }

  /** Delivers what has a taker. To be called again if the journal could not be read. */
  deliverAll(): void {
    for (const origin of [...this.#takers.keys()]) this.#deliverTo(origin);
  }

  /** Forgets those before `deadline` (milliseconds since 1970): who asked for the job does not come back. */
  prune(deadline: number): void {
    for (const [key, { at }] of this.#untaken) if (at <= deadline) this.#forget(key);
  }

  #deliverTo(origin: string): void {
    for (const [key, report] of [...this.#untaken]) if (report.origin === origin) this.#deliver(key, report);
  }

  #deliver(key: string, report: LateReport): void {
    const { origin, status } = report;
    const taker = this.#takers.get(origin);
    if (!taker || this.#isHolding || this.#delivered.has(report)) return;
    let context: unknown;
    try {
      context = this.log.ended(status.id)?.context ?? null;
    } catch {
      // It is delivered when the journal can be read.
      return;
    }
    this.#delivered.add(report);
    this.#settling.add([key, report]);
    guarded(() => taker(status, context), this.fault);
  }

  #settle([key, report]: Entry): void {
    this.#delivered.delete(report);
    // A later report of the number may have come.
    if (this.#untaken.get(key) === report) this.#forget(key);
  }

  #forget(key: string): void {
    this.#untaken.delete(key);
    this.log.lateReportTaken(key);
  }
}
