/**
 * Every transition of the bulk session: what each event does in each situation. A cell reads `next state: action; action`;
 * `-` is "ignored: nothing changes, nothing is done". Events with the same cell share a row, separated by ` | `.
 * Telid 3 is the number that is out, or was the last one. All as by the defaults of protocol §7 (5 s, 3 times; 3 s; 90 s; 300 s).
 */
import type { SessionState } from '../../src/sessions/machine.js';

/** Events by what stands on the wire, or by their type. */
export const EVENTS = [
  'start',
  'resume',
  'saved',
  'not-saved',
  'withheld',
  'timeout',
  'number',
  'no-number',
  'restarted',
  'abort',
  'PASSWORD 11',
  'SEND 11',
  'OK 11 3 160',
  'OK 11 2 159',
  'WAIT 11 3',
  'WAIT 11 2',
  'DONE 11',
  'ERROR 11 3 errorstatus:38',
  'ERROR 11 2 errorstatus:38',
  'ERROR 11 3',
  'ERROR 11 3 busy',
  'ERROR 11 busy',
  'ERROR 11 PASSWORD',
  'ERROR 11 SENDID',
  'ERROR 11 GSM_LOGOUT',
  'ERROR 11 3 GSM_LOGOUT',
  'ERROR 11 2 GSM_LOGOUT',
  'ERROR 11 too_many_sends_in_server',
] as const;
export type EventName = (typeof EVENTS)[number];

export interface Situation {
  readonly state: SessionState;
  readonly rows: Readonly<Record<string, string>>;
}

/** When the table is read, in milliseconds. */
export const NOW = 1_000_000;
const secondsAgo = (seconds: number): number => NOW - seconds * 1000;
/** When the device was last heard of, where a session of an earlier life is resumed. */
export const RESUMED_HEARD_AT = secondsAgo(10);

/** Errors that concern a number, or a session that has one. */
const ERRORS_OF_NUMBERS =
  'ERROR 11 3 errorstatus:38 | ERROR 11 2 errorstatus:38 | ERROR 11 3 | ERROR 11 3 busy | ERROR 11 2 GSM_LOGOUT | ERROR 11 3 GSM_LOGOUT';
const RESULTS = 'OK 11 3 160 | OK 11 2 159 | WAIT 11 3 | WAIT 11 2';
/** All that a device can say. */
const REPLIES = `PASSWORD 11 | SEND 11 | ${RESULTS} | DONE 11 | ${ERRORS_OF_NUMBERS} | ERROR 11 busy | ERROR 11 PASSWORD | ERROR 11 SENDID | ERROR 11 GSM_LOGOUT | ERROR 11 too_many_sends_in_server`;

/** A refusal of the session as a whole, while it opens. Errors that name a number cannot come then, and refuse it too. */
const REFUSALS = {
  'ERROR 11 PASSWORD': 'closing ×1 for 0 s (auth): DONE; timer 5 s',
  'ERROR 11 GSM_LOGOUT | ERROR 11 3 GSM_LOGOUT | ERROR 11 2 GSM_LOGOUT':
    'closing ×1 for 0 s (gsm-logout): DONE; timer 5 s',
  'ERROR 11 SENDID': 'closed (lost): DONE; end lost',
  'ERROR 11 too_many_sends_in_server':
    'closed (too-many "too_many_sends_in_server"): DONE; end too-many "too_many_sends_in_server"',
  'ERROR 11 busy': 'closed (rejected "busy"): DONE; end rejected "busy"',
  'ERROR 11 3': 'closed (rejected "ERROR 11 3"): DONE; end rejected "ERROR 11 3"',
  'ERROR 11 3 busy': 'closed (rejected "3 busy"): DONE; end rejected "3 busy"',
  'ERROR 11 3 errorstatus:38': 'closed (rejected "3 errorstatus:38"): DONE; end rejected "3 errorstatus:38"',
  'ERROR 11 2 errorstatus:38': 'closed (rejected "2 errorstatus:38"): DONE; end rejected "2 errorstatus:38"',
};

const LOST_WITHOUT_NUMBER = 'closed (lost): DONE; end lost';
const ABORTED_WITHOUT_NUMBER = 'closed (aborted): DONE; end aborted';

/** What ends a session that has a number out, whatever is known of that number: its result is never learnt. */
const NUMBER_LEFT_OPEN = {
  restarted: 'closed (lost): unknown 3 GOIP_TIMEOUT; DONE; end lost',
  abort: 'closed (aborted): unknown 3 GOIP_CLOSED; DONE; end aborted',
  'DONE 11 | ERROR 11 SENDID | ERROR 11 busy | ERROR 11 too_many_sends_in_server':
    'closed (lost): unknown 3 GOIP_TIMEOUT; DONE; end lost',
};
const COPIES_AND_STRANGERS =
  'start | resume | saved | not-saved | withheld | number | no-number | PASSWORD 11 | SEND 11 | OK 11 2 159 | WAIT 11 2 | ERROR 11 2 errorstatus:38 | ERROR 11 2 GSM_LOGOUT | ERROR 11 PASSWORD';

/** `measured`: what is learnt of the round trip from an answer, with its semicolon. */
const opening = (measured: string): Situation['rows'] => ({
  'PASSWORD 11': `authenticating ×1 for 0 s: ${measured}PASSWORD; timer 5 s`,
  ...REFUSALS,
  restarted: LOST_WITHOUT_NUMBER,
  abort: ABORTED_WITHOUT_NUMBER,
  [`start | resume | saved | not-saved | withheld | number | no-number | SEND 11 | DONE 11 | ${RESULTS}`]: '-',
});

const authenticating = (measured: string): Situation['rows'] => ({
  'SEND 11': `ready 0, heard 0 s ago: ${measured}next`,
  ...REFUSALS,
  restarted: LOST_WITHOUT_NUMBER,
  abort: ABORTED_WITHOUT_NUMBER,
  [`start | resume | saved | not-saved | withheld | number | no-number | PASSWORD 11 | DONE 11 | ${RESULTS}`]: '-',
});

const ready = {
  'no-number': 'closing ×1 for 0 s (done): DONE; timer 5 s',
  restarted: LOST_WITHOUT_NUMBER,
  abort: ABORTED_WITHOUT_NUMBER,
  [`start | saved | not-saved | withheld | timeout | ${REPLIES}`]: '-',
};

const submitted = {
  'WAIT 11 3': 'waiting 3 for 0 s, heard 0 s ago: waiting 3; timer 12 s',
  ...NUMBER_LEFT_OPEN,
  [COPIES_AND_STRANGERS]: '-',
};

const answeredAtOnce = {
  'OK 11 3 160': 'ready 3, heard 0 s ago: learnt push; sent 3 #160; next',
  'ERROR 11 3 errorstatus:38': 'ready 3, heard 0 s ago: learnt push; failed 3 GOIP_SEND_FAILED 38; next',
  'ERROR 11 3 | ERROR 11 3 busy': 'ready 3, heard 0 s ago: learnt push; failed 3 GOIP_SEND_FAILED; next',
};

/** Nothing came unasked for sure where the SEND went out more than once, so nothing is learnt of the line. */
const submittedAgain = {
  ...submitted,
  'OK 11 3 160': 'ready 3, heard 0 s ago: sent 3 #160; next',
  'ERROR 11 3 errorstatus:38': 'ready 3, heard 0 s ago: failed 3 GOIP_SEND_FAILED 38; next',
  'ERROR 11 3 | ERROR 11 3 busy': 'ready 3, heard 0 s ago: failed 3 GOIP_SEND_FAILED; next',
  // The first one may have been on air when the SIM was still registered.
  'ERROR 11 GSM_LOGOUT | ERROR 11 3 GSM_LOGOUT':
    'closing ×1 for 0 s (gsm-logout): unknown 3 GOIP_GSM_LOGOUT; DONE; timer 5 s',
};

const GIVEN_UP = 'closing ×1 for 0 s (no-answer): unknown 3 GOIP_TIMEOUT; DONE; timer 5 s';

/** On WAIT; `habit` is what a result now tells of the line. */
const waiting = (habit: 'push' | 'poll', seconds: number): Situation['rows'] => {
  const learnt = habit === 'push' ? `learnt push in ${seconds} s; ` : 'learnt poll; ';
  return waitingRows(learnt, seconds);
};

const waitingRows = (learnt: string, seconds: number): Situation['rows'] => ({
  'OK 11 3 160': `ready 3, heard 0 s ago: ${learnt}sent 3 #160; next`,
  'ERROR 11 3 errorstatus:38': `ready 3, heard 0 s ago: ${learnt}failed 3 GOIP_SEND_FAILED 38; next`,
  'ERROR 11 3 | ERROR 11 3 busy': `ready 3, heard 0 s ago: ${learnt}failed 3 GOIP_SEND_FAILED; next`,
  'WAIT 11 3': `waiting 3 for ${seconds} s, heard 0 s ago: timer 12 s`,
  'ERROR 11 GSM_LOGOUT | ERROR 11 3 GSM_LOGOUT':
    'closing ×1 for 0 s (gsm-logout): unknown 3 GOIP_GSM_LOGOUT; DONE; timer 5 s',
  ...NUMBER_LEFT_OPEN,
  [COPIES_AND_STRANGERS]: '-',
});

const closing = (measured: string): Situation['rows'] => ({
  'DONE 11 | ERROR 11 SENDID | ERROR 11 busy': `closed (done): ${measured}end done`,
  // Also a bare telid, which could be a word of the device about the session.
  'ERROR 11 3': `closed (done): ${measured}end done`,
  'restarted | abort': 'closed (done): end done',
  [`start | resume | saved | not-saved | withheld | number | no-number | PASSWORD 11 | SEND 11 | ${RESULTS}`]: '-',
  'ERROR 11 3 errorstatus:38 | ERROR 11 2 errorstatus:38 | ERROR 11 3 busy | ERROR 11 3 GSM_LOGOUT | ERROR 11 2 GSM_LOGOUT':
    '-',
  'ERROR 11 PASSWORD | ERROR 11 GSM_LOGOUT | ERROR 11 too_many_sends_in_server': '-',
});

/** What is out, and for how long, in seconds. */
const out = (phase: 'opening' | 'authenticating', transmissions: number, seconds: number): SessionState => ({
  phase,
  transmissions,
  since: secondsAgo(seconds),
});

/** On WAIT for so many seconds, and last heard of so many ago. */
const waitingSince = (since: number, heard: number) =>
  ({ phase: 'waiting', telid: 3, since: secondsAgo(since), heardAt: secondsAgo(heard) }) as const;

export const TABLE: Readonly<Record<string, Situation>> = {
  'a new session': {
    state: { phase: 'new' },
    rows: {
      start: 'preparing: save the session',
      resume: 'waiting 3 for 0 s, heard 10 s ago, asking: SEND 3; timer 3 s',
      restarted: 'closed (lost): end lost',
      abort: 'closed (aborted): end aborted',
      [`saved | not-saved | withheld | timeout | number | no-number | ${REPLIES}`]: '-',
    },
  },
  'the session is being saved: the device knows nothing of it': {
    state: { phase: 'preparing' },
    rows: {
      saved: 'opening ×1 for 0 s: MSG; timer 5 s',
      'not-saved': 'closed (not-saved): end not-saved',
      withheld: 'closed (withheld): end withheld',
      restarted: 'closed (lost): end lost',
      abort: 'closed (aborted): end aborted',
      [`start | resume | timeout | number | no-number | ${REPLIES}`]: '-',
    },
  },
  'MSG is out': {
    state: out('opening', 1, 2),
    rows: { timeout: 'opening ×2 for 2 s: MSG; timer 5 s', ...opening('measured 2 s; ') },
  },
  'MSG is out for the fourth time': {
    state: out('opening', 4, 20),
    rows: { timeout: 'closing ×1 for 0 s (no-answer): DONE; timer 5 s', ...opening('') },
  },
  'MSG is out for the fourth time, and went out early': {
    state: out('opening', 4, 17),
    rows: { timeout: 'opening ×5 for 17 s: MSG; timer 5 s', ...opening('') },
  },
  'PASSWORD is out': {
    state: out('authenticating', 1, 2),
    rows: { timeout: 'authenticating ×2 for 2 s: PASSWORD; timer 5 s', ...authenticating('measured 2 s; ') },
  },
  'PASSWORD is out for the fourth time': {
    state: out('authenticating', 4, 20),
    rows: { timeout: 'closing ×1 for 0 s (no-answer): DONE; timer 5 s', ...authenticating('') },
  },
  'ready for a number': {
    state: { phase: 'ready', telid: 3, heardAt: secondsAgo(0), repeated: false },
    rows: {
      number: 'saving 4: save 4',
      resume: 'waiting 3 for 0 s, heard 0 s ago, asking: SEND 3; timer 3 s',
      ...ready,
    },
  },
  'ready, and the device has forgotten the session': {
    state: { phase: 'ready', telid: 3, heardAt: secondsAgo(90), repeated: false },
    rows: {
      number: LOST_WITHOUT_NUMBER,
      resume: 'closing ×1 for 0 s (no-answer): unknown 3 GOIP_TIMEOUT; DONE; timer 5 s',
      ...ready,
    },
  },
  'a number is being saved: the device does not have it': {
    state: { phase: 'saving', telid: 3, repeated: false },
    rows: {
      saved: 'submitted 3 ×1: submitted 3; SEND 3; timer 5 s',
      'not-saved': 'closed (not-saved): DONE; end not-saved',
      withheld: 'closed (withheld): DONE; end withheld',
      restarted: LOST_WITHOUT_NUMBER,
      abort: ABORTED_WITHOUT_NUMBER,
      [`start | resume | timeout | number | no-number | ${REPLIES}`]: '-',
    },
  },
  'SEND is out': {
    state: { phase: 'submitted', telid: 3, transmissions: 1, repeated: false },
    rows: {
      timeout: 'submitted 3 ×2: SEND 3; timer 5 s',
      ...submitted,
      ...answeredAtOnce,
      'ERROR 11 GSM_LOGOUT | ERROR 11 3 GSM_LOGOUT':
        'closing ×1 for 0 s (gsm-logout): failed 3 GOIP_GSM_LOGOUT; DONE; timer 5 s',
    },
  },
  'SEND is out, and one before was repeated: a refusal without a telid may be the answer to that': {
    state: { phase: 'submitted', telid: 3, transmissions: 1, repeated: true },
    rows: {
      timeout: 'submitted 3 ×2: SEND 3; timer 5 s',
      ...submitted,
      ...answeredAtOnce,
      'ERROR 11 GSM_LOGOUT': 'closing ×1 for 0 s (gsm-logout): unknown 3 GOIP_GSM_LOGOUT; DONE; timer 5 s',
      'ERROR 11 3 GSM_LOGOUT': 'closing ×1 for 0 s (gsm-logout): failed 3 GOIP_GSM_LOGOUT; DONE; timer 5 s',
    },
  },
  'SEND is out for the second time': {
    state: { phase: 'submitted', telid: 3, transmissions: 2, repeated: true },
    rows: { timeout: 'submitted 3 ×3: SEND 3; timer 5 s', ...submittedAgain },
  },
  'SEND is out for the fourth time': {
    state: { phase: 'submitted', telid: 3, transmissions: 4, repeated: true },
    rows: { timeout: GIVEN_UP, ...submittedAgain },
  },
  'on WAIT': {
    state: { ...waitingSince(12, 12), asking: false, repeated: false },
    rows: {
      timeout: 'waiting 3 for 12 s, heard 12 s ago, asking: SEND 3; timer 3 s',
      ...waiting('push', 12),
    },
  },
  'on WAIT, and asked': {
    state: { ...waitingSince(15, 15), asking: true, repeated: false },
    rows: {
      timeout: 'waiting 3 for 15 s, heard 15 s ago, asking: SEND 3; timer 3 s',
      ...waiting('poll', 15),
    },
  },
  'on WAIT, and nothing was heard for 90 s': {
    state: { ...waitingSince(200, 90), asking: true, repeated: false },
    rows: { timeout: GIVEN_UP, ...waiting('poll', 200) },
  },
  'on WAIT for 300 s': {
    state: { ...waitingSince(300, 3), asking: true, repeated: false },
    rows: {
      // The device answered all the time.
      timeout: GIVEN_UP.replace('no-answer', 'no-result'),
      ...waiting('poll', 300),
      'WAIT 11 3': 'waiting 3 for 300 s, heard 0 s ago: timer 0.001 s',
    },
  },
  'resumed, and not asked yet: a result is a push, of which the time is not known': {
    state: { ...waitingSince(2, 5), asking: false, repeated: true },
    rows: {
      timeout: 'waiting 3 for 2 s, heard 5 s ago, asking: SEND 3; timer 3 s',
      ...waitingRows('learnt push; ', 2),
    },
  },
  'resumed, and asked: nobody was there to hear a push': {
    state: { ...waitingSince(2, 12), asking: true, repeated: true },
    rows: {
      timeout: 'waiting 3 for 2 s, heard 12 s ago, asking: SEND 3; timer 3 s',
      ...waitingRows('', 2),
    },
  },
  'DONE is out': {
    state: { phase: 'closing', transmissions: 1, since: secondsAgo(2), end: { why: 'done' } },
    rows: { timeout: 'closing ×2 for 2 s (done): DONE; timer 5 s', ...closing('measured 2 s; ') },
  },
  'DONE is out for the fourth time': {
    state: { phase: 'closing', transmissions: 4, since: secondsAgo(20), end: { why: 'done' } },
    rows: { timeout: 'closed (done): end done', ...closing('') },
  },
  'a session that has ended': {
    state: { phase: 'closed', end: { why: 'done' } },
    rows: {
      [`start | resume | saved | not-saved | withheld | timeout | number | no-number | restarted | abort | ${REPLIES}`]:
        '-',
    },
  },
};
