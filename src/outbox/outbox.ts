/** Jobs on their way to the lines: whenever a line is free it takes the next number that it may send. */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.js';
import { GoipError, type GoipErrorCode } from '../errors.js';
import type { Journal } from '../journal/journal.js';
import type { Address, Line } from '../lines/line.js';
import type { LineRegistry } from '../lines/registry.js';
import { JOURNAL_RETRY } from '../parameters.js';
import type { SessionReply } from '../protocol/index.js';
import type { SessionEnd } from '../sessions/machine.js';
import type { SendIds } from '../sessions/sendids.js';
import { BulkSession, type NumberSource, type SessionPorts } from '../sessions/session.js';
import type { Settings } from '../settings.js';
import { EndedJob, OutboxJob, resultOf, type Recipient, type RecipientChange } from './job.js';
import type { Job, JobSummary } from './result.js';
import { JobLog, type EndedRecord, type JobRecord, type SubmissionRecord } from './job-log.js';
import { consequenceOf } from './line-policy.js';
import { checkRequest, type SendRequest } from './request.js';

export interface OutboxPorts {
  readonly lines: LineRegistry;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly sendIds: SendIds;
  readonly journal: Journal;
  readonly send: SessionPorts['send'];
  /** Is a line that is offline known to be so, or was it just not heard of yet? */
  isOfflineForSure(line: Line): boolean;
}

/** Which jobs an order is for: one, or all of an origin. */
export type JobSelector = { readonly jobId: string } | { readonly origin: string };

/** A number that was with a device when an earlier life ended, and whose line was not heard of since. */
interface InDoubt {
  readonly job: OutboxJob;
  readonly recipient: Recipient;
  readonly submission: SubmissionRecord;
}

type Session = BulkSession<Recipient>;
type Ending = RecipientChange & {
  readonly state: 'failed' | 'unknown' | 'expired' | 'cancelled';
  readonly code: GoipErrorCode;
};

const CLOSED: Ending = { state: 'failed', code: 'GOIP_CLOSED', reason: 'the server was closed' };
const CANCELLED: Ending = { state: 'cancelled', code: 'GOIP_CANCELLED', reason: 'cancelled' };
const EXPIRED: Ending = { state: 'expired', code: 'GOIP_EXPIRED', reason: 'it was not submitted in time' };

export class Outbox {
  readonly #log: JobLog;
  /** In the order of acceptance. */
  readonly #jobs = new Map<string, OutboxJob>();
  /** Jobs whose acceptance is being saved. */
  readonly #accepting = new Map<string, { readonly job: Promise<Job>; readonly total: number }>();
  /** Ended jobs whose result nobody has taken, with who was to get it. */
  #untold = new Map<string, string>();
  /** By sendid. */
  readonly #sessions = new Map<number, { readonly job: OutboxJob; readonly session: Session }>();
  #inDoubt: InDoubt[] = [];
  /** Sessions of an earlier life that devices may still hold, by sendid. */
  #leftOver = new Map<number, string>();
  readonly #timers = new Set<() => void>();
  #closing = false;
  readonly #whenIdle = new Set<() => void>();

  constructor(private readonly ports: OutboxPorts) {
    this.#log = new JobLog(ports.journal);
  }

  /** Reads what an earlier life left behind. May be called again where it failed. */
  async load(): Promise<void> {
    this.ports.sendIds.raiseTo(this.#log.lastSendid);
    this.#untold = await this.#log.untold();
    this.#leftOver = await this.#log.openSessions();
    for await (const { key, record, numbers } of this.#log.load()) {
      if (this.#jobs.has(record.id)) continue;
      const job = new OutboxJob(key, record, numbers);
      this.#jobs.set(job.id, job);
      for (const [index, submission] of numbers) {
        const recipient = job.recipient(index);
        if (submission.state === 'submitted' && recipient) this.#inDoubt.push({ job, recipient, submission });
      }
    }
  }

  /**
   * Accepts a request as a job, when it is saved. A request with the id of an earlier one is that one. The first statuses
   * come after the caller has had the chance to listen.
   *
   * @throws GoipError with the code of what is wrong; then nothing was accepted.
   */
  async accept(request: SendRequest): Promise<Job> {
    const { lines, clock, settings } = this.ports;
    const checked = checkRequest(request, (id) => lines.get(id) !== undefined);
    if (this.#closing) throw new GoipError('GOIP_CLOSED', 'the server is closing');
    const known = checked.id === undefined ? undefined : this.#find(checked.id);
    if (known) return known;
    const id = checked.id ?? randomUUID();

    const candidates = checked.devices?.map((device) => lines.get(device)).filter((line) => line !== undefined) ?? [
      ...lines,
    ];
    if (candidates.every((line) => !line.online && this.ports.isOfflineForSure(line))) {
      throw new GoipError(
        'GOIP_OFFLINE',
        checked.devices ? `${checked.devices.join(', ')}: not online` : 'no line is online',
      );
    }
    const queued = this.#queued();
    if (queued + checked.to.length > settings.queueLimit) {
      throw new GoipError('GOIP_QUEUE_FULL', `${queued} numbers wait already, ${settings.queueLimit} can`);
    }
    const now = clock.now();
    const expireMs = checked.expireMs ?? settings.expireMs;
    const accepting = this.#save({
      id,
      text: checked.text,
      to: checked.to,
      devices: checked.devices ?? null,
      acceptedAt: now,
      expiresAt: expireMs === 0 ? null : now + expireMs,
      paused: false,
      origin: request.origin ?? null,
      context: request.context ?? null,
    });
    this.#accepting.set(id, { job: accepting, total: checked.to.length });
    try {
      return await accepting;
    } finally {
      this.#accepting.delete(id);
    }
  }

  async #save(record: JobRecord): Promise<Job> {
    const job = new OutboxJob(await this.#log.accept(record), record);
    this.#jobs.set(job.id, job);
    this.ports.clock.soon(() => {
      job.announceQueued();
      this.dispatch();
    });
    return job;
  }

  /** Jobs of an origin that it may not know of: those in hand, and those that ended while it was away. */
  adopt(origin: string): Job[] {
    const running = [...this.#jobs.values()].filter((job) => job.record.origin === origin);
    const ended = [...this.#untold].filter(([, of]) => of === origin).map(([id]) => this.#log.ended(id));
    return [...ended.filter((record) => record !== undefined).map((record) => new EndedJob(record)), ...running];
  }

  /** Whoever asked for the job has got its result. */
  told(id: string): void {
    if (this.#untold.delete(id)) this.#log.told(id);
  }

  /** Ends what was not submitted as `cancelled`. Resolves to the ids of the jobs that it found, when that is saved. */
  async cancel(selector: JobSelector): Promise<string[]> {
    const jobs = this.#select(selector);
    for (const job of jobs) {
      job.cancelled = true;
      this.#end(job, job.takeAll(), CANCELLED);
    }
    // Sessions that only open give back the number that they were opened for.
    for (const { job, session } of [...this.#sessions.values()])
      if (job.cancelled && !session.hasNumberOut) session.abort();
    await Promise.all(jobs.map((job) => job.saving));
    return jobs.map(({ id }) => id);
  }

  /** Lets no further number go out until `resume`; what is with a device goes on. Returns the ids of the jobs. */
  async pause(selector: JobSelector): Promise<string[]> {
    return this.#setPaused(selector, true);
  }

  async resume(selector: JobSelector): Promise<string[]> {
    const ids = await this.#setPaused(selector, false);
    this.dispatch();
    return ids;
  }

  /** Jobs in hand, and those that ended with a result that nobody has taken. */
  jobs(): JobSummary[] {
    const running = [...this.#jobs.values()].map((job) => job.summary());
    if (this.ports.journal.failure) return running;
    const ended = [...this.#untold].flatMap(([id, origin]): JobSummary[] => {
      const record = this.#log.ended(id);
      if (!record) return [];
      const { results, ok, ...counts } = record.result;
      const endedAt = new Date(record.endedAt).toISOString();
      return [{ ...counts, origin, state: 'ended', waiting: 0, acceptedAt: endedAt, expiresAt: null }];
    });
    return [...ended, ...running];
  }

  /** Gives all free lines work. To be called when a job may have become ready. */
  dispatch(): void {
    if (this.#closing) return;
    const now = this.ports.clock.now();
    for (const job of this.#jobs.values()) {
      if (job.pending === 0 || !job.maySubmit(now)) continue;
      for (const line of this.#candidates(job)) {
        while (job.pending > 0 && this.#isFree(line)) this.#open(job, line);
      }
    }
  }

  /** Gives one line work. To be called when it may have become free or ready. */
  serve(line: Line): void {
    if (this.#closing || this.#jobs.size === 0 || !this.#isFree(line)) return;
    const now = this.ports.clock.now();
    for (const job of this.#jobs.values()) {
      if (!job.mayUse(line.id) || !job.maySubmit(now)) continue;
      while (job.pending > 0 && this.#isFree(line)) this.#open(job, line);
      if (!this.#isFree(line)) return;
    }
  }

  /**
   * Takes a reply that a session expects. `unexpected` is one that none does; `foreign` is one to a session of `line`, but
   * from another address.
   */
  reply(
    reply: SessionReply,
    from: Address,
  ): { readonly outcome: 'taken' | 'unexpected' } | { readonly outcome: 'foreign'; readonly line: Line } {
    const session = this.#sessions.get(reply.kind === 'ERROR' ? reply.id : reply.sendid)?.session;
    if (!session) return { outcome: 'unexpected' };
    const { line } = session;
    if (line.address?.port !== from.port || line.address.address !== from.address) return { outcome: 'foreign', line };
    return { outcome: session.reply(reply) ? 'taken' : 'unexpected' };
  }

  lineRestarted(line: Line): void {
    for (const { session } of [...this.#sessions.values()]) if (session.line === line) session.restarted();
  }

  /** A line came online: first of all, what an earlier life left there. */
  lineOnline(line: Line): void {
    const mine = this.#inDoubt.filter(({ submission }) => submission.device === line.id);
    this.#inDoubt = this.#inDoubt.filter((doubt) => !mine.includes(doubt));
    for (const { job, recipient, submission } of mine) this.#resume(job, recipient, submission, line);
    for (const [sendid, device] of this.#leftOver) {
      if (device !== line.id) continue;
      this.#leftOver.delete(sendid);
      // One that goes on is forgotten when it ends, or another crash would leave it open on the device.
      if (this.#sessions.has(sendid)) continue;
      this.#log.sessionEnded(sendid);
      this.ports.send(line, { kind: 'DONE', sendid });
    }
  }

  /** Ends what has waited too long. To be called from time to time. */
  sweep(): void {
    const now = this.ports.clock.now();
    for (const job of this.#jobs.values()) if (job.isExpired(now)) this.#end(job, job.takeAll(), EXPIRED);
    const forgotten = now - this.ports.settings.session.idleMs;
    const lost = this.#inDoubt.filter(({ submission }) => submission.at <= forgotten);
    this.#inDoubt = this.#inDoubt.filter((doubt) => !lost.includes(doubt));
    for (const { job, recipient } of lost)
      this.#end(job, [recipient], neverLearnt('its line was not heard of in time'));
  }

  async prune(now: number): Promise<void> {
    for await (const id of this.#log.prune(now - this.ports.settings.retentionMs)) this.#untold.delete(id);
  }

  /** Numbers that wait and may go out on this line. */
  waitingFor(lineId: string): number {
    let waiting = 0;
    for (const job of this.#jobs.values()) if (job.mayUse(lineId)) waiting += job.pending;
    return waiting;
  }

  /**
   * Takes no more jobs, and waits at most `graceMs` for what devices have in hand. Jobs that the journal keeps go on in the
   * next life, where a number that is still out is asked for in its session. Otherwise what was not submitted fails, and
   * what is out is unknown.
   */
  async close(graceMs: number): Promise<void> {
    const { clock, settings } = this.ports;
    this.#closing = true;
    for (const cancel of this.#timers) cancel();
    // What is being accepted is a job first, and its caller has had the chance to listen.
    await Promise.allSettled([...this.#accepting.values()].map(({ job }) => job));
    await new Promise<void>((resolve) => clock.soon(resolve));
    if (!settings.isPersistent) for (const job of this.#jobs.values()) this.#end(job, job.takeAll(), CLOSED);
    if (this.#sessions.size > 0) {
      const idle = new Promise<void>((resolve) => this.#whenIdle.add(resolve));
      // Sessions that only open have nothing in hand that would be worth the wait.
      for (const { session } of [...this.#sessions.values()]) if (!session.hasNumberOut) session.abort();
      const cancel = clock.after(graceMs, () => {
        for (const { session } of [...this.#sessions.values()]) {
          if (settings.isPersistent && session.hasNumberOut) this.#leave(session);
          else session.abort();
        }
      });
      await idle;
      cancel();
    }
    await this.#settled;
    for (const job of this.#jobs.values())
      job.abandon(new GoipError('GOIP_CLOSED', 'the server was closed; the job is kept'));
  }

  #find(id: string): Job | Promise<Job> | undefined {
    const job = this.#accepting.get(id)?.job ?? this.#jobs.get(id);
    if (job) return job;
    const ended = this.#log.ended(id);
    return ended && new EndedJob(ended);
  }

  #select(selector: JobSelector): OutboxJob[] {
    return [...this.#jobs.values()].filter(
      // One that has ended is there until its result is saved.
      (job) => !job.ended && ('jobId' in selector ? job.id === selector.jobId : job.record.origin === selector.origin),
    );
  }

  async #setPaused(selector: JobSelector, paused: boolean): Promise<string[]> {
    const jobs = this.#select(selector);
    await Promise.all(
      jobs.map(async (job) => {
        const before = job.paused;
        job.paused = paused;
        await this.#log.update(job.key, { ...job.record, paused }).catch((error: unknown) => {
          job.paused = before;
          throw error;
        });
      }),
    );
    return jobs.map(({ id }) => id);
  }

  #queued(): number {
    let queued = 0;
    for (const job of this.#jobs.values()) queued += job.pending;
    for (const { total } of this.#accepting.values()) queued += total;
    return queued;
  }

  #candidates(job: OutboxJob): Line[] {
    const { lines } = this.ports;
    const named = job.record.devices?.map((id) => lines.get(id)).filter((line) => line !== undefined);
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
    if (first) this.#session(job, line, this.ports.sendIds.next(), first).start();
  }

  #session(job: OutboxJob, line: Line, sendid: number, first: Recipient): Session {
    const { settings, clock, send } = this.ports;
    const source = this.#source(job, line, sendid);
    const session = new BulkSession(sendid, line, job.record.text, first, source, {
      clock,
      config: settings.session,
      send,
    });
    this.#sessions.set(sendid, { job, session });
    return session;
  }

  /** The device may still know the number, unless it restarted or released the session since. */
  #resume(job: OutboxJob, recipient: Recipient, submission: SubmissionRecord, line: Line): void {
    const { sendid, telid, count, at } = submission;
    if (Number(line.count) < Number(count)) {
      this.#end(job, [recipient], neverLearnt('the device restarted before it told the result'));
      return;
    }
    if (this.ports.clock.now() - at >= this.ports.settings.session.idleMs) {
      this.#end(job, [recipient], neverLearnt('the device has forgotten the session'));
      return;
    }
    this.#session(job, line, sendid, recipient).resume(telid, at);
  }

  /** Lets a session be, for the next life to go on with. */
  #leave(session: Session): void {
    session.leave();
    this.#sessions.delete(session.sendid);
    this.#tellIfIdle();
  }

  #source(job: OutboxJob, line: Line, sendid: number): NumberSource<Recipient> {
    const { clock } = this.ports;
    return {
      next: () => {
        const mayGoOn = !this.#closing && job.mayUse(line.id) && this.#isUsable(line) && job.maySubmit(clock.now());
        return mayGoOn ? job.take() : undefined;
      },
      saveSession: () => this.#log.sessionOpened(sendid, line.id),
      saveSubmission: (recipient, telid) => this.#saveSubmission(job, recipient, line, sendid, telid),
      submitted: (recipient) => {
        job.move(recipient, { state: 'submitted', device: line.id, attempts: recipient.attempts + 1 }, clock.now());
        job.announce(recipient);
      },
      waiting: (recipient) => {
        job.move(recipient, { state: 'waiting' }, clock.now());
        job.announce(recipient);
      },
      result: (recipient, result) => {
        if (result.state === 'sent' || result.code === 'GOIP_SEND_FAILED') job.troubles.delete(line.id);
        this.#end(job, [recipient], result);
      },
      resultsSaved: () => job.saving,
      ended: (end, untouched) => {
        this.#sessions.delete(sendid);
        this.#log.sessionEnded(sendid);
        if (untouched) this.#takeBack(job, untouched);
        this.#afterEnd(job, line, end);
        this.#tellIfIdle();
        // What was given back is there for every line.
        if (untouched) this.dispatch();
        else this.serve(line);
      },
    };
  }

  /** Rejects where the number must not go out: it is not saved, or its job was stopped meanwhile. */
  async #saveSubmission(
    job: OutboxJob,
    recipient: Recipient,
    line: Line,
    sendid: number,
    telid: number,
  ): Promise<void> {
    const { clock } = this.ports;
    if (!job.maySubmit(clock.now())) throw new GoipError('GOIP_CANCELLED', 'the job was stopped');
    const count = line.count ?? null;
    const attempts = recipient.attempts + 1;
    const at = clock.now();
    const record: SubmissionRecord = { state: 'submitted', device: line.id, sendid, telid, count, attempts, at };
    await this.#log.submitted(job.key, recipient.index, record);
  }

  #takeBack(job: OutboxJob, untouched: Recipient): void {
    job.putBack(untouched);
    if (job.cancelled) this.#end(job, job.takeAll(), CANCELLED);
    if (this.#closing && !this.ports.settings.isPersistent) this.#end(job, job.takeAll(), CLOSED);
  }

  /** What the end of a session means for its line and for the job on that line. */
  #afterEnd(job: OutboxJob, line: Line, end: SessionEnd): void {
    const now = this.ports.clock.now();
    const trouble = job.troubled(line.id, end.why, now);
    const { rest, park, refuse } = consequenceOf(end, trouble, now, this.ports.settings);
    if (park) line.park();
    if (rest > 0) this.#rest(line, rest);
    // Where it was not the job that stopped it, it was the disk.
    if (end.why === 'not-saved' && job.maySubmit(now)) this.#rest(line, JOURNAL_RETRY * 1000);
    if (refuse) this.#refuse(job, line, refuse.code, refuse.reason);
  }

  #rest(line: Line, ms: number): void {
    if (this.#closing) return;
    line.rest();
    const cancel = this.ports.clock.after(ms, () => {
      this.#timers.delete(cancel);
      line.endRest();
      this.serve(line);
    });
    this.#timers.add(cancel);
  }

  /** The line will not do for this job. Without another one, the numbers that were not submitted fail. */
  #refuse(job: OutboxJob, line: Line, code: GoipErrorCode, reason: string): void {
    job.refusals.set(line.id, { code, reason });
    if (this.#candidates(job).length === 0) this.#end(job, job.takeAll(), { state: 'failed', code, reason });
  }

  /** Results on their way to the journal. */
  #settled: Promise<unknown> = Promise.resolve();

  /** Numbers have ended: saved first, then told. */
  #end(job: OutboxJob, recipients: readonly Recipient[], change: RecipientChange): void {
    if (recipients.length === 0) return;
    const now = this.ports.clock.now();
    for (const recipient of recipients) {
      job.move(recipient, change, now);
      job.unsaved.add(recipient);
    }
    job.saving = Promise.all([job.saving, this.#saveResults(job)]).then(forget);
    this.#settled = Promise.all([this.#settled, job.saving]).then(forget);
  }

  /** What a device has said is said once: it is kept here until the disk takes it, or the server closes. */
  async #saveResults(job: OutboxJob): Promise<void> {
    const { clock } = this.ports;
    // All that is unsaved goes together: a write that is late must not bring back the numbers of a job that is over.
    while (job.unsaved.size > 0) {
      const recipients = [...job.unsaved];
      const ended = job.ended ? job.endedRecord(clock.now()) : undefined;
      try {
        await this.#log.results(job.key, new Map(recipients.map((one) => [one.index, resultOf(one)])), ended);
      } catch {
        if (this.#closing) return;
        await new Promise<void>((resolve) => clock.after(JOURNAL_RETRY * 1000, resolve));
        continue;
      }
      for (const recipient of recipients) if (job.unsaved.delete(recipient)) job.announce(recipient);
      if (ended) this.#tellResult(job, ended);
      return;
    }
  }

  #tellResult(job: OutboxJob, { result, origin }: EndedRecord): void {
    if (!this.#jobs.delete(job.id)) return;
    if (origin !== null) this.#untold.set(job.id, origin);
    job.settle(result);
  }

  #tellIfIdle(): void {
    if (this.#sessions.size === 0) for (const tell of this.#whenIdle) tell();
  }
}

/** Or the last promise of a chain would hold the values of all before it. */
const forget = (): void => undefined;

const neverLearnt = (reason: string): Ending => ({ state: 'unknown', code: 'GOIP_TIMEOUT', reason });
