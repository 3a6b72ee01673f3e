/**
 * The bulk session as a pure state machine: MSG → PASSWORD → SEND … → DONE (PROTOCOL §4). It sends nothing and waits for
 * nothing: {@link step} takes a state and an event and returns the next state with the actions to carry out, in order.
 */
import type { SessionReply } from '../protocol/index.js';
import { QUERY_GRACE_PUSH, QUERY_GRACE_UNKNOWN } from '../parameters.js';

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

/** What is known of a line's way with results: it sends them unasked, it has to be asked, or nothing yet. */
export type ResultHabit = 'push' | 'poll' | 'unknown';

export interface SessionContext {
  readonly config: SessionConfig;
  /** Milliseconds. */
  readonly now: number;
  readonly habit: ResultHabit;
}

/** Why a session ended; `message` is the device's own. */
export type SessionEnd =
  | { readonly why: 'done' | 'no-answer' | 'auth' | 'gsm-logout' | 'lost' | 'aborted' }
  | { readonly why: 'rejected' | 'too-many'; readonly message: string };

export type SessionState =
  | { readonly phase: 'new' }
  /** MSG, PASSWORD or DONE is out and unanswered. */
  | { readonly phase: 'opening' | 'authenticating'; readonly transmissions: number }
  /** Open, and waiting to be given a number or told that there is none. */
  | { readonly phase: 'ready'; readonly telid: number; readonly heardAt: number }
  /** A number is out and nothing came back yet. */
  | { readonly phase: 'submitted'; readonly telid: number; readonly transmissions: number }
  /** The device has the number and owes the result. `asking`: a query is out and unanswered. */
  | {
      readonly phase: 'waiting';
      readonly telid: number;
      readonly since: number;
      readonly heardAt: number;
      readonly asking: boolean;
    }
  | { readonly phase: 'closing'; readonly transmissions: number; readonly end: SessionEnd }
  | { readonly phase: 'closed'; readonly end: SessionEnd };

export type SessionEvent =
  | { readonly type: 'start' }
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
  /** The number given last goes out now for the first time, under this telid. Comes before its `send`. */
  | { readonly type: 'submitting'; readonly telid: number }
  | { readonly type: 'waiting'; readonly telid: number }
  | { readonly type: 'result'; readonly telid: number; readonly result: NumberResult }
  /** Something was learnt of the line: the result came unasked, or only when asked. */
  | { readonly type: 'learnt'; readonly habit: 'push' | 'poll' }
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
      return state.phase === 'new' ? transmit({ phase: 'opening', transmissions: 0 }, context) : stay(state);
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
function transmit(
  state: Phase<'opening' | 'authenticating' | 'submitted' | 'closing'>,
  { config }: SessionContext,
): Step {
  const request = REQUESTS[state.phase];
  return {
    state: { ...state, transmissions: state.transmissions + 1 },
    actions: [
      request === 'SEND' && 'telid' in state
        ? { type: 'send', request, telid: state.telid }
        : { type: 'send', request: request as 'MSG' | 'PASSWORD' | 'DONE' },
      { type: 'timer', ms: config.resendMs },
    ],
  };
}

const REQUESTS = { opening: 'MSG', authenticating: 'PASSWORD', submitted: 'SEND', closing: 'DONE' } as const;

function onTimeout(state: SessionState, context: SessionContext): Step {
  switch (state.phase) {
    case 'opening':
    case 'authenticating':
    case 'submitted':
    case 'closing':
      if (state.transmissions <= context.config.resendCount) return transmit(state, context);
      if (state.phase === 'closing')
        return { state: { phase: 'closed', end: state.end }, actions: [endAction(state.end)] };
      return giveUp(state, { why: 'no-answer' }, unknown('GOIP_TIMEOUT', 'the device did not answer'), context);
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
  const sent = transmit({ phase: 'submitted', telid, transmissions: 0 }, context);
  return { state: sent.state, actions: [{ type: 'submitting', telid }, ...sent.actions] };
}

/** The result is owed and did not come: ask for it, or see that it will not come any more. */
function onWaitedLong(state: Phase<'waiting'>, { config, now, habit }: SessionContext): Step {
  const context = { config, now, habit };
  const over = now - state.heardAt >= config.idleMs || now - state.since >= config.waitLimitMs;
  if (over)
    return giveUp(state, { why: 'no-answer' }, unknown('GOIP_TIMEOUT', 'the device never told the result'), context);
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

/** Milliseconds from a WAIT to the first status query, or to the end of hope (PROTOCOL §4, WAIT). */
function graceMs(state: Phase<'waiting'>, { config, now, habit }: SessionContext): number {
  if (config.statusQuery === 'poll') return config.queryMs;
  if (config.statusQuery === 'never') return config.idleMs - (now - state.heardAt);
  if (habit === 'poll') return config.queryMs;
  const grace = config.queryMs * (habit === 'push' ? QUERY_GRACE_PUSH : QUERY_GRACE_UNKNOWN);
  // Half the idle limit at the most: a query must have time to get through before the device forgets the session.
  return Math.min(grace, config.idleMs / 2);
}

function onReply(state: SessionState, reply: SessionReply, context: SessionContext): Step {
  switch (state.phase) {
    case 'opening':
      if (reply.kind === 'PASSWORD') return transmit({ phase: 'authenticating', transmissions: 0 }, context);
      return reply.kind === 'ERROR' ? close(state, refusal(reply), context) : stay(state);
    case 'authenticating':
      if (reply.kind === 'SEND') return ready(0, context);
      return reply.kind === 'ERROR' ? close(state, refusal(reply), context) : stay(state);
    case 'submitted':
    case 'waiting':
      return onReplyToNumber(state, reply, context);
    case 'closing':
      return isReleased(reply)
        ? { state: { phase: 'closed', end: state.end }, actions: [endAction(state.end)] }
        : stay(state);
    default:
      return stay(state);
  }
}

/** Says the device that it has no such session? Other errors are copies of answers to what went out before DONE. */
function isReleased(reply: SessionReply): boolean {
  if (reply.kind !== 'ERROR') return reply.kind === 'DONE';
  return reply.telid === null && (reply.reason === 'SENDID' || reply.reason === 'other');
}

type ErrorToSession = Extract<SessionReply, { kind: 'ERROR' }>;

function refusal({ reason, message }: ErrorToSession): SessionEnd {
  switch (reason) {
    case 'PASSWORD':
      return { why: 'auth' };
    case 'GSM_LOGOUT':
      return { why: 'gsm-logout' };
    case 'SENDID':
      return { why: 'lost' };
    case 'too_many_sends':
      return { why: 'too-many', message };
    default:
      return { why: 'rejected', message };
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
  const next: Phase<'waiting'> = { phase: 'waiting', telid: state.telid, since, heardAt: now, asking: false };
  const timer = { type: 'timer', ms: waitMs(next, context) } as const;
  return {
    state: next,
    actions: state.phase === 'waiting' ? [timer] : [{ type: 'waiting', telid: state.telid }, timer],
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
      // A refusal only if it can mean nothing else: sent more than once or put on WAIT, it may have been on air before.
      const refused = state.phase === 'submitted' && state.transmissions === 1;
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
      return giveUp(state, { why: 'lost' }, unknown('GOIP_TIMEOUT', 'the device broke the session off'), context);
  }
}

function sendFailed({ errorstatus, message }: ErrorToSession): NumberResult {
  const reason = errorstatus === null ? `the device reported: ${message}` : `errorstatus ${errorstatus}`;
  return { state: 'failed', code: 'GOIP_SEND_FAILED', reason, errorstatus };
}

function onResult(state: NumberOut, result: NumberResult, context: SessionContext): Step {
  const habit = observedHabit(state);
  const next = ready(state.telid, context);
  return {
    state: next.state,
    actions: [
      ...(habit === undefined ? [] : [{ type: 'learnt', habit } as const]),
      { type: 'result', telid: state.telid, result },
      ...next.actions,
    ],
  };
}

/** Came the result unasked? Undefined where a repeated SEND leaves that open. */
function observedHabit(state: NumberOut): 'push' | 'poll' | undefined {
  if (state.phase === 'waiting') return state.asking ? 'poll' : 'push';
  return state.transmissions === 1 ? 'push' : undefined;
}

function ready(telid: number, { now }: SessionContext): Step {
  return { state: { phase: 'ready', telid, heardAt: now }, actions: [{ type: 'next' }] };
}

/** Ends a session whatever its phase; a number that is out gets `result`. */
function giveUp(state: SessionState, end: SessionEnd, result: NumberResult, context: SessionContext): Step {
  const closed = close(state, end, context);
  if (!hasNumberOut(state)) return closed;
  return { state: closed.state, actions: [{ type: 'result', telid: state.telid, result }, ...closed.actions] };
}

/** Where the device has no session that DONE could release, one DONE for good measure does. */
const DONE_ONCE: ReadonlySet<SessionEnd['why']> = new Set(['rejected', 'too-many', 'lost', 'aborted']);

function close(state: SessionState, end: SessionEnd, context: SessionContext): Step {
  if (state.phase === 'closing') return { state: { phase: 'closed', end: state.end }, actions: [endAction(state.end)] };
  if (state.phase === 'new') return { state: { phase: 'closed', end }, actions: [endAction(end)] };
  if (!DONE_ONCE.has(end.why)) return transmit({ phase: 'closing', transmissions: 0, end }, context);
  return { state: { phase: 'closed', end }, actions: [{ type: 'send', request: 'DONE' }, endAction(end)] };
}

const endAction = (end: SessionEnd): SessionAction => ({ type: 'end', end });
