import type { Notification } from '../../protocol/index.js';
import type { Handler, ReceivingRooms } from '../handler.js';
import { report } from './report.js';

/** Gives a delivery report to the number that it is about, and acks it when that is saved: the device reports once. */
export function deliveryReport(rooms: ReceivingRooms): Handler<Extract<Notification, { readonly kind: 'DELIVER' }>> {
  const { lines, outbox } = rooms;

  return report(rooms, ({ smsNo, state, number, recvid }, device) => {
    const line = lines.of(device);
    if (!line || smsNo === null || state === null) return undefined;
    return outbox.delivered(line, smsNo, state, number, recvid);
  });
}
