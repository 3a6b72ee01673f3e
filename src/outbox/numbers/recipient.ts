/** A number on its way, as the outbox keeps it. */
import type { GoipErrorCode } from '../../errors.js';
import type { Segments } from '../../gsm/segments.js';
import type { Attempt, Delivery, FinalState, RecipientResult, RecipientState } from '../result.js';

/** Kept small: there are as many as numbers wait. */
export interface Recipient {
  readonly to: string;
  readonly index: number;
  readonly text: string;
  readonly parts: number;
  readonly encoding: Segments['encoding'];
  state: RecipientState;
  device: string | null;
  code: GoipErrorCode | null;
  reason: string | null;
  smsNo: number | null;
  errorstatus: number | null;
  attempts: number;
  tried: readonly Attempt[];
  delivery: Delivery | null;
  /** When it came to its state by the wall clock, milliseconds since 1970. */
  at: number;
}

type Fixed = 'to' | 'index' | 'text' | 'parts' | 'encoding';
export type RecipientChange = Partial<Omit<Recipient, Fixed>>;

/** All numbers that no line has refused share it. */
const NOT_TRIED: readonly Attempt[] = Object.freeze([]);

export function recipientFrom(
  to: string,
  index: number,
  { text, parts, encoding }: Pick<Recipient, 'text' | 'parts' | 'encoding'>,
  acceptedAt: number,
): Recipient {
  return {
    to,
    index,
    text,
    parts,
    encoding,
    state: 'queued',
    device: null,
    code: null,
    reason: null,
    smsNo: null,
    errorstatus: null,
    attempts: 0,
    tried: NOT_TRIED,
    delivery: null,
    at: acceptedAt,
  };
}

/** A number that is with a device. */
export interface SubmissionRecord {
  readonly state: 'submitted';
  readonly device: string;
  readonly sendid: number;
  readonly telid: number;
  /** The line's keepalive counter: a lower one means that the device restarted, and forgot it. */
  readonly count: string | null;
  readonly attempts: number;
  /** Steady. */
  readonly at: number;
}

export type NumberRecord = SubmissionRecord | RecipientResult;

/** Brings a number to where the journal knows it to be. */
export function resumed(recipient: Recipient, number: NumberRecord): void {
  if (number.state === 'submitted') {
    const { state, device, attempts, at } = number;
    Object.assign(recipient, { state, device, attempts, at });
  } else {
    const { to, parts, encoding, at, ...change } = number;
    Object.assign(recipient, change, { at: Date.parse(at) });
  }
}

export function resultOf(recipient: Recipient): RecipientResult {
  const { state } = recipient;
  if (!isFinal(state)) throw new Error(`a number in state ${state} has no result`);
  return { ...shownOf(recipient), state };
}

/** What people see of a number, without its state. Every field is written out: a rest pattern takes several times as long. */
export function shownOf(recipient: Recipient): Omit<RecipientResult, 'state'> {
  const { to, device, code, reason, smsNo, errorstatus, attempts, tried, parts, encoding, delivery, at } = recipient;
  return {
    to,
    device,
    code,
    reason,
    smsNo,
    errorstatus,
    attempts,
    tried: [...tried],
    parts,
    encoding,
    delivery,
    at: new Date(at).toISOString(),
  };
}

export function isFinal(state: RecipientState): state is FinalState {
  return state !== 'queued' && state !== 'submitted' && state !== 'waiting';
}
