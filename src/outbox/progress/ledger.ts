/** What becomes of numbers: saved first, then told. */
import type { Clock } from '../../time/clock.js';
import { GoipError } from '../../errors.js';
import { reportFault, type FaultReport } from '../../faults.js';
import { JOURNAL_RETRY, NUMBERS_PER_TURN, RESULTS_PER_WRITE } from '../../parameters.js';
import type { Pace } from '../../time/pace.js';
import { Coalesced } from './coalesced.js';
import type { OutboxJob } from '../numbers/job.js';
import type { EndedNumbers, EndedRecord, JobLog } from '../log/job-log.js';
import { resultOf, type Recipient, type RecipientChange } from '../numbers/recipient.js';
import type { DeliveryReports } from '../reports/reports.js';
import type { Delivery, JobResult, RecipientResult } from '../result.js';

interface LedgerPorts {
  readonly log: JobLog;
  readonly clock: Clock;
  readonly pace: Pace;
  readonly reports: DeliveryReports;
  readonly fault?: FaultReport | undefined;
  /** A job is over, and its result saved. */
  ended(job: OutboxJob, record: EndedRecord, result: JobResult): void;
}

export class Ledger {
  /** What was noted is on its way to the journal until this settles. */
  settled: Promise<unknown> = Promise.resolve();
  /** Writes of jobs that have something to save. */
  readonly #writes = new Map<OutboxJob, Coalesced>();
  #closing = false;

  constructor(private readonly ports: LedgerPorts) {}

  /** From now on a disk that fails is not waited for. */
  close(): void {
    this.#closing = true;
  }

  /** Numbers have ended. */
  end(job: OutboxJob, recipients: readonly Recipient[], change: RecipientChange): void {
    if (recipients.length === 0) return;
    const now = this.ports.clock.now();
    for (const recipient of recipients) {
      job.move(recipient, { errorstatus: null, ...change }, now);
      note(job, recipient, () => job.announce(recipient));
      const early = this.ports.reports.sent(job, recipient, now);
      if (early) this.#reported(job, recipient, early);
    }
    this.#save(job);
  }

  /** What the journal does not have yet of numbers. It is saved in any case; a caller may save it in an earlier write. */
  unsavedOf(job: OutboxJob, recipients: Iterable<Recipient>): EndedNumbers {
    return this.#recordsOf(
      job,
      [...recipients].filter((recipient) => job.unsaved?.has(recipient)),
    );
  }

  #recordsOf(job: OutboxJob, recipients: readonly Recipient[]): EndedNumbers {
    const { reports } = this.ports;
    return {
      results: new Map(recipients.map((recipient) => [recipient.index, resultOf(recipient)])),
      reports: new Map(recipients.flatMap((recipient) => reports.recordsOf(job, recipient))),
    };
  }

  /** Numbers have ended that no line has, and that may be many. Resolves when that is saved, or the server closes. */
  endAll(job: OutboxJob, recipients: readonly Recipient[], change: RecipientChange): Promise<unknown> {
    if (recipients.length > NUMBERS_PER_TURN) return this.#chain(job, this.#endInSlices(job, recipients, change));
    this.end(job, recipients, change);
    return job.saving;
  }

  async #endInSlices(job: OutboxJob, recipients: readonly Recipient[], change: RecipientChange): Promise<void> {
    for (let first = 0; first < recipients.length; first += NUMBERS_PER_TURN) {
      await this.ports.pace.turn(NUMBERS_PER_TURN);
      this.end(job, recipients.slice(first, first + NUMBERS_PER_TURN), change);
      // A slow disk is waited for, or the numbers would pile up before it.
      if (unsavedOf(job) >= RESULTS_PER_WRITE) await this.#writes.get(job)?.settled;
    }
  }

  /** The network has reported what became of an SMS of a job in hand. Resolves when that is saved. */
  async reported(job: OutboxJob, recipient: Recipient, delivery: Delivery): Promise<void> {
    const step = this.#reported(job, recipient, delivery);
    this.#save(job);
    await job.saving;
    // The server closes, and the disk is out of order: the device is to tell it again.
    if (job.unsaved?.get(recipient)?.has(step)) throw new GoipError('GOIP_STORAGE', 'the report is not saved');
  }

  /** All numbers of a job have ended, and no report is waited for: it is over. */
  finish(job: OutboxJob): void {
    this.#save(job);
  }

  #reported(job: OutboxJob, recipient: Recipient, delivery: Delivery): () => void {
    job.reported(recipient, delivery);
    const step = (): void => job.announceDelivery(recipient, delivery);
    note(job, recipient, step);
    return step;
  }

  /** A line refused a number, which waits for another one. Resolves when that is saved, or the server closes. */
  refused(job: OutboxJob, recipient: Recipient): Promise<unknown> {
    return this.#chain(job, this.#saveRefusal(job, recipient));
  }

  async #saveRefusal(job: OutboxJob, { index, attempts, tried }: Recipient): Promise<void> {
    await this.#insist(() => this.ports.log.refused(job.key, index, { attempts, tried }));
  }

  #save(job: OutboxJob): void {
    let writes = this.#writes.get(job);
    if (!writes) {
      writes = new Coalesced(() => this.#saveResults(job));
      this.#writes.set(job, writes);
    }
    void this.#chain(job, writes.request()).then(() => {
      if (writes.isIdle) this.#writes.delete(job);
    });
  }

  #chain(job: OutboxJob, saved: Promise<unknown>): Promise<unknown> {
    const { fault = reportFault } = this.ports;
    job.saving = Promise.all([job.saving, saved.catch(fault)]).then(forget);
    this.settled = Promise.all([this.settled, job.saving]).then(forget);
    return job.saving;
  }

  /** What a device has said is said once: it is kept here until the disk takes it, or the server closes. */
  async #saveResults(job: OutboxJob): Promise<void> {
    const { log } = this.ports;
    const isLarge = job.total > log.perRecord;
    // What comes meanwhile is saved by the next run, or this one might never end.
    for (let left = unsavedOf(job); left > 0; left -= RESULTS_PER_WRITE) {
      // A small job ends with its last results, in one write.
      if (job.ended && !isLarge) break;
      if (!(await this.#insist(() => this.#saveBatch(job)))) return;
    }
    if (!job.ended || job.settled) return;
    // The next run comes with what is left.
    if (isLarge && unsavedOf(job) > 0) return;
    await (isLarge ? this.#endLarge(job) : this.#insist(() => this.#endSmall(job)));
  }

  async #saveBatch(job: OutboxJob): Promise<void> {
    const batch = batchOf(job, RESULTS_PER_WRITE);
    await this.ports.log.results(
      job.key,
      this.#recordsOf(
        job,
        batch.map(({ recipient }) => recipient),
      ),
    );
    await this.#tellSaved(job, batch);
  }

  /** Tells the steps that are saved, in slices: each of them may be a message of a flow. */
  async #tellSaved(job: OutboxJob, batch: readonly Unsaved[]): Promise<void> {
    for (const [index, { recipient, steps }] of batch.entries()) {
      if (index > 0 && index % TOLD_AT_ONCE === 0) await this.ports.pace.turn(TOLD_AT_ONCE);
      tellSaved(job, recipient, steps);
    }
  }

  async #endSmall(job: OutboxJob): Promise<void> {
    const { clock, log, reports } = this.ports;
    const batch = batchOf(job, Infinity);
    const expected = new Map(batch.flatMap(({ recipient }) => reports.recordsOf(job, recipient)));
    const record = job.endedRecord(clock.now());
    const result = { ...job.counts(), results: job.recipients.map(resultOf) };
    await log.end(job.key, result, expected, record);
    await this.#tellSaved(job, batch);
    this.ports.ended(job, record, result);
  }

  /** All results are saved and told. Gathers them once more, record by record; the last write makes them the result. */
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

  /** Writes again until the disk takes it. Resolves to whether it did, before the server was closed. */
  async #insist(write: () => Promise<unknown>): Promise<boolean> {
    for (;;) {
      if (await isDone(write())) return true;
      if (this.#closing) return false;
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

function note(job: OutboxJob, recipient: Recipient, tell: () => void): void {
  job.unsaved ??= new Map();
  const steps = job.unsaved.get(recipient);
  if (steps) steps.add(tell);
  else job.unsaved.set(recipient, new Set([tell]));
}

/** Steps that are told without a pause: fewer than a turn may take, because listeners do something with them. */
const TOLD_AT_ONCE = NUMBERS_PER_TURN / 5;

function unsavedOf(job: OutboxJob): number {
  return job.unsaved?.size ?? 0;
}

interface Unsaved {
  readonly recipient: Recipient;
  readonly steps: readonly (() => void)[];
}

/** What has waited longest. */
function batchOf(job: OutboxJob, most: number): readonly Unsaved[] {
  const batch: Unsaved[] = [];
  for (const [recipient, steps] of job.unsaved ?? []) {
    if (batch.length >= most) break;
    batch.push({ recipient, steps: [...steps] });
  }
  return batch;
}

/** Tells the steps that are saved. */
function tellSaved(job: OutboxJob, recipient: Recipient, saved: readonly (() => void)[]): void {
  const unsaved = job.unsaved?.get(recipient);
  const news = saved.filter((step) => unsaved?.delete(step));
  if (unsaved?.size === 0) job.unsaved?.delete(recipient);
  for (const tell of news) tell();
}

/** Or the last promise of a chain would hold the values of all before it. */
const forget = (): void => undefined;
