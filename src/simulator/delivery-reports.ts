/** What the network reports of the SMS that went out (protocol §5, DELIVER). */
import type { Alarms } from './alarms.js';
import type { NotificationContent } from './notifier.js';
import type { Draw } from './duration.js';
import type { Emit, NotificationOutcome, OnAirSms } from './events.js';
import type { LineSettings } from './options.js';
import { segmentsOf } from '../gsm/segments.js';

export interface DeliveryReportsParts {
  readonly alarms: Alarms;
  readonly settings: () => LineSettings;
  readonly draw: Draw;
  readonly takeRecvid: () => string;
  readonly notify: (content: NotificationContent) => Promise<NotificationOutcome>;
  readonly emit: Emit;
}

export class DeliveryReports {
  readonly #parts: DeliveryReportsParts;

  constructor(parts: DeliveryReportsParts) {
    this.#parts = parts;
  }

  /** The SMS has just gone out, and the server has not been told yet. */
  onAir(sms: OnAirSms): void {
    const { draw, alarms, settings } = this.#parts;
    const { deliveryReports, deliveryDelay, deliveryInterval, deliveryFirst, deliveryState } = settings();
    const isReported = typeof deliveryReports === 'function' ? deliveryReports(sms.to) : deliveryReports;
    if (!isReported) return;
    const states = typeof deliveryState === 'function' ? deliveryState(sms.to) : deliveryState;
    const [first, ...others] = typeof states === 'number' ? [states] : states;
    if (first === undefined) return;
    const delay = draw(deliveryDelay, sms.to);
    let due = deliveryFirst ? 0 : delay;
    if (deliveryFirst) this.#tellAll(sms, first);
    else alarms.after(due, () => this.#tellAll(sms, first));
    for (const state of others) {
      due += draw(deliveryInterval, sms.to);
      alarms.after(due, () => this.#tellAll(sms, state));
    }
  }

  /** The network reports each part of a long SMS by itself. */
  #tellAll(sms: OnAirSms, state: number): void {
    const { parts } = segmentsOf(sms.text);
    for (let part = 0; part < parts; part += 1) void this.#tell(sms, state);
  }

  async #tell({ text, at, ...sms }: OnAirSms, state: number): Promise<void> {
    const { alarms, takeRecvid, notify, emit } = this.#parts;
    const report = { ...sms, state, at: alarms.now(), recvid: takeRecvid() };
    emit('report', { ...report, outcome: null });
    const { recvid, smsNo, to } = report;
    const outcome = await notify({ kind: 'DELIVER', recvid, smsNo, state, number: to });
    emit('reported', { ...report, outcome });
  }
}
