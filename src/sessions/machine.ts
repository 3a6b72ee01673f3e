/**
 * The bulk session as a pure state machine: MSG → PASSWORD → SEND … → DONE (protocol §4). It sends nothing and waits for
 * nothing: {@link step} takes a state and an event and returns the next state with the actions to carry out, in order.
 */
import type { ResultHabit } from '../lines/habits.js';
import type { SessionReply } from '../protocol/index.js';
import { LEAST_RETRANSMISSION, QUERY_GRACE_PUSH, QUERY_GRACE_UNKNOWN } from '../parameters.js';
import { reasonOfFailure, wordsOfError } from './device-errors.js';

export interface SessionConfig {
  /** Milliseconds between retransmissions, and how many of them. */
  readonly resendMs: number;
  readonly resendCount: number;
  readonly statusQuery: 'auto' | 'poll' | 'never';
  /** Milliseconds between status queries. */
  readonly queryMs: number;
  /** Milliseconds without traffic after which the device forgets the session. */
  readonly idleMs: number;
  /** Milliseconds that a number may be on WAIT. */
  readonly waitLimitMs: number;
}

export interface SessionContext {
  readonly config: SessionConfig;
  /** Milliseconds. */
  readonly now: number;
  readonly habit: ResultHabit;
  /** Milliseconds in which the line answers a request; undefined as long as nothing was measured. */
  readonly roundTripMs?: number | undefined;
  /** Milliseconds in which it sends the result of an SMS by itself; undefined likewise. */
  readonly resultMs?: number | undefined;
  /** Telid of the session's first number; default 1. */
  readonly firstTelid?: number;
}

/** What the device did not answer. `nothing`: it was silent on WAIT, and was not asked. */
export type Unanswered = 'MSG' | 'PASSWORD' | 'SEND' | 'nothing';

/**
 * Why a session ended. `message` is the device's own. `no-result`: the device said WAIT until the limit. `not-saved`: the journal
 * did not take a record. `withheld`: the next number must not go out.
 */
export type SessionEnd =
  | { readonly why: 'no-answer'; readonly to: Unanswered }
  | { readonly why: 'done' | 'no-result' | 'auth' | 'gsm-logout' | 'lost' | 'aborted' | 'not-saved' | 'withheld' }
  | { readonly why: 'rejected' | 'too-many'; readonly message: string };

/** `repeated`: a SEND went out again for want of an answer; a late one may come when the next number is out. */
export type SessionState =
  | { readonly phase: 'new' }
  /** The session is being saved; MSG goes out when it is. */
  | { readonly phase: 'preparing' }
  /** MSG, PASSWORD or DONE is out and unanswered. */
  | { readonly phase: 'opening' | 'authenticating'; readonly transmissions: number; readonly since: number }
  /** Open, and waiting to be given a number or told that there is none. */
  | { readonly phase: 'ready'; readonly telid: number; readonly heardAt: number; readonly repeated: boolean }
  /** A number is being saved as submitted; SEND goes out when it is. */
  | { readonly phase: 'saving'; readonly telid: number; readonly repeated: boolean }
  /** A number is out and nothing came back yet. */
  | {
      readonly phase: 'submitted';
      readonly telid: number;
      readonly transmissions: number;
      readonly repeated: boolean;
    }
  /** The device has the number and owes the result. `asking`: a query is out and unanswered. */
  | {
      readonly phase: 'waiting';
      readonly telid: number;
      readonly since: number;
      readonly heardAt: number;
      readonly asking: boolean;
      readonly repeated: boolean;
    }
  | { readonly phase: 'closing'; readonly transmissions: number; readonly since: number; readonly end: SessionEnd }
  | { readonly phase: 'closed'; readonly end: SessionEnd };

export type SessionEvent =
  | { readonly type: 'start' }
  /**
   * Goes on with a session of a previous run, which has submitted the number `telid` at `heardAt` and did not save its result.
   * In a session that is ready it answers a `next` action: the previous run has submitted several such numbers.
   */
  | { readonly type: 'resume'; readonly telid: number; readonly heardAt: number }
  /** The answers to a `save` action. */
  | { readonly type: 'saved' }
  | { readonly type: 'not-saved' }
  | { readonly type: 'withheld' }
  | { readonly type: 'reply'; readonly reply: SessionReply }
  /** The timer that the last `timer` action set has run down. */
  | { readonly type: 'timeout' }
  /** The answers to a `next` action. */
  | { readonly type: 'number' }
  | { readonly type: 'no-number' }
  /** The device restarted: it knows nothing of this session any more. */
  | { readonly type: 'restarted' }
  /** The server closes: end now. */
  | { readonly type: 'abort' };

export type NumberResult =
  | { readonly state: 'sent'; readonly smsNo: number | null }
  | {
      readonly state: 'failed';
      readonly code: 'GOIP_SEND_FAILED' | 'GOIP_GSM_LOGOUT';
      readonly reason: string;
      readonly errorstatus: number | null;
    }
  | {
      readonly state: 'unknown';
      readonly code: 'GOIP_TIMEOUT' | 'GOIP_GSM_LOGOUT' | 'GOIP_CLOSED';
      readonly reason: string;
    };

export type SessionAction =
  | { readonly type: 'send'; readonly request: 'MSG' | 'PASSWORD' | 'DONE' }
  | { readonly type: 'send'; readonly request: 'SEND'; readonly telid: number }
  /** Sets the session's one timer, replacing what was set before. */
  | { readonly type: 'timer'; readonly ms: number }
  /** Asks for the next number: answer with `number` or `no-number`. */
  | { readonly type: 'next' }
  /** Make the session durable, or the number given last as one that goes out: answer with `saved`, `not-saved` or `withheld`. */
  | { readonly type: 'save'; readonly telid: number | null }
  /** The number goes out now for the first time, under this telid. Comes before its `send`. */
  | { readonly type: 'submitted'; readonly telid: number }
  | { readonly type: 'waiting'; readonly telid: number }
  | { readonly type: 'result'; readonly telid: number; readonly result: NumberResult }
  /** A request was answered that had been sent once. */
  | { readonly type: 'measured'; readonly roundTripMs: number }
  /** The result came unasked, so long after WAIT if there was one, or only when asked. */
  | { readonly type: 'learnt'; readonly habit: 'push' | 'poll'; readonly resultMs?: number | undefined }
  | { readonly type: 'end'; readonly end: SessionEnd };

export interface Step {
  readonly state: SessionState;
  readonly actions: readonly SessionAction[];
}

export const NEW_SESSION: SessionState = { phase: 'new' };

export function step(state: SessionState, event: SessionEvent, context: SessionContext): Step {
  if (state.phase === 'closed') return stay(state);
  switch (event.type) {
    case 'start':
      return state.phase === 'new'
        ? { state: { phase: 'preparing' }, actions: [{ type: 'save', telid: null }] }
        : stay(state);
    case 'resume':
      return state.phase === 'new' || state.phase === 'ready' ? onResume(state, event, context) : stay(state);
    case 'saved':
      return onSaved(state, context);
    case 'not-saved':
    case 'withheld':
      return state.phase === 'preparing' || state.phase === 'saving'
        ? close(state, { why: event.type }, context)
        : stay(state);
    case 'reply':
      return onReply(state, event.reply, context);
    case 'timeout':
      return onTimeout(state, context);
    case 'number':
      return state.phase === 'ready' ? onNumber(state, context) : stay(state);
    case 'no-number':
      return state.phase === 'ready' ? close(state, { why: 'done' }, context) : stay(state);
    case 'restarted':
      return giveUp(
        state,
        { why: 'lost' },
        unknown('GOIP_TIMEOUT', 'the device restarted before it told the result'),
        context,
      );
    case 'abort':
      return giveUp(
        state,
        { why: 'aborted' },
        unknown('GOIP_CLOSED', 'closed before the device told the result'),
        context,
      );
  }
}

type Phase<P extends SessionState['phase']> = Extract<SessionState, { phase: P }>;
type NumberOut = Phase<'submitted' | 'waiting'>;

const stay = (state: SessionState): Step => ({ state, actions: [] });

const unknown = (code: Extract<NumberResult, { state: 'unknown' }>['code'], reason: string): NumberResult => ({
  state: 'unknown',
  code,
  reason,
});

function hasNumberOut(state: SessionState): state is NumberOut {
  return state.phase === 'submitted' || state.phase === 'waiting';
}

/** Sends what the phase is about, once more. */
function transmit(state: Phase<'opening' | 'authenticating' | 'submitted' | 'closing'>, context: SessionContext): Step {
  const request = REQUESTS[state.phase];
  const next = { ...state, transmissions: state.transmissions + 1 };
  return {
    state: next.phase === 'submitted' && state.transmissions > 0 ? { ...next, repeated: true } : next,
    actions: [
      request === 'SEND' && 'telid' in state
        ? { type: 'send', request, telid: state.telid }
        : { type: 'send', request: request as 'MSG' | 'PASSWORD' | 'DONE' },
      { type: 'timer', ms: retransmissionMs(state, context) },
    ],
  };
}

/**
 * A repeated SEND may be a second SMS on some firmware: it is never early. The others are safe to repeat: after a time in
 * which the line usually has answered, doubled each time.
 */
function retransmissionMs(
  { phase, transmissions }: Phase<'opening' | 'authenticating' | 'submitted' | 'closing'>,
  { config, roundTripMs }: SessionContext,
): number {
  if (phase === 'submitted' || roundTripMs === undefined) return config.resendMs;
  const first = Math.max(roundTripMs, LEAST_RETRANSMISSION * 1000);
  return Math.min(first * 2 ** transmissions, config.resendMs);
}

/** Early retransmissions come on top: a line is given as long to answer as without them. */
function isPatienceOver(
  state: Phase<'opening' | 'authenticating' | 'submitted' | 'closing'>,
  { config, now }: SessionContext,
): boolean {
  if (state.transmissions <= config.resendCount) return false;
  // Half an interval less, so that a timer that is a little early ends it all the same.
  return state.phase === 'submitted' || now - state.since >= (config.resendCount + 0.5) * config.resendMs;
}

const REQUESTS = { opening: 'MSG', authenticating: 'PASSWORD', submitted: 'SEND', closing: 'DONE' } as const;

function onTimeout(state: SessionState, context: SessionContext): Step {
  switch (state.phase) {
    case 'opening':
    case 'authenticating':
    case 'submitted':
    case 'closing':
      if (!isPatienceOver(state, context)) return transmit(state, context);
      if (state.phase === 'closing')
        return { state: { phase: 'closed', end: state.end }, actions: [endAction(state.end)] };
      return giveUp(
        state,
        { why: 'no-answer', to: REQUESTS[state.phase] },
        unknown('GOIP_TIMEOUT', 'the device did not answer'),
        context,
      );
    case 'waiting':
      return onWaitedLong(state, context);
    default:
      return stay(state);
  }
}

function onNumber(state: Phase<'ready'>, context: SessionContext): Step {
  // After so long a silence the device has forgotten the session, and the number would come back as ERROR SENDID.
  if (context.now - state.heardAt >= context.config.idleMs) return close(state, { why: 'lost' }, context);
  const telid = state.telid + 1;
  return { state: { phase: 'saving', telid, repeated: state.repeated }, actions: [{ type: 'save', telid }] };
}

function onSaved(state: SessionState, context: SessionContext): Step {
  if (state.phase === 'preparing') return transmit({ phase: 'opening', transmissions: 0, since: context.now }, context);
  if (state.phase !== 'saving') return stay(state);
  const { telid, repeated } = state;
  const sent = transmit({ phase: 'submitted', telid, transmissions: 0, repeated }, context);
  return { state: sent.state, actions: [{ type: 'submitted', telid }, ...sent.actions] };
}

/** The device may know the result by now: asks at once, where asking is allowed and the SEND is not too fresh. */
function onResume(
  before: Phase<'new' | 'ready'>,
  { telid, heardAt: submittedAt }: { readonly telid: number; readonly heardAt: number },
  context: SessionContext,
): Step {
  const heardAt = before.phase === 'ready' ? before.heardAt : submittedAt;
  // What the earlier life sent more than once is not known.
  const state = { phase: 'waiting', telid, since: context.now, heardAt, asking: false, repeated: true } as const;
  const early = Math.min(submittedAt - context.now, 0) + context.config.resendMs;
  return early > 0 ? { state, actions: [{ type: 'timer', ms: early }] } : onWaitedLong(state, context);
}

/** The result is owed and did not come: ask for it, or see that it will not come any more. */
function onWaitedLong(state: Phase<'waiting'>, context: SessionContext): Step {
  const { config, now } = context;
  const neverTold = unknown('GOIP_TIMEOUT', 'the device never told the result');
  if (now - state.heardAt >= config.idleMs)
    return giveUp(state, { why: 'no-answer', to: state.asking ? 'SEND' : 'nothing' }, neverTold, context);
  if (now - state.since >= config.waitLimitMs) return giveUp(state, { why: 'no-result' }, neverTold, context);
  if (config.statusQuery === 'never') return { state, actions: [{ type: 'timer', ms: waitMs(state, context) }] };
  return {
    state: { ...state, asking: true },
    actions: [
      { type: 'send', request: 'SEND', telid: state.telid },
      { type: 'timer', ms: config.queryMs },
    ],
  };
}

/** Milliseconds until a number on WAIT is looked at again. */
function waitMs(state: Phase<'waiting'>, context: SessionContext): number {
  const { config, now } = context;
  // Not past the limit: a device that says WAIT again and again must not put its end off for ever.
  return Math.max(1, Math.min(graceMs(state, context), config.waitLimitMs - (now - state.since)));
}

/** Milliseconds from a WAIT to the first status query, or to the end of hope (protocol §4, WAIT). */
function graceMs(state: Phase<'waiting'>, { config, now, habit, resultMs }: SessionContext): number {
  const { queryMs, idleMs } = config;
  if (config.statusQuery === 'poll') return queryMs;
  if (config.statusQuery === 'never') return idleMs - (now - state.heardAt);
  if (habit === 'poll') return queryMs;
  const most = queryMs * (habit === 'push' ? QUERY_GRACE_PUSH : QUERY_GRACE_UNKNOWN);
  // Where the line's time for an SMS is known, a push that is well past it got lost.
  const usual = habit === 'push' && resultMs !== undefined ? Math.max(queryMs, resultMs + queryMs / 2) : most;
  // Half the idle limit at the most: a query must have time to get through before the device forgets the session.
  return Math.min(usual, most, idleMs / 2);
}

function onReply(state: SessionState, reply: SessionReply, context: SessionContext): Step {
  switch (state.phase) {
    case 'opening':
      if (reply.kind === 'PASSWORD') {
        const next = transmit({ phase: 'authenticating', transmissions: 0, since: context.now }, context);
        return measured(state, next, context);
      }
      return reply.kind === 'ERROR' ? close(state, refusal(reply), context) : stay(state);
    case 'authenticating':
      if (reply.kind === 'SEND') return measured(state, ready((context.firstTelid ?? 1) - 1, false, context), context);
      return reply.kind === 'ERROR' ? close(state, refusal(reply), context) : stay(state);
    case 'submitted':
    case 'waiting':
      return onReplyToNumber(state, reply, context);
    case 'closing':
      if (!isReleased(reply)) return stay(state);
      return measured(state, { state: { phase: 'closed', end: state.end }, actions: [endAction(state.end)] }, context);
    default:
      return stay(state);
  }
}

/** Says the device that it has no such session? Other errors are copies of answers to what went out before DONE. */
function isReleased(reply: SessionReply): boolean {
  if (reply.kind !== 'ERROR') return reply.kind === 'DONE';
  return reply.telid === null && (reply.reason === 'SENDID' || reply.reason === 'other');
}

/** Adds the round trip to a step, where the request was sent but once: an answer to a copy would tell too little (Karn). */
function measured(
  state: Phase<'opening' | 'authenticating' | 'closing'>,
  { state: next, actions }: Step,
  { now }: SessionContext,
): Step {
  if (state.transmissions !== 1) return { state: next, actions };
  return { state: next, actions: [{ type: 'measured', roundTripMs: now - state.since }, ...actions] };
}

type ErrorToSession = Extract<SessionReply, { kind: 'ERROR' }>;

function refusal(reply: ErrorToSession): SessionEnd {
  switch (reply.reason) {
    case 'PASSWORD':
      return { why: 'auth' };
    case 'GSM_LOGOUT':
      return { why: 'gsm-logout' };
    case 'SENDID':
      return { why: 'lost' };
    case 'too_many_sends':
      return { why: 'too-many', message: wordsOfError(reply) };
    default:
      return { why: 'rejected', message: wordsOfError(reply) };
  }
}

function onReplyToNumber(state: NumberOut, reply: SessionReply, context: SessionContext): Step {
  const { telid } = state;
  switch (reply.kind) {
    case 'OK':
      return reply.telid === telid ? onResult(state, { state: 'sent', smsNo: reply.smsNo }, context) : stay(state);
    case 'WAIT':
      return reply.telid === telid ? onWait(state, context) : stay(state);
    case 'ERROR':
      return onErrorToNumber(state, reply, context);
    case 'DONE':
      return giveUp(
        state,
        { why: 'lost' },
        unknown('GOIP_TIMEOUT', 'the device ended the session without a result'),
        context,
      );
    default:
      // A copy of an answer to MSG or PASSWORD.
      return stay(state);
  }
}

function onWait(state: NumberOut, context: SessionContext): Step {
  const { now } = context;
  const since = state.phase === 'waiting' ? state.since : now;
  const { telid, repeated } = state;
  const next: Phase<'waiting'> = { phase: 'waiting', telid, since, heardAt: now, asking: false, repeated };
  const timer = { type: 'timer', ms: waitMs(next, context) } as const;
  return {
    state: next,
    actions: state.phase === 'waiting' ? [timer] : [{ type: 'waiting', telid }, timer],
  };
}

function onErrorToNumber(state: NumberOut, reply: ErrorToSession, context: SessionContext): Step {
  const { telid } = state;
  if (reply.telid !== null && reply.telid !== telid) return stay(state);
  switch (reply.reason) {
    case 'PASSWORD':
      // A copy: the password was accepted before a number went out.
      return stay(state);
    case 'SENDID':
      return giveUp(
        state,
        { why: 'lost' },
        unknown('GOIP_TIMEOUT', 'the device lost the session before it told the result'),
        context,
      );
    case 'GSM_LOGOUT': {
      // A refusal only if it can mean nothing else: sent more than once or put on WAIT, the number may have been on air
      // before; and unless it names the number, it may be a late answer to one before, if that was sent more than once.
      const refused =
        state.phase === 'submitted' && state.transmissions === 1 && (!state.repeated || reply.telid === telid);
      const reason = 'the SIM is not registered with the network';
      const result: NumberResult = refused
        ? { state: 'failed', code: 'GOIP_GSM_LOGOUT', reason, errorstatus: null }
        : unknown('GOIP_GSM_LOGOUT', reason);
      return giveUp(state, { why: 'gsm-logout' }, result, context);
    }
    default:
      if (reply.telid === telid || reply.message === String(telid)) {
        return onResult(state, sendFailed(reply), context);
      }
      return giveUp(
        state,
        { why: 'lost' },
        unknown('GOIP_TIMEOUT', `the device broke the session off: ${wordsOfError(reply)}`),
        context,
      );
  }
}

function sendFailed(reply: ErrorToSession): NumberResult {
  const { errorstatus } = reply;
  return { state: 'failed', code: 'GOIP_SEND_FAILED', reason: reasonOfFailure(reply), errorstatus };
}

function onResult(state: NumberOut, result: NumberResult, context: SessionContext): Step {
  const next = ready(state.telid, state.repeated, context);
  return {
    state: next.state,
    actions: [...lesson(state, context), { type: 'result', telid: state.telid, result }, ...next.actions],
  };
}

/**
 * Came the result unasked, and how soon? Nothing is learnt where a repeated SEND leaves that open, nor from the first
 * question of a session that was resumed: nobody was there to hear a push.
 */
function lesson(state: NumberOut, { now }: SessionContext): SessionAction[] {
  if (state.phase === 'submitted') return state.transmissions === 1 ? [{ type: 'learnt', habit: 'push' }] : [];
  if (state.heardAt < state.since) return state.asking ? [] : [{ type: 'learnt', habit: 'push' }];
  if (state.asking) return [{ type: 'learnt', habit: 'poll' }];
  return [{ type: 'learnt', habit: 'push', resultMs: now - state.since }];
}

function ready(telid: number, repeated: boolean, { now }: SessionContext): Step {
  return { state: { phase: 'ready', telid, heardAt: now, repeated }, actions: [{ type: 'next' }] };
}

/** Ends a session whatever its phase; a number that is out gets `result`. */
function giveUp(state: SessionState, end: SessionEnd, result: NumberResult, context: SessionContext): Step {
  const closed = close(state, end, context);
  if (!hasNumberOut(state)) return closed;
  return { state: closed.state, actions: [{ type: 'result', telid: state.telid, result }, ...closed.actions] };
}

/** Where the device has no session that DONE could release, one DONE for good measure does. */
const DONE_ONCE: ReadonlySet<SessionEnd['why']> = new Set([
  'rejected',
  'too-many',
  'lost',
  'aborted',
  'not-saved',
  'withheld',
]);

function close(state: SessionState, end: SessionEnd, context: SessionContext): Step {
  if (state.phase === 'closing') return { state: { phase: 'closed', end: state.end }, actions: [endAction(state.end)] };
  if (state.phase === 'new' || state.phase === 'preparing')
    return { state: { phase: 'closed', end }, actions: [endAction(end)] };
  if (!DONE_ONCE.has(end.why))
    return transmit({ phase: 'closing', transmissions: 0, since: context.now, end }, context);
  return { state: { phase: 'closed', end }, actions: [{ type: 'send', request: 'DONE' }, endAction(end)] };
}

const endAction = (end: SessionEnd): SessionAction => ({ type: 'end', end });
