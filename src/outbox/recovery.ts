/** What an earlier life left with the devices: numbers whose result they owe, and sessions that are open. */
import type { Clock } from '../time/clock.js';
import type { Line } from '../lines/line.js';
import type { SessionPorts } from '../sessions/session.js';
import type { Dispatcher } from './dispatcher.js';
import type { OutboxJob } from './job.js';
import type { JobLog } from './job-log.js';
import type { SubmissionRecord } from './recipient.js';
import type { Recipient } from './recipient.js';

/** A number that was with a device, and whose line was not heard of since. */
interface InDoubt {
  readonly job: OutboxJob;
  readonly recipient: Recipient;
  readonly submission: SubmissionRecord;
}

interface RecoveryPorts {
  readonly log: JobLog;
  readonly clock: Clock;
  readonly dispatcher: Dispatcher;
  readonly send: SessionPorts['send'];
  /** Milliseconds without traffic after which devices forget a session. */
  readonly idleMs: number;
}

export class Recovery {
  #inDoubt: InDoubt[] = [];
  /** Devices by sendid. */
  #leftOver = new Map<number, string>();

  constructor(private readonly ports: RecoveryPorts) {}

  async load(): Promise<void> {
    this.#leftOver = await this.ports.log.openSessions();
  }

  doubt(job: OutboxJob, recipient: Recipient, submission: SubmissionRecord): void {
    this.#inDoubt.push({ job, recipient, submission });
  }

  /** A line came online, and may be asked. */
  lineOnline(line: Line): void {
    const mine = this.#inDoubt.filter(({ submission }) => submission.device === line.id);
    this.#inDoubt = this.#inDoubt.filter((doubt) => !mine.includes(doubt));
    for (const doubt of mine) this.#resume(doubt, line);
    for (const [sendid, device] of this.#leftOver) {
      if (device !== line.id) continue;
      this.#leftOver.delete(sendid);
      // One that goes on is forgotten when it ends, or another crash would leave it open on the device.
      if (this.ports.dispatcher.hasSession(sendid)) continue;
      this.ports.log.sessionEnded(sendid);
      this.ports.send(line, { kind: 'DONE', sendid });
    }
  }

  /** Gives up numbers whose line was not heard of until the device has forgotten them. */
  sweep(now: number): void {
    const forgotten = now - this.ports.idleMs;
    const lost = this.#inDoubt.filter(({ submission }) => submission.at <= forgotten);
    this.#inDoubt = this.#inDoubt.filter((doubt) => !lost.includes(doubt));
    for (const doubt of lost) this.#giveUp(doubt, 'its line was not heard of in time');
  }

  /** The device may still know the number, unless it restarted or released the session since. */
  #resume(doubt: InDoubt, line: Line): void {
    const { job, recipient, submission } = doubt;
    const { clock, idleMs, dispatcher } = this.ports;
    if (Number(line.count) < Number(submission.count)) {
      this.#giveUp(doubt, 'the device restarted before it told the result');
    } else if (clock.now() - submission.at >= idleMs) {
      this.#giveUp(doubt, 'the device has forgotten the session');
    } else dispatcher.resume(job, recipient, submission, line);
  }

  #giveUp({ job, recipient, submission }: InDoubt, reason: string): void {
    const result = { state: 'unknown', code: 'GOIP_TIMEOUT', reason } as const;
    this.ports.dispatcher.numberEnded(job, recipient, submission.device, result);
  }
}
