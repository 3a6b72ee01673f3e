/** Delivery reports: which SMS each is about (protocol §5). */
import { isoTime } from '../../time/iso-time.js';
import { EARLY_REPORTS, EARLY_REPORT_PATIENCE, REPORT_PATIENCE } from '../../parameters.js';
import { deliveryOf } from '../../gsm/causes.js';
import type { OutboxJob } from '../numbers/job.js';
import type { JobHandle } from '../numbers/job-handle.js';
import type { JobLog, ReportRecord } from '../log/job-log.js';
import { PartReports } from './part-reports.js';
import { resultOf, type Recipient } from '../numbers/recipient.js';
import type { Delivery } from '../result.js';

/** A report as a device told it. */
export interface Report {
  readonly device: string;
  /** The device's number of the SMS, which recurs. */
  readonly smsNo: number;
  /** Who the SMS was for; null where the device does not say. */
  readonly number: string | null;
  readonly delivery: Delivery;
  /** Of the report; undefined if it is not known. */
  readonly recvid?: string | undefined;
  readonly at: number;
}

/** What is known of an SMS with a report on it. */
export interface Reported extends Expected {
  readonly delivery: Delivery;
}

/** An SMS that was sent, and whose report may come. Kept small: each line has hundreds; the journal has the rest. */
export interface Expected {
  readonly key: string;
  readonly jobId: string;
  readonly index: number;
  readonly to: string;
  readonly parts: number;
  /** What the last report says. */
  readonly delivery: Delivery | null;
  readonly at: number;
  /** Notifies whoever has the job, if nobody can be found by its origin. */
  readonly job: JobHandle | undefined;
}

export class DeliveryReports {
  /** The newest SMS of each line and number, oldest first. */
  readonly #expected = new Map<string, Expected>();
  /** Of long SMS whose parts are being reported, by the same keys. */
  readonly #parts = new Map<string, PartReports>();
  /** Reports of SMS whose OK has not come, oldest first. */
  #early: Report[] = [];

  constructor(private readonly log: JobLog) {}

  async load(): Promise<void> {
    const expected: Expected[] = [];
    for await (const [key, { job: jobId, index, at, result, deliveredParts }] of this.log.reports()) {
      const { to, parts, delivery } = result;
      expected.push({ key, jobId, index, to, parts, delivery, at, job: undefined });
      if (parts > 1 && delivery) this.#parts.set(key, new PartReports(parts, deliveredParts, delivery));
    }
    for (const one of expected.sort((a, b) => a.at - b.at)) this.#expected.set(one.key, one);
  }

  /** An SMS was sent. Returns what its reports say, if they have come already. */
  sent(job: OutboxJob, recipient: Recipient, now: number): Delivery | undefined {
    const key = keyOfSms(recipient);
    if (key === undefined) return undefined;
    // Deleted first: the newest is the last.
    this.#forget(key);
    const delivery = this.#takeEarly(key, recipient);
    const { index, to, parts } = recipient;
    this.#expected.set(key, {
      key,
      jobId: job.id,
      index,
      to,
      parts,
      delivery: delivery ?? null,
      at: now,
      job: job.record.origin === null ? job.heldHandle : undefined,
    });
    return delivery;
  }

  #takeEarly(key: string, { to, parts }: Pick<Recipient, 'to' | 'parts'>): Delivery | undefined {
    const isMeant = (report: Report): boolean => keyOf(report.device, report.smsNo) === key && isFor(to, report.number);
    const early = this.#early.filter(isMeant);
    this.#early = this.#early.filter((report) => !isMeant(report));
    const meant = early.map((report) => (parts > 1 ? this.#addPart(key, parts, report) : report.delivery));
    return meant.findLast(isFinal) ?? meant.at(-1);
  }

  /** What the journal keeps of a number that has ended, if its report may come. */
  recordsOf(job: OutboxJob, recipient: Recipient): (readonly [key: string, record: ReportRecord])[] {
    const { index } = recipient;
    const key = keyOfSms(recipient);
    const expected = key === undefined ? undefined : this.#expected.get(key);
    if (key === undefined || expected?.jobId !== job.id || expected.index !== index) return [];
    const { delivery, at } = expected;
    const result = { ...resultOf(recipient), delivery };
    return [[key, { job: job.id, index, origin: job.record.origin, result, ...this.#deliveredParts(key), at }]];
  }

  /** What the journal is to keep of an SMS whose job has ended; undefined if it has lost it. Throws `GOIP_STORAGE`. */
  recordOf({ key, jobId, index, delivery }: Reported): ReportRecord | undefined {
    const record = this.log.report(key);
    if (record?.job !== jobId || record.index !== index) return undefined;
    return { ...record, result: { ...record.result, delivery }, ...this.#deliveredParts(key) };
  }

  /**
   * The SMS that a report is about, with what it says: to be {@link note}d. Undefined where it is no news, or where there is
   * none yet: the report may be earlier than the OK, and is kept for a while.
   * @param isSending does the line have a number out?
   */
  find(report: Report, isSending: boolean): Reported | undefined {
    const expected = this.#expected.get(keyOf(report.device, report.smsNo));
    const before = expected?.delivery;
    const isReported = before && isFinal(before);
    const isOurs = expected && isFor(expected.to, report.number) && !isTooOld(expected, report.at);
    if (!isOurs || (isReported && isSending)) {
      this.#early.push(report);
      if (this.#early.length > EARLY_REPORTS) this.#early.shift();
      return undefined;
    }
    // One that was overtaken on the way.
    if (isReported && !isFinal(report.delivery)) return undefined;
    const { key, parts } = expected;
    // Of a long SMS whose parts are delivered, or one of which is not, only a part that is not delivered is news.
    if (parts > 1 && isReported && (before.state === 'undelivered' || report.delivery.state === 'delivered'))
      return undefined;
    return { ...expected, delivery: parts > 1 ? this.#addPart(key, parts, report) : report.delivery };
  }

  /** Counts at once: the report before it may not be saved yet. */
  #addPart(key: string, parts: number, { recvid, delivery }: Report): Delivery {
    const known = this.#parts.get(key) ?? new PartReports(parts);
    this.#parts.set(key, known);
    return known.add(recvid, delivery);
  }

  #deliveredParts(key: string): Pick<ReportRecord, 'deliveredParts'> {
    const parts = this.#parts.get(key);
    return parts ? { deliveredParts: parts.delivered } : {};
  }

  #forget(key: string): void {
    this.#expected.delete(key);
    this.#parts.delete(key);
  }

  note(expected: Expected): void {
    const { key, jobId, index } = expected;
    const known = this.#expected.get(key);
    if (known?.jobId === jobId && known.index === index) this.#expected.set(key, expected);
  }

  sweep(now: number): void {
    for (const [key, expected] of this.#expected) {
      if (!isTooOld(expected, now)) break;
      this.#forget(key);
      this.log.reportForgotten(key);
    }
    this.#early = this.#early.filter(({ at }) => now - at < EARLY_REPORT_PATIENCE * 1000);
  }
}

/** What a TP-Status says. @param wall milliseconds since 1970 */
export function deliveryFrom(status: number, wall: number): Delivery {
  const { state, meaning } = deliveryOf(status);
  return { state, status, reason: meaning, at: isoTime(wall) };
}

const isFinal = ({ state }: Delivery): boolean => state !== 'delivery-pending';

function isTooOld({ at }: Expected, now: number): boolean {
  return now - at >= REPORT_PATIENCE * 1000;
}

/** Undefined if no report can come: the number was not sent, or its SMS has no number. */
function keyOfSms({ life }: Recipient): string | undefined {
  if (life.phase !== 'sent' || life.smsNo === null || life.device === null) return undefined;
  return keyOf(life.device, life.smsNo);
}

const keyOf = (device: string, smsNo: number): string => `${device};${smsNo}`;

/** Digits by which the same number is known when it is written with another prefix. */
const COMPARED = 7;

function isFor(to: string, number: string | null): boolean {
  if (number === null) return true;
  const [one, other] = [to, number].map((written) => written.replace(/\D/g, '').slice(-COMPARED));
  return one === other || other === '';
}
