/** The last datagrams that were not what they should have been, for people who look for what is wrong. */
import { NEVER_SET, type WallTime } from '../time/clock.js';
import { displayAddress } from '../net/addresses.js';
import { isoTime } from '../time/iso-time.js';
import type { Address } from '../net/address.js';
import { PROTOCOL_ERRORS_KEPT } from '../parameters.js';
import { excerptOf } from './redaction.js';

/** Who was refused is not among them: a device with a wrong password would soon be all that is left. */
export interface ProtocolError {
  /** `malformed`: no message of the protocol. `unexpected`: a reply that nobody waits for. `foreign`: from where the line is not. */
  readonly kind: 'malformed' | 'unexpected' | 'foreign';
  readonly reason: string;
  readonly address: string;
  readonly port: number;
  /** ISO 8601. */
  readonly at: string;
  /** How it begins, with passwords, texts and numbers hidden. */
  readonly text: string;
}

interface Entry extends Pick<ProtocolError, 'kind' | 'reason'> {
  readonly from: Address;
  readonly at: number;
  readonly begin: Buffer;
}

/** Strangers can fill it, as fast as the network is: what an entry is to look like is thought about when somebody looks. */
export class ProtocolErrors {
  readonly #entries: Entry[] = [];
  #next = 0;

  /** @param passwords that must not be shown */
  constructor(
    private readonly passwords: () => Iterable<string>,
    private readonly wall: WallTime = NEVER_SET,
  ) {}

  add(kind: ProtocolError['kind'], reason: string, from: Address, at: number, datagram: Buffer): void {
    // A copy: the datagram may have 64 KB.
    this.#entries[this.#next] = { kind, reason, from, at, begin: Buffer.from(datagram.subarray(0, BYTES_KEPT)) };
    this.#next = (this.#next + 1) % PROTOCOL_ERRORS_KEPT;
  }

  /** The last one comes first. */
  list(): ProtocolError[] {
    const passwords = [...this.passwords()];
    const inOrder = [...this.#entries.slice(this.#next), ...this.#entries.slice(0, this.#next)];
    return inOrder.reverse().map(({ kind, reason, from, at, begin }) => ({
      ...{ kind, reason, address: displayAddress(from.address), port: from.port },
      ...{ at: isoTime(this.wall(at)), text: excerptOf(begin.toString('utf8'), passwords) },
    }));
  }
}

/** Much more than is shown, see {@link excerptOf}. */
const BYTES_KEPT = 1024;
