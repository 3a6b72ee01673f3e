/** What a server tells besides SMS: how lines come and go, and what devices report by themselves. */
import { withoutPassword, withoutPasswordInValue } from '../printable.js';
import type { Notification } from '../protocol/index.js';
import type { Rejection } from '../gate/rejections.js';
import type { LineState } from '../lines/line-state.js';
import { withoutNul } from '../gsm/nul.js';

/**
 * Kinds of events. `restarted`: a device's keepalive counter fell. `duplicate-device`: two devices have the same id.
 * `rejected`: somebody was refused. `line-failing` and
 * `line-recovered`: numbers fail on a line again and again, or no longer. `limit-reached`: a line has sent what it may in
 * this hour or on this day. `unknown`: a report of a verb that we do not know.
 */
export const EVENT_KINDS = [
  'online',
  'offline',
  'keepalive',
  'restarted',
  'duplicate-device',
  'rejected',
  'line-failing',
  'line-recovered',
  'limit-reached',
  'deliver',
  'state',
  'record',
  'hangup',
  'remain',
  'expiry',
  'cellinfo',
  'cells',
  'bcch',
  'cgatt',
  'ussn',
  'unknown',
] as const;

export type EventKind = (typeof EVENT_KINDS)[number];

/** Somebody who takes events. */
export interface EventTaker {
  /** Of a taker that may be replaced: the next one with this id gets the events of a hold, and takes the place of this one. */
  readonly id?: string | undefined;
  /** Kinds that it may want; all for undefined. */
  readonly kinds?: Iterable<EventKind> | undefined;
  /** Ids of the devices whose events it may want; all for undefined. */
  readonly devices?: ReadonlySet<string> | undefined;
  /**
   * Asked before an event is made, for some take longer to make than all the rest. `isNews` is false of a keepalive that says
   * what the one before it said.
   */
  wants(kind: EventKind, device: string, isNews: boolean): boolean;
  take(event: GoipEvent): void;
}

export interface GoipEvent {
  readonly event: EventKind;
  /** Of `rejected` the id that was given, which need not be one of ours. */
  readonly device: string;
  readonly name: string;
  /** When the server learnt it, ISO 8601. */
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
    // Nobody knows what a device puts in there.
    const shown = [...fields].map((field) => field.map((text) => withoutPassword(text, password)) as [string, string]);
    return {
      event: 'unknown',
      payload: { verb, recvid: withoutPassword(recvid, undefined), fields: Object.fromEntries(shown) },
    };
  }
  // The header stays behind: it holds the password.
  const { kind, id, password, verb, ...fields } = message;
  const payload: Record<string, unknown> = { ...fields };
  // A value may have swallowed the next pair, and nobody knows what a device puts into a cause or a text of the network.
  const shown = (value: string): string => withoutPasswordInValue(value, password);
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'string') payload[name] = shown(name === 'text' ? withoutNul(value) : value);
    else if (Array.isArray(value)) payload[name] = value.map(shown);
  }
  return { event: kind.toLowerCase() as Lowercase<typeof kind>, payload };
}
