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
  /** Where the dialog of _goip in_ lists it; null if it is the SMS itself, which is the first output. */
  readonly group: EventGroup | null;
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
  sms: {
    group: null,
    verb: 'RECEIVE',
    fields: [
      { wire: 'srcnum', alias: 'num', name: 'from', is: 'text' },
      { wire: 'smscnum', name: 'smsc', is: 'optional text' },
      { wire: 'senttime', name: 'sentTime', is: 'optional text' },
      { wire: 'msg', name: 'text', is: 'tail' },
    ],
  },
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

type Rows = typeof EVENTS;

/** A kind of event. */
export type EventKind = {
  [K in keyof Rows]: Rows[K]['group'] extends EventGroup ? K : never;
}[keyof Rows];

/** The rows, with all that a row may have. */
export const EVENT_ROWS: readonly (readonly [kind: keyof Rows, row: EventRow])[] = Object.entries(EVENTS) as [
  keyof Rows,
  EventRow,
][];

/** The rows of a group, or of all groups. */
export function eventKindsOf(group?: EventGroup): readonly EventKind[] {
  const rows = EVENT_ROWS.filter(([, row]) => row.group !== null && (group === undefined || row.group === group));
  return rows.map(([kind]) => kind as EventKind);
}

/** All kinds of events. */
export const EVENT_KINDS: readonly EventKind[] = eventKindsOf();

/** Those of a node of which no events were chosen. */
export const DEFAULT_EVENT_KINDS: readonly EventKind[] = EVENT_KINDS.filter((kind) => 'isDefault' in EVENTS[kind]);

/** The rows of what a device sends, by verb. */
export type Reports = {
  readonly [K in keyof Rows as Rows[K] extends { readonly verb: infer V extends string } ? V : never]: Rows[K];
};
