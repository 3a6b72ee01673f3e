/** What a gateway writes down while it runs, for tests and demos. */
import type { EventEmitter } from 'node:events';
import type { OnAirSms, ReceivedSms, SimulatorEvents } from './events.js';

export interface Counters {
  /** Datagrams of each direction, before the faults. */
  readonly toServer: number;
  readonly toDevice: number;
  /** What the faults did to them. */
  readonly lost: number;
  readonly doubled: number;
  readonly sessionsOpened: number;
  readonly sessionsRefused: number;
  /** SMS on the air, and SMS that the network refused. */
  readonly sent: number;
  readonly failed: number;
  /** Notifications (SMS too) that the server acked, and that it did not. */
  readonly acked: number;
  readonly unacked: number;
  /** Datagrams that no line could use. */
  readonly ignored: number;
}

export class Books {
  readonly #onAir: OnAirSms[] = [];
  readonly #received: ReceivedSms[] = [];
  readonly #counters: { -readonly [K in keyof Counters]: number } = {
    toServer: 0,
    toDevice: 0,
    lost: 0,
    doubled: 0,
    sessionsOpened: 0,
    sessionsRefused: 0,
    sent: 0,
    failed: 0,
    acked: 0,
    unacked: 0,
    ignored: 0,
  };

  constructor(gateway: EventEmitter<SimulatorEvents>) {
    const counters = this.#counters;
    gateway.on('datagram', ({ direction, copies }) => {
      counters[direction] += 1;
      if (copies === 0) counters.lost += 1;
      if (copies > 1) counters.doubled += 1;
    });
    gateway.on('session', ({ change }) => {
      if (change === 'opened') counters.sessionsOpened += 1;
      if (change === 'refused') counters.sessionsRefused += 1;
    });
    gateway.on('air', (sms) => {
      counters.sent += 1;
      this.#onAir.push(sms);
    });
    gateway.on('failed', () => (counters.failed += 1));
    gateway.on('ignored', () => (counters.ignored += 1));
    gateway.on('notification', ({ outcome }) => (counters[outcome.acked ? 'acked' : 'unacked'] += 1));
    gateway.on('inbound', (sms) => this.#received.push(sms));
    gateway.on('sms', (sms) => this.#setOutcome(sms));
  }

  get onAir(): readonly OnAirSms[] {
    return this.#onAir;
  }

  get received(): readonly ReceivedSms[] {
    return this.#received;
  }

  get counters(): Counters {
    return { ...this.#counters };
  }

  #setOutcome(sms: ReceivedSms): void {
    const at = this.#received.findIndex(
      ({ device, recvid, text, outcome }) =>
        outcome === null && device === sms.device && recvid === sms.recvid && text === sms.text,
    );
    if (at >= 0) this.#received[at] = sms;
  }
}
