/**
 * The life of a number as a pure state machine, from its acceptance to its end. {@link step} takes a state and an event, and
 * returns the next state and the actions to carry out, in order. It does nothing itself.
 */
import type { GoipErrorCode } from '../../errors.js';
import type { NumberResult } from '../../sessions/machine.js';
import type { Attempt, Delivery, FinalState, RecipientState } from '../result.js';

/** A number that is with a device, as the journal keeps it. */
export interface Submission {
  readonly state: 'submitted';
  readonly device: string;
  readonly sendid: number;
  readonly telid: number;
  /** The line's keepalive counter: a lower one means that the device restarted, and lost the number. */
  readonly count: string | null;
  readonly attempts: number;
  /** Steady time. */
  readonly at: number;
}

/** Why a number was not sent. */
export interface Trouble {
  readonly code: GoipErrorCode;
  readonly reason: string | null;
  /** Error number of the device. */
  readonly errorstatus: number | null;
}

/** How a number ends that no line has. */
export interface Ending {
  readonly state: Exclude<FinalState, 'sent'>;
  readonly code: GoipErrorCode;
  readonly reason: string | null;
  readonly errorstatus?: number | null;
}

export interface History {
  /** How often it was submitted to a line. */
  readonly attempts: number;
  /** Lines that did not send it, in order. */
  readonly tried: readonly Attempt[];
}

/** Waits for a line; one that no line has tried is {@link QUEUED}. */
interface Queued extends History {
  readonly phase: 'queued';
  /** Why the last line did not send it; null if none has tried. */
  readonly trouble: Trouble | null;
}

/** A session has taken it, and its SEND has not gone out. */
interface Taken extends History {
  readonly phase: 'taken';
  readonly trouble: Trouble | null;
}

/** A previous run submitted it, and its result is not known. */
interface InDoubt extends History {
  readonly phase: 'in-doubt';
  readonly submission: Submission;
}

/** Its SEND is out. `waiting`: the device has answered with WAIT. */
interface Submitted extends History {
  readonly phase: 'submitted' | 'waiting';
  readonly device: string;
}

/** A line did not send it. That is being saved, and then another line tries it. */
interface Refused extends History {
  readonly phase: 'refused';
  readonly trouble: Trouble;
}

interface Sent extends History {
  readonly phase: 'sent';
  readonly device: string | null;
  readonly smsNo: number | null;
  readonly delivery: Delivery | null;
}

interface Unsent extends History, Omit<Trouble, 'code'> {
  readonly phase: Exclude<FinalState, 'sent'>;
  readonly code: GoipErrorCode | null;
  /** The line that had it last; null if it ended without one. */
  readonly device: string | null;
}

export type NumberLife = Queued | Taken | InDoubt | Submitted | Refused | Sent | Unsent;

export type NumberEvent =
  /** A session takes it. */
  | { readonly type: 'taken' }
  /** The session has ended before the SEND went out. `ending` if no other line may take the number. */
  | { readonly type: 'returned'; readonly ending: Ending | undefined }
  /** Its job excludes the line whose session has returned it. */
  | { readonly type: 'excluded'; readonly attempt: Attempt }
  /** It goes out for the first time in its session. */
  | { readonly type: 'submitted'; readonly device: string }
  /** A session goes on with a number in doubt. */
  | { readonly type: 'asked' }
  /** The device has answered with WAIT. */
  | { readonly type: 'put-on-wait' }
  /** The result of its session. `attempt` if another line will try the number. */
  | { readonly type: 'result'; readonly result: NumberResult; readonly attempt?: Attempt | undefined }
  /** The journal knows that a line did not send it. `ending` if no other line may take the number. */
  | { readonly type: 'refusal-saved'; readonly ending: Ending | undefined }
  /** It ends without a line: cancelled, expired, closed, or no line can take it. */
  | { readonly type: 'ended'; readonly ending: Ending }
  /** The journal was damaged: the number may be further than it says. */
  | { readonly type: 'doubted'; readonly ending: Ending }
  /** The network has reported the delivery. */
  | { readonly type: 'delivery-reported'; readonly delivery: Delivery };

export type NumberAction =
  /** Reports the state to users. A final state is reported when it is saved. */
  | 'announce'
  /** Saves that a line did not send it: answer with `refusal-saved`. */
  | 'save-refusal'
  /** Saves the result, then reports it. */
  | 'save-result'
  /** Saves what the delivery report says, then reports it. */
  | 'save-delivery'
  /** Lets it wait for a line, behind the other numbers of its job. */
  | 'queue'
  /** Lets it wait for a line, before the other numbers of its job. */
  | 'queue-first';

export interface NumberStep {
  readonly life: NumberLife;
  readonly actions: readonly NumberAction[];
}

const NOT_TRIED: readonly Attempt[] = Object.freeze([]);

/** Shared by all numbers that wait and that no line has tried: there may be a hundred thousand. */
export const QUEUED: NumberLife = Object.freeze({ phase: 'queued', attempts: 0, tried: NOT_TRIED, trouble: null });

/** State of a number that lines have tried, and that waits for another one. */
export function queuedAfter({ attempts, tried }: History, trouble: Trouble | null = null): NumberLife {
  return attempts === 0 && tried.length === 0 && !trouble ? QUEUED : { phase: 'queued', attempts, tried, trouble };
}

export function step(life: NumberLife, event: NumberEvent): NumberStep {
  switch (event.type) {
    case 'taken':
      return life.phase === 'queued' ? { life: { ...life, phase: 'taken' }, actions: NONE } : ignored(life);
    case 'returned':
      if (life.phase !== 'taken') return ignored(life);
      return event.ending
        ? ended(life, null, event.ending)
        : { life: queuedAfter(life, life.trouble), actions: QUEUE_FIRST };
    case 'excluded':
      if (life.phase !== 'queued') return ignored(life);
      return { life: { ...life, tried: [...life.tried, event.attempt] }, actions: NONE };
    case 'submitted':
      return life.phase === 'taken' ? onSubmitted(life, event.device) : ignored(life);
    case 'asked':
      return life.phase === 'in-doubt' ? { life: resubmitted(life), actions: NONE } : ignored(life);
    case 'put-on-wait':
      return life.phase === 'submitted' ? { life: { ...life, phase: 'waiting' }, actions: ANNOUNCE } : ignored(life);
    case 'result':
      return onResult(life, event.result, event.attempt);
    case 'refusal-saved':
      if (life.phase !== 'refused') return ignored(life);
      return event.ending
        ? ended(life, null, event.ending)
        : { life: queuedAfter(life, life.trouble), actions: ANNOUNCE_AND_QUEUE };
    case 'ended':
      return life.phase === 'queued' ? ended(life, null, event.ending) : ignored(life);
    case 'doubted':
      return isFinal(life) ? ignored(life) : ended(life, deviceOf(life), event.ending);
    case 'delivery-reported':
      if (life.phase !== 'sent') return ignored(life);
      return { life: { ...life, delivery: event.delivery }, actions: SAVE_DELIVERY };
  }
}

/** The state that users see. */
export function shownState(life: NumberLife): RecipientState {
  switch (life.phase) {
    case 'taken':
    case 'refused':
      return 'queued';
    case 'in-doubt':
      return 'submitted';
    default:
      return life.phase;
  }
}

/** The line that has the number, or had it last; null if none has. */
export function deviceOf(life: NumberLife): string | null {
  if (life.phase === 'in-doubt') return life.submission.device;
  return 'device' in life ? life.device : null;
}

/** Why it was not sent; null if there is no such reason. */
export function troubleOf(life: NumberLife): Trouble | Unsent | null {
  if ('trouble' in life) return life.trouble;
  return 'code' in life ? life : null;
}

function isFinal(life: NumberLife): life is Sent | Unsent {
  return life.phase === 'sent' || 'code' in life;
}

function onSubmitted({ attempts, tried }: Taken, device: string): NumberStep {
  return { life: { phase: 'submitted', device, attempts: attempts + 1, tried }, actions: ANNOUNCE };
}

function onResult(life: NumberLife, result: NumberResult, attempt: Attempt | undefined): NumberStep {
  if (life.phase !== 'in-doubt' && life.phase !== 'submitted' && life.phase !== 'waiting') return ignored(life);
  const { attempts, tried } = life;
  const device = deviceOf(life);
  if (result.state === 'sent') {
    const { smsNo } = result;
    return { life: { phase: 'sent', device, smsNo, delivery: null, attempts, tried }, actions: SAVE_RESULT };
  }
  if (!attempt) return ended(life, device, result);
  const trouble = troubleFrom(result);
  return { life: { phase: 'refused', trouble, attempts, tried: [...tried, attempt] }, actions: SAVE_REFUSAL };
}

function ended({ attempts, tried }: History, device: string | null, ending: Ending): NumberStep {
  const life: Unsent = { phase: ending.state, device, ...troubleFrom(ending), attempts, tried };
  return { life, actions: SAVE_RESULT };
}

function resubmitted({ submission, attempts, tried }: InDoubt): NumberLife {
  return { phase: 'submitted', device: submission.device, attempts, tried };
}

function troubleFrom({ code, reason, errorstatus = null }: Omit<Ending, 'state'>): Trouble {
  return { code, reason, errorstatus };
}

const NONE: readonly NumberAction[] = [];
const ANNOUNCE: readonly NumberAction[] = ['announce'];
const ANNOUNCE_AND_QUEUE: readonly NumberAction[] = ['announce', 'queue'];
const QUEUE_FIRST: readonly NumberAction[] = ['queue-first'];
const SAVE_REFUSAL: readonly NumberAction[] = ['save-refusal'];
const SAVE_RESULT: readonly NumberAction[] = ['save-result'];
const SAVE_DELIVERY: readonly NumberAction[] = ['save-delivery'];

const ignored = (life: NumberLife): NumberStep => ({ life, actions: NONE });
