/**
 * Every kind of event: one row each. What a device sends is parsed and written by its row; the type {@link EventKind}, the
 * tables in `docs/goip-in.md` and the help of _goip in_ come from here, their words from `event` and `help.event` in
 * `nodes/locales/<language>/goip-in.json`.
 */

/** One pair of a notification: its name on the wire, and the property of the message that it becomes. */
export type FieldRow =
  | {
      readonly wire: string;
      /** Another name on the wire, read if the pair is missing under {@link wire}. */
      readonly alias?: string;
      readonly name: string;
      /** A `tail` is a text to the end of the datagram, and must be there. */
      readonly is: 'text' | 'optional text' | 'tail' | 'integer' | 'list';
    }
  | { readonly wire: string; readonly names: readonly string[]; readonly is: 'channel state' | 'hangup' };

interface EventRow {
  /** Where the dialog of _goip in_ lists it. */
  readonly group: EventGroup;
  /** Of what a device sends by itself: how it begins (protocol §3, §5), and its pairs. Its payload are these, and the recvid. */
  readonly verb?: Uppercase<string>;
  readonly fields?: readonly FieldRow[];
  /** Of other events: the state of the line, or these properties. */
  readonly payload?: 'line' | readonly string[];
  /** Sent by a node of which no events were chosen. */
  readonly isDefault?: true;
  /** A section of the pages in `docs/` with more about it. */
  readonly see?: `${string}#${string}`;
}

/** In the order of the dialog. */
export const EVENT_GROUPS = ['lines', 'sending', 'calls', 'network', 'others'] as const;
export type EventGroup = (typeof EVENT_GROUPS)[number];

export const EVENTS = {
  online: { group: 'lines', payload: 'line', isDefault: true },
  offline: { group: 'lines', payload: 'line', isDefault: true },
  keepalive: { group: 'lines', payload: 'line', isDefault: true },
  // A keepalive counter of a device fell.
  restarted: { group: 'lines', payload: 'line' },
  'duplicate-device': { group: 'lines', payload: 'line' },
  rejected: {
    group: 'lines',
    payload: ['id', 'address', 'port', 'reason', 'count', 'since', 'lastSeen'],
    see: 'goip-status.md#an-answer',
  },
  // Numbers fail on a line again and again, or no longer.
  'line-failing': { group: 'sending', payload: 'line', see: 'goip-server.md#routing-and-retries' },
  'line-recovered': { group: 'sending', payload: 'line' },
  'limit-reached': { group: 'sending', payload: 'line', see: 'goip-server.md#limits-of-each-line' },
  deliver: {
    group: 'sending',
    verb: 'DELIVER',
    fields: [
      { wire: 'sms_no', name: 'smsNo', is: 'integer' },
      { wire: 'state', name: 'state', is: 'integer' },
      { wire: 'num', name: 'number', is: 'text' },
    ],
    see: 'goip-send.md#delivery-reports',
  },
  state: {
    group: 'calls',
    verb: 'STATE',
    fields: [{ wire: 'gsm_remain_state', names: ['state', 'number'], is: 'channel state' }],
  },
  record: {
    group: 'calls',
    verb: 'RECORD',
    fields: [
      { wire: 'dir', name: 'direction', is: 'integer' },
      { wire: 'num', name: 'number', is: 'text' },
    ],
  },
  hangup: { group: 'calls', verb: 'HANGUP', fields: [{ wire: 'num', names: ['number', 'cause'], is: 'hangup' }] },
  remain: {
    group: 'calls',
    verb: 'REMAIN',
    fields: [{ wire: 'gsm_remain_time', name: 'minutes', is: 'integer' }],
  },
  expiry: { group: 'calls', verb: 'EXPIRY', fields: [{ wire: 'exp', name: 'minutes', is: 'integer' }] },
  cellinfo: { group: 'network', verb: 'CELLINFO', fields: [{ wire: 'info', name: 'info', is: 'tail' }] },
  cells: { group: 'network', verb: 'CELLS', fields: [{ wire: 'lists', name: 'cells', is: 'list' }] },
  bcch: { group: 'network', verb: 'BCCH', fields: [{ wire: 'bcch', name: 'bcch', is: 'list' }] },
  cgatt: { group: 'network', verb: 'CGATT', fields: [{ wire: 'cgatt', name: 'attached', is: 'integer' }] },
  ussn: { group: 'network', verb: 'USSN', fields: [{ wire: 'msg', name: 'text', is: 'tail' }] },
  // A report with a verb that is not in this table.
  unknown: { group: 'others', payload: ['verb', 'recvid', 'fields'] },
} as const satisfies Readonly<Record<string, EventRow>>;

/** An SMS: a device sends it as it sends a report, and it is the first output of _goip in_ instead of an event. */
const SMS = {
  verb: 'RECEIVE',
  fields: [
    { wire: 'srcnum', alias: 'num', name: 'from', is: 'text' },
    { wire: 'smscnum', name: 'smsc', is: 'optional text' },
    { wire: 'senttime', name: 'sentTime', is: 'optional text' },
    { wire: 'msg', name: 'text', is: 'tail' },
  ],
} as const satisfies { readonly verb: string; readonly fields: readonly FieldRow[] };

/** A kind of event. @useDeclaredType */
export type EventKind = keyof typeof EVENTS;

/** The rows, with all that a row may have. */
export const EVENT_ROWS = Object.entries<EventRow>(EVENTS) as readonly (readonly [kind: EventKind, row: EventRow])[];

/** The kinds of a group, in the order of the dialog. */
export function eventKindsOf(group: EventGroup): readonly EventKind[] {
  return EVENT_ROWS.flatMap(([kind, row]) => (row.group === group ? [kind] : []));
}

/** All kinds of events. */
export const EVENT_KINDS: readonly EventKind[] = EVENT_ROWS.map(([kind]) => kind);

/** Those of a node of which no events were chosen. */
export const DEFAULT_EVENT_KINDS: readonly EventKind[] = EVENT_ROWS.flatMap(([kind, row]) =>
  row.isDefault ? [kind] : [],
);

type Rows = typeof EVENTS & { readonly sms: typeof SMS };

/** The fields of what a device sends by itself, by verb. */
export type NotificationFields = {
  readonly [K in keyof Rows as Rows[K] extends { readonly verb: infer V extends string } ? V : never]: Rows[K] extends {
    readonly fields: infer F;
  }
    ? F
    : never;
};

export const NOTIFICATION_FIELDS = Object.fromEntries(
  [SMS, ...Object.values<EventRow>(EVENTS)].flatMap(({ verb, fields }) =>
    verb === undefined || !fields ? [] : [[verb, fields]],
  ),
  // The types are those of the same rows.
) as unknown as NotificationFields;
