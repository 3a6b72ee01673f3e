/** Arbitrary messages of every kind, restricted only by what the wire can carry; each restriction says why. */
import fc from 'fast-check';
import { MAX_ID } from '../../src/parameters.js';
import {
  COMMANDS,
  errorReply,
  KEEPALIVE_FIELDS,
  type Command,
  type CommandName,
  type DeviceMessage,
  type ServerMessage,
} from '../../src/protocol/index.js';
import type { KnownNotification } from '../../src/protocol/notifications.js';
import { NOTIFICATION_FIELDS, type FieldRow } from '../../src/tables/events.js';

type ByKind<M extends { readonly kind: string }> = {
  readonly [K in M['kind']]: fc.Arbitrary<Extract<M, { readonly kind: K }>>;
};

/** What an SMS can hold: any Unicode but lone surrogates, which UTF-8 has no bytes for; often what hurts parsers. */
export const text: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 8 }),
      fc.string({ unit: 'grapheme', maxLength: 4 }),
      fc.constantFrom(';', ':', '\n', '\r\n', ' ', '  ', '\t', '\0', '\ufeff', '\u00a0'),
      fc.constantFrom(',cause:', ' ok', 'OK', '__proto__'),
      fc.constantFrom(';msg:', ';id:x', ';password:y', 'msg:', ';srcnum:+1;msg:', 'RECEIVE 1 OK\n', 'MSG 11 5 hello\n'),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(''));

const BLANKS = /[ \t\r\n\0]/;
const without = (pattern: RegExp) => text.map((value) => value.replace(new RegExp(pattern, `${pattern.flags}g`), ''));
const trimmed = (value: string) => value.replace(/^[ \t\r\n\0]+|[ \t\r\n\0]+$/g, '');

/** No blanks: they separate words. Not empty: nobody would see it. */
const word = without(BLANKS).filter((value) => value !== '');
/** No blanks around it: they belong to the separators before it and to the line end behind it. */
const line = text.map(trimmed);
/** No line ends at all: what a server sends is one line, so that nothing can be smuggled into another. */
const oneLine = text.map((value) => trimmed(value.replace(/[\r\n\0]/g, '')));
/** No semicolon: it ends the pair. */
const value = without(/;/);
/** No blanks at the end either: behind the last pair of a datagram they belong to the line end. */
const lastValue = value.map((written) => written.replace(/[ \t\r\n\0]+$/, ''));
/** An empty id is no id. */
const lineId = value.filter((written) => written !== '');

/** No colon: it ends the name. No blanks around it: firmware writes `; name:`. Not empty: it would be no name. */
const name = without(/[;:]/)
  .map(trimmed)
  .filter((written) => written !== '');
const HEADER = ['id', 'pass', 'password'];
/** Names of the header have their own properties. */
const otherName = name.filter((written) => !HEADER.includes(written.toLowerCase()));
const KNOWN = new Set<string>(KEEPALIVE_FIELDS.map((field) => field.toLowerCase()));
/** A known name has one spelling. */
const keepaliveName = fc.oneof(
  fc.constantFrom(...KEEPALIVE_FIELDS),
  otherName.filter((written) => !KNOWN.has(written.toLowerCase())),
);
const mapOf = (names: fc.Arbitrary<string>, values: fc.Arbitrary<string>) =>
  fc.array(fc.tuple(names, values), { maxLength: 20 }).map((entries): ReadonlyMap<string, string> => new Map(entries));

const id = fc.oneof(fc.integer({ min: 1, max: MAX_ID }), fc.constantFrom(1, MAX_ID));
/** At most 15 digits: what a number holds exactly. */
const integer = fc.option(fc.integer({ min: -999_999_999_999_999, max: 999_999_999_999_999 }));
const natural = fc.option(fc.integer({ min: 0, max: 999_999_999_999_999 }));
/** One word, for it is echoed in the ack. */
const oneWord = fc.oneof(
  fc.integer().map(String),
  without(/[;\s\0]/).filter((written) => written !== ''),
);
const header = { recvid: oneWord, id: lineId, password: lastValue };
const commandName = fc.constantFrom(...(Object.keys(COMMANDS) as CommandName[]));

/** A verb begins a datagram, so it is one word of ASCII, and none that has a meaning of its own. */
const otherVerb: fc.Arbitrary<string> = fc
  .oneof(fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,31}$/), fc.constantFrom('constructor', '__proto__', 'toString'))
  .filter((verb) => ![DEVICE_MESSAGES, SERVER_MESSAGES, COMMANDS].some((known) => Object.hasOwn(known, verb)));
const ackedVerb = fc.oneof(otherVerb, fc.constantFrom('RECEIVE', 'DELIVER', 'STATE', 'USSN'));

const message = <const K extends string, T extends object>(
  kind: K,
  properties: { [P in keyof T]: fc.Arbitrary<T[P]> },
) => fc.record(properties, { noNullPrototype: true }).map((rest): { readonly kind: K } & T => ({ kind, ...rest }));

export const DEVICE_MESSAGES: ByKind<DeviceMessage> = {
  req: message('req', {
    count: oneWord,
    id: lineId,
    password: value,
    fields: mapOf(keepaliveName, value),
  }),
  ...notifications(),
  OTHER: message('OTHER', { verb: otherVerb, ...header, fields: mapOf(otherName, lastValue) }),

  PASSWORD: message('PASSWORD', { sendid: id }),
  SEND: message('SEND', { sendid: id }),
  OK: message('OK', { sendid: id, telid: id, smsNo: natural }),
  WAIT: message('WAIT', { sendid: id, telid: id }),
  DONE: message('DONE', { sendid: id }),
  ERROR: fc
    .tuple(
      id,
      fc.oneof(
        line,
        fc.constantFrom('PASSWORD', 'SENDID', 'GSM_LOGOUT', 'too_many_sends_in_server'),
        fc.tuple(id, fc.integer({ min: 0, max: 999 })).map(([telid, status]) => `${telid} errorstatus:${status}`),
      ),
    )
    .map(([errorId, message]) => errorReply(errorId, message)),

  // `ok` at the end is the device's, not the value's.
  REPLY: message('REPLY', {
    command: commandName,
    id,
    value: line.map((written) => trimmed(written.replace(/(?:(?:^|[ \t\r\n\0]+)ok)+$/i, ''))),
    ok: fc.boolean(),
  }),
  USSD: message('USSD', { id, text }),
  USSDERROR: message('USSDERROR', { id, message: line }),
  USSDEXIT: message('USSDEXIT', { id }),
  CFOK: message('CFOK', { id }),
  CFERROR: message('CFERROR', { id }),
  GSMERROR: message('GSMERROR', { id, message: line }),
  GSM: message('GSM', { id, values: mapOf(name, lastValue) }),
  AT: message('AT', { sendid: id, count: value, id: lineId, password: value, text }),
};

export const SERVER_MESSAGES: ByKind<ServerMessage> = {
  reg: message('reg', {
    count: oneLine.map((written) => written.replaceAll(';', '')).filter((written) => written !== ''),
    status: fc.integer({ min: 0, max: 999_999_999 }),
  }),
  ACK: message('ACK', { verb: ackedVerb, recvid: word, error: fc.option(oneLine) }),
  MSG: message('MSG', { sendid: id, text }),
  PASSWORD: message('PASSWORD', { sendid: id, password: oneLine }),
  SEND: message('SEND', { sendid: id, telid: id, number: word }),
  DONE: message('DONE', { sendid: id }),
  COMMAND: commandName.chain((command) => commandMessage(command)),
  USSD: message('USSD', { id, password: word, code: without(/\p{Cc}/u) }),
  USSDEXIT: message('USSDEXIT', { id, password: oneLine }),
};

function commandMessage(command: CommandName): fc.Arbitrary<Command> {
  const length = COMMANDS[command].length - 1;
  return message('COMMAND', {
    command: fc.constant(command),
    id,
    password: word,
    values: fc.array(word, { minLength: length, maxLength: length }),
  });
}

/** Each notification of the table, with what its fields can hold. */
function notifications(): ByKind<KnownNotification> {
  const entries = Object.entries<readonly FieldRow[]>(NOTIFICATION_FIELDS).map(([verb, fields]): [string, unknown] => {
    const properties = fields.map((field, index) => propertiesOf(field, index === fields.length - 1));
    return [verb, message(verb, Object.assign({ ...header }, ...properties) as typeof header)];
  });
  // The types of the fields follow from the same rows.
  return Object.fromEntries<unknown>(entries) as ByKind<KnownNotification>;
}

function propertiesOf(field: FieldRow, isLast: boolean): Readonly<Record<string, fc.Arbitrary<unknown>>> {
  const written = isLast ? lastValue : value;
  switch (field.is) {
    case 'channel state':
      // A colon separates the state from the number.
      return {
        state: lastValue.map((state) => trimmed(state.replaceAll(':', ''))),
        number: fc.option(lastValue),
      };
    case 'hangup':
      // The first `,cause:` ends the number; without one it runs to the end of the line.
      return { number: text.map((number) => trimmed(number.replaceAll(',cause:', ''))), cause: fc.option(line) };
    case 'text':
      return { [field.name]: written };
    case 'optional text':
      return { [field.name]: fc.option(written) };
    case 'tail':
      return { [field.name]: text };
    case 'integer':
      return { [field.name]: integer };
    case 'list':
      return { [field.name]: cellList() };
  }
}

/** A comma ends an item, and an item of nothing but blanks is none. */
function cellList(): fc.Arbitrary<string[]> {
  return fc.array(value.map((item) => item.replaceAll(',', '')).filter((item) => item.trim() !== ''));
}
