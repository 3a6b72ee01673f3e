/** What becomes of numbers: saved first, then told. */
import type { Clock } from '../clock.js';
import { GoipError } from '../errors.js';
import { JOURNAL_RETRY } from '../parameters.js';
import type { OutboxJob } from './job.js';
import type { EndedRecord, JobLog } from './job-log.js';
import { resultOf, type Recipient, type RecipientChange } from './recipient.js';
import type { DeliveryReports } from './reports.js';
import type { Delivery } from './result.js';

interface LedgerPorts {
  readonly log: JobLog;
  readonly clock: Clock;
  readonly reports: DeliveryReports;
  /** A job is over, and its result saved. */
  ended(job: OutboxJob, record: EndedRecord): void;
}

export class Ledger {
  /** What was noted is on its way to the journal until this settles. */
  settled: Promise<unknown> = Promise.resolve();
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
      const early = this.ports.reports.sent(job, recipient);
      if (early) this.#reported(job, recipient, early);
    }
    this.#save(job);
  }

  /** The network has reported what became of an SMS of a job in hand. Resolves when that is saved. */
  async reported(job: OutboxJob, recipient: Recipient, delivery: Delivery): Promise<void> {
    const step = this.#reported(job, recipient, delivery);
    this.#save(job);
    await job.saving;
    // The server closes, and the disk is out of order: the device is to tell it again.
    if (job.unsaved.get(recipient)?.has(step)) throw new GoipError('GOIP_STORAGE', 'the report is not saved');
  }

  /** The reports that a job waited for do not come: it is over. */
  endWithoutReports(job: OutboxJob): void {
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
    const save = (): Promise<void> => this.ports.log.refused(job.key, index, { attempts, tried });
    while (!(await isDone(save()))) if (!(await this.#mayTryAgain())) return;
  }

  #save(job: OutboxJob): void {
    void this.#chain(job, this.#saveResults(job));
  }

  #chain(job: OutboxJob, saved: Promise<unknown>): Promise<unknown> {
    job.saving = Promise.all([job.saving, saved]).then(forget);
    this.settled = Promise.all([this.settled, job.saving]).then(forget);
    return job.saving;
  }

  /** What a device has said is said once: it is kept here until the disk takes it, or the server closes. */
  async #saveResults(job: OutboxJob): Promise<void> {
    const { clock, log, reports } = this.ports;
    // All that is unsaved goes together: a write that is late must not bring back the numbers of a job that is over.
    while (job.unsaved.size > 0 || (job.ended && !job.settled)) {
      const batch = [...job.unsaved].map(([recipient, steps]) => ({ recipient, steps: [...steps] }));
      const results = new Map(batch.map(({ recipient }) => [recipient.index, resultOf(recipient)]));
      const expected = new Map(batch.flatMap(({ recipient }) => reports.recordsOf(job, recipient)));
      const record = job.ended && !job.settled ? job.endedRecord(clock.now()) : undefined;
      if (!(await isDone(log.results(job.key, results, expected, record)))) {
        if (await this.#mayTryAgain()) continue;
        return;
      }
      for (const { recipient, steps } of batch) tellSaved(job, recipient, steps);
      if (record) this.ports.ended(job, record);
      return;
    }
  }

  /** The disk did not take something. Resolves, in a while, to whether it is to be tried again. */
  async #mayTryAgain(): Promise<boolean> {
    if (this.#closing) return false;
    await new Promise<void>((resolve) => this.ports.clock.after(JOURNAL_RETRY * 1000, resolve));
    return true;
  }
}

async function isDone(write: Promise<unknown>): Promise<boolean> {
  return write.then(
    () => true,
    () => false,
  );
}

function note(job: OutboxJob, recipient: Recipient, tell: () => void): void {
  const steps = job.unsaved.get(recipient);
  if (steps) steps.add(tell);
  else job.unsaved.set(recipient, new Set([tell]));
}

/** Tells the steps that are saved, unless an earlier write has told them. */
function tellSaved(job: OutboxJob, recipient: Recipient, saved: readonly (() => void)[]): void {
  const unsaved = job.unsaved.get(recipient);
  const news = saved.filter((step) => unsaved?.delete(step));
  if (unsaved?.size === 0) job.unsaved.delete(recipient);
  for (const tell of news) tell();
}

/** Or the last promise of a chain would hold the values of all before it. */
const forget = (): void => undefined;
