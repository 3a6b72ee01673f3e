/**
 * Recognizes two devices with the same id: their keepalives come in turns from two addresses, each with its own rising counter.
 * A single device that moves goes on with its counter, or starts again at 1.
 */
import { RIVAL_SIGNS, RIVAL_WINDOW, RIVALS_KEPT } from '../parameters.js';
import type { Address } from '../net/address.js';

/** Two addresses that use the same id, and the steady time when that was noticed. */
export interface Duplicate {
  readonly addresses: readonly [Address, Address];
  readonly since: number;
}

export interface Sighting {
  /** The device was at this address before, and its counter has risen there: it did not restart. */
  readonly isReturn: boolean;
  /** This keepalive is the first to show that two devices have this id. */
  readonly isNews: boolean;
}

const NOTHING: Sighting = { isReturn: false, isNews: false };

interface Place extends Address {
  count: number;
}

export class Rivals {
  /** Recent addresses of the line, without its current one; the latest comes last. */
  readonly #places: Place[] = [];
  #signs = 0;
  #lastSign = -Infinity;
  #duplicate: Duplicate | undefined;

  /** Two addresses that use the id at the moment; undefined if only one does. */
  duplicate(now: number): Duplicate | undefined {
    return now - this.#lastSign < RIVAL_WINDOW * 1000 ? this.#duplicate : undefined;
  }

  /** A keepalive came from `from`, and the one before it came from `before`. */
  seen(from: Address, count: number, before: Address, countBefore: number, now: number): Sighting {
    const known = this.#take(from);
    this.#take(before);
    this.#places.push({ ...place(before), count: countBefore }, { ...place(from), count });
    if (this.#places.length > RIVALS_KEPT) this.#places.shift();
    const isReturn = known !== undefined && count > known.count;
    // A single device would have counted on.
    if (!isReturn || count > countBefore) return { ...NOTHING, isReturn };
    return { isReturn, isNews: this.#noteSign(from, before, now) };
  }

  #noteSign(one: Address, other: Address, now: number): boolean {
    const wasKnown = this.duplicate(now) !== undefined;
    this.#signs = now - this.#lastSign < RIVAL_WINDOW * 1000 ? this.#signs + 1 : 1;
    this.#lastSign = now;
    if (this.#signs < RIVAL_SIGNS) {
      this.#duplicate = undefined;
      return false;
    }
    const isOfBoth = [one, other].every((address) =>
      this.#duplicate?.addresses.some((known) => isSame(known, address)),
    );
    if (!isOfBoth) this.#duplicate = { addresses: [place(other), place(one)], since: this.#duplicate?.since ?? now };
    return !wasKnown;
  }

  #take(address: Address): Place | undefined {
    const at = this.#places.findIndex((known) => isSame(known, address));
    return at < 0 ? undefined : this.#places.splice(at, 1)[0];
  }
}

const isSame = (one: Address, other: Address): boolean => one.port === other.port && one.address === other.address;

const place = ({ address, port }: Address): Address => ({ address, port });
