/**
 * The rules of a bulk session as they can be seen from outside, and what the server has to report of each number: kept
 * up to date with every datagram, every write and every report, and apart from the machine's own idea of its state.
 */
import assert from 'node:assert/strict';
import type { Clock } from '../../src/time/clock.js';
import { LEAST_RETRANSMISSION } from '../../src/parameters.js';
import { formatServerMessage, type SessionReply, type SessionRequest } from '../../src/protocol/index.js';
import type { NumberResult, SessionConfig, SessionEnd } from '../../src/sessions/machine.js';

/** The number of a telid. Numbers are given out in order, one telid each. */
export const numberOf = (telid: number): string => `+${100 + telid}`;

type ReportedState = NumberResult['state'];

/** A number of which the server does not know the result. */
interface NumberOut {
  readonly telid: number;
  /** SENDs since the device was last heard of. */
  sends: number;
  /** Before this time it is not sent again. */
  notBefore: number;
  /** What the next report has to be: the server was told, or came to an end. */
  due?: ReportedState;
  /** When the device said WAIT, first and last. */
  wait?: { readonly since: number; heardAt: number };
}

export class Rules {
  readonly #story: string[] = [];
  readonly #faults: string[] = [];
  readonly #begin: number;
  readonly #saved = new Set<string>();
  readonly results = new Map<string, ReportedState>();
  #out: NumberOut | undefined;
  /** How far the session has come: see {@link rankOf}. */
  #rank = -1;
  /** A SEND went out again without an answer to the first, in this life or perhaps in an earlier one. */
  #hasRepeated = false;
  /** How often each request went out. */
  readonly #transmissions = new Map<number, number>();
  #end: SessionEnd['why'] | 'left' | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly config: SessionConfig,
  ) {
    this.#begin = clock.now();
  }

  /** How the session ended; `left` where its server died. */
  get end(): SessionEnd['why'] | 'left' | undefined {
    return this.#end;
  }

  /** The telid of the number that is out. */
  get out(): number | undefined {
    return this.#out?.telid;
  }

  sendsOf(telid: number): number {
    return this.#transmissions.get(rankOf({ kind: 'SEND', telid })) ?? 0;
  }

  /** Writes down what happens, for whom a test that failed concerns. */
  tell(what: string): void {
    this.#story.push(`${((this.clock.now() - this.#begin) / 1000).toFixed(1)} s: ${what}`);
  }

  // What the server is told

  saved(what: string): void {
    this.#saved.add(what);
  }

  /** The server hears a reply: what it says of the number that is out decides what is to be reported, and at once. */
  heard(reply: SessionReply): void {
    const out = this.#out;
    if (!out || this.#end) return;
    const due = this.#verdict(reply, out);
    if (due) out.due = due;
    if (reply.kind !== 'WAIT' || reply.telid !== out.telid) return;
    const now = this.clock.now();
    out.wait = { since: out.wait?.since ?? now, heardAt: now };
    out.notBefore = now + this.config.queryMs;
    out.sends = 0;
  }

  #verdict(reply: SessionReply, { telid, sends, wait }: NumberOut): ReportedState | undefined {
    if (reply.kind === 'OK') return reply.telid === telid ? 'sent' : undefined;
    if (reply.kind === 'DONE') return 'unknown';
    if (reply.kind !== 'ERROR' || (reply.telid !== null && reply.telid !== telid)) return undefined;
    if (reply.reason === 'errorstatus') return 'failed';
    // What went out once, and was answered with nothing else, was never taken; if this is the answer to it.
    if (reply.reason === 'GSM_LOGOUT') return sends === 1 && !wait && !this.#hasRepeated ? 'failed' : 'unknown';
    return reply.reason === 'PASSWORD' ? undefined : 'unknown';
  }

  /** The server is told to end, or that the device restarted. */
  stopped(): void {
    if (this.#out) this.#out.due = 'unknown';
  }

  /** The server dies. */
  crashed(): void {
    this.#end = 'left';
    this.#out = undefined;
  }

  /** A new life asks for what was saved as submitted `at`. */
  resumed(telid: number, at: number): void {
    this.#end = undefined;
    this.#hasRepeated = true;
    this.#out = {
      telid,
      sends: 0,
      notBefore: at + this.config.resendMs,
      wait: { since: this.clock.now(), heardAt: at },
    };
  }

  // What the server does

  sends(request: SessionRequest): void {
    this.tell(`→ ${formatServerMessage(request).trimEnd()}`);
    this.#must(this.#end === undefined, 'nothing goes out after the end');
    this.#must(this.#saved.has('session'), 'nothing goes out before the session is saved');
    const rank = rankOf(request);
    this.#must(rank === this.#rank || rank === this.#rank + 1 || (rank > this.#rank && rank === DONE), 'in order');
    this.#rank = rank;
    const transmissions = (this.#transmissions.get(rank) ?? 0) + 1;
    this.#transmissions.set(rank, transmissions);
    if (request.kind === 'SEND') this.#sendsNumber(request);
    else this.#must(transmissions <= this.#mostTransmissions, `${request.kind} without end`);
  }

  /** Early ones, each after twice the time of the one before, come on top. */
  get #mostTransmissions(): number {
    const { resendCount, resendMs } = this.config;
    return 1 + resendCount + Math.ceil(Math.log2(resendMs / (LEAST_RETRANSMISSION * 1000)));
  }

  #sendsNumber({ telid, number }: Extract<SessionRequest, { kind: 'SEND' }>): void {
    const { resendCount, resendMs, queryMs, idleMs, statusQuery } = this.config;
    const out = this.#out;
    this.#must(number === numberOf(telid), 'a telid is of one number');
    this.#must(this.#saved.has(number), 'a SEND does not go out before it is saved');
    if (out?.telid !== telid) return this.#must(false, 'the number that is out is the one that is sent');
    this.#must(this.clock.now() >= out.notBefore - 1, 'a SEND is not repeated early');
    this.#must(!out.wait || statusQuery !== 'never', 'never is never');
    this.#must(!out.wait || this.clock.now() - out.wait.heardAt < idleMs, 'nobody asks what is forgotten');
    out.sends += 1;
    if (out.sends > 1 && !out.wait) this.#hasRepeated = true;
    this.#must(out.sends <= (out.wait ? 1 + idleMs / queryMs : 1 + resendCount), 'SEND without end');
    out.notBefore = this.clock.now() + (out.wait ? queryMs : resendMs);
  }

  savesNumber(number: string): void {
    this.#must(!this.#out, `the result of the one before comes before ${number}`);
    this.#must(!this.results.has(number), `${number} is not sent again`);
  }

  submits(number: string): void {
    this.tell(`${number} submitted`);
    this.#must(!this.#out, 'one number is out at a time');
    const telid = Number(number) - 100;
    this.#out = { telid, sends: 0, notBefore: this.clock.now() };
  }

  waits(number: string): void {
    this.tell(`${number} waiting`);
    this.#must(this.#out?.wait !== undefined && number === numberOf(this.#out.telid), 'on WAIT is who was told so');
  }

  reports(number: string, { state }: NumberResult): void {
    this.tell(`${number} ${state}`);
    this.#must(!this.results.has(number), 'a number has one result');
    this.results.set(number, state);
    const out = this.#out;
    this.#out = undefined;
    if (!out || numberOf(out.telid) !== number) return this.#must(false, 'a result is of the number that is out');
    const due = out.due ?? (this.#isPatienceOver(out) ? 'unknown' : 'none yet');
    this.#must(state === due, `the result is to be: ${due}`);
  }

  #isPatienceOver({ sends, notBefore, wait }: NumberOut): boolean {
    const { resendCount, idleMs, waitLimitMs } = this.config;
    const now = this.clock.now();
    if (wait) return now - wait.heardAt >= idleMs || now - wait.since >= waitLimitMs;
    return sends === 1 + resendCount && now >= notBefore;
  }

  ends({ why }: SessionEnd, untouched: string | undefined): void {
    this.tell(`ended ${why}${untouched ? `, ${untouched} untouched` : ''}`);
    this.#must(!this.#end, 'a session ends once');
    this.#must(!this.#out, 'not before the result');
    this.#must(this.#rank === DONE || this.#rank === -1, 'a session that was opened ends with DONE');
    if (untouched) this.#must(!this.#transmissions.has(Number(untouched) - 99), 'what was sent is not given back');
    this.#end = why;
  }

  // What comes of it

  /** @throws AssertionError that tells what went wrong, and what had happened. */
  check(onAir: readonly string[], queued: number): void {
    this.#must(queued <= 1, 'a device has one number at a time');
    this.#must(!this.#out?.due, `the result of ${this.#out?.telid} is known, and not told`);
    for (const [index, number] of onAir.entries()) {
      this.#must(onAir.indexOf(number) === index, `${number} went on air twice`);
      this.#must(this.results.get(number) !== 'failed', `${number} went on air, and failed`);
    }
    for (const [number, state] of this.results) {
      if (state === 'sent') this.#must(onAir.includes(number), `${number} was sent, and did not go on air`);
    }
    if (this.#faults.length > 0) assert.fail(`broken: ${this.#faults.join('; ')}\n${this.#story.join('\n')}`);
  }

  /** All that could happen has happened. */
  checkEnd(): void {
    this.#must(this.#end !== undefined, 'a session ends');
    for (const rank of this.#transmissions.keys()) {
      const number = numberOf(rank - 1);
      if (rank > 1 && rank < DONE) this.#must(this.results.has(number), `${number} has a result`);
    }
  }

  #must(isTrue: boolean, rule: string): void {
    if (!isTrue) this.#faults.push(rule);
  }
}

const DONE = Infinity;

/** MSG, PASSWORD, telid 1, telid 2 … and DONE follow each other; none is gone back to. */
function rankOf(request: { readonly kind: 'MSG' | 'PASSWORD' | 'DONE' } | { kind: 'SEND'; telid: number }): number {
  switch (request.kind) {
    case 'MSG':
      return 0;
    case 'PASSWORD':
      return 1;
    case 'SEND':
      return 1 + request.telid;
    case 'DONE':
      return DONE;
  }
}
