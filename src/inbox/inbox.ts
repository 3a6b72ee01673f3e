/** Received SMS on their way to the flow: each once, in order, and held while nobody takes them. */
import { DUPLICATE_LIMIT, DUPLICATE_WINDOW, HELD_LIMIT } from '../parameters.js';
import { DuplicateMemory, keyOf } from './duplicates.js';

/** A received SMS as flows see it. */
export interface Sms {
  readonly event: 'sms';
  readonly device: string;
  readonly name: string;
  /** Sender as received; may be alphanumeric or empty. */
  readonly from: string;
  /** The text, untouched. */
  readonly text: string;
  readonly recvid: string;
  /** ISO 8601. */
  readonly receivedAt: string;
  readonly remote: { readonly address: string; readonly port: number };
  /** Service centre and its time stamp as received, where the firmware tells them. */
  readonly smsc?: string;
  readonly sentTime?: string;
}

/** Somebody who takes SMS. */
export interface SmsTaker {
  /** The lines it wants; undefined for all. */
  readonly devices?: ReadonlySet<string> | undefined;
  take(sms: Sms): void;
}

export class Inbox {
  readonly #takers = new Set<SmsTaker>();
  readonly #duplicates = new DuplicateMemory(DUPLICATE_WINDOW * 1000, DUPLICATE_LIMIT);
  /** Accepted and not yet taken, in the order of arrival. */
  readonly #held = new Set<Sms>();

  /**
   * `accepted`: new and safe, to be acked and then delivered with {@link deliver}. `duplicate`: a copy, to be acked only.
   * `full`: not safe, so not to be acked: the device sends it again.
   */
  accept(sms: Sms, now: number): 'accepted' | 'duplicate' | 'full' {
    const key = keyOf(sms.device, sms.recvid, sms.from, sms.text);
    if (this.#duplicates.has(key, now)) return 'duplicate';
    // What somebody takes at once needs no room: a line that nobody wants must not block the others.
    if (this.#held.size >= HELD_LIMIT && this.#takersOf(sms).length === 0) return 'full';
    this.#duplicates.add(key, now);
    this.#held.add(sms);
    return 'accepted';
  }

  /** Hands an accepted SMS to all who want it; it stays held while that is nobody. */
  deliver(sms: Sms): void {
    const takers = this.#takersOf(sms);
    if (takers.length > 0) this.#held.delete(sms);
    for (const taker of takers) taker.take(sms);
  }

  /** Adds a taker, which at once gets what was held for it. The returned function takes it away again. */
  addTaker(taker: SmsTaker): () => void {
    this.#takers.add(taker);
    // One that is taken away meanwhile, by a taker that adds a taker, does not come again.
    for (const sms of this.#held) this.deliver(sms);
    return () => this.#takers.delete(taker);
  }

  get held(): number {
    return this.#held.size;
  }

  #takersOf(sms: Sms): SmsTaker[] {
    return [...this.#takers].filter(({ devices }) => devices === undefined || devices.has(sms.device));
  }
}
