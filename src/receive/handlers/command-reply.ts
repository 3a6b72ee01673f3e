import type { Handler, ReceivingRooms } from '../handler.js';

/** Counts the reply to a command: the server sends none. */
export const commandReply =
  ({ drops }: ReceivingRooms): Handler<unknown> =>
  (_, { data, from, now }) =>
    drops.countOdd('unexpected', 'no command is out', from, now, data);
