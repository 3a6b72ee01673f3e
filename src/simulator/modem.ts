/** The one radio of a line: sends one SMS at a time, whatever session it belongs to. */
import type { Alarms } from './alarms.js';

export interface ModemJob {
  readonly sendid: number;
  readonly telid: number;
  readonly to: string;
  readonly text: string;
  readonly finished: (result: SmsResult) => void;
}

/** What the GSM network said. `smsNo` counts the sent SMS of the line, modulo 256. */
export type SmsResult =
  { readonly state: 'sent'; readonly smsNo: number } | { readonly state: 'failed'; readonly errorstatus: number };

const SMS_NUMBERS = 256;

export interface ModemParts {
  readonly alarms: Alarms;
  /** Seconds that an SMS to this number takes. */
  readonly lineTime: (to: string) => number;
  /** The `errorstatus` with which the network refuses this number; null if it takes it. */
  readonly refusal: (to: string) => number | null;
  readonly report: (job: ModemJob, result: SmsResult) => void;
}

export class Modem {
  readonly #parts: ModemParts;
  #queue: readonly ModemJob[] = [];
  #sending: ModemJob | null = null;
  #smsNo: number;

  constructor(parts: ModemParts, firstSmsNo: number) {
    this.#parts = parts;
    this.#smsNo = firstSmsNo;
  }

  /** SMS that wait or are being sent. */
  get load(): number {
    return this.#queue.length + (this.#sending ? 1 : 0);
  }

  submit(job: ModemJob): void {
    this.#queue = [...this.#queue, job];
    this.#sendNext();
  }

  /** Takes back what a released session left in the queue; the SMS that is being sent goes on. */
  withdraw(sendid: number): void {
    this.#queue = this.#queue.filter((job) => job.sendid !== sendid);
  }

  #sendNext(): void {
    if (this.#sending) return;
    const [job, ...others] = this.#queue;
    if (!job) return;
    this.#queue = others;
    this.#sending = job;
    // An SMS counts as sent only when its time is over: a restart before that takes it back.
    this.#parts.alarms.after(this.#parts.lineTime(job.to), () => {
      this.#sending = null;
      const result = this.#transmit(job.to);
      this.#parts.report(job, result);
      job.finished(result);
      this.#sendNext();
    });
  }

  #transmit(to: string): SmsResult {
    const errorstatus = this.#parts.refusal(to);
    if (errorstatus !== null) return { state: 'failed', errorstatus };
    const smsNo = this.#smsNo % SMS_NUMBERS;
    this.#smsNo = smsNo + 1;
    return { state: 'sent', smsNo };
  }
}
