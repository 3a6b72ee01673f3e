/** Registration and keepalive of one line (protocol §2). */
import type { Alarms } from './alarms.js';

/** So many keepalives without an answer, and the line knows that the server is gone. */
const MISSED_UNTIL_UNREGISTERED = 3;

export interface RegistrationParts {
  readonly alarms: Alarms;
  /** Seconds. */
  readonly interval: () => number;
  readonly send: (count: number) => void;
  readonly changed: (registered: boolean) => void;
}

export class Registration {
  readonly #parts: RegistrationParts;
  #count = 0;
  #unanswered = 0;
  #registered = false;

  constructor(parts: RegistrationParts) {
    this.#parts = parts;
  }

  get registered(): boolean {
    return this.#registered;
  }

  /** Sends the first keepalive at once, then one every interval. */
  start(): void {
    this.keepalive();
    this.#parts.alarms.after(this.#parts.interval(), () => this.start());
  }

  /** One keepalive, out of turn. */
  keepalive(): void {
    if (this.#unanswered >= MISSED_UNTIL_UNREGISTERED) this.#set(false);
    this.#unanswered += 1;
    this.#count += 1;
    this.#parts.send(this.#count);
  }

  /** An ack of any keepalive since power-up will do, with any status: 0 or 200 (protocol §2). */
  onAck(count: string): void {
    const acked = /^\d{1,15}$/.test(count) ? Number(count) : 0;
    if (acked < 1 || acked > this.#count) return;
    this.#unanswered = 0;
    this.#set(true);
  }

  #set(registered: boolean): void {
    if (registered === this.#registered) return;
    this.#registered = registered;
    this.#parts.changed(registered);
  }
}
