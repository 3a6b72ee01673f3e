/** Jobs on their way to the lines: whenever a line is free it takes the next number that it may send. */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.js';
import { GoipError, type GoipErrorCode } from '../errors.js';
import type { Address, Line } from '../lines/line.js';
import type { LineRegistry } from '../lines/registry.js';
import { OPEN_ATTEMPTS, REST_AFTER_NO_ANSWER, TOO_MANY_PATIENCE } from '../parameters.js';
import type { SessionReply } from '../protocol/index.js';
import type { SessionEnd } from '../sessions/machine.js';
import type { SendIds } from '../sessions/sendids.js';
import { BulkSession, type NumberSource, type SessionPorts } from '../sessions/session.js';
import type { Settings } from '../settings.js';
import { OutboxJob, type Job, type Recipient, type Trouble } from './job.js';
import { checkRequest, type SendRequest } from './request.js';

export interface OutboxPorts {
  readonly lines: LineRegistry;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly sendIds: SendIds;
  readonly send: SessionPorts['send'];
  /** Is a line that is offline known to be so, or was it just not heard of yet? */
  isOfflineForSure(line: Line): boolean;
}

type Session = BulkSession<Recipient>;

const NOT_REGISTERED = 'the SIM is not registered with the network';
const CLOSED = { code: 'GOIP_CLOSED', reason: 'the server was closed' } as const;

export class Outbox {
  /** In the order of acceptance. */
  readonly #jobs = new Set<OutboxJob>();
  readonly #sessions = new Map<number, Session>();
  readonly #timers = new Set<() => void>();
  #closing = false;
  readonly #whenIdle = new Set<() => void>();

  constructor(private readonly ports: OutboxPorts) {}

  /**
   * Accepts a request as a job. Its first statuses come after the caller has had the chance to listen.
   * @throws GoipError with the code of what is wrong; then nothing was accepted.
   */
  accept(request: SendRequest): Job {
    const { lines, clock } = this.ports;
    const { to, text, devices } = checkRequest(request, (id) => lines.get(id) !== undefined);
    if (this.#closing) throw new GoipError('GOIP_CLOSED', 'the server is closing');
    const job = new OutboxJob(randomUUID(), text, to, devices, clock.now());
    const candidates = this.#candidates(job);
    if (candidates.every((line) => !line.online && this.ports.isOfflineForSure(line))) {
      throw new GoipError('GOIP_OFFLINE', devices ? `${devices.join(', ')}: not online` : 'no line is online');
    }
    setImmediate(() => {
      job.announceQueued();
      this.#jobs.add(job);
      if (this.#closing) this.#failPending(job, CLOSED);
      this.dispatch();
    });
    return job;
  }

  /** Gives free lines work. To be called when a line may have become free or ready. */
  dispatch(): void {
    if (this.#closing) return;
    for (const job of this.#jobs) {
      if (job.pending === 0) continue;
      for (const line of this.#candidates(job)) {
        while (job.pending > 0 && this.#isFree(line)) this.#open(job, line);
      }
      this.#watch(job);
    }
  }

  /** Takes a reply that belongs to a session. False where no session of that line expects it. */
  reply(reply: SessionReply, from: Address): boolean {
    const session = this.#sessions.get(reply.kind === 'ERROR' ? reply.id : reply.sendid);
    const talksTo = session?.line.address;
    if (!session || talksTo?.port !== from.port || talksTo.address !== from.address) return false;
    session.reply(reply);
    return true;
  }

  lineRestarted(line: Line): void {
    for (const session of [...this.#sessions.values()]) if (session.line === line) session.restarted();
  }

  /** Ends the jobs that have waited too long for a line. To be called from time to time. */
  sweep(): void {
    const { clock, settings } = this.ports;
    const deadline = clock.now() - settings.offlineAfterMs;
    for (const job of this.#jobs) {
      this.#watch(job);
      if (job.stalledSince !== undefined && job.stalledSince <= deadline) this.#failPending(job, this.#whyStalled(job));
    }
  }

  /** Numbers that wait and may go out on this line. */
  waitingFor(lineId: string): number {
    let waiting = 0;
    for (const job of this.#jobs) if (job.mayUse(lineId)) waiting += job.pending;
    return waiting;
  }

  /**
   * Takes no more jobs, fails what was not submitted, and waits at most `graceMs` for what devices have in hand; what is
   * still open then ends `unknown`. Every session gets its DONE.
   */
  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    for (const cancel of this.#timers) cancel();
    for (const job of this.#jobs) this.#failPending(job, CLOSED);
    if (this.#sessions.size === 0) return;
    const idle = new Promise<void>((resolve) => this.#whenIdle.add(resolve));
    const abort = (): void => {
      for (const session of [...this.#sessions.values()]) session.abort();
    };
    // Sessions that only open have nothing in hand that would be worth the wait.
    for (const session of [...this.#sessions.values()]) if (!session.hasNumberOut) session.abort();
    const cancel = this.ports.clock.after(graceMs, abort);
    await idle;
    cancel();
  }

  #candidates(job: OutboxJob): Line[] {
    const { lines } = this.ports;
    const named = job.devices?.map((id) => lines.get(id)).filter((line) => line !== undefined);
    return (named ?? [...lines]).filter((line) => job.mayUse(line.id));
  }

  #isFree(line: Line): boolean {
    return line.readiness === 'ready' && line.sessions < this.ports.settings.sessionsPerLine;
  }

  /** Can it send, now or after a rest? */
  #isUsable(line: Line): boolean {
    return line.readiness === 'ready' || line.readiness === 'resting';
  }

  #open(job: OutboxJob, line: Line): void {
    const first = job.take();
    if (!first) return;
    const { sendIds, settings, clock, send } = this.ports;
    const sendid = sendIds.next();
    const source = this.#source(job, line, sendid);
    const session = new BulkSession(sendid, line, job.text, first, source, { clock, config: settings.session, send });
    this.#sessions.set(sendid, session);
    session.start();
  }

  #source(job: OutboxJob, line: Line, sendid: number): NumberSource<Recipient> {
    const move = (recipient: Recipient, change: Parameters<OutboxJob['move']>[1]): void => {
      job.move(recipient, change, this.ports.clock.now());
      if (job.ended) this.#jobs.delete(job);
    };
    return {
      next: () => (job.mayUse(line.id) && this.#isUsable(line) ? job.take() : undefined),
      submitting: (recipient) =>
        move(recipient, { state: 'submitted', device: line.id, attempts: recipient.attempts + 1 }),
      waiting: (recipient) => move(recipient, { state: 'waiting' }),
      result: (recipient, result) => {
        if (result.state === 'sent' || result.code === 'GOIP_SEND_FAILED') job.troubles.delete(line.id);
        move(recipient, result);
      },
      ended: (end, untouched) => {
        this.#sessions.delete(sendid);
        if (untouched) this.#takeBack(job, untouched);
        this.#afterEnd(job, line, end);
        if (this.#sessions.size === 0) for (const tell of this.#whenIdle) tell();
        this.dispatch();
      },
    };
  }

  #takeBack(job: OutboxJob, untouched: Recipient): void {
    job.putBack(untouched);
    if (this.#closing) this.#failPending(job, CLOSED);
  }

  /** What the end of a session means for its line and for the job on that line. */
  #afterEnd(job: OutboxJob, line: Line, end: SessionEnd): void {
    const { clock, settings } = this.ports;
    const { resendMs, idleMs } = settings.session;
    const now = clock.now();
    switch (end.why) {
      case 'done':
      case 'aborted':
        return;
      case 'auth':
        this.#refuse(job, line, 'GOIP_AUTH', 'the device refused the password');
        return;
      case 'gsm-logout':
        line.park();
        // Keepalives may say LOGIN all the while.
        if (now - this.#trouble(job, line, end.why).since >= settings.offlineAfterMs) {
          this.#refuse(job, line, 'GOIP_GSM_LOGOUT', NOT_REGISTERED);
        }
        return;
      case 'no-answer':
        this.#rest(line, resendMs * REST_AFTER_NO_ANSWER);
        if (this.#trouble(job, line, end.why).count >= OPEN_ATTEMPTS) {
          this.#refuse(job, line, 'GOIP_TIMEOUT', 'the device did not answer');
        }
        return;
      case 'lost':
        this.#rest(line, resendMs);
        if (this.#trouble(job, line, end.why).count >= OPEN_ATTEMPTS) {
          this.#refuse(job, line, 'GOIP_REJECTED', 'the device lost the session again and again');
        }
        return;
      case 'rejected':
        this.#rest(line, resendMs);
        if (this.#trouble(job, line, end.why).count >= OPEN_ATTEMPTS) {
          this.#refuse(job, line, 'GOIP_REJECTED', `the device refused the session: ${end.message}`);
        }
        return;
      case 'too-many':
        this.#rest(line, resendMs);
        if (now - this.#trouble(job, line, end.why).since >= idleMs * TOO_MANY_PATIENCE) {
          this.#refuse(job, line, 'GOIP_REJECTED', `the device refused the session: ${end.message}`);
        }
        return;
    }
  }

  #rest(line: Line, ms: number): void {
    if (this.#closing) return;
    line.rest();
    const cancel = this.ports.clock.after(ms, () => {
      this.#timers.delete(cancel);
      line.endRest();
      this.dispatch();
    });
    this.#timers.add(cancel);
  }

  #trouble(job: OutboxJob, line: Line, why: SessionEnd['why']): { readonly count: number; readonly since: number } {
    const troubles = job.troubles.get(line.id) ?? new Map<SessionEnd['why'], Trouble>();
    const { count, since } = troubles.get(why) ?? { count: 0, since: this.ports.clock.now() };
    const trouble = { count: count + 1, since };
    job.troubles.set(line.id, troubles.set(why, trouble));
    return trouble;
  }

  /** The line will not do for this job. Without another one, the numbers that were not submitted fail. */
  #refuse(job: OutboxJob, line: Line, code: GoipErrorCode, reason: string): void {
    job.refusals.set(line.id, { code, reason });
    if (this.#candidates(job).length === 0) this.#failPending(job, { code, reason });
  }

  /** Notes since when a job has no line to hope for. */
  #watch(job: OutboxJob): void {
    const isHopeful = this.#candidates(job).some((line) => this.#isUsable(line));
    if (job.pending === 0 || isHopeful) job.stalledSince = undefined;
    else job.stalledSince ??= this.ports.clock.now();
  }

  #whyStalled(job: OutboxJob): { code: GoipErrorCode; reason: string } {
    const refusal = [...job.refusals.values()].at(-1);
    if (refusal) return refusal;
    const isOnline = this.#candidates(job).some((line) => line.online);
    return isOnline
      ? { code: 'GOIP_GSM_LOGOUT', reason: NOT_REGISTERED }
      : { code: 'GOIP_OFFLINE', reason: 'no line came online' };
  }

  #failPending(job: OutboxJob, { code, reason }: { code: GoipErrorCode; reason: string }): void {
    const now = this.ports.clock.now();
    for (let recipient = job.take(); recipient; recipient = job.take()) {
      job.move(recipient, { state: 'failed', code, reason }, now);
    }
    if (job.ended) this.#jobs.delete(job);
  }
}
