/**
 * A short cut for keepalives that repeat all but the counter of the line's last one, as most do: to read, authenticate and
 * compare each would take a tenth of the server's processor time (`npm run bench -- --only short-cut`). Without it everything
 * works the same: the router and the handler of keepalives call it in one place each.
 */
import type { EventBus } from '../events/bus.js';
import type { Line } from '../lines/line.js';
import type { Address } from '../net/address.js';
import type { Outbox } from '../outbox/outbox.js';
import {
  keepaliveBodyOf,
  readKeepaliveBody,
  writeKeepaliveAck,
  type Keepalive,
  type Malformed,
} from '../protocol/index.js';
import type { Sender } from '../traffic/sender.js';

export interface RepeatedKeepalivePorts {
  readonly sender: Pick<Sender, 'sendText'>;
  readonly bus: Pick<EventBus, 'publishLine'>;
  readonly outbox: Pick<Outbox, 'serve'>;
  readonly keepaliveStatus: number;
}

export class RepeatedKeepalives {
  /** By the credentials that were found right, as keepalives begin with them: `id:a;pass:b`. */
  readonly #byCredentials = new Map<string, Line>();
  /** What the last keepalive of a line said behind its counter, by the index of the device; undefined if that cannot be compared. */
  readonly #lastBodies: (string | undefined)[] = [];

  constructor(private readonly ports: RepeatedKeepalivePorts) {}

  /**
   * Handles a datagram if it is a keepalive that repeats the last one of its line, and comes from the same address: it holds
   * the same password, so it is as authentic. Returns `handled` then. From another keepalive it returns the message, which
   * then need not be parsed from the datagram a second time; undefined for all that has to be parsed.
   *
   * A map compares hashes with a secret seed, so the time to find the line does not show how much of a wrong password was
   * right; what follows the credentials is no secret.
   */
  handle(data: Buffer, from: Address, now: number): 'handled' | Keepalive | Malformed | undefined {
    const count = countOf(data);
    if (count === 0) return undefined;
    const body = bodyBehind(count, data);
    const line = this.#byCredentials.get(credentialsIn(body));
    if (!line || this.#lastBodies[line.device.index] !== body || !line.repeated(count, from, now))
      return readKeepaliveBody(count, body);
    const { sender, bus, outbox, keepaliveStatus } = this.ports;
    sender.sendText(writeKeepaliveAck(count, keepaliveStatus), from);
    bus.publishLine('keepalive', line, now, false);
    outbox.serve(line);
    return 'handled';
  }

  /** Notes a keepalive that was handled as a whole: the next one may repeat it. */
  learn(line: Line, keepalive: Keepalive): void {
    const body = keepaliveBodyOf(keepalive);
    this.#lastBodies[line.device.index] = body;
    if (body === undefined) return;
    const credentials = credentialsIn(body);
    if (this.#byCredentials.has(credentials)) return;
    // If other fields come first, or a name is written otherwise, each keepalive of the line is read.
    const { id, password } = keepalive;
    const isRight = ['pass', 'password'].some((name) => credentials === `id:${id};${name}:${password}`);
    if (isRight) this.#byCredentials.set(credentials, line);
  }
}

/** The first two of the fields. */
const credentialsIn = (body: string): string => body.slice(0, body.indexOf(';', body.indexOf(';') + 1));

/** What follows the counter. */
const bodyBehind = (count: number, datagram: Buffer): string =>
  datagram.toString('latin1', BEGINNING.length + String(count).length + 1);

/** The counter of a datagram that may be a keepalive, if it is written as JavaScript writes numbers; otherwise 0. */
export function countOf(datagram: Buffer): number {
  if (datagram.length > LONGEST) return 0;
  for (let at = 0; at < BEGINNING.length; at += 1) if (datagram[at] !== BEGINNING[at]) return 0;
  let count = 0;
  for (let at = BEGINNING.length; at <= BEGINNING.length + MOST_DIGITS; at += 1) {
    const code = datagram[at] ?? 0;
    if (code === SEMICOLON) return count;
    const digit = code - ZERO;
    if (digit < 0 || digit > 9 || count + digit === 0) return 0;
    count = 10 * count + digit;
  }
  return 0;
}

const BEGINNING = Buffer.from('req:');
const SEMICOLON = 0x3b;
const ZERO = 0x30;
/** So that a counter is no large object. */
const MOST_DIGITS = 9;
/** In bytes; a keepalive has up to 300. */
const LONGEST = 512;
