/** One bulk session on one line: carries out what the state machine decides. */
import type { Clock } from '../time/clock.js';
import { guarded, reportFault, type FaultReport } from '../faults.js';
import type { Line } from '../lines/line.js';
import { RESULTS_KEPT } from '../parameters.js';
import { deviceWords } from '../printable.js';
import type { ErrorReply, SessionReply, SessionRequest } from '../protocol/index.js';
import {
  NEW_SESSION,
  step,
  type NumberResult,
  type SessionAction,
  type SessionConfig,
  type SessionEnd,
  type SessionEvent,
  type SessionState,
} from './machine.js';

/** Who has the numbers, and wants to know what becomes of them. Called in the order in which things happen. */
export interface NumberSource<R extends { readonly to: string }> {
  next(): R | undefined;
  /** Makes the session durable, before anything of it leaves. */
  saveSession(): Promise<void>;
  /**
   * Makes durable that the number goes out under this telid, before it does. Resolves to `withheld`, and saves nothing, if it must
   * not go out.
   */
  saveSubmission(recipient: R, telid: number): Promise<'saved' | 'withheld'>;
  submitted(recipient: R): void;
  waiting(recipient: R): void;
  /** A number that a previous run has submitted is asked for: a device that never had it sends it now. */
  resumed(recipient: R): void;
  result(recipient: R, result: NumberResult): void;
  /** Resolves when all results of until now are durable: a device that is told DONE can not be asked for them again. */
  resultsSaved(): Promise<unknown>;
  /** `untouched` is a number that was taken and never went out. */
  ended(end: SessionEnd, untouched: R | undefined, signs: SignsOfLife): void;
}

/** A number that a previous run has submitted and whose result it did not save. */
export interface InDoubt<R> {
  readonly recipient: R;
  readonly telid: number;
  /** Time of the submission. */
  readonly at: number;
}

/** What shows that a device is there although a request was not answered. */
export interface SignsOfLife {
  /** It answered the DONE at the end of the session. */
  readonly answersDone: boolean;
  /** A keepalive of it came since the session began. */
  readonly isHeardOf: boolean;
}

export interface SessionPorts {
  readonly clock: Clock;
  readonly config: SessionConfig;
  /** Default: 1. */
  readonly firstTelid?: (() => number) | undefined;
  send(line: Line, request: SessionRequest): void;
  /** Receives what an action has thrown. */
  readonly fault?: FaultReport | undefined;
}

const NEVER_ASKED: NumberResult = {
  state: 'unknown',
  code: 'GOIP_TIMEOUT',
  reason: 'the session ended before the device reported the result',
};

export class BulkSession<R extends { readonly to: string }> {
  #state: SessionState = NEW_SESSION;
  /** The number in hand: taken from the source, and without a result. */
  #recipient: R | undefined;
  /** Numbers of a previous run that are asked for after the one in hand, before the source is asked for others. */
  #inDoubt: readonly InDoubt<R>[] = [];
  #submitted = false;
  #cancelTimer: (() => void) | undefined;
  #left = false;
  #beganAt = 0;
  #answersDone = false;
  readonly #firstTelid: number;
  /** Telids that went out, from the first to the last; undefined before. */
  #telids: { readonly first: number; readonly last: number } | undefined;
  /** Events that are to be handled; the first one is in hand. */
  readonly #events: SessionEvent[] = [];

  constructor(
    readonly sendid: number,
    readonly line: Line,
    private readonly text: string,
    first: R,
    private readonly source: NumberSource<R>,
    private readonly ports: SessionPorts,
  ) {
    this.#recipient = first;
    this.#firstTelid = ports.firstTelid?.() ?? 1;
  }

  start(): void {
    this.#beganAt = this.ports.clock.now();
    this.line.sessionOpened();
    this.#handle({ type: 'start' });
  }

  /**
   * Goes on where a previous run was cut off: the first number was submitted under `telid`, and the device was last heard
   * of at `heardAt` (milliseconds since 1970).
   * @param others further numbers in doubt, by rising telid
   */
  resume(telid: number, heardAt: number, others: readonly InDoubt<R>[] = []): void {
    this.#beganAt = this.ports.clock.now();
    // The previous run may have sent others before it.
    this.#telids = { first: Math.max(1, telid - RESULTS_KEPT), last: others.at(-1)?.telid ?? telid };
    this.#inDoubt = others;
    this.line.sessionOpened();
    for (let left = 1 + others.length; left > 0; left -= 1) this.line.numberSubmitted();
    this.#ask(this.#current(), telid, heardAt);
  }

  #ask(recipient: R, telid: number, heardAt: number): void {
    this.#recipient = recipient;
    this.#submitted = true;
    this.source.resumed(recipient);
    this.#handle({ type: 'resume', telid, heardAt });
  }

  /** A device has a number of this session and owes the result, or is about to get it. */
  get hasNumberOut(): boolean {
    return this.#submitted || this.#state.phase === 'saving';
  }

  /** Returns false where the session did not expect it: a copy, or too late. */
  reply(reply: SessionReply): boolean {
    const before = this.#state;
    this.#handle({ type: 'reply', reply: reply.kind === 'ERROR' ? this.#forPeople(reply) : reply });
    return this.#state !== before;
  }

  /** True unless a reply names a number that this session never sent: a copy names one that it did send. */
  knows(reply: SessionReply): boolean {
    const telid = 'telid' in reply ? reply.telid : null;
    if (telid === null) return true;
    return this.#telids !== undefined && telid >= this.#telids.first && telid <= this.#telids.last;
  }

  /** The device restarted and forgot the session. */
  restarted(): void {
    this.#handle({ type: 'restarted' });
  }

  /** Ends at once, with a DONE. */
  abort(): void {
    this.#handle({ type: 'abort' });
  }

  /** Leaves the session as it is, without a DONE, for {@link resume} in another life. */
  leave(): void {
    this.#cancelTimer?.();
    this.#left = true;
  }

  /** One event after the other: what an action brings about (a listener that closes the server) waits for its turn. */
  #handle(event: SessionEvent): void {
    if (this.#left) return;
    this.#events.push(event);
    if (this.#events.length > 1) return;
    const { clock, config } = this.ports;
    try {
      for (let next: SessionEvent | undefined = event; next; next = this.#events[0]) {
        const { habit, roundTripMs, resultMs } = this.line;
        const now = clock.now();
        const context = { config, now, habit, firstTelid: this.#firstTelid, roundTripMs, resultMs };
        const { state, actions } = step(this.#state, next, context);
        this.#answersDone = this.#state.phase === 'closing' && next.type === 'reply' && state.phase === 'closed';
        this.#state = state;
        for (const action of actions) this.#carryOutSafely(action);
        this.#events.shift();
      }
    } finally {
      this.#events.length = 0;
    }
  }

  /** What an action throws keeps neither the others nor the next event from being dealt with. */
  #carryOutSafely(action: SessionAction): void {
    if (guarded(() => this.#carryOut(action), this.ports.fault ?? reportFault)) return;
    // The state machine waits for an answer.
    if (action.type === 'save') this.#handle({ type: 'not-saved' });
    if (action.type === 'next') this.#handle({ type: 'no-number' });
  }

  #carryOut(action: SessionAction): void {
    switch (action.type) {
      case 'send':
        this.ports.send(this.line, this.#request(action));
        break;
      case 'timer':
        this.#cancelTimer?.();
        this.#cancelTimer = this.ports.clock.after(action.ms, () => this.#handle({ type: 'timeout' }));
        break;
      case 'next':
        this.#next();
        break;
      case 'save': {
        const saved =
          action.telid === null ? this.#saveSession() : this.source.saveSubmission(this.#current(), action.telid);
        saved.then(
          (type) => this.#handle({ type }),
          () => this.#handle({ type: 'not-saved' }),
        );
        break;
      }
      case 'submitted':
        this.#submitted = true;
        this.#telids = { first: this.#telids?.first ?? action.telid, last: action.telid };
        this.line.numberSubmitted();
        this.source.submitted(this.#current());
        break;
      case 'waiting':
        this.source.waiting(this.#current());
        break;
      case 'result': {
        const recipient = this.#current();
        this.#recipient = undefined;
        this.#submitted = false;
        this.#ended(recipient, action.result);
        break;
      }
      case 'measured':
        this.line.roundTripMeasured(action.roundTripMs);
        break;
      case 'learnt':
        this.line.resultObserved(action.habit, action.resultMs);
        break;
      case 'end':
        this.#cancelTimer?.();
        this.line.sessionClosed();
        this.#giveUpInDoubt();
        this.source.ended(action.end, this.#submitted ? undefined : this.#recipient, {
          answersDone: this.#answersDone,
          isHeardOf: (this.line.lastSeen ?? -Infinity) > this.#beganAt,
        });
        break;
    }
  }

  async #saveSession(): Promise<'saved'> {
    await this.source.saveSession();
    return 'saved';
  }

  #next(): void {
    // Nothing owes an answer while the next number is fetched.
    this.#cancelTimer?.();
    const [doubt, ...others] = this.#inDoubt;
    if (doubt) {
      this.#inDoubt = others;
      this.#ask(doubt.recipient, doubt.telid, doubt.at);
      return;
    }
    // The first number was reserved when the session was opened.
    this.#recipient ??= this.source.next();
    if (this.#recipient) this.#handle({ type: 'number' });
    else {
      const goOn = (): void => this.#handle({ type: 'no-number' });
      this.source.resultsSaved().then(goOn, goOn);
    }
  }

  #ended(recipient: R, result: NumberResult): void {
    this.line.numberEnded(result.state);
    this.source.result(recipient, result);
  }

  /** The session is over, so the device cannot be asked for them. */
  #giveUpInDoubt(): void {
    const doubts = this.#inDoubt;
    this.#inDoubt = [];
    for (const { recipient } of doubts) this.#ended(recipient, NEVER_ASKED);
  }

  /** The message of an error gets into results and logs. */
  #forPeople(error: ErrorReply): ErrorReply {
    return { ...error, message: deviceWords(error.message, this.line.device.password) };
  }

  #current(): R {
    if (!this.#recipient) throw new Error('a session acted on a number that it does not have');
    return this.#recipient;
  }

  #request(action: Extract<SessionAction, { type: 'send' }>): SessionRequest {
    const { sendid } = this;
    switch (action.request) {
      case 'MSG':
        return { kind: 'MSG', sendid, text: this.text };
      case 'PASSWORD':
        return { kind: 'PASSWORD', sendid, password: this.line.device.password ?? '' };
      case 'SEND':
        return { kind: 'SEND', sendid, telid: action.telid, number: this.#current().to };
      case 'DONE':
        return { kind: 'DONE', sendid };
    }
  }
}
