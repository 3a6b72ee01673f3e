/**
 * Received SMS on their way to the flow. Saved before they are acked, delivered once, in order, and kept while nobody takes
 * them – also over a restart.
 */
import type { Clock } from '../time/clock.js';
import type { Journal } from '../journal/journal.js';
import { del, put, type Change } from '../journal/store.js';
import { GoipError } from '../errors.js';
import { guarded, reportFault, type FaultReport } from '../faults.js';
import { HELD_LIMIT } from '../parameters.js';
import { Settling } from '../delivery/settling.js';
import type { Duplicates, MessageKey } from './duplicates.js';
import { Joiner, type Parts } from './joiner.js';
import type { Sms } from './sms.js';

/** Somebody who takes SMS. */
export interface SmsTaker {
  /** The lines it wants; undefined for all. */
  readonly devices?: ReadonlySet<string> | undefined;
  take(sms: Sms): void;
}

/** An accepted SMS and its place in the journal, or the places of its parts. */
interface Held {
  readonly keys: readonly string[];
  readonly sms: Sms;
  /** False if its keys are reserved, and the journal has nothing under them. */
  readonly isSaved: boolean;
  /** When it was received, steady. */
  readonly at: number;
}

/** An SMS as the journal keeps it. Older versions do not write `at`: their `receivedAt` is that time. */
type HeldRecord = Sms & { readonly at?: number };

/** What became of an SMS, and what hands it over. */
export interface Accepted {
  readonly verdict: 'accepted' | 'duplicate';
  readonly deliver: () => void;
}

/** How parts of long SMS are joined, and how long a delivery can be taken back. */
export interface Joining {
  readonly clock: Clock;
  /** How long a part waits for the next one; 0: not at all, all are delivered as they come. */
  readonly waitMs: number;
  /** How long {@link Inbox.hold} takes back an SMS that was delivered; 0 by default: not at all. */
  readonly settleMs?: number;
}

const DUPLICATE: Accepted = { verdict: 'duplicate', deliver: () => undefined };

/** Journal keys: `in/` and a sequence, for SMS that were not taken yet. */
const HELD = 'in/';

export class Inbox {
  readonly #takers = new Set<SmsTaker>();
  /** Read from the journal, which was not read to its end yet. */
  #read: Held[] = [];
  /** Between the ack and the delivery; undefined where nothing is joined. */
  readonly #joiner: Joiner<Held> | undefined;
  /** To be delivered and not yet taken, in the order of arrival. */
  readonly #held = new Set<Held>();
  /** Delivered a moment ago: they stay in the journal until they are settled. */
  readonly #settling: Settling<Held> | undefined;
  /** Takers are about to stop or have not started: nothing is delivered. */
  #isHolding = false;
  #sequence = 0;

  constructor(
    private readonly journal: Journal,
    private readonly duplicates: Duplicates,
    joining?: Joining,
    private readonly fault: FaultReport = reportFault,
  ) {
    if (!joining) return;
    const { clock, settleMs = 0 } = joining;
    if (settleMs > 0) this.#settling = new Settling(clock, settleMs, (taken) => this.#forget(taken));
    if (joining.waitMs === 0) return;
    this.#joiner = new Joiner({ ...joining, deliver: (parts) => this.#deliver(joined(parts)) });
  }

  /** Reads what an earlier life left behind. May be called again where it failed. */
  async load(): Promise<void> {
    for await (const [key, sms] of this.journal.entries(HELD)) {
      const sequence = Number.parseInt(key.slice(HELD.length), 36);
      if (sequence <= this.#sequence) continue;
      this.#sequence = sequence;
      this.#read.push(heldFrom(key, sms as HeldRecord));
    }
    for (const key of this.journal.setAside(HELD))
      this.#sequence = Math.max(this.#sequence, Number.parseInt(key.slice(HELD.length), 36));
    const read = this.#read;
    this.#read = [];
    if (this.#joiner) this.#joiner.resume(read);
    else for (const held of read) this.#deliver(held);
  }

  /**
   * Saves an SMS. `accepted` would survive a power loss: it may be acked and then be delivered with the returned function.
   * `duplicate` is a copy of one that was saved, to be acked only. At once, where the journal can.
   *
   * Rejects with `GOIP_STORAGE` where it could not be saved: not to be acked, so that the device sends it again.
   */
  accept(sms: Sms, now: number): Accepted | Promise<Accepted> {
    const identity = this.duplicates.keyOfSms(sms);
    try {
      const known = this.duplicates.find(identity, now);
      if (known) return known === 'saved' ? DUPLICATE : known.then(() => DUPLICATE);
      const takers = this.#takersOf(sms);
      // Between the ack and the delivery nothing can happen that a journal without a disk would survive.
      const isTakenAtOnce = takers.length > 0 && !this.#joiner?.concerns(sms);
      if (isTakenAtOnce && this.journal.commitAtOnce(this.duplicates.changesFor(identity, now))) {
        this.duplicates.saved(identity, now);
        return { verdict: 'accepted', deliver: () => this.#deliverUnsaved(sms, takers, now) };
      }
      // What somebody takes needs no room: a line that nobody wants must not block the others.
      if (this.held + this.duplicates.smsBeingSaved >= HELD_LIMIT && takers.length === 0) {
        throw new GoipError('GOIP_STORAGE', `${HELD_LIMIT} SMS wait to be taken`);
      }
    } catch (error) {
      if (error instanceof GoipError) return Promise.reject(error);
      throw error;
    }
    const key = this.#nextKey(now);
    const held = { keys: [key], sms, at: now, isSaved: true };
    const accepted: Accepted = { verdict: 'accepted', deliver: () => this.#join(held) };
    const changes = [put(key, recordOf(held)), ...this.duplicates.changesFor(identity, now)];
    // Where that can be done at once it is, or an SMS that goes on with this one might overtake it.
    if (!this.journal.commitAtOnce(changes)) return this.#save(accepted, changes, identity, now);
    this.duplicates.saved(identity, now);
    return accepted;
  }

  async #save(accepted: Accepted, changes: readonly Change[], identity: MessageKey, now: number): Promise<Accepted> {
    await this.duplicates.saving(identity, now, this.journal.commit(changes, { isNew: true }));
    return accepted;
  }

  /** Adds a taker, which at once gets what was held for it. The returned function takes it away again. */
  addTaker(taker: SmsTaker): () => void {
    this.#takers.add(taker);
    this.#deliverHeld();
    return () => this.#takers.delete(taker);
  }

  /**
   * Delivers nothing until {@link release}, because the takers are about to stop. What they were given in the last moment
   * counts as not delivered.
   */
  hold(): void {
    this.#isHolding = true;
    const back = this.#settling?.takeBack() ?? [];
    if (back.length === 0) return;
    const unsaved = back.filter(({ isSaved }) => !isSaved);
    this.journal.later(unsaved.flatMap((held) => held.keys.map((key) => put(key, recordOf(held)))));
    const later = [...this.#held];
    this.#held.clear();
    for (const held of back) this.#held.add({ ...held, isSaved: true });
    for (const held of later) this.#held.add(held);
  }

  /** Delivers what was held. */
  release(): void {
    this.#isHolding = false;
    this.#deliverHeld();
  }

  /** SMS that nobody has taken yet, also those that wait for their next part. */
  get held(): number {
    return this.#held.size + (this.#joiner?.waiting ?? 0);
  }

  /**
   * Joins no more. Parts that wait stay in the journal for the next life (`isKept`); where the journal ends with this one,
   * they are delivered as they are.
   */
  close(isKept: boolean): void {
    if (!isKept) return this.#joiner?.pass();
    this.hold();
    this.#joiner?.close();
  }

  #join(held: Held): void {
    if (this.#joiner) this.#joiner.add(held);
    else this.#deliver(held);
  }

  #deliver(held: Held): void {
    this.#held.add(held);
    this.#handOver(held, held.sms);
  }

  #deliverHeld(): void {
    for (const held of this.#held) this.#handOver(held, { ...held.sms, redelivered: true });
  }

  #handOver(held: Held, sms: Sms): void {
    const takers = this.#takersOf(sms);
    if (takers.length === 0 || !this.#held.delete(held)) return;
    const whole = wellFormed(sms);
    for (const taker of takers) guarded(() => taker.take(whole), this.fault);
    this.#taken(held);
  }

  /** Delivers an SMS that is not in the journal, because its takers were there when it came. */
  #deliverUnsaved(sms: Sms, takers: readonly SmsTaker[], at: number): void {
    const whole = wellFormed(sms);
    for (const taker of takers) guarded(() => taker.take(whole), this.fault);
    this.#settling?.add({ keys: [this.#nextKey(at)], sms, at, isSaved: false });
  }

  #taken(held: Held): void {
    if (this.#settling) this.#settling.add(held);
    else this.#forget([held]);
  }

  #forget(taken: readonly Held[]): void {
    this.journal.later(taken.filter(({ isSaved }) => isSaved).flatMap(({ keys }) => keys.map(del)));
  }

  #takersOf({ device }: Sms): SmsTaker[] {
    if (this.#isHolding) return [];
    return [...this.#takers].filter(({ devices }) => devices === undefined || devices.has(device));
  }

  /**
   * Fixed width, so that the order of the keys is the order of arrival. The time makes sure that no later run uses the key
   * again: after a damage, an old SMS that comes back must not look like one that is lost.
   */
  #nextKey(now: number): string {
    this.#sequence = Math.max(this.#sequence + 1, Math.floor(now));
    return HELD + this.#sequence.toString(36).padStart(11, '0');
  }
}

/** Half a character whose other half did not come is shown as U+FFFD. */
function wellFormed(sms: Sms): Sms {
  return sms.text.isWellFormed() ? sms : { ...sms, text: sms.text.toWellFormed() };
}

function recordOf({ sms, at }: Held): HeldRecord {
  return { ...sms, at };
}

function heldFrom(key: string, { at, ...sms }: HeldRecord): Held {
  return { keys: [key], sms: { ...sms, redelivered: true }, at: at ?? Date.parse(sms.receivedAt), isSaved: true };
}

function joined(parts: Parts<Held>): Held {
  const [first, ...more] = parts;
  if (more.length === 0) return first;
  const text = parts.map(({ sms }) => sms.text).join('');
  return {
    ...first,
    keys: parts.flatMap(({ keys }) => keys),
    sms: { ...first.sms, text, parts: parts.map(({ sms }) => sms.recvid) },
    isSaved: true,
  };
}
