import { KEEPALIVE_INTERVAL } from '../../parameters.js';
import type { Keepalive } from '../../protocol/index.js';
import type { Handler, ReceivingRooms } from '../handler.js';

/** Acks a keepalive, and gives the line what can go out on it. */
export function keepalive(rooms: ReceivingRooms): Handler<Keepalive> {
  const { gate, drops, lines, sender, keepaliveStatus, duplicates, presence, outbox, bus, repeated } = rooms;

  return (message, { from, now }) => {
    const device = gate.authenticate(message.id, message.password, from, now);
    if (!device) return drops.count('unauthorized');
    const outcome = lines.heard(message, from, now, lines.of(device));
    if (!outcome) return;
    sender.send({ kind: 'reg', count: message.count, status: keepaliveStatus }, from);
    const { line, isFirst, isNews, cameOnline, restarted, isDuplicate, stale } = outcome;
    gate.heard(device, from);
    if (isFirst) {
      const uptimeMs = uptimeMsOf(message);
      if (uptimeMs >= 0) duplicates.deviceUpSince(line.id, now - uptimeMs);
    }
    if (isDuplicate) bus.publishLine('duplicate-device', line, now);
    if (stale) return;
    repeated?.learn(line, message);
    if (restarted) {
      duplicates.deviceRestarted(line.id, now);
      outbox.lineRestarted(line);
    }
    if (cameOnline) {
      outbox.lineOnline(line);
      presence.changed(line);
    }
    if (restarted) bus.publishLine('restarted', line, now);
    bus.publishLine('keepalive', line, now, isNews);
    outbox.serve(line);
  };
}

/** The counter tells since when the device is up. NaN if it is no number. */
const uptimeMsOf = ({ count }: Keepalive): number => Number(count) * KEEPALIVE_INTERVAL * 1000;
