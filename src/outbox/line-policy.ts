/** What the end of a session means for its line, and for the job on that line. */
import type { GoipErrorCode } from '../errors.js';
import { OPEN_ATTEMPTS, REST_AFTER_NO_ANSWER, TOO_MANY_PATIENCE } from '../parameters.js';
import type { SessionEnd } from '../sessions/machine.js';
import type { Settings } from '../settings.js';
import type { Trouble } from './job.js';

export interface Consequence {
  /** Milliseconds that the line is left alone. */
  readonly rest: number;
  /** The line waits for a keepalive that says LOGIN. */
  readonly park: boolean;
  /** The line will not do for the job. */
  readonly refuse: { readonly code: GoipErrorCode; readonly reason: string } | undefined;
}

const NONE: Consequence = { rest: 0, park: false, refuse: undefined };

/** @param trouble how often in a row, and since when, sessions of the job ended like this on the line */
export function consequenceOf(end: SessionEnd, trouble: Trouble, now: number, settings: Settings): Consequence {
  const { resendMs, idleMs } = settings.session;
  const isRepeated = trouble.count >= OPEN_ATTEMPTS;
  const refusedIf = (condition: boolean, code: GoipErrorCode, reason: string): Consequence['refuse'] =>
    condition ? { code, reason } : undefined;
  switch (end.why) {
    case 'done':
    case 'aborted':
    case 'not-saved':
      return NONE;
    case 'auth':
      return { ...NONE, refuse: { code: 'GOIP_AUTH', reason: 'the device refused the password' } };
    case 'gsm-logout': {
      // Keepalives may say LOGIN all the while.
      const isLasting = now - trouble.since >= settings.offlineAfterMs;
      const reason = 'the SIM is not registered with the network';
      return { ...NONE, park: true, refuse: refusedIf(isLasting, 'GOIP_GSM_LOGOUT', reason) };
    }
    case 'no-answer': {
      const refuse = refusedIf(isRepeated, 'GOIP_TIMEOUT', 'the device did not answer');
      return { ...NONE, rest: resendMs * REST_AFTER_NO_ANSWER, refuse };
    }
    case 'lost': {
      const refuse = refusedIf(isRepeated, 'GOIP_REJECTED', 'the device lost the session again and again');
      return { ...NONE, rest: resendMs, refuse };
    }
    case 'rejected': {
      const refuse = refusedIf(isRepeated, 'GOIP_REJECTED', `the device refused the session: ${end.message}`);
      return { ...NONE, rest: resendMs, refuse };
    }
    case 'too-many': {
      const isLasting = now - trouble.since >= idleMs * TOO_MANY_PATIENCE;
      const refuse = refusedIf(isLasting, 'GOIP_REJECTED', `the device refused the session: ${end.message}`);
      return { ...NONE, rest: resendMs, refuse };
    }
  }
}
