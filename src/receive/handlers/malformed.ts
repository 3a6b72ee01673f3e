import type { Malformed } from '../../protocol/index.js';
import type { Handler, ReceivingRooms } from '../handler.js';

/** Counts a datagram that is no message of the protocol. */
export const malformed =
  ({ drops }: ReceivingRooms): Handler<Malformed> =>
  ({ reason, verb }, { data, from, now }) =>
    drops.countOdd('malformed', verb === undefined ? reason : `${verb}: ${reason}`, from, now, data);
