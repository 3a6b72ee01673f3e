/** What a server reports besides SMS: changes of lines, and reports of devices. */
import { withoutPassword, withoutPasswordInValue } from '../printable.js';
import type { Notification } from '../protocol/index.js';
import type { Rejection } from '../gate/rejections.js';
import type { LineState } from '../lines/line-state.js';
import { withoutNul } from '../gsm/nul.js';
import type { EventKind } from '../tables/events.js';

export { EVENT_KINDS, type EventKind } from '../tables/events.js';

/** Receiver of events. */
export interface EventTaker {
  /** Of a taker that may be replaced: the next one with this id gets the events of a hold, and takes the place of this one. */
  readonly id?: string | undefined;
  /** Kinds that it may want; all for undefined. */
  readonly kinds?: Iterable<EventKind> | undefined;
  /** Ids of the devices whose events it may want; all for undefined. */
  readonly devices?: ReadonlySet<string> | undefined;
  /**
   * Called before an event is made, because some events are costly to make. `isNews` is false for a keepalive with the same
   * content as the previous one.
   */
  wants(kind: EventKind, device: string, isNews: boolean): boolean;
  take(event: GoipEvent): void;
}

export interface GoipEvent {
  readonly event: EventKind;
  /** Of `rejected` the id that was given, which need not be one of ours. */
  readonly device: string;
  readonly name: string;
  /** When the server received it, ISO 8601. */
  readonly receivedAt: string;
  /** The event's own fields; for `rejected` a {@link Rejection}, for what is about a line its state. */
  readonly payload: LineState | Rejection | Readonly<Record<string, unknown>>;
}

/** Kind and own fields of a report, without its header. */
export function reportOf(message: Exclude<Notification, { kind: 'RECEIVE' }>): {
  readonly event: EventKind;
  readonly payload: Readonly<Record<string, unknown>>;
} {
  if (message.kind === 'OTHER') {
    const { verb, recvid, password, fields } = message;
    // A device may put anything in there, its password too.
    const shown = [...fields].map((field) => field.map((text) => withoutPassword(text, password)) as [string, string]);
    return {
      event: 'unknown',
      payload: { verb, recvid: withoutPassword(recvid, undefined), fields: Object.fromEntries(shown) },
    };
  }
  // The header stays behind: it holds the password.
  const { kind, id, password, verb, ...fields } = message;
  const payload: Record<string, unknown> = { ...fields };
  // A value may have swallowed the next pair, and a device may put anything into a cause or a text of the network.
  const shown = (value: string): string => withoutPasswordInValue(value, password);
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'string') payload[name] = shown(name === 'text' ? withoutNul(value) : value);
    else if (Array.isArray(value)) payload[name] = value.map(shown);
  }
  return { event: kind.toLowerCase() as Lowercase<typeof kind>, payload };
}
