/** A number of a job, and where it is in its life. */
import type { Segments } from '../../gsm/segments.js';
import type { FinalState, Attempt, RecipientResult, RecipientState } from '../result.js';
import { deviceOf, QUEUED, shownState, troubleOf, type NumberLife, type Submission } from './life.js';

/** A text with its size in SMS. Numbers with the same text share it. */
export interface SmsText extends Segments {
  readonly text: string;
}

/** Kept small: there are as many as numbers wait, and all that wait share their state. */
export class Recipient {
  #life: NumberLife;
  #at: number;

  /**
   * @param to the number
   * @param index its place in the job
   * @param at time when it came to its state by the wall clock, milliseconds since 1970
   */
  constructor(
    readonly to: string,
    readonly index: number,
    readonly content: SmsText,
    at: number,
    life: NumberLife = QUEUED,
  ) {
    this.#life = life;
    this.#at = at;
  }

  get life(): NumberLife {
    return this.#life;
  }

  /** Time when its shown state began by the wall clock, milliseconds since 1970. */
  get at(): number {
    return this.#at;
  }

  get state(): RecipientState {
    return shownState(this.#life);
  }

  get attempts(): number {
    return this.#life.attempts;
  }

  get tried(): readonly Attempt[] {
    return this.#life.tried;
  }

  get text(): string {
    return this.content.text;
  }

  get parts(): number {
    return this.content.parts;
  }

  /** Moves it to another state. Called by its job, which counts the states, and by the log, before it has a job. */
  moveTo(life: NumberLife, at: number): void {
    this.#life = life;
    this.#at = at;
  }
}

/** A number in the journal: submitted, or ended. */
export type NumberRecord = Submission | RecipientResult;

/** Returns a state as the journal knows it. @param tried lines that did not send the number before it was submitted */
export function lifeFrom(record: NumberRecord, tried: readonly Attempt[]): NumberLife {
  const { attempts, device } = record;
  switch (record.state) {
    case 'submitted':
      return { phase: 'in-doubt', submission: record, attempts, tried };
    case 'sent': {
      const { smsNo, delivery } = record;
      return { phase: 'sent', device, smsNo, delivery, attempts, tried: record.tried };
    }
    default: {
      const { code, reason, errorstatus } = record;
      return { phase: record.state, device, code, reason, errorstatus, attempts, tried: record.tried };
    }
  }
}

export function resultOf(recipient: Recipient): RecipientResult {
  const { state } = recipient;
  if (!isFinal(state)) throw new Error(`a number in state ${state} has no result`);
  return { ...shownOf(recipient), state };
}

/** What users see of a number, without its state. Every field is written out: a rest pattern takes several times as long. */
export function shownOf({ to, life, content, at }: Recipient): Omit<RecipientResult, 'state'> {
  const { attempts, tried } = life;
  const { code = null, reason = null, errorstatus = null } = troubleOf(life) ?? {};
  const isSent = life.phase === 'sent';
  return {
    to,
    device: deviceOf(life),
    code,
    reason,
    smsNo: isSent ? life.smsNo : null,
    errorstatus,
    attempts,
    tried: [...tried],
    parts: content.parts,
    encoding: content.encoding,
    delivery: isSent ? life.delivery : null,
    at: new Date(at).toISOString(),
  };
}

export function isFinal(state: RecipientState): state is FinalState {
  return state !== 'queued' && state !== 'submitted' && state !== 'waiting';
}
