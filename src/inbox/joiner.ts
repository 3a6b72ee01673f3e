/**
 * Long SMS whose parts a device hands on one by one. An SMS that is as long as a part that another one follows waits for the
 * next one of its line and sender; when that does not come in time, what is there is delivered as it is.
 *
 * Parts are joined in the order of arrival, not of their recvids: those are texts to echo (protocol §3), count up on one
 * firmware, are the time on another, are negative without one, and begin anew after a restart.
 */
import type { Clock } from '../time/clock.js';
import { PARTS_JOINED, PARTS_WAITING } from '../parameters.js';
import { keyOf } from './keys.js';
import { continuationOf, isFullPart, longSmsFrom, type Continuation, type LongSms } from './parts.js';

/** What has to be known of an SMS to join it. */
export interface Part {
  readonly sms: {
    readonly device: string;
    readonly from: string;
    readonly text: string;
  };
  /** When it was received, steady. */
  readonly at: number;
}

/** Parts of one SMS, in order; where there is one, it is the SMS itself. */
export type Parts<P> = readonly [P, ...P[]];

export interface JoinerPorts<P> {
  readonly clock: Clock;
  /** How long a part waits for the next one. */
  readonly waitMs: number;
  deliver(parts: Parts<P>): void;
}

/** A long SMS that is not complete yet. */
interface Beginning<P> {
  readonly long: LongSms;
  readonly parts: Parts<P>;
  readonly cancelTimer: () => void;
}

export class Joiner<P extends Part> {
  /** By line and sender; what has waited longest comes first. */
  readonly #beginnings = new Map<string, Beginning<P>>();
  #waiting = 0;
  #state: 'joining' | 'passing' | 'closed' = 'joining';

  constructor(private readonly ports: JoinerPorts<P>) {}

  /** Parts that wait. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Does an SMS have to be added: would it wait, or may it belong to what waits? All others may overtake. */
  concerns(sms: P['sms']): boolean {
    return isFullPart(sms.text) || (this.#waiting > 0 && this.#beginnings.has(senderOf(sms)));
  }

  /** Takes an SMS of a sender after the one before it, and delivers it at once where nothing is to be waited for. */
  add(part: P): void {
    if (this.#state === 'closed') return;
    const sender = senderOf(part.sms);
    const beginning = this.#take(sender);
    const continuation = beginning ? this.#continuationOf(part, beginning) : 'none';
    if (beginning && continuation !== 'none') {
      this.#goOn(sender, [...beginning.parts, part], continuation);
      return;
    }
    const long = longSmsFrom(part.sms.text);
    // It is in its place before anything is delivered, which may bring the next SMS along.
    const isKept = long !== undefined && this.#keep(sender, long, [part]);
    if (beginning) this.ports.deliver(beginning.parts);
    if (!isKept) this.ports.deliver([part]);
  }

  /**
   * Takes SMS of an earlier life, in their order. What would have been delivered by now is; what would still wait, waits anew,
   * for the device may have tried in vain to hand on the next part.
   */
  resume(parts: readonly P[]): void {
    for (const part of parts) this.add(part);
    const late = this.ports.clock.now() - this.ports.waitMs;
    for (const [sender, { parts }] of this.#beginnings) if (lastOf(parts).at <= late) this.#deliver(sender);
  }

  /** Joins no more: delivers what waits, and from now on all as it comes. */
  pass(): void {
    this.#state = 'passing';
    for (const sender of [...this.#beginnings.keys()]) this.#deliver(sender);
  }

  /** Delivers no more, whatever waits and whatever comes. */
  close(): void {
    this.#state = 'closed';
    for (const sender of [...this.#beginnings.keys()]) this.#take(sender);
  }

  #continuationOf(part: P, { long, parts }: Beginning<P>): Continuation {
    // Only after a restart can it be later than that.
    const isLate = part.at - lastOf(parts).at > this.ports.waitMs;
    return isLate ? 'none' : continuationOf(long, part.sms.text);
  }

  #goOn(sender: string, parts: Parts<P>, continuation: 'last' | LongSms): void {
    const isComplete = continuation === 'last' || parts.length >= PARTS_JOINED;
    if (isComplete || !this.#keep(sender, continuation, parts)) this.ports.deliver(parts);
  }

  /** False where nothing is joined any more. */
  #keep(sender: string, long: LongSms, parts: Parts<P>): boolean {
    if (this.#state !== 'joining') return false;
    const cancelTimer = this.ports.clock.after(this.ports.waitMs, () => this.#deliver(sender));
    this.#beginnings.set(sender, { long, parts, cancelTimer });
    this.#waiting += parts.length;
    this.#makeRoom();
    return true;
  }

  #makeRoom(): void {
    for (const sender of this.#beginnings.keys()) {
      if (this.#waiting <= PARTS_WAITING) return;
      this.#deliver(sender);
    }
  }

  #deliver(sender: string): void {
    const beginning = this.#take(sender);
    if (beginning) this.ports.deliver(beginning.parts);
  }

  #take(sender: string): Beginning<P> | undefined {
    const beginning = this.#beginnings.get(sender);
    if (!beginning) return undefined;
    beginning.cancelTimer();
    this.#beginnings.delete(sender);
    this.#waiting -= beginning.parts.length;
    return beginning;
  }
}

function senderOf({ device, from }: Part['sms']): string {
  return keyOf(device, from);
}

function lastOf<P>(parts: Parts<P>): P {
  return parts.at(-1) ?? parts[0];
}
