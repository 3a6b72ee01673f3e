import type { Device } from '../../lines/devices.js';
import { formatServerMessage, verbOf, type Notification } from '../../protocol/index.js';
import type { Datagram, Handler, ReceivingRooms } from '../handler.js';

/** Handles a notification of a device that has authenticated itself. `ack` sends the ack: the device does not send it again. */
type NotificationHandler<M> = (message: M, device: Device, datagram: Datagram, ack: () => void) => void;

/** Authenticates the sender of a notification, and lets it be handled. */
export function authenticated<M extends Notification>(
  { gate, drops, sender }: ReceivingRooms,
  handle: NotificationHandler<M>,
): Handler<M> {
  return (message, datagram) => {
    const { data, from, now } = datagram;
    const { recvid, id, password } = message;
    const verb = verbOf(message);
    const device = gate.authenticate(id, password, from, now);
    if (device) {
      const ack = (): void => sender.send({ kind: 'ACK', verb, recvid, error: null }, from);
      return handle(message, device, datagram, ack);
    }
    drops.count('unauthorized');
    // A stranger's invented verb gets no answer.
    if (message.kind === 'OTHER') return;
    const refusal = formatServerMessage({ kind: 'ACK', verb, recvid, error: 'unauthorized' });
    if (gate.mayAnswer(from, data.length, Buffer.byteLength(refusal), now)) sender.sendText(refusal, from);
  };
}
