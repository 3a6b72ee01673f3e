/** A number on its way, as the outbox keeps it. */
import type { GoipErrorCode } from '../errors.js';
import type { Segments } from '../texts/segments.js';
import type { NumberRecord, RefusedRecord } from './job-log.js';
import type { Attempt, Delivery, FinalState, RecipientResult, RecipientState } from './result.js';

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
  /** Milliseconds since 1970. */
  at: number;
}

type Fixed = 'to' | 'index' | 'text' | 'parts' | 'encoding';
export type RecipientChange = Partial<Omit<Recipient, Fixed>>;

/** @param number what the journal has of it, and what it knows of refusals */
export function recipientFrom(
  fixed: Pick<Recipient, Fixed>,
  acceptedAt: number,
  number: NumberRecord | undefined,
  refused: RefusedRecord | undefined,
): Recipient {
  const recipient: Recipient = {
    ...fixed,
    state: 'queued',
    device: null,
    code: null,
    reason: null,
    smsNo: null,
    errorstatus: null,
    attempts: refused?.attempts ?? 0,
    tried: refused?.tried ?? [],
    delivery: null,
    at: acceptedAt,
  };
  if (!number) return recipient;
  if (number.state !== 'submitted') return { ...recipient, ...number, at: Date.parse(number.at) };
  const { state, device, attempts, at } = number;
  return { ...recipient, state, device, attempts, at };
}

export function resultOf(recipient: Recipient): RecipientResult {
  const { state } = recipient;
  if (!isFinal(state)) throw new Error(`a number in state ${state} has no result`);
  return { ...shownOf(recipient), state };
}

/** What people see of a number, without its state. */
export function shownOf(recipient: Recipient): Omit<RecipientResult, 'state'> {
  const { index, text, state, ...shown } = recipient;
  return { ...shown, at: new Date(recipient.at).toISOString() };
}

export function isFinal(state: RecipientState): state is FinalState {
  return state !== 'queued' && state !== 'submitted' && state !== 'waiting';
}
