/** Jobs from their acceptance to their end: what people ask for and are told. The dispatcher brings their numbers to lines. */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.js';
import { GoipError } from '../errors.js';
import type { EventKind } from '../events.js';
import type { Journal } from '../journal/journal.js';
import type { Address, Line } from '../lines/line.js';
import { canEver } from '../lines/limits.js';
import type { LineRegistry } from '../lines/registry.js';
import { STICKY_DAYS } from '../parameters.js';
import type { SessionReply } from '../protocol/index.js';
import type { SendIds } from '../sessions/sendids.js';
import type { SessionPorts } from '../sessions/session.js';
import type { Settings } from '../settings.js';
import { segmentsOf } from '../texts/segments.js';
import { CANCELLED, CLOSED, Dispatcher, type Ending } from './dispatcher.js';
import { EndedJob, OutboxJob } from './job.js';
import { journalKeyOf, JobLog, type EndedRecord, type JobRecord, type ReportRecord } from './job-log.js';
import { LateReports, type ReportTaker } from './late-reports.js';
import { Ledger } from './ledger.js';
import { NumberQueue } from './queue.js';
import { isFinal, type RecipientChange } from './recipient.js';
import { Recovery } from './recovery.js';
import { deliveryFrom, DeliveryReports, type Expected } from './reports.js';
import { checkRequest, type CheckedRequest, type SendRequest } from './request.js';
import type { Delivery, Job, JobSummary, RecipientStatus } from './result.js';
import type { Routes } from './routes.js';
import { StickyLines } from './sticky.js';

export interface OutboxPorts {
  readonly lines: LineRegistry;
  readonly settings: Settings;
  readonly routes: Routes;
  readonly clock: Clock;
  readonly sendIds: SendIds;
  readonly journal: Journal;
  readonly send: SessionPorts['send'];
  readonly firstTelid?: SessionPorts['firstTelid'];
  /** Is a line that is offline known to be so, or was it just not heard of yet? */
  isOfflineForSure(line: Line): boolean;
  tell(kind: EventKind, line: Line): void;
}

/** Which jobs an order is for: one, or all of an origin. */
export type JobSelector = { readonly jobId: string } | { readonly origin: string };

const DOUBTFUL: RecipientChange = {
  state: 'unknown',
  code: 'GOIP_STORAGE',
  reason: 'the journal was damaged: it may have been sent',
};
const EXPIRED: Ending = { state: 'expired', code: 'GOIP_EXPIRED', reason: 'it was not submitted in time' };

export class Outbox {
  readonly #log: JobLog;
  readonly #queue = new NumberQueue();
  readonly #reports: DeliveryReports;
  readonly #lateReports: LateReports;
  readonly #ledger: Ledger;
  readonly #dispatcher: Dispatcher;
  readonly #recovery: Recovery;
  /** In the order of acceptance. */
  readonly #jobs = new Map<string, OutboxJob>();
  /** Jobs whose acceptance is being saved. */
  readonly #accepting = new Map<string, { readonly job: Promise<Job>; readonly total: number }>();
  /** Ended jobs whose result nobody has taken, with who was to get it. */
  #untold = new Map<string, string>();
  #closing = false;
  /** Jobs of a damaged journal, whose numbers may be further than it says. */
  readonly #doubted: OutboxJob[] = [];
  /** Numbers of a damaged journal that end as unknown. */
  doubtfulNumbers = 0;

  constructor(private readonly ports: OutboxPorts) {
    const { clock, settings, send } = ports;
    const log = new JobLog(ports.journal);
    this.#log = log;
    this.#reports = new DeliveryReports(log);
    this.#lateReports = new LateReports(log);
    this.#ledger = new Ledger({
      log,
      clock,
      reports: this.#reports,
      ended: (job, record) => this.#tellResult(job, record),
    });
    const sticky = new StickyLines(settings.sticky, log);
    this.#dispatcher = new Dispatcher({ ...ports, log, ledger: this.#ledger, queue: this.#queue, sticky });
    this.#recovery = new Recovery({
      log,
      clock,
      dispatcher: this.#dispatcher,
      send,
      idleMs: settings.session.idleMs,
    });
  }

  /** Reads what an earlier life left behind. May be called again where it failed. */
  async load(): Promise<void> {
    this.ports.sendIds.raiseTo(this.#log.lastSendid);
    for await (const [device, usage] of this.#log.usages()) this.ports.lines.get(device)?.meter.restore(usage);
    this.#untold = await this.#log.untold();
    await this.#reports.load();
    await this.#lateReports.load();
    await this.#recovery.load();
    const doubtful = new Set(this.ports.journal.damage?.doubtful);
    for await (const saved of this.#log.load()) {
      if (this.#jobs.has(saved.record.id)) continue;
      const job = new OutboxJob(saved.key, saved.record, saved);
      this.#jobs.set(job.id, job);
      if (doubtful.has(journalKeyOf(job))) {
        this.#doubt(job);
        continue;
      }
      for (const [index, submission] of saved.numbers) {
        const recipient = job.recipients[index];
        if (submission.state === 'submitted' && recipient) this.#recovery.doubt(job, recipient, submission);
      }
      this.#enqueue(job);
    }
  }

  /** The journal may have lost that numbers of the job went out: none of them may go out again, or be asked for. */
  #doubt(job: OutboxJob): void {
    const open = job.recipients.filter(({ state }) => !isFinal(state));
    this.#doubted.push(job);
    this.doubtfulNumbers += open.length;
    this.#ledger.end(job, open, DOUBTFUL);
  }

  /** Resolves to whether the results of numbers in doubt are saved. */
  async doubtsSaved(): Promise<boolean> {
    await Promise.all(this.#doubted.map((job) => job.saving));
    return this.#doubted.every((job) => job.unsaved.size === 0);
  }

  /**
   * Accepts a request as a job, when it is saved. A request with the id of an earlier one is that one. The first statuses
   * come after the caller has had the chance to listen.
   *
   * @throws GoipError with the code of what is wrong; then nothing was accepted.
   */
  async accept(request: SendRequest): Promise<Job> {
    const { clock, settings, routes } = this.ports;
    const checked = checkRequest(request, {
      named: (name) => routes.named(name),
      isDisabled: (name) => routes.isDisabled(name),
      country: settings.country,
    });
    if (this.#closing) throw new GoipError('GOIP_CLOSED', 'the server is closing');
    const known = checked.id === undefined ? undefined : this.#find(checked.id);
    if (known) return known;
    this.#checkLines(checked);
    const queued = this.#queued();
    if (queued + checked.to.length > settings.queueLimit) {
      throw new GoipError('GOIP_QUEUE_FULL', `${queued} numbers wait already, ${settings.queueLimit} can`);
    }
    const id = checked.id ?? randomUUID();
    const now = clock.now();
    const expireMs = checked.expireMs ?? settings.expireMs;
    const accepting = this.#save({
      id,
      text: checked.text,
      to: checked.to,
      devices: checked.devices ?? null,
      priority: checked.priority,
      reportMs: checked.reportMs,
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

  /** Is there a line that may send it one day? */
  #checkLines({ to, text, devices }: CheckedRequest): void {
    const { lines, routes } = this.ports;
    const wanted = devices ?? null;
    const named = new Set(to.map((number) => routes.linesFor(number, wanted)));
    const candidates = named.has(null)
      ? [...lines]
      : [...new Set([...named].flatMap((ids) => ids ?? []))].map((id) => lines.get(id)).filter((line) => !!line);
    if (candidates.every((line) => !line.online && this.ports.isOfflineForSure(line))) {
      const ids = candidates.map(({ id }) => id).join(', ');
      const isRuleOff = candidates.length === 0 && !named.has(null);
      const problem = named.has(null) ? 'no line is online' : `${ids}: not online`;
      throw new GoipError('GOIP_OFFLINE', isRuleOff ? 'the devices of the routing rule are switched off' : problem);
    }
    const texts = typeof text === 'string' ? [text] : text;
    const most = texts.reduce((parts, one) => Math.max(parts, segmentsOf(one).parts), 0);
    if (!candidates.some(({ device }) => canEver(device.limits, most)))
      throw new GoipError(
        'GOIP_TOO_MANY_PARTS',
        `the text takes ${most} SMS, more than a line may send in an hour or day`,
      );
  }

  async #save(record: JobRecord): Promise<Job> {
    const job = new OutboxJob(await this.#log.accept(record), record);
    this.#jobs.set(job.id, job);
    this.#enqueue(job);
    this.ports.clock.soon(() => {
      job.announceQueued();
      this.#dispatcher.dispatch();
    });
    return job;
  }

  #enqueue(job: OutboxJob): void {
    const waiting = job.recipients.filter(({ state }) => state === 'queued');
    this.#dispatcher.add(job, waiting);
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

  /** Takes delivery reports of an origin's jobs that have ended. The returned function ends it. */
  takeReports(origin: string, taker: ReportTaker): () => void {
    return this.#lateReports.take(origin, taker);
  }

  /**
   * Ends what was not submitted as `cancelled`, and the wait for delivery reports. Resolves to the ids of the jobs that it
   * found, when that is saved.
   */
  async cancel(selector: JobSelector): Promise<string[]> {
    const jobs = this.#select(selector);
    for (const job of jobs) {
      job.cancelled = true;
      this.#ledger.end(job, this.#queue.takeAll(job), CANCELLED);
      if (job.forgoReports(Infinity)) this.#ledger.endWithoutReports(job);
    }
    this.#dispatcher.abortOpening((job) => job.cancelled);
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

  /** Jobs in hand, those accepted first: how many there are, and at most so many of them. */
  running(most: number): { readonly total: number; readonly jobs: JobSummary[] } {
    const first = [...this.#jobs.values()].slice(0, most);
    return { total: this.#jobs.size, jobs: first.map((job) => job.summary()) };
  }

  /** Jobs in hand, and those that ended with a result that nobody has taken. */
  jobs(): JobSummary[] {
    const running = this.running(Infinity).jobs;
    if (this.ports.journal.failure) return running;
    const ended = [...this.#untold].flatMap(([id, origin]): JobSummary[] => {
      const record = this.#log.ended(id);
      if (!record) return [];
      const { results, ok, ...counts } = record.result;
      const endedAt = new Date(record.endedAt).toISOString();
      return [
        {
          ...counts,
          origin,
          state: 'ended',
          priority: record.priority,
          waiting: 0,
          acceptedAt: endedAt,
          expiresAt: null,
        },
      ];
    });
    return [...ended, ...running];
  }

  /** Gives all free lines work. */
  dispatch(): void {
    this.#dispatcher.dispatch();
  }

  /** Gives one line work. To be called when it may have become free or ready, or have lost its network. */
  serve(line: Line): void {
    if (line.readiness === 'logged-out') this.#dispatcher.lineTroubled(line);
    this.#dispatcher.serve(line);
  }

  /** Takes a reply of a session, see {@link Dispatcher.reply}. */
  reply(reply: SessionReply, from: Address): ReturnType<Dispatcher['reply']> {
    return this.#dispatcher.reply(reply, from);
  }

  /** Takes a delivery report. Resolves when it is saved, and need not come again. */
  async delivered(line: Line, smsNo: number, status: number, number: string | null): Promise<void> {
    const now = this.ports.clock.now();
    const delivery = deliveryFrom(status, now);
    const expected = this.#reports.find({ device: line.id, smsNo, number, delivery, at: now }, line.sending > 0);
    if (!expected) return;
    const job = this.#jobs.get(expected.jobId);
    const recipient = job?.recipients[expected.index];
    if (!job || !recipient || job.ended) return this.#reportOfEnded(expected, delivery);
    this.#reports.note(expected);
    await this.#ledger.reported(job, recipient, delivery);
  }

  lineRestarted(line: Line): void {
    this.#dispatcher.lineRestarted(line);
  }

  /** A line came online: first of all, what an earlier life left there. */
  lineOnline(line: Line): void {
    this.#recovery.lineOnline(line);
  }

  /** A line went offline: others may have to do its work. */
  lineOffline(line: Line): void {
    this.#dispatcher.lineTroubled(line);
    this.#dispatcher.dispatch();
  }

  /** Ends what has waited too long. To be called from time to time. */
  sweep(): void {
    const now = this.ports.clock.now();
    for (const job of this.#jobs.values()) {
      if (job.isExpired(now)) this.#ledger.end(job, this.#queue.takeAll(job), EXPIRED);
      if (job.forgoReports(now)) this.#ledger.endWithoutReports(job);
    }
    this.#recovery.sweep(now);
    this.#reports.sweep(now);
  }

  async prune(now: number): Promise<void> {
    for await (const id of this.#log.prune(now - this.ports.settings.retentionMs)) this.#untold.delete(id);
    this.#lateReports.prune(now - this.ports.settings.retentionMs);
    await this.#log.pruneSticky(now - STICKY_DAYS * 86_400_000);
  }

  /** Numbers that wait and may go out on this line. */
  waitingFor(lineId: string): number {
    return this.#queue.waitingFor(lineId);
  }

  /**
   * Takes no more jobs, and waits at most `graceMs` for what devices have in hand. Jobs that the journal keeps go on in the
   * next life, where a number that is still out is asked for in its session. Otherwise what was not submitted fails, and
   * what is out is unknown.
   */
  async close(graceMs: number): Promise<void> {
    const { clock, settings } = this.ports;
    this.#closing = true;
    // What is being accepted is a job first, and its caller has had the chance to listen.
    await Promise.allSettled([...this.#accepting.values()].map(({ job }) => job));
    await new Promise<void>((resolve) => clock.soon(resolve));
    this.#ledger.close();
    const jobs = [...this.#jobs.values()];
    if (!settings.isPersistent) for (const job of jobs) this.#ledger.end(job, this.#queue.takeAll(job), CLOSED);
    await this.#dispatcher.close(graceMs);
    if (!settings.isPersistent)
      for (const job of jobs) if (job.forgoReports(Infinity)) this.#ledger.endWithoutReports(job);
    await this.#ledger.settled;
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
        if (paused) this.#queue.hold(job);
        else this.#queue.release(job);
        await this.#log.update(job.key, { ...job.record, paused }).catch((error: unknown) => {
          job.paused = before;
          if (before) this.#queue.hold(job);
          else this.#queue.release(job);
          throw error;
        });
      }),
    );
    return jobs.map(({ id }) => id);
  }

  #queued(): number {
    let queued = this.#queue.size;
    for (const { total } of this.#accepting.values()) queued += total;
    return queued;
  }

  async #reportOfEnded(expected: Expected, delivery: Delivery): Promise<void> {
    const { key, record, job } = expected;
    const { result, origin } = record;
    const status: RecipientStatus = { id: record.job, ...result, delivery, state: delivery.state };
    if (origin === null) {
      await this.#log.reported(key, record);
      this.#reports.note(expected);
      job?.emit('status', status);
      return;
    }
    const late = [lateKey(record), { origin, status, at: this.ports.clock.now() }] as const;
    await this.#log.reported(key, record, late);
    this.#reports.note(expected);
    this.#lateReports.add(...late);
  }

  #tellResult(job: OutboxJob, { result, origin }: EndedRecord): void {
    if (!this.#jobs.delete(job.id)) return;
    if (origin !== null) this.#untold.set(job.id, origin);
    job.settle(result);
  }
}

/** A number of a job. */
const lateKey = ({ job, index }: ReportRecord): string => `${job}/${index.toString(36)}`;
