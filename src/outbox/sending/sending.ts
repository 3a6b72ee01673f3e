/** Opens a session for a free line that has a number to send, and knows the sessions that are open. */
import type { FaultReport } from '../../faults.js';
import type { Line } from '../../lines/line.js';
import type { Address } from '../../net/address.js';
import { BoundedMap } from '../../net/bounded-map.js';
import { SESSIONS_REMEMBERED } from '../../parameters.js';
import type { SessionReply } from '../../protocol/index.js';
import type { SessionEnd } from '../../sessions/machine.js';
import type { SendIds } from '../../sessions/sendids.js';
import { BulkSession, type SessionPorts, type SignsOfLife } from '../../sessions/session.js';
import type { Pool } from '../matching/pool.js';
import type { OutboxJob } from '../numbers/job.js';
import type { Submission } from '../numbers/life.js';
import type { Recipient } from '../numbers/recipient.js';
import type { OutboxSettings } from '../settings.js';
import { JobNumbers, type JobNumbersPorts, type SessionPurpose } from './job-numbers.js';

/** A number that is with a device, and whose result a previous run did not save. */
export interface InDoubt {
  readonly job: OutboxJob;
  readonly recipient: Recipient;
  readonly submission: Submission;
}

export interface SendingPorts extends JobNumbersPorts {
  readonly settings: OutboxSettings;
  readonly sendIds: SendIds;
  readonly send: SessionPorts['send'];
  readonly firstTelid?: SessionPorts['firstTelid'];
  readonly fault?: FaultReport | undefined;
}

/**
 * What became of a reply. `unexpected`: its session expects none, so it is late or a duplicate. `guess`: its ids were not used
 * lately. `foreign`: it came from another address than that of the session's line.
 */
export type ReplyOutcome =
  { readonly outcome: 'taken' | 'unexpected' | 'guess' } | { readonly outcome: 'foreign'; readonly line: Line };

interface OpenSession {
  readonly job: OutboxJob;
  readonly session: BulkSession<Recipient>;
}

export class Sending {
  /** By sendid. */
  readonly #sessions = new Map<number, OpenSession>();
  /** Sendids of the sessions that ended last: late replies to them are no guesses. */
  readonly #ended = new BoundedMap<number, true>(SESSIONS_REMEMBERED);
  #isClosing = false;
  readonly #whenIdle = new Set<() => void>();

  constructor(private readonly ports: SendingPorts) {}

  /** Gives work to the free lines of these pools. */
  dispatch(pools: Iterable<Pool>): void {
    for (const pool of pools) {
      for (const line of this.ports.matching.freeLinesIn(pool)) {
        if (pool.size === 0 || this.#isClosing) break;
        this.serve(line);
      }
    }
  }

  /** Gives a line work, if it is free and there is any. */
  serve(line: Line): void {
    const { matching, settings, sendIds } = this.ports;
    if (settings.sendingProblem !== undefined) return;
    while (!this.#isClosing && !matching.isEmpty && matching.isFree(line)) {
      const match = matching.takeDue(line);
      if (!match) return;
      const { job, recipient, pool } = match;
      this.#add({ job, line, sendid: sendIds.next(), pool, text: recipient.text }, recipient).start();
    }
  }

  reply(reply: SessionReply, from: Address): ReplyOutcome {
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

  /** Goes on with a session of a previous run, by asking for its numbers in doubt one after the other. */
  resume(job: OutboxJob, [first, ...others]: readonly [InDoubt, ...InDoubt[]], line: Line): void {
    const { sendid, telid, at } = first.submission;
    const { recipient } = first;
    const session = this.#add({ job, line, sendid, pool: undefined, text: recipient.text }, recipient);
    const doubts = others.map((doubt) => ({
      recipient: doubt.recipient,
      telid: doubt.submission.telid,
      at: doubt.submission.at,
    }));
    session.resume(telid, at, doubts);
  }

  /** Ends sessions of these jobs that have no number out. They give back the number that they were opened for. */
  abortOpening(isMeant: (job: OutboxJob) => boolean): void {
    for (const { job, session } of [...this.#sessions.values()])
      if (isMeant(job) && !session.hasNumberOut) session.abort();
  }

  /** Opens no more sessions, and waits at most `graceMs` for those that are open. */
  async close(graceMs: number): Promise<void> {
    const { clock, settings, matching, policy } = this.ports;
    this.#isClosing = true;
    matching.close();
    policy.close();
    if (this.#sessions.size === 0) return;
    const idle = new Promise<void>((resolve) => this.#whenIdle.add(resolve));
    // A session without a number out has nothing to wait for.
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

  #add(purpose: SessionPurpose, first: Recipient): BulkSession<Recipient> {
    const { settings, clock, send, firstTelid, fault } = this.ports;
    const { job, line, sendid, text } = purpose;
    const numbers = new JobNumbers(purpose, this.ports, (...end) => this.#onEnd(purpose, ...end));
    const session = new BulkSession(sendid, line, text, first, numbers, {
      ...{ clock, config: settings.session, firstTelid, send, fault },
    });
    this.#sessions.set(sendid, { job, session });
    return session;
  }

  #onEnd(
    { job, line, sendid, text }: SessionPurpose,
    end: SessionEnd,
    untouched: Recipient | undefined,
    signs: SignsOfLife,
  ): void {
    const { log, matching, policy } = this.ports;
    this.#sessions.delete(sendid);
    this.#ended.set(sendid, true);
    log.sessionEnded(sendid);
    const pools = untouched ? matching.giveBack(job, untouched) : [];
    policy.sessionEnded(job, line, { end, text, signs }, untouched);
    this.#checkIdle();
    // A number that was given back is there for every line.
    this.dispatch(pools);
    this.serve(line);
  }

  /** Leaves a session as it is, for the next run to go on with. */
  #leave(session: BulkSession<Recipient>): void {
    session.leave();
    this.#sessions.delete(session.sendid);
    this.#checkIdle();
  }

  #checkIdle(): void {
    if (this.#sessions.size > 0) return;
    for (const resolve of this.#whenIdle) resolve();
  }
}
