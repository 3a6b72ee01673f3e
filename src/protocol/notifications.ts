/** `VERB:$recvid;id:$id;password:$password;…` — what a device reports by itself and wants acked (protocol §3, §5). */
import { trimBlanks, trimBlanksEnd } from './blanks.js';
import { NOTIFICATION_FIELDS, type FieldRow, type NotificationFields } from '../tables/events.js';
import { malformed, type Codec, type Malformed } from './codec.js';
import { forEachPair, readPairs, readPassword } from './pairs.js';

export interface NotificationHeader {
  /** Text to be echoed in the ack: a unix time, a small or a negative number, and it can come again for another event. */
  readonly recvid: string;
  readonly id: string;
  readonly password: string;
  /** The verb as the device wrote it, for the ack to repeat; only if it differs from the one in the table. */
  readonly verb?: string;
}

/** One pair of a notification and the properties that it becomes. */
interface Field<P extends object> {
  readonly wire: string;
  /** Another name on the wire, read if the pair is missing under {@link wire}. */
  readonly alias?: string;
  /** The value runs to the end of the datagram. */
  readonly tail?: true;
  /**
   * Gives the message its properties; `value` is undefined where the device left the pair out. False makes the message
   * malformed.
   */
  read(value: string | undefined, message: { -readonly [K in keyof P]: P[K] }): boolean;
  /** Undefined leaves the pair out. */
  write(properties: P): string | undefined;
}

/** How the value of a pair becomes a property. `value` is undefined if the device left the pair out. */
interface Format<V> {
  readonly read: (value: string | undefined) => V;
  /** Undefined leaves the pair out. */
  readonly write: (property: V) => string | undefined;
}

const text: Format<string> = { read: (value) => value ?? '', write: (property) => property };

/** What the fields of the table become, by the word for it there. */
const FORMATS = {
  text,
  tail: text,
  'optional text': {
    read: (value): string | null => value ?? null,
    write: (property) => property ?? undefined,
  } satisfies Format<string | null>,
  /** Null if the device sent something else. */
  integer: {
    read: (value): number | null => (value !== undefined && /^\s*-?\d{1,15}\s*$/.test(value) ? Number(value) : null),
    write: (property) => String(property ?? ''),
  } satisfies Format<number | null>,
  /** `1,2,3,` with or without the comma at the end. */
  list: {
    read: (value): readonly string[] => (value ?? '').split(',').filter((item) => item.trim() !== ''),
    write: (property) => property.map((item) => `${item},`).join(''),
  } satisfies Format<readonly string[]>,
} as const;

/** `DIALING:999999999`, `IDLE`: the channel's state and, in a call, the other number. */
const channelState: Field<{ readonly state: string; readonly number: string | null }> = {
  wire: 'gsm_remain_state',
  read(value = '', message) {
    const colon = value.indexOf(':');
    message.state = colon < 0 ? value : value.slice(0, colon);
    message.number = colon < 0 ? null : value.slice(colon + 1);
    return true;
  },
  write: ({ state, number }) => (number === null ? state : `${state}:${number}`),
};

/** `num:$num,cause:$cause` — a comma, not a semicolon, before the cause (protocol §5). */
const hangup: Field<{ readonly number: string; readonly cause: string | null }> = {
  wire: 'num',
  tail: true,
  read(value = '', message) {
    const line = trimBlanksEnd(value);
    const comma = line.indexOf(',cause:');
    message.number = comma < 0 ? line : line.slice(0, comma);
    message.cause = comma < 0 ? null : line.slice(comma + ',cause:'.length);
    return true;
  },
  write: ({ number, cause }) => (cause === null ? number : `${number},cause:${cause}`),
};

/** Pairs that become two properties. */
const PAIRS = { 'channel state': channelState, hangup } as const;

/** Reads and writes a field of the table. */
function fieldOf(row: FieldRow): Field<object> {
  if ('names' in row) return PAIRS[row.is];
  const { wire, alias, name, is } = row;
  const isTail = is === 'tail';
  // The type of the message follows from the same row.
  const { read, write } = FORMATS[is] as Format<unknown>;
  return {
    ...{ wire, ...(alias !== undefined && { alias }), ...(isTail && { tail: true }) },
    read(value, message: Record<string, unknown>) {
      message[name] = read(value);
      // The text of a message must be there.
      return !isTail || value !== undefined;
    },
    write: (properties: Readonly<Record<string, unknown>>) => write(properties[name]),
  };
}

type ValueOf<F> = F extends Format<infer V> ? V : never;
type PropertiesOf<F> = F extends { readonly names: unknown; readonly is: infer I extends keyof typeof PAIRS }
  ? (typeof PAIRS)[I] extends Field<infer P>
    ? P
    : never
  : F extends { readonly name: infer N extends string; readonly is: infer I extends keyof typeof FORMATS }
    ? Readonly<Record<N, ValueOf<(typeof FORMATS)[I]>>>
    : never;
type Intersection<U> = (U extends unknown ? (member: U) => void : never) extends (member: infer I) => void ? I : never;

/** What a device sends with a verb of the table. */
type NotificationOf<V extends keyof NotificationFields> = { readonly kind: V } & NotificationHeader &
  Intersection<PropertiesOf<NotificationFields[V][number]>>;

export type KnownNotification = {
  readonly [V in keyof NotificationFields]: NotificationOf<V>;
}[keyof NotificationFields];

function notification(verb: string, rows: readonly FieldRow[]): Codec<NotificationHeader> {
  const parts = rows.map(fieldOf);
  const tailName = parts.find((part) => part.tail)?.wire;
  return {
    read(body) {
      const header = readHeader(verb, body, tailName);
      if ('kind' in header) return header;
      const { pairs, recvid, id, password } = header;
      const message = { kind: verb, recvid, id, password };
      for (const part of parts) {
        const value = pairs.get(part.wire) ?? (part.alias === undefined ? undefined : pairs.get(part.alias));
        if (!part.read(value, message)) return malformed('missing text', verb);
      }
      return message;
    },
    write(message) {
      const pairs = parts.map((part) => {
        const value = part.write(message);
        return value === undefined ? '' : `;${part.wire}:${value}`;
      });
      return `${writeHeader(message.verb ?? verb, message)}${pairs.join('')}`;
    },
  };
}

function readHeader(
  verb: string,
  body: string,
  tailName: string | undefined,
): Malformed | (NotificationHeader & { readonly pairs: ReadonlyMap<string, string> }) {
  const end = body.indexOf(';');
  const recvid = trimBlanks(body.slice(0, end < 0 ? body.length : end));
  // It is echoed in a line of the ack, so it must be one word.
  if (recvid === '' || /[\s\0]/.test(recvid)) return malformed('missing number', verb);
  const pairs = readPairs(end < 0 ? '' : body.slice(end + 1), tailName);
  const id = pairs.get('id');
  if (id === undefined || id === '') return malformed('missing id', verb);
  const password = readPassword(pairs);
  if (password === undefined) return malformed('missing password', verb);
  return { recvid, id, password, pairs };
}

function writeHeader(verb: string, { recvid, id, password }: NotificationHeader): string {
  return `${verb}:${recvid};id:${id};password:${password}`;
}

/** The notifications of the table of events, by how they begin. */
export const NOTIFICATIONS = Object.fromEntries(
  Object.entries<readonly FieldRow[]>(NOTIFICATION_FIELDS).map(([verb, fields]) => [
    `${verb}:`,
    notification(verb, fields),
  ]),
  // The types follow from the same rows.
) as unknown as { readonly [V in keyof NotificationFields as `${V}:`]: Codec<NotificationOf<V>> };

/** A notification with a verb that is not in the table: acked, and delivered with all its fields. */
export interface OtherNotification extends NotificationHeader {
  readonly kind: 'OTHER';
  readonly verb: string;
  /** By name as received, without id and password. */
  readonly fields: ReadonlyMap<string, string>;
}

export type Notification = KnownNotification | OtherNotification;

export function readOtherNotification(verb: string, body: string): OtherNotification | Malformed {
  const header = readHeader(verb, body, undefined);
  // The verb is the sender's own invention: it is not worth repeating.
  if ('kind' in header) return malformed('unknown verb');
  const { recvid, id, password } = header;
  const fields = new Map<string, string>();
  forEachPair(body.slice(body.indexOf(';') + 1), undefined, (name, value) => {
    const isHeader = ['id', 'pass', 'password'].includes(name.toLowerCase());
    if (!isHeader && !fields.has(name)) fields.set(name, value);
  });
  return { kind: 'OTHER', verb, recvid, id, password, fields };
}

export function writeOtherNotification(message: OtherNotification): string {
  const pairs = [...message.fields].map(([name, value]) => `;${name}:${value}`).join('');
  return `${writeHeader(message.verb, message)}${pairs}`;
}

/** The verb on the wire: what the ack repeats. */
export function verbOf(message: Notification): string {
  return message.verb ?? message.kind;
}
