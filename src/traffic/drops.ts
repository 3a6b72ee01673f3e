/** Counts datagrams that led to nothing. Those that were not what they should have been are kept for people, too. */
import type { WallTime } from '../time/clock.js';
import type { Address } from '../net/address.js';
import { ProtocolErrors, type ProtocolError } from './protocol-errors.js';

/** Datagrams that led to nothing, and news that nobody got. */
export interface DropCounters {
  /** No message of the protocol. */
  malformed: number;
  /** From an address that may not talk, or with wrong credentials. */
  unauthorized: number;
  /** A reply that no session expects: late, a copy, or made up. */
  unexpected: number;
  /** A reply to a session of a line that is elsewhere. */
  foreign: number;
  /** SMS and delivery reports that could not be saved, and so were not acked. */
  unsaved: number;
  /** Events, and statuses of numbers, that a deploy held back and that were more than can be held. */
  held: number;
}

/** Counters of datagrams. */
type DatagramCounters = Omit<DropCounters, 'held'>;

export class Drops {
  readonly counters: Readonly<DatagramCounters>;
  readonly #counters: DatagramCounters = { malformed: 0, unauthorized: 0, unexpected: 0, foreign: 0, unsaved: 0 };
  readonly #protocolErrors: ProtocolErrors;

  /** @param passwords that must not be shown */
  constructor(passwords: () => Iterable<string>, wall: WallTime) {
    this.counters = this.#counters;
    this.#protocolErrors = new ProtocolErrors(passwords, wall);
  }

  count(reason: keyof DatagramCounters): void {
    this.#counters[reason] += 1;
  }

  /** Counts a datagram that was not what it should have been, and keeps how it begins. */
  countOdd(kind: ProtocolError['kind'], reason: string, from: Address, now: number, data: Buffer): void {
    this.count(kind);
    this.#protocolErrors.add(kind, reason, from, now, data);
  }

  /** The last ones that were not what they should have been. */
  get protocolErrors(): ProtocolError[] {
    return this.#protocolErrors.list();
  }
}
