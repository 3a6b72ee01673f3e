/** Brings numbers and lines together: a line that is free takes the number that is due on it, and a session sends it. */
import type { GoipErrorCode } from '../../errors.js';
import type { EventKind } from '../../events/events.js';
import type { FaultReport } from '../../faults.js';
import { BoundedMap } from '../../net/bounded-map.js';
import { isoTime } from '../../time/iso-time.js';
import type { Line } from '../../lines/line.js';
import type { Address } from '../../net/address.js';
import type { LineRegistry } from '../../lines/registry.js';
import { NUMBERS_PER_TURN, SESSIONS_REMEMBERED } from '../../parameters.js';
import { isUnknownNumber } from '../../gsm/causes.js';
import type { SessionReply } from '../../protocol/index.js';
import type { NumberResult } from '../../sessions/machine.js';
import type { SendIds } from '../../sessions/sendids.js';
import { BulkSession, type NumberSource, type SessionPorts } from '../../sessions/session.js';
import type { Timeline } from '../../time/timeline.js';
import { Blame } from '../policy/blame.js';
import type { OutboxJob } from '../numbers/job.js';
import type { JobLog } from '../log/job-log.js';
import type { Ending, NumberEvent, Submission } from '../numbers/life.js';
import type { Ledger } from '../progress/ledger.js';
import type { Progress } from '../progress/progress.js';
import type { LineConditions } from '../policy/line-conditions.js';
import { consequenceOf, type EndedSession } from '../policy/session-ends.js';
import type { Pool, Route } from '../matching/pool.js';
import type { NumberQueue } from '../matching/queue.js';
import type { Recipient } from '../numbers/recipient.js';
import type { Routes } from '../matching/routes.js';
import type { Attempt } from '../result.js';
import type { StickyLines } from '../matching/sticky.js';
import type { Turn } from '../matching/pool.js';
import type { OutboxSettings } from '../settings.js';
import { Turns } from '../matching/turns.js';

export const CLOSED: Ending = { state: 'failed', code: 'GOIP_CLOSED', reason: 'the server was closed' };
export const CANCELLED: Ending = { state: 'cancelled', code: 'GOIP_CANCELLED', reason: 'cancelled' };

/** A number that was with a device, and whose result a previous run did not save. */
export interface InDoubt {
  readonly job: OutboxJob;
  readonly recipient: Recipient;
  readonly submission: Submission;
}

export interface DispatcherPorts {
  readonly lines: LineRegistry;
  readonly settings: OutboxSettings;
  readonly routes: Routes;
  readonly clock: Timeline;
  readonly sendIds: SendIds;
  readonly log: JobLog;
  readonly ledger: Ledger;
  readonly progress: Progress;
  readonly queue: NumberQueue;
  readonly sticky: StickyLines;
  readonly conditions: LineConditions;
  readonly send: SessionPorts['send'];
  readonly firstTelid?: SessionPorts['firstTelid'];
  readonly fault?: FaultReport | undefined;
  /** Is a line that is offline known to be so, or was it just not heard of yet? */
  isOfflineForSure(line: Line): boolean;
  tell(kind: EventKind, line: Line): void;
  /** Queues many numbers once more, in slices. */
  requeue(job: OutboxJob, recipients: readonly Recipient[]): void;
}

type Session = BulkSession<Recipient>;
type Unsent = Exclude<NumberResult, { state: 'sent' }>;
type Failure = Pick<Attempt, 'state' | 'code' | 'reason'> & { readonly errorstatus?: number | null };

/** Opens sessions where there is something to send, and decides what their ends mean. */
export class Dispatcher {
  /** By sendid. */
  readonly #sessions = new Map<number, { readonly job: OutboxJob; readonly session: Session }>();
  /** Sendids of the sessions that ended last: late replies to them are no guesses. */
  readonly #ended = new BoundedMap<number, true>(SESSIONS_REMEMBERED);
  readonly #timers = new Set<() => void>();
  readonly #turns: Turns;
  readonly #blame: Blame;
  readonly #whenIdle = new Set<() => void>();
  /** Numbers that lines have taken. */
  #turn = 0;
  #closing = false;

  constructor(private readonly ports: DispatcherPorts) {
    const { lines, queue, sticky, clock } = ports;
    this.#turns = new Turns({
      ...{ lines, queue, sticky, clock },
      serve: (line) => this.serve(line),
      troubled: (line) => this.lineTroubled(line),
    });
    this.#blame = new Blame({
      lines,
      tell: (kind, line) => ports.tell(kind, line),
      changed: (line) => ports.conditions.save(line, clock.now()),
      troubled: (line) => this.lineTroubled(line),
    });
  }

  /** Queues numbers in order. Those that no line will do for end. */
  add(job: OutboxJob, recipients: readonly Recipient[]): Set<Pool> {
    const pools = new Set<Pool>();
    for (const recipient of recipients) {
      const route = this.#routeOf(job, recipient);
      if (this.#leadsNowhere(route)) this.#endHomeless(job, recipient);
      else pools.add(this.ports.queue.add(job, recipient, route));
    }
    return pools;
  }

  /** Gives free lines work. To be called when jobs may have become ready. */
  dispatch(pools: Iterable<Pool> = [...this.ports.queue.pools]): void {
    for (const pool of pools) {
      for (const line of this.#freeLinesIn(pool)) {
        if (pool.size === 0 || this.#closing) break;
        this.serve(line);
      }
    }
  }

  /** Gives one line work. To be called when it may have become free or ready. */
  serve(line: Line): void {
    if (this.ports.settings.sendingProblem !== undefined) return;
    while (!this.#closing && this.ports.queue.size > 0 && this.#isFree(line)) {
      const turn = this.#turns.dueOn(line);
      if (!turn) return;
      const { job, pool } = turn;
      const recipient = this.#take(turn, line);
      this.#open(job, line, pool, recipient);
    }
  }

  /**
   * Takes a reply that a session expects. `unexpected` is one that none does, late or a copy; `guess` is one with ids that were
   * not used lately; `foreign` is one to a session of `line`, but
   * from another address.
   */
  reply(
    reply: SessionReply,
    from: Address,
  ): { readonly outcome: 'taken' | 'unexpected' | 'guess' } | { readonly outcome: 'foreign'; readonly line: Line } {
    const sendid = reply.kind === 'ERROR' ? reply.id : reply.sendid;
    const session = this.#sessions.get(sendid)?.session;
    if (!session) return { outcome: this.#ended.get(sendid) ? 'unexpected' : 'guess' };
    const { line } = session;
    if (line.address?.port !== from.port || line.address.address !== from.address) return { outcome: 'foreign', line };
    if (session.reply(reply)) return { outcome: 'taken' };
    return { outcome: session.knows(reply) ? 'unexpected' : 'guess' };
  }

  hasSession(sendid: number): boolean {
    return this.#sessions.has(sendid);
  }

  lineRestarted(line: Line): void {
    for (const { session } of [...this.#sessions.values()]) if (session.line === line) session.restarted();
  }

  /** A line cannot send for a while: what was kept for it goes elsewhere. */
  lineTroubled(line: Line): void {
    this.#requeue(this.ports.queue.takeKept(line.id));
  }

  /** Goes on with a session of a previous run, by asking for its numbers in doubt one after the other. */
  resume(job: OutboxJob, [first, ...others]: readonly [InDoubt, ...InDoubt[]], line: Line): void {
    const { sendid, telid, at } = first.submission;
    const session = this.#session(job, line, sendid, undefined, first.recipient);
    session.resume(
      telid,
      at,
      others.map(({ recipient, submission }) => ({ recipient, telid: submission.telid, at: submission.at })),
    );
  }

  /** Ends sessions that only open, of the jobs that are meant: they give back the number that they were opened for. */
  abortOpening(isMeant: (job: OutboxJob) => boolean): void {
    for (const { job, session } of [...this.#sessions.values()])
      if (isMeant(job) && !session.hasNumberOut) session.abort();
  }

  /** Opens no more sessions, and waits at most `graceMs` for those that are open. */
  async close(graceMs: number): Promise<void> {
    const { clock, settings } = this.ports;
    this.#closing = true;
    for (const cancel of this.#timers) cancel();
    this.#turns.close();
    if (this.#sessions.size === 0) return;
    const idle = new Promise<void>((resolve) => this.#whenIdle.add(resolve));
    // Sessions that only open have nothing in hand that would be worth the wait.
    this.abortOpening(() => true);
    const cancel = clock.after(graceMs, () => {
      for (const { session } of [...this.#sessions.values()]) {
        if (settings.isPersistent && session.hasNumberOut) this.#leave(session);
        else session.abort();
      }
    });
    await idle;
    cancel();
  }

  #routeOf(job: OutboxJob, { to, tried }: Recipient): Route {
    const lines = this.ports.routes.linesFor(to, job.record.devices);
    if (job.refusals.size === 0 && tried.length === 0) return { lines, except: NONE };
    const refused = tried.filter(({ state }) => state === 'failed').map(({ device }) => device);
    return { lines, except: [...new Set([...job.refusals.keys(), ...refused])] };
  }

  #linesOf({ lines, except }: Route): Line[] {
    return this.ports.lines.named(lines).filter(({ id }) => !except.includes(id));
  }

  /** Served longest ago first, or a single SMS now and then would always come from the same SIM. */
  #freeLinesIn(pool: Pool): readonly Line[] {
    const lines = this.#turns.linesIn(pool).filter((line) => this.#isFree(line));
    return lines.sort((one, other) => one.lastTurn - other.lastTurn);
  }

  /** Every line has refused. Lines that are not in the list any more may be there again after the next start. */
  #leadsNowhere(route: Route): boolean {
    return route.except.length > 0 && this.#linesOf(route).length === 0;
  }

  #isFree(line: Line): boolean {
    return line.readiness === 'ready' && line.sessions < this.ports.settings.sessionsPerLine;
  }

  /** Can it send, now or after a rest? */
  #isUsable(line: Line): boolean {
    return line.readiness === 'ready' || line.readiness === 'resting';
  }

  #take(turn: Turn, line: Line): Recipient {
    const { sticky, queue } = this.ports;
    const recipient = queue.take(turn);
    this.#handle(turn.job, recipient, { type: 'taken' });
    if (sticky.isOn) sticky.assign(recipient.to, line.id);
    this.#turn += 1;
    line.turnTaken(this.#turn, this.ports.clock.now());
    return recipient;
  }

  #open(job: OutboxJob, line: Line, pool: Pool, first: Recipient): void {
    this.#session(job, line, this.ports.sendIds.next(), pool, first).start();
  }

  #session(job: OutboxJob, line: Line, sendid: number, pool: Pool | undefined, first: Recipient): Session {
    const { settings, clock, send, firstTelid, fault } = this.ports;
    const source = this.#source(job, line, sendid, pool, first.text);
    const session = new BulkSession(sendid, line, first.text, first, source, {
      clock,
      config: settings.session,
      firstTelid,
      send,
      fault,
    });
    this.#sessions.set(sendid, { job, session });
    return session;
  }

  #source(job: OutboxJob, line: Line, sendid: number, pool: Pool | undefined, text: string): NumberSource<Recipient> {
    const { clock, log } = this.ports;
    let taken = 1;
    const ended = new Set<Recipient>();
    return {
      next: () => {
        const mayGoOn =
          !this.#closing && !job.refusals.has(line.id) && this.#isUsable(line) && job.maySubmit(clock.now());
        const turn = mayGoOn && this.#turns.nextOf(job, line, pool, text, taken);
        taken += 1;
        return turn ? this.#take(turn, line) : undefined;
      },
      saveSession: () => log.sessionOpened(sendid, line.id),
      saveSubmission: (recipient, telid) => this.#saveSubmission(job, recipient, line, sendid, telid, ended),
      submitted: (recipient) => {
        this.#handle(job, recipient, { type: 'submitted', device: line.id });
      },
      waiting: (recipient) => {
        this.#handle(job, recipient, { type: 'put-on-wait' });
      },
      resumed: (recipient) => {
        this.#handle(job, recipient, { type: 'asked' });
        line.askedAgain(clock.now());
      },
      result: (recipient, result) => {
        ended.add(recipient);
        if (result.state === 'sent' || result.code === 'GOIP_SEND_FAILED') job.clearTroubles(line.id);
        const isTriedElsewhere = result.state !== 'sent' && this.#mayTryElsewhere(job, recipient, line.id, result);
        this.#blame.judge(line, recipient, result, isTriedElsewhere, clock.now());
        this.numberEnded(job, recipient, line.id, result);
      },
      resultsSaved: () => this.ports.ledger.saved(job),
      ended: (end, untouched, signs) => {
        this.#sessions.delete(sendid);
        this.#ended.set(sendid, true);
        log.sessionEnded(sendid);
        const pools = untouched ? this.#handle(job, untouched, { type: 'returned', ending: this.#mustEnd(job) }) : [];
        this.#afterEnd(job, line, { end, text, signs }, untouched);
        if (this.#sessions.size === 0) for (const tell of this.#whenIdle) tell();
        // What was given back is there for every line.
        this.dispatch(pools);
        this.serve(line);
      },
    };
  }

  /**
   * Saves that a number goes out, unless its job was stopped meanwhile or the line has to pause. Rejects if the disk fails.
   * @param ended numbers whose results are in the journal before, or in the same write: devices keep the results of the last
   *   numbers of a session only, so the next run must not have to ask for more than the last one
   */
  async #saveSubmission(
    job: OutboxJob,
    recipient: Recipient,
    line: Line,
    sendid: number,
    telid: number,
    ended: Set<Recipient>,
  ): Promise<'saved' | 'withheld'> {
    const { clock, log, sticky, ledger } = this.ports;
    const now = clock.now();
    if (!job.maySubmit(now) || this.#isHeld(job, line, recipient, now)) return 'withheld';
    const usage = line.reserve(recipient.parts, now);
    // Shares the write that the number waits for.
    this.ports.conditions.save(line, now);
    const isSpent = line.isSpent(now);
    const count = line.count ?? null;
    const attempts = recipient.attempts + 1;
    const record: Submission = { state: 'submitted', device: line.id, sendid, telid, count, attempts, at: now };
    const number = sticky.isOn ? recipient.to : undefined;
    const results = ledger.unsavedOf(job, ended);
    ended.clear();
    try {
      await log.submitted(job.key, recipient.index, record, { usage, sticky: number, ...results });
    } catch (error) {
      line.usageDropped(usage);
      throw error;
    }
    line.usageSaved(usage);
    if (number !== undefined) sticky.saved(number);
    if (isSpent) {
      this.ports.tell('limit-reached', line);
      this.lineTroubled(line);
    }
    return 'saved';
  }

  /** What became of a number on a line: that is it, unless it may be tried again. */
  numberEnded(job: OutboxJob, recipient: Recipient, lineId: string, result: NumberResult): void {
    const isTriedElsewhere = result.state !== 'sent' && this.#mayTryElsewhere(job, recipient, lineId, result);
    const attempt = isTriedElsewhere ? this.#attempt(lineId, result) : undefined;
    this.#handle(job, recipient, { type: 'result', result, attempt });
  }

  #mayTryElsewhere(job: OutboxJob, recipient: Recipient, lineId: string, result: Unsent): boolean {
    const { attempts, retryUnknown } = this.ports.settings;
    if (recipient.attempts >= attempts || job.isCancelled) return false;
    if (result.state === 'failed' && isUnknownNumber(result.errorstatus)) return false;
    if (result.state === 'unknown') return retryUnknown && !this.#closing;
    const route = this.#routeOf(job, recipient);
    return this.#linesOf({ ...route, except: [...route.except, lineId] }).some((other) => this.#mayCome(other));
  }

  /** Is it worth waiting for: has it been able to send in this life, or may it still be heard of? */
  #mayCome(line: Line): boolean {
    if (line.hasBeenReady) return true;
    return !line.online && !this.ports.isOfflineForSure(line);
  }

  #attempt(device: string, { state, code, reason, errorstatus = null }: Failure): Attempt {
    return { device, state, code, reason, errorstatus, at: isoTime(this.ports.clock.wall()) };
  }

  /** Moves a number on, and carries out what needs a line. Returns the pools that it waits in now. */
  #handle(job: OutboxJob, recipient: Recipient, event: NumberEvent): Pool[] {
    switch (this.ports.progress.handle(job, recipient, event)) {
      case undefined:
        return [];
      case 'save-refusal':
        void this.#saveRefusal(job, recipient);
        return [];
      case 'queue':
        return [...this.add(job, [recipient])];
      case 'queue-first': {
        const route = this.#routeOf(job, recipient);
        // Another session on the line may have excluded it meanwhile.
        if (!this.#leadsNowhere(route)) return [this.ports.queue.putBack(job, recipient, route)];
        this.#endHomeless(job, recipient);
        return [];
      }
    }
  }

  /** The journal knows of a refusal before another line does, or a crash could lose who has refused. */
  async #saveRefusal(job: OutboxJob, recipient: Recipient): Promise<void> {
    await this.ports.ledger.saveRefusal(job, recipient);
    this.dispatch(this.#handle(job, recipient, { type: 'refusal-saved', ending: this.#mustEnd(job) }));
  }

  /** How numbers that come back end at once. */
  #mustEnd(job: OutboxJob): Ending | undefined {
    if (job.isCancelled) return CANCELLED;
    return this.#closing && !this.ports.settings.isPersistent ? CLOSED : undefined;
  }

  /** What the end of a session means for its line and for the job on that line. */
  #afterEnd(
    job: OutboxJob,
    line: Line,
    session: Omit<EndedSession, 'troubles'>,
    untouched: Recipient | undefined,
  ): void {
    const now = this.ports.clock.now();
    const { end } = session;
    const troubles = job.troubled(line.id, end.why, now);
    const consequence = consequenceOf({ ...session, troubles }, now, this.ports.settings);
    const { rest, pause, restFromLongTexts, park, refuse, isFailure } = consequence;
    if (isFailure) this.#blame.sessionFailed(line, now);
    if (park) line.park();
    if (rest > 0) this.#rest(line, rest);
    if (restFromLongTexts) {
      line.restFromLongTexts(now + restFromLongTexts.ms);
      line.recordError({ code: 'GOIP_TIMEOUT', reason: restFromLongTexts.reason }, now);
    }
    if (park || rest > 0) this.lineTroubled(line);
    if (pause > 0) this.#rest(line, pause);
    if (refuse) this.#refuse(job, line, refuse.code, refuse.reason, untouched);
  }

  /** Whether the line is the last one for the number was found out when the number was taken. */
  #isHeld({ priority }: OutboxJob, line: Line, { parts }: Recipient, now: number): boolean {
    return line.hold(now, parts, priority === 'high', true) !== undefined;
  }

  #rest(line: Line, ms: number): void {
    if (this.#closing) return;
    line.rest(this.ports.clock.now() + ms);
    const cancel = this.ports.clock.after(ms, () => {
      this.#timers.delete(cancel);
      line.endRest();
      this.serve(line);
    });
    this.#timers.add(cancel);
  }

  /** The line will not do for this job. Numbers without another one fail. */
  #refuse(job: OutboxJob, line: Line, code: GoipErrorCode, reason: string, untouched: Recipient | undefined): void {
    job.refuse(line.id, { code, reason });
    line.recordError({ code, reason }, this.ports.clock.now());
    if (untouched) {
      const attempt = this.#attempt(line.id, { state: 'failed', code, reason, errorstatus: null });
      this.#handle(job, untouched, { type: 'excluded', attempt });
    }
    this.#requeue([[job, this.ports.queue.takeAll(job, (pool) => pool.has(line.id))]]);
  }

  /** Numbers find their places anew. */
  #requeue(numbers: readonly (readonly [job: OutboxJob, recipients: readonly Recipient[]])[]): void {
    for (const [job, recipients] of numbers) {
      if (recipients.length > NUMBERS_PER_TURN) this.ports.requeue(job, recipients);
      else this.dispatch(this.add(job, recipients));
    }
  }

  #endHomeless(job: OutboxJob, recipient: Recipient): void {
    const refusal: Partial<Attempt> = [...job.refusals.values()].at(-1) ?? recipient.tried.at(-1) ?? {};
    const { code = 'GOIP_REJECTED', reason = 'no line will do', errorstatus = null } = refusal;
    const ending = { state: 'failed', code, reason, errorstatus } as const;
    this.#handle(job, recipient, { type: 'ended', ending });
  }

  /** Lets a session be, for the next life to go on with. */
  #leave(session: Session): void {
    session.leave();
    this.#sessions.delete(session.sendid);
    if (this.#sessions.size === 0) for (const tell of this.#whenIdle) tell();
  }
}

const NONE: readonly string[] = [];
