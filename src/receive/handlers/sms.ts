import { withoutNul } from '../../gsm/nul.js';
import type { Accepted } from '../../inbox/inbox.js';
import type { Sms } from '../../inbox/sms.js';
import type { Device } from '../../lines/devices.js';
import { displayAddress } from '../../net/addresses.js';
import type { Notification } from '../../protocol/index.js';
import { isoTime } from '../../time/iso-time.js';
import type { Datagram, Handler, ReceivingRooms } from '../handler.js';
import { authenticated } from './notification.js';

type ReceivedSms = Extract<Notification, { readonly kind: 'RECEIVE' }>;

/** Saves an SMS, acks it, and delivers it to those who take SMS. */
export function sms(rooms: ReceivingRooms): Handler<ReceivedSms> {
  const { clock, inbox, lines, drops } = rooms;

  return authenticated(rooms, (message, device, datagram, ack) => {
    const { now } = datagram;
    const saved = ({ verdict, deliver }: Accepted): void => {
      ack();
      if (verdict === 'duplicate') return;
      lines.of(device)?.smsReceived();
      deliver();
    };
    const accepted = inbox.accept(smsOf(message, device, datagram, isoTime(clock.wall(now))), now);
    // Without an ack the device sends it again, or keeps it.
    if (accepted instanceof Promise) accepted.then(saved, () => drops.count('unsaved'));
    else saved(accepted);
  });
}

function smsOf(message: ReceivedSms, device: Device, { from }: Datagram, receivedAt: string): Sms {
  const { smsc, sentTime } = message;
  const sms: { -readonly [K in keyof Sms]: Sms[K] } = {
    event: 'sms',
    device: device.id,
    name: device.name,
    from: message.from,
    text: withoutNul(message.text),
    recvid: message.recvid,
    receivedAt,
    remote: { address: displayAddress(from.address), port: from.port },
  };
  if (smsc !== null) sms.smsc = smsc;
  if (sentTime !== null) sms.sentTime = sentTime;
  return sms;
}
