/**
 * Every transition of a number: what each event does in each situation. A cell reads `next state: action; action`; `-` is
 * "ignored: nothing changes, nothing is done". Events with the same cell share a row, separated by ` | `. A state reads `phase,
 * line, ×submissions, [lines that did not send it], (code)`.
 */
import { QUEUED, type NumberEvent, type NumberLife } from '../../src/outbox/numbers/life.js';
import type { Attempt, Delivery } from '../../src/outbox/result.js';

const AT = '2026-11-22T10:00:00.000Z';
const CANCELLED = { state: 'cancelled', code: 'GOIP_CANCELLED', reason: 'cancelled' } as const;
const FAILED = { state: 'failed', code: 'GOIP_SEND_FAILED', reason: 'no credit', errorstatus: 38 } as const;
const UNKNOWN = { state: 'unknown', code: 'GOIP_TIMEOUT', reason: 'no answer' } as const;
const BY_B: Attempt = {
  device: 'b',
  state: 'failed',
  code: 'GOIP_SEND_FAILED',
  reason: 'no credit',
  errorstatus: 38,
  at: AT,
};
const PENDING: Delivery = { state: 'delivery-pending', status: 48, reason: 'pending', at: AT };
const DELIVERED: Delivery = { state: 'delivered', status: 0, reason: 'delivered', at: AT };

export const EVENTS = {
  taken: { type: 'taken' },
  'given back': { type: 'returned', ending: undefined },
  'given back, and cancelled': { type: 'returned', ending: CANCELLED },
  'its job excludes line b': { type: 'excluded', attempt: BY_B },
  'submitted on b': { type: 'submitted', device: 'b' },
  asked: { type: 'asked' },
  WAIT: { type: 'put-on-wait' },
  OK: { type: 'result', result: { state: 'sent', smsNo: 160 } },
  ERROR: { type: 'result', result: FAILED },
  'ERROR, another line will try': { type: 'result', result: FAILED, attempt: BY_B },
  silence: { type: 'result', result: UNKNOWN },
  'silence, another line will try': {
    type: 'result',
    result: UNKNOWN,
    attempt: { ...BY_B, ...UNKNOWN, errorstatus: null },
  },
  'refusal saved': { type: 'refusal-saved', ending: undefined },
  'refusal saved, and cancelled': { type: 'refusal-saved', ending: CANCELLED },
  cancelled: { type: 'ended', ending: CANCELLED },
  'journal damaged': { type: 'doubted', ending: { state: 'unknown', code: 'GOIP_STORAGE', reason: 'damaged' } },
  'delivery pending': { type: 'delivery-reported', delivery: PENDING },
  delivered: { type: 'delivery-reported', delivery: DELIVERED },
} as const satisfies Readonly<Record<string, NumberEvent>>;
export type EventName = keyof typeof EVENTS;

export interface Situation {
  readonly life: NumberLife;
  readonly rows: Readonly<Record<string, string>>;
}

const TRIED: readonly Attempt[] = [{ ...BY_B, device: 'a' }];
const BY_A = { attempts: 1, tried: TRIED } as const;
const TROUBLE = { code: 'GOIP_SEND_FAILED', reason: 'no credit', errorstatus: 38 } as const;
const FIRST = { attempts: 1, tried: [] } as const;

const RESULTS = 'OK | ERROR | ERROR, another line will try | silence | silence, another line will try';
const DELIVERIES = 'delivery pending | delivered';
const REFUSALS_SAVED = 'refusal saved | refusal saved, and cancelled';

/** @param history submissions, and lines that did not send it */
const queued = (history: string, code: string, excluded: string): Situation['rows'] => ({
  taken: `taken, ${history}${code}`,
  'its job excludes line b': `queued, ${excluded}${code}`,
  cancelled: `cancelled, ${history} (GOIP_CANCELLED): save-result`,
  'journal damaged': `unknown, ${history} (GOIP_STORAGE): save-result`,
  [`given back | given back, and cancelled | submitted on b | asked | WAIT | ${RESULTS} | ${REFUSALS_SAVED} | ${DELIVERIES}`]:
    '-',
});

const taken = (history: string, code: string, submitted: string): Situation['rows'] => ({
  'given back': `queued, ${history}${code}: queue-first`,
  'given back, and cancelled': `cancelled, ${history} (GOIP_CANCELLED): save-result`,
  'submitted on b': `submitted, b, ${submitted}: announce`,
  'journal damaged': `unknown, ${history} (GOIP_STORAGE): save-result`,
  // Its session gives it back first, so that it cannot go out after its end.
  cancelled: '-',
  [`taken | its job excludes line b | asked | WAIT | ${RESULTS} | ${REFUSALS_SAVED} | ${DELIVERIES}`]: '-',
});

/** A device has the number, or may have it: only its result ends the number. */
const withDevice: Situation['rows'] = {
  OK: 'sent, a, ×1 #160: save-result',
  ERROR: 'failed, a, ×1 (GOIP_SEND_FAILED 38): save-result',
  'ERROR, another line will try': 'refused, ×1 [b] (GOIP_SEND_FAILED 38): save-refusal',
  silence: 'unknown, a, ×1 (GOIP_TIMEOUT): save-result',
  'silence, another line will try': 'refused, ×1 [b] (GOIP_TIMEOUT): save-refusal',
  'journal damaged': 'unknown, a, ×1 (GOIP_STORAGE): save-result',
  [`taken | given back | given back, and cancelled | its job excludes line b | submitted on b | ${REFUSALS_SAVED} | cancelled | ${DELIVERIES}`]:
    '-',
};

const ALL_BUT_DELIVERIES = Object.keys(EVENTS)
  .filter((name) => !DELIVERIES.split(' | ').includes(name))
  .join(' | ');

/** An end is the last state. A report would be about another SMS. */
const ended: Situation['rows'] = { [`${ALL_BUT_DELIVERIES} | ${DELIVERIES}`]: '-' };

const sent: Situation['rows'] = {
  'delivery pending': 'sent, a, ×1 #160 delivery-pending: save-delivery',
  delivered: 'sent, a, ×1 #160 delivered: save-delivery',
  [ALL_BUT_DELIVERIES]: '-',
};

export const TABLE: Readonly<Record<string, Situation>> = {
  'waits, and no line has tried it': { life: QUEUED, rows: queued('×0', '', '×0 [b]') },
  'waits, and line a has refused it': {
    life: { phase: 'queued', ...BY_A, trouble: TROUBLE },
    rows: queued('×1 [a]', ' (GOIP_SEND_FAILED 38)', '×1 [a b]'),
  },
  'a session has taken it': {
    life: { phase: 'taken', attempts: 0, tried: [], trouble: null },
    rows: taken('×0', '', '×1'),
  },
  'a session has taken it, and line a has refused it': {
    life: { phase: 'taken', ...BY_A, trouble: TROUBLE },
    rows: taken('×1 [a]', ' (GOIP_SEND_FAILED 38)', '×2 [a]'),
  },
  'a previous run submitted it on line a': {
    life: {
      phase: 'in-doubt',
      submission: { state: 'submitted', device: 'a', sendid: 11, telid: 3, count: '7', attempts: 1, at: 0 },
      ...FIRST,
    },
    rows: { ...withDevice, asked: 'submitted, a, ×1', WAIT: '-' },
  },
  'its SEND is out on line a': {
    life: { phase: 'submitted', device: 'a', ...FIRST },
    rows: { ...withDevice, asked: '-', WAIT: 'waiting, a, ×1: announce' },
  },
  'line a has answered with WAIT': {
    life: { phase: 'waiting', device: 'a', ...FIRST },
    rows: { ...withDevice, 'asked | WAIT': '-' },
  },
  'line a has refused it, and that is being saved': {
    life: { phase: 'refused', ...BY_A, trouble: TROUBLE },
    rows: {
      'refusal saved': 'queued, ×1 [a] (GOIP_SEND_FAILED 38): announce; queue',
      'refusal saved, and cancelled': 'cancelled, ×1 [a] (GOIP_CANCELLED): save-result',
      'journal damaged': 'unknown, ×1 [a] (GOIP_STORAGE): save-result',
      // It ends when the refusal is saved.
      cancelled: '-',
      [`taken | given back | given back, and cancelled | its job excludes line b | submitted on b | asked | WAIT | ${RESULTS} | ${DELIVERIES}`]:
        '-',
    },
  },
  'it was sent': { life: { phase: 'sent', device: 'a', smsNo: 160, delivery: null, ...FIRST }, rows: sent },
  'it was sent, and its delivery is reported': {
    life: { phase: 'sent', device: 'a', smsNo: 160, delivery: DELIVERED, ...FIRST },
    rows: sent,
  },
  'it failed': { life: { phase: 'failed', device: 'a', ...TROUBLE, ...FIRST }, rows: ended },
  'its result was never learned': {
    life: { phase: 'unknown', device: 'a', code: 'GOIP_TIMEOUT', reason: 'no answer', errorstatus: null, ...FIRST },
    rows: ended,
  },
  'it expired': {
    life: { phase: 'expired', device: null, code: 'GOIP_EXPIRED', reason: 'too late', errorstatus: null, ...BY_A },
    rows: ended,
  },
  'it was cancelled': {
    life: { phase: 'cancelled', device: null, code: 'GOIP_CANCELLED', reason: 'cancelled', errorstatus: null, ...BY_A },
    rows: ended,
  },
};
