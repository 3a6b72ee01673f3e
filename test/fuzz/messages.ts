/** What the server under fire and those who watch it tell each other. */
import type { Address, DropCounters, EventKind, JobResult, SendRequest } from '../../src/index.js';

export type ToServer =
  { readonly order: 'stats'; readonly settled: boolean } | { readonly order: 'send'; readonly request: SendRequest };

export type FromServer =
  | { readonly about: 'start'; readonly address: Address; readonly receiveBuffer: number }
  | { readonly about: 'stats'; readonly stats: ServerStats }
  /** Of honest lines. */
  | {
      readonly about: 'sms';
      readonly device: string;
      readonly recvid: string;
      readonly from: string;
      readonly text: string;
    }
  | { readonly about: 'event'; readonly device: string; readonly event: EventKind; readonly payload: unknown }
  | { readonly about: 'result'; readonly result: JobResult }
  | { readonly about: 'complaint'; readonly text: string };

export interface ServerStats {
  /** Datagrams that went through the server, by the port that they came from. */
  readonly handled: Readonly<Record<string, number>>;
  readonly dropped: Readonly<DropCounters>;
  /** Events of open lines by kind, of honest ones only `keepalive`; SMS of open lines. */
  readonly events: Readonly<Record<string, number>>;
  readonly smsOfOpenLines: number;
  /** Heap in use, bytes; of a settled process without garbage. */
  readonly heap: number;
  readonly rss: number;
  /** Milliseconds for one datagram, at most, on the clock. */
  readonly longest: number;
}

/** What the server must not be busy with one datagram for, milliseconds of processor time. */
export const SLOW = 50;
