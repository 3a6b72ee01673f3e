/** The road of a datagram: admit, parse, and hand to the handler of its kind, which authenticates, handles and acks it. */
import type { Address } from '../net/address.js';
import { parseDeviceMessage, type DeviceMessage, type Malformed } from '../protocol/index.js';
import { EVENT_ROWS } from '../tables/events.js';
import type { Tracing } from '../traffic/tracing.js';
import type { Handler, ReceivingRooms } from './handler.js';
import { commandReply } from './handlers/command-reply.js';
import { deliveryReport } from './handlers/delivery-report.js';
import { keepalive } from './handlers/keepalive.js';
import { malformed } from './handlers/malformed.js';
import { report, type Report } from './handlers/report.js';
import { sessionReply } from './handlers/session-reply.js';
import { sms } from './handlers/sms.js';

type Message = DeviceMessage | Malformed;

/** One row for each kind of message. */
type Handlers = { readonly [K in Message['kind']]: Handler<Extract<Message, { readonly kind: K }>> };

const handlersOf = (rooms: ReceivingRooms): Handlers => ({
  malformed: malformed(rooms),
  req: keepalive(rooms),

  ...forEachVerb(report(rooms)),
  OTHER: report(rooms),
  RECEIVE: sms(rooms),
  DELIVER: deliveryReport(rooms),

  PASSWORD: sessionReply(rooms),
  SEND: sessionReply(rooms),
  OK: sessionReply(rooms),
  WAIT: sessionReply(rooms),
  ERROR: sessionReply(rooms),
  DONE: sessionReply(rooms),

  REPLY: commandReply(rooms),
  USSD: commandReply(rooms),
  USSDERROR: commandReply(rooms),
  USSDEXIT: commandReply(rooms),
  CFOK: commandReply(rooms),
  CFERROR: commandReply(rooms),
  GSM: commandReply(rooms),
  GSMERROR: commandReply(rooms),
  AT: commandReply(rooms),
});

/** All notifications of the table of events. */
function forEachVerb(handle: Handler<Report>): Pick<Handlers, Report['kind']> {
  const rows = EVENT_ROWS.flatMap(([, { verb }]) => (verb === undefined ? [] : [[verb, handle]]));
  // The kinds of notifications are the verbs of the same table.
  return Object.fromEntries(rows) as Record<Report['kind'], Handler<Report>>;
}

export class Router {
  readonly #handlers: Handlers;

  constructor(
    private readonly rooms: ReceivingRooms,
    private readonly tracing: Tracing,
  ) {
    this.#handlers = handlersOf(rooms);
  }

  receive(data: Buffer, from: Address): void {
    const { clock, gate, drops, repeated } = this.rooms;
    clock.heard();
    const now = clock.now();
    if (this.tracing.isOn) this.tracing.record('in', data, from, now);
    if (!gate.admits(from, now)) return drops.count('unauthorized');
    const repetition = repeated?.handle(data, from, now);
    if (repetition === 'handled') return;
    const message = repetition ?? parseDeviceMessage(data);
    // The compiler does not see that the handler of a kind takes the messages of that kind.
    const handle = this.#handlers[message.kind] as Handler<Message>;
    handle(message, { data, from, now });
  }
}
