/** Jobs from their acceptance to their end: what people ask for and are told. The dispatcher brings their numbers to lines. */
import { randomUUID } from 'node:crypto';
import { setImmediate as turnOfEventLoop } from 'node:timers/promises';
import { GoipError, isGoipError, kindAndPlaceOf } from '../errors.js';
import type { EventKind } from '../events/events.js';
import { reportFault, type FaultReport } from '../faults.js';
import type { HeldBack } from '../delivery/held-back.js';
import type { Journal } from '../journal/journal.js';
import type { Line } from '../lines/line.js';
import type { Address } from '../net/address.js';
import { canEver } from '../lines/limits.js';
import type { LineRegistry } from '../lines/registry.js';
import { JOBS_LISTED, NUMBERS_PER_TURN, STICKY_DAYS, VALUES_PER_TURN } from '../parameters.js';
import { atOnce, Pace, STEPS_OF_LOOK, type Work } from '../time/pace.js';
import type { SessionReply } from '../protocol/index.js';
import type { SendIds } from '../sessions/sendids.js';
import type { SessionPorts } from '../sessions/session.js';
import { Settling } from '../delivery/settling.js';
import type { Timeline } from '../time/timeline.js';
import { segmentsOf } from '../gsm/segments.js';
import { Arrivals } from './matching/arrivals.js';
import { CANCELLED, CLOSED, EXPIRED } from './matching/endings.js';
import { Matching } from './matching/matching.js';
import { Policy } from './policy/policy.js';
import { Sending, type ReplyOutcome } from './sending/sending.js';
import type { Ending } from './numbers/life.js';
import { unclaimedOf, type EndedRecord, type JobRecord, type UnclaimedRecord } from './numbers/job-record.js';
import { OutboxJob, summaryOf, type JobPorts } from './numbers/job.js';
import { EndedJob, JobHandle } from './numbers/job-handle.js';
import { JobLog, type ReportRecord } from './log/job-log.js';
import { LateReports, type ReportTaker } from './reports/late-reports.js';
import { Ledger } from './progress/ledger.js';
import { LineConditions } from './policy/line-conditions.js';
import { JobOwners, type JobTaker } from './followers/owners.js';
import { NumberQueue } from './matching/queue.js';
import { Recovery } from './sending/recovery.js';
import { deliveryFrom, DeliveryReports, type Reported } from './reports/reports.js';
import { isFinal, Recipient, type SmsText } from './numbers/recipient.js';
import { Progress } from './progress/progress.js';
import {
  checkStepwise,
  contentOf,
  countNumbers,
  keptContext,
  type CheckedRequest,
  type SendRequest,
} from './accepting/request.js';
import type { Job, JobResult, JobSummary, RecipientStatus } from './result.js';
import { bytesOf, heldBytes, leastBytesOf } from './accepting/room.js';
import type { Routes } from './matching/routes.js';
import type { OutboxSettings } from './settings.js';
import { JobStatuses, type HeldStatus, type StatusTaker } from './followers/statuses.js';
import { StickyLines } from './matching/sticky.js';

export interface OutboxPorts {
  readonly lines: LineRegistry;
  readonly settings: OutboxSettings;
  readonly routes: Routes;
  readonly clock: Timeline;
  readonly sendIds: SendIds;
  readonly journal: Journal;
  readonly send: SessionPorts['send'];
  readonly firstTelid?: SessionPorts['firstTelid'];
  /** Milliseconds in which {@link Outbox.hold} takes back results and reports that were delivered; 0 by default: not at all. */
  readonly settleMs?: number;
  /** Is a line that is offline known to be so, or was it just not heard of yet? */
  isOfflineForSure(line: Line): boolean;
  tell(kind: EventKind, line: Line): void;
  /** Numbers in one record of the journal, if not the usual number. */
  readonly numbersPerRecord?: number | undefined;
  /** What the server that this one replaces has held. */
  readonly heldStatuses?: HeldBack<HeldStatus> | undefined;
  /** Receives what listeners and takers throw. */
  readonly fault?: FaultReport | undefined;
}

/** Which jobs an order is for: one, or all of an origin. */
export type JobSelector = { readonly jobId: string } | { readonly origin: string };

const DOUBTFUL_REASON = 'the journal was damaged: it may have been sent';
const DOUBTFUL: Ending = { state: 'unknown', code: 'GOIP_STORAGE', reason: DOUBTFUL_REASON };

export class Outbox {
  /** Of all that is done for many numbers. */
  readonly #pace: Pace;
  /** Of what only reads the sizes of values: it must not wait for the numbers of other jobs. */
  readonly #sizePace: Pace;
  readonly #log: JobLog;
  readonly #queue = new NumberQueue();
  readonly #arrivals: Arrivals;
  readonly #reports: DeliveryReports;
  readonly #lateReports: LateReports;
  readonly #statuses: JobStatuses;
  readonly #ledger: Ledger;
  readonly #progress: Progress;
  readonly #matching: Matching;
  readonly #sending: Sending;
  readonly #recovery: Recovery;
  readonly #conditions: LineConditions;
  readonly #jobPorts: JobPorts;
  /** In the order of acceptance. */
  readonly #jobs = new Map<string, OutboxJob>();
  /** Requests that are being checked and saved. */
  readonly #requests = new Set<Promise<Job>>();
  /** Jobs whose acceptance is being saved. */
  readonly #accepting = new Map<
    string,
    { readonly job: Promise<Job>; readonly total: number; readonly content: string | undefined }
  >();
  /** Memory of all jobs, estimated. */
  #bytes = 0;
  /** Ended jobs whose result nobody has taken. */
  #unclaimed = new Map<string, UnclaimedRecord>();
  /** Ended jobs whose result was acknowledged a moment ago. */
  readonly #acknowledged: Settling<readonly [id: string, record: UnclaimedRecord]>;
  readonly #owners: JobOwners;
  #isLoaded = false;
  #tellLoaded: () => void = () => undefined;
  readonly #loaded = new Promise<void>((resolve) => (this.#tellLoaded = resolve));
  #closing = false;
  /** Jobs whose time is over are being ended. */
  #isExpiring = false;
  /** Jobs of a damaged journal, whose numbers may be further than it says. */
  readonly #doubted: OutboxJob[] = [];
  /** Numbers in doubt of the jobs that were read. */
  #openInDoubt = 0;
  /** Numbers in doubt of jobs that had ended when the jobs were read. */
  #endedInDoubt: number | undefined;

  constructor(private readonly ports: OutboxPorts) {
    const { clock, settings, send, settleMs = 0 } = ports;
    this.#pace = new Pace(NUMBERS_PER_TURN, (callback) => clock.soon(callback));
    this.#sizePace = new Pace(VALUES_PER_TURN, (callback) => clock.soon(callback));
    this.#statuses = new JobStatuses(ports.heldStatuses, ports.fault);
    this.#owners = new JobOwners({
      ...{ pace: this.#pace, fault: ports.fault },
      jobsOf: (origin) => offered(this.#jobsOf(origin)),
    });
    this.#jobPorts = { wall: clock.wall, fault: ports.fault ?? reportFault, statuses: this.#statuses };
    const log = new JobLog(ports.journal, this.#pace, ports.numbersPerRecord);
    this.#log = log;
    this.#reports = new DeliveryReports(log);
    this.#lateReports = new LateReports(log, clock, settleMs, ports.fault);
    this.#acknowledged = new Settling(clock, settleMs, (jobs) => {
      for (const [id] of jobs) log.told(id);
    });
    this.#ledger = new Ledger({
      log,
      clock,
      pace: this.#pace,
      reports: this.#reports,
      fault: ports.fault,
      ended: (job, record, result) => this.#tellResult(job, record, result),
    });
    this.#progress = new Progress({ clock, pace: this.#pace, ledger: this.#ledger, reports: this.#reports });
    const sticky = new StickyLines(settings.sticky, log);
    this.#conditions = new LineConditions(ports.journal, ports.lines);
    const { lines, routes, fault } = ports;
    const ledger = this.#ledger;
    const shared = { lines, settings, clock, log, ledger, sticky, conditions: this.#conditions };
    const serve = (line: Line): void => this.#sending.serve(line);
    this.#matching = new Matching({
      ...{ ...shared, routes, queue: this.#queue, progress: this.#progress, serve },
      waiting: (pools) => this.#sending.dispatch(pools),
      requeue: (job, recipients) => this.#arrivals.add(job, recipients),
    });
    const policy = new Policy({
      ...{ ...shared, matching: this.#matching, serve },
      isOfflineForSure: (line) => ports.isOfflineForSure(line),
      tell: (kind, line) => ports.tell(kind, line),
    });
    this.#sending = new Sending({
      ...{ ...shared, matching: this.#matching, policy, send, fault },
      ...{ sendIds: ports.sendIds, firstTelid: ports.firstTelid },
    });
    this.#arrivals = new Arrivals({
      ...{ clock, pace: this.#pace },
      queue: (job, recipients) => this.#matching.queue(job, recipients),
      queued: (pools) => this.#sending.dispatch(pools),
    });
    this.#recovery = new Recovery({
      log,
      clock,
      ...{ sending: this.#sending, policy },
      send,
      idleMs: settings.session.idleMs,
    });
  }

  /**
   * Reads what an earlier life left behind, in slices. Until all is read nothing goes out: a number that was with a device must
   * be known as such. May be called again where it failed.
   */
  async load(): Promise<void> {
    this.ports.sendIds.raiseTo(this.#log.lastSendid);
    for await (const [device, usage] of this.#log.usages()) this.ports.lines.get(device)?.restoreUsage(usage);
    await this.#conditions.load(this.ports.clock.now());
    this.#unclaimed = await this.#log.unclaimed();
    await this.#reports.load();
    await this.#lateReports.load();
    await this.#recovery.load();
    const { wall } = this.ports.clock;
    // A start that was killed may have ended some of them.
    this.#endedInDoubt ??= await this.#log.endedInDoubt(DOUBTFUL_REASON, wall);
    const now = this.ports.clock.now();
    let steps = 0;
    for await (const { key, record: kept, recipients } of this.#log.load(now, wall)) {
      if (this.#closing) throw new GoipError('GOIP_CLOSED', 'the server is closing');
      if (this.#jobs.has(kept.id)) continue;
      const record = notLater(kept, now);
      const bytes = atOnce(bytesOfJob(record, recipients));
      steps += 1 + recipients.length * STEPS_OF_LOOK;
      if (steps >= NUMBERS_PER_TURN) {
        steps = 0;
        await turnOfEventLoop();
      }
      const job = new OutboxJob(key, record, recipients, bytes, this.#jobPorts);
      this.#addJob(job);
      if (this.#log.isInDoubt(key)) {
        this.#doubt(job);
        continue;
      }
      for (const recipient of recipients) {
        const { life } = recipient;
        if (life.phase === 'in-doubt') this.#recovery.doubt(job, recipient, life.submission);
      }
      this.#resume(job);
    }
    this.#isLoaded = true;
    this.#tellLoaded();
    this.#arrivals.start();
    for (const line of this.ports.lines) if (line.online) this.lineOnline(line);
    this.dispatch();
    this.#owners.loaded();
  }

  #resume(job: OutboxJob): void {
    const isWaiting = ({ state }: Recipient): boolean => state === 'queued';
    // Of most jobs all numbers wait, and the list is shared.
    const waiting = job.recipients.every(isWaiting) ? job.recipients : job.recipients.filter(isWaiting);
    // A crash came when it was about to end.
    if (job.isCancelled) void this.#progress.endAll(job, waiting, CANCELLED);
    else this.#arrivals.add(job, waiting);
    if (job.ended) void this.#ledger.save(job);
  }

  /** The journal may have lost that numbers of the job went out: none of them may go out again, or be asked for. */
  #doubt(job: OutboxJob): void {
    const open = job.recipients.filter(({ state }) => !isFinal(state));
    this.#doubted.push(job);
    this.#openInDoubt += open.length + job.recipients.filter(isDoubtful).length;
    void this.#progress.endAll(job, open, DOUBTFUL, 'doubted');
    if (job.ended) void this.#ledger.save(job);
  }

  /** Numbers of a damaged journal that end as unknown. */
  get doubtfulNumbers(): number {
    return this.#openInDoubt + (this.#endedInDoubt ?? 0);
  }

  /** Forgets ended jobs whose result a damaged journal has lost. Returns how many. */
  dropLostResults(): number {
    const lost = [...this.#unclaimed.keys()].filter((id) => this.#log.ended(id) === undefined);
    for (const id of lost) {
      this.#unclaimed.delete(id);
      this.#log.told(id);
    }
    return lost.length;
  }

  /** Resolves to whether the results of numbers in doubt are saved. */
  async doubtsSaved(): Promise<boolean> {
    await Promise.all(this.#doubted.map((job) => this.#ledger.saved(job)));
    return this.#doubted.every((job) => !this.#ledger.hasUnsaved(job));
  }

  /**
   * Accepts a request as a job, when it is saved. A request with the id of an earlier one is that one. The first statuses
   * come after the caller has had the chance to listen.
   *
   * @throws GoipError with the code of what is wrong; then nothing was accepted.
   */
  async accept(request: SendRequest): Promise<Job> {
    const { origin = null } = request;
    const owner = this.#owners.ownerOf(origin);
    const accepting = this.#accept(request, this.#closing);
    this.#requests.add(accepting);
    try {
      const job = await accepting;
      this.#owners.accepted(job, origin, owner);
      return job;
    } finally {
      this.#requests.delete(accepting);
    }
  }

  async #accept(request: SendRequest, isTooLate: boolean): Promise<Job> {
    const held = this.#isKnown(request) ? 0 : await this.#sizePace.run(heldBytes(request, this.#roomForBytes));
    if (held > 0) this.#checkFits(0, held);
    // What comes meanwhile must find it counted.
    this.#bytes += held;
    try {
      return await this.#acceptHeld(request, held, isTooLate);
    } finally {
      // A job counts for itself.
      this.#bytes -= held;
    }
  }

  /** @param held bytes that the caller holds, which are counted already */
  async #acceptHeld(request: SendRequest, held: number, isTooLate: boolean): Promise<Job> {
    const { clock, settings, routes } = this.ports;
    // Thousands may be sent in one turn of the event loop.
    const wait = this.#pace.turn(STEPS_OF_REQUEST);
    if (wait) await wait;
    const context = keptContext(request.context);
    await this.#reading(this.#checkRoom(request, held));
    const checked = await this.#reading(
      checkStepwise(request, {
        named: (name) => routes.named(name),
        whyUnusable: (name) => routes.whyUnusable(name),
        country: settings.country,
      }),
    );
    const now = clock.now();
    const recipients = await this.#pace.run(recipientsOf(checked, clock.wall(now)));
    const wanted = await this.#pace.run(linesOf(checked, routes));
    const bytes = await this.#pace.run(bytesOf(checked.to.length, checked.text, context));
    if (isTooLate) throw new GoipError('GOIP_CLOSED', 'the server is closing');
    const content = checked.id === undefined ? undefined : await this.#pace.run(contentOf(checked));
    const known = checked.id === undefined ? undefined : this.#find(checked.id);
    if (known && checked.id !== undefined) {
      this.#checkSame(checked.id, content);
      return known;
    }
    if (settings.sendingProblem !== undefined) throw new GoipError('GOIP_BAD_SETTING', settings.sendingProblem);
    this.#checkLines(recipients, wanted);
    this.#checkFits(recipients.length, bytes, held);
    const expireMs = checked.expireMs ?? settings.expireMs;
    const record = {
      id: checked.id ?? randomUUID(),
      text: typeof checked.text === 'string' ? checked.text : null,
      devices: checked.devices ?? null,
      priority: checked.priority,
      reportMs: checked.reportMs,
      acceptedAt: now,
      expiresAt: expireMs === 0 ? null : now + expireMs,
      paused: false,
      origin: request.origin ?? null,
      context,
      ...(content !== undefined && { content }),
    };
    const accepting = this.#log
      .accept(record, recipients)
      .then((key) => this.#begin(new OutboxJob(key, record, recipients, bytes + held, this.#jobPorts)));
    this.#accepting.set(record.id, { job: accepting, total: recipients.length, content });
    this.#bytes += bytes;
    try {
      return await accepting;
    } finally {
      this.#accepting.delete(record.id);
      // A job counts for itself.
      this.#bytes -= bytes;
    }
  }

  /** Does work that reads objects of the caller, whose properties may throw. */
  async #reading<T>(work: Work<T>): Promise<T> {
    try {
      return await this.#pace.run(work);
    } catch (error) {
      if (isGoipError(error)) throw error;
      throw new GoipError('GOIP_BAD_SETTING', `the request cannot be read: ${kindAndPlaceOf(error)}`);
    }
  }

  /** Refuses what cannot fit before it is read number by number. A job that is known needs no room. */
  *#checkRoom(request: SendRequest, held: number): Work<void> {
    if (this.#isKnown(request)) return;
    const { to } = request;
    const most = Math.min(this.#roomForNumbers, Math.floor(this.#roomForBytes / leastBytesOf(1)) + 1);
    const count = yield* countNumbers(to, most);
    if (count > 0) this.#checkFits(count, leastBytesOf(count), held);
  }

  #isKnown({ id }: SendRequest): boolean {
    return typeof id === 'string' && id !== '' && this.#find(id) !== undefined;
  }

  get #roomForNumbers(): number {
    return this.ports.settings.queueLimit - this.#queued();
  }

  get #roomForBytes(): number {
    return this.ports.settings.queueBytes - this.#bytes;
  }

  /** @param counted further bytes of the job, which are counted already */
  #checkFits(numbers: number, bytes: number, counted = 0): void {
    const { queueLimit, queueBytes } = this.ports.settings;
    if (numbers > this.#roomForNumbers) {
      throw new GoipError('GOIP_QUEUE_FULL', `${this.#queued()} numbers wait already, ${queueLimit} can`);
    }
    if (bytes > this.#roomForBytes) {
      const [needed, used, all] = [bytes + counted, this.#bytes - counted, queueBytes].map((size) =>
        (size / 1e6).toFixed(1),
      );
      throw new GoipError(
        'GOIP_QUEUE_FULL',
        `the job takes about ${needed} MB of memory, jobs take ${used} MB already, ${all} MB are for jobs`,
      );
    }
  }

  /** Is there a line that may send it one day? */
  #checkLines(recipients: readonly Recipient[], named: ReadonlySet<readonly string[] | null>): void {
    const { lines, routes } = this.ports;
    const candidates = named.has(null)
      ? [...lines]
      : [...new Set([...named].flatMap((ids) => ids ?? []))].map((id) => lines.get(id)).filter((line) => !!line);
    if (candidates.every((line) => !line.online && this.ports.isOfflineForSure(line))) {
      const ids = candidates.map(({ id }) => id).join(', ');
      const [first] = named;
      const why = candidates.length === 0 && !named.has(null) && first ? routes.whyWithoutLine(first) : undefined;
      throw new GoipError('GOIP_OFFLINE', why ?? (named.has(null) ? 'no line is online' : `${ids}: not online`));
    }
    const most = recipients.reduce((largest, { parts }) => Math.max(largest, parts), 0);
    if (!candidates.some(({ device }) => canEver(device.limits, most)))
      throw new GoipError(
        'GOIP_TOO_MANY_PARTS',
        `the text takes ${most} SMS, more than a line may send in an hour or day`,
      );
  }

  #begin(job: OutboxJob): Job {
    this.#addJob(job);
    this.#arrivals.add(job, job.recipients, true);
    return job.handle;
  }

  #addJob(job: OutboxJob): void {
    this.#jobs.set(job.id, job);
    this.#bytes += job.bytes;
  }

  /** Takes the numbers of a job that no line has. */
  #takeWaiting(job: OutboxJob): Recipient[] {
    const queued = this.#queue.takeAll(job);
    const arriving = this.#arrivals.takeAll(job);
    return arriving.length === 0 ? queued : queued.concat(arriving);
  }

  /** Jobs of an origin that it may not know of: those that ended while it was away, and those in hand. */
  async adopt(origin: string): Promise<Job[]> {
    return this.#pace.run(this.#adopting(origin));
  }

  *#adopting(origin: string): Work<Job[]> {
    const running: Job[] = [];
    const ended: Job[] = [];
    for (const job of this.#jobsOf(origin)) {
      if (job) (job instanceof EndedJob ? ended : running).push(job);
      yield job ? 1 : STEPS_OF_LOOK;
    }
    // One that has ended meanwhile is there already.
    const known = new Set(running.map(({ id }) => id));
    return [...ended.filter(({ id }) => !known.has(id)), ...running];
  }

  /** Those in hand come first: one that ends while they are looked at is among the others then. */
  *#jobsOf(origin: string): Generator<Job | undefined, undefined> {
    for (const job of this.#jobs.values()) yield job.record.origin === origin ? job.handle : undefined;
    for (const [id, record] of this.#unclaimed)
      yield record.origin === origin ? this.#endedJob(id, record.result.total) : undefined;
  }

  #endedJob(id: string, total: number): EndedJob {
    return new EndedJob(id, total, this.#log);
  }

  /**
   * Makes a taker the owner of an origin: it gets what {@link adopt} returns, then and whenever it may have missed some, and
   * jobs that have ended and that nobody followed.
   */
  takeJobs(origin: string, taker: JobTaker): () => void {
    return this.#owners.add(origin, taker);
  }

  /** Whoever asked for the job has got its result. */
  told(id: string): void {
    const record = this.#unclaimed.get(id);
    if (record === undefined) return;
    this.#unclaimed.delete(id);
    this.#acknowledged.add([id, record]);
  }

  /**
   * Delivers no results, statuses and late reports until {@link release}, because their owners are about to stop. Results and
   * reports of the last moment count as not delivered.
   */
  hold(): void {
    this.#owners.hold();
    this.#statuses.hold();
    for (const [id, record] of this.#acknowledged.takeBack()) this.#unclaimed.set(id, record);
    this.#lateReports.hold();
  }

  release(): void {
    // The steps of a number come before its result.
    this.#statuses.release();
    this.#owners.release();
    this.#lateReports.release();
  }

  /** The journal can be read again: delivers what could not be read. */
  storageHealed(): void {
    this.#owners.offerAll();
    this.#lateReports.deliverAll();
  }

  /** Takes the statuses of an origin's jobs, in place of the taker before. The returned function ends it. */
  takeStatuses(origin: string, taker: StatusTaker): () => void {
    return this.#statuses.take(origin, taker);
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
    // First of all: nothing goes out any more.
    for (const job of jobs) job.cancel();
    this.#sending.abortOpening((job) => job.isCancelled);
    await this.#forEach(jobs, async (job) => {
      await this.#endWaiting(job, CANCELLED);
      if (job.forgoReports(Infinity)) void this.#ledger.save(job);
      await this.#ledger.saved(job);
    });
    return jobs.map(({ id }) => id);
  }

  /** Ends what no line has. Resolves when that is noted; it is saved when {@link OutboxJob.saving} says so. */
  async #endWaiting(job: OutboxJob, ending: Ending): Promise<void> {
    const waiting = this.#takeWaiting(job);
    if (waiting.length > NUMBERS_PER_TURN && job.isCancelled) await this.#noteCancelled(job);
    void this.#progress.endAll(job, waiting, ending);
  }

  /** Works on jobs in slices. There may be a hundred thousand, so each slice waits until the one before is done. */
  async #forEach(jobs: readonly OutboxJob[], work: (job: OutboxJob) => Promise<unknown>): Promise<void> {
    let slice: Promise<unknown>[] = [];
    for (const job of jobs) {
      const wait = this.#pace.turn();
      if (wait) await wait;
      slice.push(work(job));
      if (slice.length < NUMBERS_PER_TURN) continue;
      await Promise.all(slice);
      slice = [];
    }
    await Promise.all(slice);
  }

  /** A crash in the midst of it must not send the rest. Where that cannot be noted, the ends of the numbers are all the same. */
  async #noteCancelled(job: OutboxJob): Promise<void> {
    const record = { ...job.record, paused: job.isPaused, cancelled: true } as const;
    await this.#log.update(job.key, record, job.recipients).catch(() => undefined);
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
    const first = some(this.#jobs.values(), 0, most);
    return { total: this.#jobs.size, jobs: first.map((job) => job.summary()) };
  }

  /** Jobs in hand, and those that ended with a result that nobody has taken. */
  get jobCount(): number {
    return this.#unclaimed.size + this.#jobs.size;
  }

  /** The same, those that have ended first; at most so many, the last of them. */
  jobs(most = JOBS_LISTED): JobSummary[] {
    const running = some(this.#jobs.values(), this.#jobs.size - most, most);
    const room = most - running.length;
    return this.#summaries(some(this.#unclaimed.values(), this.#unclaimed.size - room, room), running);
  }

  /** The same; at most so many, the first of them. */
  firstJobs(most: number): JobSummary[] {
    const ended = some(this.#unclaimed.values(), 0, most);
    return this.#summaries(ended, some(this.#jobs.values(), 0, most - ended.length));
  }

  #summaries(ended: readonly UnclaimedRecord[], running: readonly OutboxJob[]): JobSummary[] {
    const { wall } = this.ports.clock;
    return [...ended.map((record) => summaryOf(record, wall)), ...running.map((job) => job.summary())];
  }

  /** Gives all free lines work. */
  dispatch(): void {
    if (this.#isLoaded) this.#sending.dispatch(this.#matching.pools);
  }

  /** Gives one line work. To be called when it may have become free or ready, or have lost its network. */
  serve(line: Line): void {
    if (line.readiness === 'logged-out') this.#matching.releaseKept(line);
    if (this.#isLoaded) this.#sending.serve(line);
  }

  /** Takes a reply of a session, see {@link Sending.reply}. */
  reply(reply: SessionReply, from: Address): ReplyOutcome {
    return this.#sending.reply(reply, from);
  }

  /**
   * Takes a delivery report. Resolves when it is saved, and need not come again.
   * @param recvid id of the report, by which a repeated one is known
   */
  async delivered(line: Line, smsNo: number, status: number, number: string | null, recvid?: string): Promise<void> {
    // Nothing is known of the SMS of a previous run before.
    if (!this.#isLoaded) await this.#loaded;
    const { clock } = this.ports;
    const now = clock.now();
    const report = { device: line.id, smsNo, number, delivery: deliveryFrom(status, clock.wall(now)), recvid, at: now };
    const expected = this.#reports.find(report, line.sending > 0);
    if (!expected) return;
    const job = this.#jobs.get(expected.jobId);
    const recipient = job?.recipients[expected.index];
    if (!job || !recipient || job.ended) return this.#reportOfEnded(expected, job);
    this.#reports.note(expected);
    await this.#progress.deliveryReported(job, recipient, expected.delivery);
  }

  lineRestarted(line: Line): void {
    this.#sending.lineRestarted(line);
  }

  /** A line came online: first of all, what an earlier life left there. */
  lineOnline(line: Line): void {
    // What is not read yet cannot be asked for.
    if (this.#isLoaded) this.#recovery.lineOnline(line);
  }

  /** A line went offline: others may have to do its work. */
  lineOffline(line: Line): void {
    this.#matching.releaseKept(line);
    this.dispatch();
  }

  /** Ends what has waited too long. To be called from time to time. */
  sweep(): void {
    if (!this.#isLoaded) return;
    const now = this.ports.clock.now();
    const expired: OutboxJob[] = [];
    for (const job of this.#jobs.values()) {
      if (job.isExpired(now)) expired.push(job);
      if (job.forgoReports(now)) void this.#ledger.save(job);
    }
    void this.#expire(expired);
    this.#recovery.sweep(now);
    this.#reports.sweep(now);
  }

  async #expire(jobs: readonly OutboxJob[]): Promise<void> {
    if (this.#isExpiring) return;
    this.#isExpiring = true;
    await this.#forEach(jobs, async (job) => {
      await this.#endWaiting(job, EXPIRED);
      await this.#ledger.saved(job);
    });
    this.#isExpiring = false;
  }

  async prune(now: number): Promise<void> {
    for await (const id of this.#log.prune(now - this.ports.settings.retentionMs)) this.#unclaimed.delete(id);
    this.#lateReports.prune(now - this.ports.settings.retentionMs);
    await this.#conditions.prune(now, now - this.ports.settings.retentionMs);
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
    // What was delivered in the last moment is for the next start to decide.
    this.#acknowledged.takeBack();
    // What is being accepted is a job first, and its caller has had the chance to listen.
    await Promise.allSettled([...this.#requests]);
    await new Promise<void>((resolve) => clock.soon(resolve));
    this.#ledger.close();
    const jobs = [...this.#jobs.values()];
    if (!settings.isPersistent) for (const job of jobs) void this.#progress.endAll(job, this.#takeWaiting(job), CLOSED);
    await this.#sending.close(graceMs);
    if (!settings.isPersistent) for (const job of jobs) if (job.forgoReports(Infinity)) void this.#ledger.save(job);
    await this.#ledger.settled;
    for (const job of this.#jobs.values())
      job.abandon(new GoipError('GOIP_CLOSED', 'the server was closed; the job is kept'));
  }

  #find(id: string): Job | Promise<Job> | undefined {
    const job = this.#accepting.get(id)?.job ?? this.#jobs.get(id)?.handle;
    if (job) return job;
    const ended = this.#log.ended(id);
    return ended && this.#endedJob(id, ended.result.total);
  }

  /** Refuses other numbers or another text with the id of a known job: nobody would get them. Jobs of 1.0 say nothing. */
  #checkSame(id: string, content: string | undefined): void {
    const known = this.#accepting.get(id) ?? this.#jobs.get(id)?.record ?? this.#log.ended(id);
    if (known?.content === undefined || known.content === content) return;
    throw new GoipError('GOIP_JOB_CONFLICT', 'a job with this id is known, and has other numbers or another text');
  }

  #select(selector: JobSelector): OutboxJob[] {
    const isMeant =
      'jobId' in selector
        ? (job: OutboxJob) => job.id === selector.jobId
        : ({ record }: OutboxJob) => record.origin === selector.origin;
    // One that has ended is there until its result is saved.
    return [...this.#jobs.values()].filter((job) => !job.ended && isMeant(job));
  }

  async #setPaused(selector: JobSelector, paused: boolean): Promise<string[]> {
    const jobs = this.#select(selector);
    const changed = new Set(jobs.filter((job) => job.isPaused !== paused));
    // First of all: nothing goes out any more.
    for (const job of changed) setPaused(job, paused);
    let failure: unknown;
    await this.#forEach(jobs, async (job) => {
      // Another order may have come meanwhile. To save a job that has ended would bring it back at the next start.
      if (job.isPaused !== paused || job.ended) return;
      this.#holdOrRelease(job);
      const isSaved =
        failure === undefined &&
        (await this.#log.update(job.key, { ...job.record, paused }, job.recipients).then(
          () => true,
          (error: unknown) => {
            failure = error;
            return false;
          },
        ));
      if (isSaved || !changed.has(job) || job.isPaused !== paused) return;
      setPaused(job, !paused);
      this.#holdOrRelease(job);
    });
    if (failure !== undefined) throw failure as Error;
    return jobs.map(({ id }) => id);
  }

  #holdOrRelease(job: OutboxJob): void {
    if (job.isPaused) this.#queue.hold(job);
    else this.#queue.release(job);
  }

  #queued(): number {
    let queued = this.#queue.size + this.#arrivals.size;
    for (const { total } of this.#accepting.values()) queued += total;
    return queued;
  }

  /** @param job if its end is being saved */
  async #reportOfEnded(expected: Reported, job: OutboxJob | undefined): Promise<void> {
    // Until then, the journal does not have the number as it ended.
    if (job) await this.#ledger.saved(job);
    const record = this.#reports.recordOf(expected);
    // The server closes, and the disk is out of order: the device is to report again.
    if (!record && job) throw new GoipError('GOIP_STORAGE', 'the end of the job is not saved');
    if (!record) return;
    const { key, delivery } = expected;
    const { result, origin } = record;
    const status: RecipientStatus = { id: record.job, ...result, delivery, state: delivery.state };
    if (origin === null) {
      await this.#log.reported(key, record);
      this.#reports.note(expected);
      expected.job?.announce(status);
      return;
    }
    const late = [lateKey(record), { origin, status, at: this.ports.clock.now() }] as const;
    await this.#log.reported(key, record, late);
    this.#reports.note(expected);
    this.#lateReports.add(...late);
  }

  #tellResult(job: OutboxJob, record: EndedRecord, result: JobResult): void {
    if (!this.#jobs.delete(job.id)) return;
    this.#bytes -= job.bytes;
    if (record.origin !== null) this.#unclaimed.set(job.id, unclaimedOf(record));
    job.settle(result);
    if (!job.isFollowed) this.#owners.ended(this.#endedJob(job.id, job.total), record.origin);
  }
}

function* offered(jobs: Iterable<Job | undefined>): Generator<Job | undefined, undefined> {
  for (const job of jobs) yield job instanceof JobHandle ? job.offered() : job;
}

/** At most so many items, without those before `first`. A hundred thousand are walked over, not copied. */
function some<T>(items: Iterable<T>, first: number, most: number): T[] {
  const found: T[] = [];
  let index = 0;
  for (const item of items) {
    if (found.length >= most) break;
    if (index >= first) found.push(item);
    index += 1;
  }
  return found;
}

/** Steps of work for a request, besides those for its numbers. */
const STEPS_OF_REQUEST = 5;

/** Memory of a job of the previous run. */
function* bytesOfJob({ text, context }: JobRecord, recipients: readonly Recipient[]): Work<number> {
  const texts = text ?? recipients.map((recipient) => recipient.text);
  return yield* bytesOf(recipients.length, texts, context);
}

const sized = (text: string): SmsText => ({ text, ...segmentsOf(text) });

const isDoubtful = ({ life }: Recipient): boolean => 'reason' in life && life.reason === DOUBTFUL_REASON;

function setPaused(job: OutboxJob, paused: boolean): void {
  if (paused) job.pause();
  else job.resume();
}

/** A number of a job. */
const lateKey = ({ job, index }: ReportRecord): string => `${job}/${index.toString(36)}`;

/** @param at milliseconds since 1970 by the wall clock */
function* recipientsOf({ to, text }: CheckedRequest, at: number): Work<readonly Recipient[]> {
  const common = typeof text === 'string' ? sized(text) : undefined;
  const recipients: Recipient[] = [];
  for (const [index, number] of to.entries()) {
    yield common ? 0.2 : 1;
    const own = text[index] ?? '';
    recipients.push(new Recipient(number, index, common ?? sized(own), at));
  }
  return recipients;
}

/** Device ids of the lines that the numbers may go out on, null for all. */
function* linesOf({ to, devices }: CheckedRequest, routes: Routes): Work<ReadonlySet<readonly string[] | null>> {
  const named = new Set<readonly string[] | null>();
  for (const number of to) {
    yield 0.2;
    named.add(routes.linesFor(number, devices ?? null));
  }
  return named;
}

/** A job that was accepted by a clock that was fast has its whole time to go. */
function notLater(record: JobRecord, now: number): JobRecord {
  const { acceptedAt, expiresAt } = record;
  if (acceptedAt <= now) return record;
  return { ...record, acceptedAt: now, expiresAt: expiresAt === null ? null : now + expiresAt - acceptedAt };
}
