import { reportOf } from '../../events/events.js';
import type { Device } from '../../lines/devices.js';
import { verbOf, type Notification } from '../../protocol/index.js';
import type { Handler, ReceivingRooms } from '../handler.js';
import { authenticated } from './notification.js';

/** Any notification but an SMS. */
export type Report = Exclude<Notification, { readonly kind: 'RECEIVE' }>;

/**
 * Acks a report and publishes it as an event, once.
 * @param save saves what must not get lost before the ack; undefined if there is nothing to save
 */
export function report<R extends Report>(
  rooms: ReceivingRooms,
  save: (message: R, device: Device) => Promise<void> | undefined = () => undefined,
): Handler<R> {
  const { duplicates, drops, bus } = rooms;

  return authenticated(rooms, (message: R, device, { now }, ack) => {
    const { event, payload } = reportOf(message);
    const key = duplicates.keyOfReport(device.id, verbOf(message), payload);
    const known = duplicates.find(key, now);
    if (known === 'saved') return ack();
    // Without an ack the device sends it again.
    if (known) return void known.then(ack, () => undefined);
    const publish = (): void => bus.publish(event, device, () => payload, now);
    const saving = save(message, device);
    if (saving === undefined) {
      ack();
      duplicates.saved(key, now);
      return publish();
    }
    duplicates.saving(key, now, saving).then(
      () => {
        ack();
        publish();
      },
      () => drops.count('unsaved'),
    );
  });
}
