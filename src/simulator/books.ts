/** What a gateway writes down while it runs, for tests and demos. */
import type { EventEmitter } from 'node:events';
import type { DeliveryReport, FailedSms, OnAirSms, ReceivedSms, SimulatorEvents } from './events.js';

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
  readonly #failed: FailedSms[] = [];
  readonly #received: ReceivedSms[] = [];
  readonly #reports: DeliveryReport[] = [];
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
    gateway.on('failed', (sms) => {
      counters.failed += 1;
      this.#failed.push(sms);
    });
    gateway.on('ignored', () => (counters.ignored += 1));
    gateway.on('notification', ({ outcome }) => (counters[outcome.acked ? 'acked' : 'unacked'] += 1));
    gateway.on('inbound', (sms) => this.#received.push(sms));
    gateway.on('sms', (sms) => setOutcome(this.#received, sms, ({ text }) => text === sms.text));
    gateway.on('report', (report) => this.#reports.push(report));
    gateway.on('reported', (report) => setOutcome(this.#reports, report, ({ smsNo }) => smsNo === report.smsNo));
  }

  get onAir(): readonly OnAirSms[] {
    return this.#onAir;
  }

  get failed(): readonly FailedSms[] {
    return this.#failed;
  }

  get received(): readonly ReceivedSms[] {
    return this.#received;
  }

  get reports(): readonly DeliveryReport[] {
    return this.#reports;
  }

  get counters(): Counters {
    return { ...this.#counters };
  }
}

/** A recvid can come again after a restart, so `isSame` compares what else there is. */
function setOutcome<T extends ReceivedSms | DeliveryReport>(
  entries: T[],
  settled: T,
  isSame: (entry: T) => boolean,
): void {
  const at = entries.findIndex(
    (entry) =>
      entry.outcome === null && entry.device === settled.device && entry.recvid === settled.recvid && isSame(entry),
  );
  if (at >= 0) entries[at] = settled;
}
