/** The last datagrams that came and went, for people who look at what a gateway and the server say to each other. */
import type { WallTime } from '../time/clock.js';
import { displayAddress } from '../net/addresses.js';
import { isoTime } from '../time/iso-time.js';
import type { Address } from '../net/address.js';
import { TRACE_KEPT, TRACE_TIME } from '../parameters.js';
import { tracedText } from './redaction.js';

export interface TraceEntry {
  /** Counts up from 1, so that one sees where some are missing. */
  readonly number: number;
  /** ISO 8601. */
  readonly at: string;
  /** `in`: from a device, or from anybody else who sends to the port. */
  readonly direction: 'in' | 'out';
  /** The id that is in it, if it is one of ours; else the line at that address; null if neither is known. */
  readonly device: string | null;
  readonly address: string;
  readonly port: number;
  /** Size of the datagram. */
  readonly bytes: number;
  /** In one line, with passwords, texts and long numbers hidden, and cut where it is long. */
  readonly text: string;
}

export interface Trace {
  /** ISO 8601: when it was begun, and when it ends by itself. */
  readonly since: string;
  readonly until: string;
  /** The last ones, in order. */
  readonly entries: readonly TraceEntry[];
}

export interface TracePorts {
  readonly wall: WallTime;
  /** Passwords that must not be shown. */
  passwords(): Iterable<string>;
  isDevice(id: string): boolean;
  /** Where lines are. */
  places(): Iterable<readonly [id: string, place: Address | undefined]>;
}

/** What an entry is to look like is thought about when somebody looks, and once: datagrams may come as fast as the network is. */
export class Tracer {
  readonly #entries: (RawEntry | TraceEntry)[] = [];
  readonly #since: number;
  #until: number;
  #count = 0;

  constructor(
    now: number,
    private readonly ports: TracePorts,
  ) {
    this.#since = now;
    this.#until = now + TRACE_TIME * 1000;
  }

  /** Lets it go on as long as a new one. */
  extend(now: number): void {
    this.#until = now + TRACE_TIME * 1000;
  }

  /** Nobody has to remember to end it. */
  isOver(now: number): boolean {
    return now >= this.#until;
  }

  add(direction: TraceEntry['direction'], datagram: Buffer | string, peer: Address, at: number): void {
    const isText = typeof datagram === 'string';
    const bytes = isText ? Buffer.byteLength(datagram) : datagram.length;
    // A copy: Node.js may use the memory of a datagram again, and it may have 64 KB.
    const begin = isText ? datagram : Buffer.from(datagram.subarray(0, BYTES_KEPT));
    this.#entries[this.#count % TRACE_KEPT] = { number: this.#count + 1, direction, begin, bytes, peer, at };
    this.#count += 1;
  }

  list(): Trace {
    const next = this.#count % TRACE_KEPT;
    if (this.#entries.some(isRaw)) this.#makeReadable();
    const inOrder = [...this.#entries.slice(next), ...this.#entries.slice(0, next)];
    const entries = inOrder.filter((entry): entry is TraceEntry => !isRaw(entry));
    const { wall } = this.ports;
    return { since: isoTime(wall(this.#since)), until: isoTime(wall(this.#until)), entries };
  }

  #makeReadable(): void {
    const passwords = [...this.ports.passwords()];
    const lines = linesByPlace(this.ports.places());
    for (const [index, entry] of this.#entries.entries()) {
      if (isRaw(entry)) this.#entries[index] = this.#readable(entry, passwords, lines);
    }
  }

  #readable(entry: RawEntry, passwords: readonly string[], lines: ReadonlyMap<string, string | null>): TraceEntry {
    const { number, direction, begin, bytes, peer, at } = entry;
    const text = begin.toString('utf8');
    const id = /[:;]id:([^;]*)/i.exec(text)?.[1];
    const device = id !== undefined && this.ports.isDevice(id) ? id : (lines.get(keyOf(peer)) ?? null);
    const place = { address: displayAddress(peer.address), port: peer.port };
    return {
      ...{ number, at: isoTime(this.ports.wall(at)), direction, device },
      ...place,
      bytes,
      text: tracedText(text, passwords),
    };
  }
}

/** Much more than is shown: see {@link tracedText}. */
const BYTES_KEPT = 4096;

interface RawEntry extends Pick<TraceEntry, 'number' | 'direction' | 'bytes'> {
  readonly at: number;
  readonly peer: Address;
  readonly begin: Buffer | string;
}

function isRaw(entry: RawEntry | TraceEntry): entry is RawEntry {
  return 'begin' in entry;
}

/** Null where two are. */
function linesByPlace(places: ReturnType<TracePorts['places']>): Map<string, string | null> {
  const lines = new Map<string, string | null>();
  for (const [id, place] of places) {
    if (!place) continue;
    const key = keyOf(place);
    lines.set(key, lines.has(key) ? null : id);
  }
  return lines;
}

function keyOf({ address, port }: Address): string {
  return `${address} ${port}`;
}
