/** Saves what becomes of numbers. Results and delivery reports are saved first, then reported. */
import type { Clock } from '../../time/clock.js';
import { reportFault, type FaultReport } from '../../faults.js';
import { JOURNAL_RETRY, NUMBERS_PER_TURN, RESULTS_PER_WRITE } from '../../parameters.js';
import type { Pace } from '../../time/pace.js';
import type { EndedNumbers, JobLog } from '../log/job-log.js';
import type { OutboxJob } from '../numbers/job.js';
import type { EndedRecord } from '../numbers/job-record.js';
import { resultOf, type Recipient } from '../numbers/recipient.js';
import type { DeliveryReports } from '../reports/reports.js';
import type { Delivery, JobResult, RecipientResult } from '../result.js';
import { Coalesced } from './coalesced.js';
import { Unsaved, type News, type NewsOfNumber } from './unsaved.js';

interface LedgerPorts {
  readonly log: JobLog;
  readonly clock: Clock;
  readonly pace: Pace;
  readonly reports: DeliveryReports;
  readonly fault?: FaultReport | undefined;
  /** A job is over, and its result is saved. */
  ended(job: OutboxJob, record: EndedRecord, result: JobResult): void;
}

/** What is to be saved of a job. */
interface Account {
  readonly unsaved: Unsaved;
  readonly writes: Coalesced;
  /** Settles when everything until now is saved, or the server closes before. */
  saving: Promise<unknown>;
}

export class Ledger {
  /** Settles when everything of all jobs until now is saved, or the server closes before. */
  settled: Promise<unknown> = Promise.resolve();
  /** Accounts of jobs that have something to save. */
  readonly #accounts = new Map<OutboxJob, Account>();
  #isClosing = false;

  constructor(private readonly ports: LedgerPorts) {}

  /** From now on a failing disk is not waited for. */
  close(): void {
    this.#isClosing = true;
  }

  /** Notes news of a number. {@link save} saves them. */
  addNews(job: OutboxJob, recipient: Recipient, piece: News): void {
    this.#accountOf(job).unsaved.add(recipient, piece);
  }

  /** Saves the news of a job, and its result if it is over. Resolves when they are saved, or the server closes. */
  save(job: OutboxJob): Promise<unknown> {
    return this.#track(job, this.#accountOf(job).writes.request());
  }

  /** Saves that a line refused a number, which waits for another one. Resolves when that is saved, or the server closes. */
  saveRefusal(job: OutboxJob, recipient: Recipient): Promise<unknown> {
    return this.#track(job, this.#saveRefusal(job, recipient));
  }

  /** Tracks work that adds news of a job, as part of {@link saved}. */
  track(job: OutboxJob, work: Promise<unknown>): Promise<unknown> {
    return this.#track(job, work);
  }

  /** Settles when everything of a job until now is saved, or the server closes before. */
  async saved(job: OutboxJob): Promise<void> {
    await this.#accounts.get(job)?.saving;
  }

  /** Waits for the disk if too much of a job is unsaved: numbers must not pile up before a slow one. */
  async makeRoom(job: OutboxJob): Promise<void> {
    const account = this.#accounts.get(job);
    if (account && account.unsaved.size >= RESULTS_PER_WRITE) await account.writes.settled;
  }

  hasUnsaved(job: OutboxJob): boolean {
    return this.#unsavedCount(job) > 0;
  }

  /** Whether a delivery is not saved yet. */
  hasUnsavedDelivery(job: OutboxJob, recipient: Recipient, delivery: Delivery): boolean {
    return this.#accounts.get(job)?.unsaved.hasDelivery(recipient, delivery) ?? false;
  }

  /** Unsaved results of numbers. They are saved in any case; the caller may add them to an earlier write. */
  unsavedOf(job: OutboxJob, recipients: Iterable<Recipient>): EndedNumbers {
    const unsaved = this.#accounts.get(job)?.unsaved;
    return this.#recordsOf(
      job,
      [...recipients].filter((recipient) => unsaved?.has(recipient)),
    );
  }

  #recordsOf(job: OutboxJob, recipients: readonly Recipient[]): EndedNumbers {
    const { reports } = this.ports;
    return {
      results: new Map(recipients.map((recipient) => [recipient.index, resultOf(recipient)])),
      reports: new Map(recipients.flatMap((recipient) => reports.recordsOf(job, recipient))),
    };
  }

  #accountOf(job: OutboxJob): Account {
    let account = this.#accounts.get(job);
    if (!account) {
      const writes = new Coalesced(() => this.#saveResults(job));
      account = { unsaved: new Unsaved(), writes, saving: Promise.resolve() };
      this.#accounts.set(job, account);
    }
    return account;
  }

  #unsavedCount(job: OutboxJob): number {
    return this.#accounts.get(job)?.unsaved.size ?? 0;
  }

  #track(job: OutboxJob, work: Promise<unknown>): Promise<unknown> {
    const { fault = reportFault } = this.ports;
    const account = this.#accountOf(job);
    const saving = Promise.all([account.saving, work.catch(fault)]).then(() => {
      const isDone = account.saving === saving && account.writes.isIdle && account.unsaved.size === 0;
      if (isDone) this.#accounts.delete(job);
    });
    account.saving = saving;
    this.settled = Promise.all([this.settled, saving]).then(forget);
    return saving;
  }

  async #saveRefusal(job: OutboxJob, { index, attempts, tried }: Recipient): Promise<void> {
    await this.#insist(() => this.ports.log.refused(job.key, index, { attempts, tried }));
  }

  /** A device reports a result once: it is kept here until the disk takes it, or the server closes. */
  async #saveResults(job: OutboxJob): Promise<void> {
    const isLarge = job.total > this.ports.log.perRecord;
    // What comes meanwhile is saved by the next run, or this one might never end.
    for (let left = this.#unsavedCount(job); left > 0; left -= RESULTS_PER_WRITE) {
      // A small job ends with its last results, in one write.
      if (job.ended && !isLarge) break;
      if (!(await this.#insist(() => this.#saveBatch(job)))) return;
    }
    if (!job.ended || job.isSettled) return;
    // The next run comes with what is left.
    if (isLarge && this.hasUnsaved(job)) return;
    await (isLarge ? this.#endLarge(job) : this.#insist(() => this.#endSmall(job)));
  }

  async #saveBatch(job: OutboxJob): Promise<void> {
    const batch = this.#accountOf(job).unsaved.oldest(RESULTS_PER_WRITE);
    const recipients = batch.map(({ recipient }) => recipient);
    await this.ports.log.results(job.key, this.#recordsOf(job, recipients));
    await this.#reportSaved(job, batch);
  }

  /** Reports news in slices: each piece may become a message of a flow. */
  async #reportSaved(job: OutboxJob, batch: readonly NewsOfNumber[]): Promise<void> {
    const { unsaved } = this.#accountOf(job);
    for (const [index, news] of batch.entries()) {
      if (index > 0 && index % REPORTED_AT_ONCE === 0) await this.ports.pace.turn(REPORTED_AT_ONCE);
      unsaved.reportSaved(job, news);
    }
  }

  async #endSmall(job: OutboxJob): Promise<void> {
    const { clock, log, reports } = this.ports;
    const batch = this.#accountOf(job).unsaved.oldest(Infinity);
    const expected = new Map(batch.flatMap(({ recipient }) => reports.recordsOf(job, recipient)));
    const record = job.endedRecord(clock.now());
    const result = { ...job.counts(), results: job.recipients.map(resultOf) };
    await log.end(job.key, result, expected, record);
    await this.#reportSaved(job, batch);
    this.ports.ended(job, record, result);
  }

  /** All results are saved and reported. Collects them again, record by record; the last write makes them the result. */
  async #endLarge(job: OutboxJob): Promise<void> {
    const { clock, log, pace } = this.ports;
    const results: RecipientResult[] = [];
    let records = 0;
    for (let first = 0; first < job.total; first += log.perRecord) {
      await pace.turn(NUMBERS_PER_TURN);
      const some = job.recipients.slice(first, first + log.perRecord).map(resultOf);
      const index = records;
      if (!(await this.#insist(() => log.endPart(job.id, index, some)))) return;
      for (const result of some) results.push(result);
      records += 1;
    }
    const record = job.endedRecord(clock.now());
    if (!(await this.#insist(() => log.endLarge(job.key, record, records, job.recipients)))) return;
    this.ports.ended(job, record, { ...job.counts(), results });
  }

  /** Writes again until the disk takes it. Resolves to whether it did before the server was closed. */
  async #insist(write: () => Promise<unknown>): Promise<boolean> {
    for (;;) {
      if (await isDone(write())) return true;
      if (this.#isClosing) return false;
      await new Promise<void>((resolve) => this.ports.clock.after(JOURNAL_RETRY * 1000, resolve));
    }
  }
}

async function isDone(write: Promise<unknown>): Promise<boolean> {
  return write.then(
    () => true,
    () => false,
  );
}

/** News that are reported without a pause: fewer than a turn may take, because listeners work on them. */
const REPORTED_AT_ONCE = NUMBERS_PER_TURN / 5;

/** Otherwise the last promise of a chain would hold the values of all before it. */
const forget = (): void => undefined;
