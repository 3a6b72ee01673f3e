/** What a device remembers of one bulk session. No socket, no clock, no modem in sight. */
import type { SmsResult } from './modem.js';

/** `waiting`: queued, being sent, or stuck. */
export type TelidState = SmsResult | { readonly state: 'waiting' };

const WAITING: TelidState = { state: 'waiting' };

export class DeviceSession {
  readonly sendid: number;
  readonly text: string;
  #authenticated = false;
  readonly #resultsKept: number;
  /** In the order of their first SEND. */
  readonly #telids = new Map<number, TelidState>();

  constructor(sendid: number, text: string, resultsKept: number) {
    this.sendid = sendid;
    this.text = text;
    this.#resultsKept = resultsKept;
  }

  get authenticated(): boolean {
    return this.#authenticated;
  }

  authenticate(): void {
    this.#authenticated = true;
  }

  /** Undefined for a telid that the device does not know, or no longer: that one is a new SMS. */
  stateOf(telid: number): TelidState | undefined {
    return this.#telids.get(telid);
  }

  /** A new telid; the oldest is forgotten when there are too many (protocol §4). */
  accept(telid: number): void {
    this.#telids.set(telid, WAITING);
    const [oldest] = this.#telids.keys();
    if (this.#telids.size > this.#resultsKept && oldest !== undefined) this.#telids.delete(oldest);
  }

  /** Notes a result. A telid that was forgotten meanwhile stays forgotten. */
  finish(telid: number, result: SmsResult): void {
    if (this.#telids.has(telid)) this.#telids.set(telid, result);
  }
}
