/** What an earlier life left with the devices: numbers whose result they owe, and sessions that are open. */
import type { Clock } from '../../time/clock.js';
import type { Line } from '../../lines/line.js';
import { RESULTS_KEPT } from '../../parameters.js';
import type { SessionPorts } from '../../sessions/session.js';
import type { InDoubt, Sending } from './sending.js';
import type { Policy } from '../policy/policy.js';
import type { OutboxJob } from '../numbers/job.js';
import type { JobLog } from '../log/job-log.js';
import type { Submission } from '../numbers/life.js';
import type { Recipient } from '../numbers/recipient.js';

interface RecoveryPorts {
  readonly log: JobLog;
  readonly clock: Clock;
  readonly sending: Sending;
  readonly policy: Policy;
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

  doubt(job: OutboxJob, recipient: Recipient, submission: Submission): void {
    this.#inDoubt.push({ job, recipient, submission });
  }

  /** A line came online, and may be asked. */
  lineOnline(line: Line): void {
    const mine = this.#inDoubt.filter(({ submission }) => submission.device === line.id);
    this.#inDoubt = this.#inDoubt.filter((doubt) => !mine.includes(doubt));
    for (const doubts of bySession(mine)) this.#resume(doubts, line);
    for (const [sendid, device] of this.#leftOver) {
      if (device !== line.id) continue;
      this.#leftOver.delete(sendid);
      // One that goes on is forgotten when it ends, or another crash would leave it open on the device.
      if (this.ports.sending.hasSession(sendid)) continue;
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

  /** Asks for all numbers of a session that the device can still know. It would send the others again. */
  #resume(doubts: readonly InDoubt[], line: Line): void {
    const lastTelid = Math.max(...doubts.map(({ submission }) => submission.telid));
    const lastAt = Math.max(...doubts.map(({ submission }) => submission.at));
    const known = doubts.filter((doubt) => {
      const problem = this.#whyForgotten(doubt.submission, line, lastTelid, lastAt);
      if (problem !== undefined) this.#giveUp(doubt, problem);
      return problem === undefined;
    });
    const [first, ...others] = known.sort((one, other) => one.submission.telid - other.submission.telid);
    if (first) this.ports.sending.resume(first.job, [first, ...others], line);
  }

  /** The device may still know the number, unless it restarted, released the session or got ten other numbers since. */
  #whyForgotten({ count, telid }: Submission, line: Line, lastTelid: number, lastAt: number): string | undefined {
    const { clock, idleMs } = this.ports;
    if (Number(line.count) < Number(count)) return 'the device restarted before it told the result';
    if (clock.now() - lastAt >= idleMs) return 'the device has forgotten the session';
    return telid <= lastTelid - RESULTS_KEPT ? 'the device has forgotten the result' : undefined;
  }

  #giveUp({ job, recipient, submission }: InDoubt, reason: string): void {
    this.ports.policy.numberLost(job, recipient, submission.device, reason);
  }
}

function bySession(doubts: readonly InDoubt[]): Iterable<readonly InDoubt[]> {
  const sessions = new Map<number, InDoubt[]>();
  for (const doubt of doubts) {
    const { sendid } = doubt.submission;
    sessions.set(sendid, [...(sessions.get(sendid) ?? []), doubt]);
  }
  return sessions.values();
}
