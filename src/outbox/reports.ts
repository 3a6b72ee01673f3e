/** Delivery reports: which SMS each is about (PROTOCOL §5). */
import { EARLY_REPORTS, EARLY_REPORT_PATIENCE, REPORT_PATIENCE } from '../parameters.js';
import { deliveryOf } from '../protocol/causes.js';
import type { OutboxJob } from './job.js';
import type { JobLog, ReportRecord } from './job-log.js';
import { resultOf, type Recipient } from './recipient.js';
import type { Delivery } from './result.js';

/** A report as a device told it. */
export interface Report {
  readonly device: string;
  /** The device's number of the SMS, which recurs. */
  readonly smsNo: number;
  /** Who the SMS was for; null where the device does not say. */
  readonly number: string | null;
  readonly delivery: Delivery;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** An SMS that was sent, and whose report may come. */
export interface Expected {
  readonly key: string;
  readonly jobId: string;
  readonly index: number;
  readonly record: ReportRecord;
  /** Whom to tell where the job has ended and nobody can be found by its origin. */
  readonly job: OutboxJob | undefined;
}

export class DeliveryReports {
  /** The newest SMS of each line and number, oldest first. */
  readonly #expected = new Map<string, Expected>();
  /** Reports of SMS whose OK has not come, oldest first. */
  #early: Report[] = [];

  constructor(private readonly log: JobLog) {}

  async load(): Promise<void> {
    for await (const [key, record] of this.log.reports()) {
      const { job, index } = record;
      this.#expected.set(key, { key, jobId: job, index, record, job: undefined });
    }
  }

  /** An SMS was sent. Returns its report, if that has come already. */
  sent(job: OutboxJob, recipient: Recipient): Delivery | undefined {
    const { device, smsNo } = recipient;
    if (recipient.state !== 'sent' || smsNo === null || device === null) return undefined;
    const key = keyOf(device, smsNo);
    // Deleted first: the newest is the last.
    this.#expected.delete(key);
    const found = this.#early.findIndex(
      (report) => keyOf(report.device, report.smsNo) === key && isFor(recipient.to, report.number),
    );
    const [early] = found < 0 ? [] : this.#early.splice(found, 1);
    const { id, record } = job;
    const withReport = { ...recipient, delivery: early?.delivery ?? null };
    this.#expected.set(key, {
      key,
      jobId: id,
      index: recipient.index,
      record: {
        job: id,
        index: recipient.index,
        origin: record.origin,
        result: resultOf(withReport),
        at: recipient.at,
      },
      job: record.origin === null ? job : undefined,
    });
    return early?.delivery;
  }

  /** What the journal is to keep of a number of a job that has ended. */
  recordsOf(job: OutboxJob, { device, smsNo, index }: Recipient): (readonly [key: string, record: ReportRecord])[] {
    if (device === null || smsNo === null) return [];
    const expected = this.#expected.get(keyOf(device, smsNo));
    return expected?.jobId === job.id && expected.index === index ? [[expected.key, expected.record]] : [];
  }

  /**
   * The SMS that a report is about, with the report noted. Undefined where there is none yet: the report may be earlier than
   * the OK, and is kept for a while.
   * @param isSending does the line have a number out?
   */
  take(report: Report, isSending: boolean): Expected | undefined {
    const key = keyOf(report.device, report.smsNo);
    const expected = this.#expected.get(key);
    const known = expected?.record.result.delivery;
    const isReported = known && known.state !== 'delivery-pending';
    const isOurs = expected && isFor(expected.record.result.to, report.number) && !isTooOld(expected.record, report.at);
    if (!isOurs || (isReported && isSending)) {
      this.#early.push(report);
      if (this.#early.length > EARLY_REPORTS) this.#early.shift();
      return undefined;
    }
    const { record } = expected;
    const next = { ...expected, record: { ...record, result: { ...record.result, delivery: report.delivery } } };
    this.#expected.set(key, next);
    return next;
  }

  sweep(now: number): void {
    for (const [key, { record }] of this.#expected) {
      if (!isTooOld(record, now)) break;
      this.#expected.delete(key);
      this.log.reportForgotten(key);
    }
    this.#early = this.#early.filter(({ at }) => now - at < EARLY_REPORT_PATIENCE * 1000);
  }
}

/** What a TP-Status says. @param now milliseconds since 1970 */
export function deliveryFrom(status: number, now: number): Delivery {
  const { state, meaning } = deliveryOf(status);
  return { state, status, reason: meaning, at: new Date(now).toISOString() };
}

function isTooOld({ at }: ReportRecord, now: number): boolean {
  return now - at >= REPORT_PATIENCE * 1000;
}

const keyOf = (device: string, smsNo: number): string => `${device};${smsNo}`;

/** Digits by which the same number is known when it is written with another prefix. */
const COMPARED = 7;

function isFor(to: string, number: string | null): boolean {
  if (number === null) return true;
  const [one, other] = [to, number].map((written) => written.replace(/\D/g, '').slice(-COMPARED));
  return one === other || other === '';
}
