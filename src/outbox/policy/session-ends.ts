/** What the end of a session means for its line, and for the job on that line. */
import type { GoipErrorCode } from '../../errors.js';
import {
  JOURNAL_RETRY,
  OPEN_ATTEMPTS,
  REST_AFTER_NO_ANSWER,
  SAFE_TEXT_BYTES,
  TOO_MANY_PATIENCE,
} from '../../parameters.js';
import type { SessionEnd } from '../../sessions/machine.js';
import type { SignsOfLife } from '../../sessions/session.js';
import type { Troubles } from '../numbers/job.js';
import type { OutboxSettings } from '../settings.js';

export interface Consequence {
  /** Milliseconds that the line is left alone. Numbers that are kept for it go to other lines. */
  readonly rest: number;
  /** The same, but numbers that are kept for the line stay. */
  readonly pause: number;
  /** Milliseconds that the line gets no long texts, and why; undefined if it gets them. */
  readonly restFromLongTexts: { readonly ms: number; readonly reason: string } | undefined;
  /** The line waits for a keepalive that says LOGIN. */
  readonly park: boolean;
  /** The line will not do for the job. */
  readonly refuse: { readonly code: GoipErrorCode; readonly reason: string } | undefined;
  /** The session failed because of the line. */
  readonly isFailure: boolean;
}

/** What is known of a session that has ended. */
export interface EndedSession {
  readonly end: SessionEnd;
  readonly text: string;
  readonly signs: SignsOfLife;
  /** How often in a row, and since when, sessions of the job ended like this on the line. */
  readonly troubles: Troubles;
}

const NONE: Consequence = {
  rest: 0,
  pause: 0,
  restFromLongTexts: undefined,
  park: false,
  refuse: undefined,
  isFailure: false,
};
const FAILURE: Consequence = { ...NONE, isFailure: true };

/** True of a text whose datagram may be fragmented on the way: some networks drop all fragments. */
export function isLongText(text: string): boolean {
  // No character takes more than three bytes for each of its UTF-16 units.
  return text.length * 3 > SAFE_TEXT_BYTES && Buffer.byteLength(text) > SAFE_TEXT_BYTES;
}

export function consequenceOf(
  { end, text, signs, troubles }: EndedSession,
  now: number,
  settings: OutboxSettings,
): Consequence {
  const { resendMs, idleMs } = settings.session;
  const isRepeated = troubles.count >= OPEN_ATTEMPTS;
  const refusedIf = (condition: boolean, code: GoipErrorCode, reason: string): Consequence['refuse'] =>
    condition ? { code, reason } : undefined;
  switch (end.why) {
    case 'done':
    case 'no-result':
    case 'aborted':
    case 'withheld':
      return NONE;
    case 'not-saved':
      // The disk is out of order, for all lines.
      return { ...NONE, pause: JOURNAL_RETRY * 1000 };
    case 'auth':
      return { ...FAILURE, refuse: { code: 'GOIP_AUTH', reason: 'the device refused the password' } };
    case 'gsm-logout': {
      // Keepalives may say LOGIN all the while.
      const isLasting = now - troubles.since >= settings.offlineAfterMs;
      const reason = 'the SIM is not registered with the network';
      return { ...NONE, park: true, refuse: refusedIf(isLasting, 'GOIP_GSM_LOGOUT', reason) };
    }
    case 'no-answer': {
      const rest = resendMs * REST_AFTER_NO_ANSWER;
      if (end.to === 'nothing' && signs.answersDone) return NONE;
      if (end.to === 'MSG' && isLongText(text) && (signs.answersDone || signs.isHeardOf)) {
        const size = `the device is heard of, but did not answer a text of ${Buffer.byteLength(text)} bytes`;
        const reason = `${size}: the network may drop large datagrams, which travel in fragments`;
        return {
          ...NONE,
          restFromLongTexts: { ms: rest, reason },
          refuse: refusedIf(isRepeated, 'GOIP_TIMEOUT', reason),
        };
      }
      return { ...FAILURE, rest, refuse: refusedIf(isRepeated, 'GOIP_TIMEOUT', 'the device did not answer') };
    }
    case 'lost': {
      const refuse = refusedIf(isRepeated, 'GOIP_REJECTED', 'the device lost the session again and again');
      return { ...FAILURE, rest: resendMs, refuse };
    }
    case 'rejected': {
      const refuse = refusedIf(isRepeated, 'GOIP_REJECTED', `the device refused the session: ${end.message}`);
      return { ...FAILURE, rest: resendMs, refuse };
    }
    case 'too-many': {
      const isLasting = now - troubles.since >= idleMs * TOO_MANY_PATIENCE;
      const refuse = refusedIf(isLasting, 'GOIP_REJECTED', `the device refused the session: ${end.message}`);
      return { ...NONE, rest: resendMs, refuse };
    }
  }
}
