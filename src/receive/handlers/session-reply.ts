import type { SessionReply } from '../../protocol/index.js';
import type { Handler, ReceivingRooms } from '../handler.js';

/** Gives a reply to the bulk session that waits for it. */
export const sessionReply =
  ({ outbox, gate, drops }: ReceivingRooms): Handler<SessionReply> =>
  (reply, { data, from, now }) => {
    const taken = outbox.reply(reply, from);
    if (taken.outcome === 'taken') return;
    if (taken.outcome === 'guess') gate.guessed(from, now);
    if (taken.outcome !== 'foreign') return drops.countOdd('unexpected', 'no session waits for it', from, now, data);
    drops.countOdd('foreign', `not from where ${taken.line.id} is`, from, now, data);
    gate.reject(taken.line.id, from, 'foreign reply', now);
  };
