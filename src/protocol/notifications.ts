/** `VERB:$recvid;id:$id;password:$password;…` — what a device reports by itself and wants acked (protocol §3, §5). */
import { trimBlanks, trimBlanksEnd } from './blanks.js';
import { malformed, type Codec, type Malformed, type MessageOf } from './codec.js';
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

/** A field that becomes one property. */
function single<const K extends string, V>(
  wire: string,
  key: K,
  read: (value: string | undefined) => V,
  write: (property: V) => string | undefined,
): Field<Readonly<Record<K, V>>> {
  return {
    wire,
    read(value, message: Record<K, V>) {
      message[key] = read(value);
      return true;
    },
    write: (properties) => write(properties[key]),
  };
}

const text = <const K extends string>(wire: string, key: K): Field<Readonly<Record<K, string>>> =>
  single(
    wire,
    key,
    (value) => value ?? '',
    (property) => property,
  );

/** The text of a message: to the end of the datagram, to the last byte, and it must be there. */
const tail = <const K extends string>(wire: string, key: K): Field<Readonly<Record<K, string>>> => {
  const field = text(wire, key);
  return { ...field, tail: true, read: (value, message) => value !== undefined && field.read(value, message) };
};

const optional = <const K extends string>(wire: string, key: K): Field<Readonly<Record<K, string | null>>> =>
  single(
    wire,
    key,
    (value) => value ?? null,
    (property) => property ?? undefined,
  );

/** An integer; null where the device sent something else. */
const integer = <const K extends string>(wire: string, key: K): Field<Readonly<Record<K, number | null>>> =>
  single(
    wire,
    key,
    (value) => (value !== undefined && /^\s*-?\d{1,15}\s*$/.test(value) ? Number(value) : null),
    (property) => String(property ?? ''),
  );

/** `1,2,3,` with or without the comma at the end. */
const list = <const K extends string>(wire: string, key: K): Field<Readonly<Record<K, readonly string[]>>> =>
  single(
    wire,
    key,
    (value): readonly string[] => (value ?? '').split(',').filter((item) => item.trim() !== ''),
    (property) => property.map((item) => `${item},`).join(''),
  );

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

type PropertiesOf<F> = F extends Field<infer P> ? P : never;
type Intersection<U> = (U extends unknown ? (member: U) => void : never) extends (member: infer I) => void ? I : never;
type NotificationOf<V, F extends readonly unknown[]> = { readonly kind: V } & NotificationHeader &
  Intersection<PropertiesOf<F[number]>>;

function notification<const V extends string, const F extends readonly Field<object>[]>(
  verb: V,
  ...fields: F
): Codec<NotificationOf<V, F>> {
  const parts: readonly Field<object>[] = fields;
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
      return message as unknown as NotificationOf<V, F>;
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

/** The notifications that we know, by how they begin. To add one, add a line. */
export const NOTIFICATIONS = {
  'RECEIVE:': notification(
    'RECEIVE',
    { ...text('srcnum', 'from'), alias: 'num' },
    optional('smscnum', 'smsc'),
    optional('senttime', 'sentTime'),
    tail('msg', 'text'),
  ),
  'DELIVER:': notification('DELIVER', integer('sms_no', 'smsNo'), integer('state', 'state'), text('num', 'number')),
  'STATE:': notification('STATE', channelState),
  'RECORD:': notification('RECORD', integer('dir', 'direction'), text('num', 'number')),
  'HANGUP:': notification('HANGUP', hangup),
  'REMAIN:': notification('REMAIN', integer('gsm_remain_time', 'minutes')),
  'EXPIRY:': notification('EXPIRY', integer('exp', 'minutes')),
  'CELLINFO:': notification('CELLINFO', tail('info', 'info')),
  'CELLS:': notification('CELLS', list('lists', 'cells')),
  'BCCH:': notification('BCCH', list('bcch', 'bcch')),
  'CGATT:': notification('CGATT', integer('cgatt', 'attached')),
  'USSN:': notification('USSN', tail('msg', 'text')),
} as const;

export type KnownNotification = MessageOf<(typeof NOTIFICATIONS)[keyof typeof NOTIFICATIONS]>;

/** A notification of a verb that this table does not have: acked and handed on with all its fields. */
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
