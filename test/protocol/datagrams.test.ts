import assert from 'node:assert/strict';
import {
  formatDeviceMessage,
  formatServerMessage,
  parseDeviceMessage,
  parseServerMessage,
  verbOf,
} from '../../src/protocol/index.js';
import { plain } from './vectors.js';
import datagrams from './datagrams.json';

type Meaning = Readonly<Record<string, unknown>>;
type Row = (typeof datagrams)[number];

describe('datagrams that specs and other projects show', () => {
  for (const row of datagrams) {
    const { direction, bytes_utf8: datagram, source } = row;
    const [parse, write] =
      direction === 'device->server' ? [parseDeviceMessage, rewriteDevice] : [parseServerMessage, rewriteServer];

    describe(`${direction} ${JSON.stringify(datagram)} (${source})`, () => {
      it('means what the source says', () => {
        assert.deepEqual(plain(parse(Buffer.from(datagram))), expectedMessage(row));
      });

      it('is written back with the same bytes, but for the documented freedoms', () => {
        assert.equal(write(datagram), withoutFreedoms(datagram));
      });

      it('means the same after it was written back', () => {
        assert.deepEqual(plain(parse(write(datagram))), plain(parse(datagram)));
      });

      if (direction === 'device->server' && row.expected_reply && isAcked(row)) {
        it('gets the ack that the source shows', () => {
          assert.equal(ackOf(datagram), withoutFreedoms(row.expected_reply));
        });
      }
    });
  }
});

function rewriteDevice(datagram: string): string {
  const message = parseDeviceMessage(datagram);
  assert(message.kind !== 'malformed');
  return formatDeviceMessage(message);
}

function rewriteServer(datagram: string): string {
  const message = parseServerMessage(datagram);
  assert(message.kind !== 'malformed');
  return formatServerMessage(message);
}

/** `pass` for `password` in notifications, a blank before the newline, no newline behind an ack. */
function withoutFreedoms(datagram: string): string {
  if (/^[A-Z]+ -?\d+ (OK|ERROR .*)$/.test(datagram)) return `${datagram}\n`;
  if (datagram.startsWith('RECEIVE:')) return datagram.replace(';pass:', ';password:');
  return datagram.replace(/ \n$/, '\n');
}

function isAcked({ meaning }: Row): boolean {
  return meaning.kind === 'req' || 'recvid' in meaning;
}

function ackOf(datagram: string): string {
  const message = parseDeviceMessage(datagram);
  if (message.kind === 'req') return formatServerMessage({ kind: 'reg', count: message.count, status: 0 });
  assert('recvid' in message);
  return formatServerMessage({ kind: 'ACK', verb: verbOf(message), recvid: message.recvid, error: null });
}

/** The words of datagrams.json in those of our messages; a property that it does not know fails. */
function expectedMessage({ direction, meaning: { kind, ...meaning } }: Row): object {
  const translate = kind.endsWith('_ACK')
    ? (all: Meaning) => ackMeaning(kind, all)
    : (MEANINGS[`${direction} ${kind}`] ?? MEANINGS[kind]);
  assert(translate, `no translation of ${kind}`);
  const { rest, ...message } = translate(meaning);
  assert.deepEqual(rest ?? {}, {}, 'a property of datagrams.json that this test does not know');
  return message;
}

interface Translation extends Meaning {
  /** What is left of the properties in datagrams.json. */
  readonly rest?: Meaning;
}

const MEANINGS: Readonly<Record<string, (meaning: Meaning) => Translation>> = {
  req: ({ count, id, password, ...fields }) => ({
    kind: 'req',
    count: String(count),
    id,
    password,
    fields: texts(fields),
  }),
  reg: ({ count, ...same }) => ({ kind: 'reg', count: String(count), ...same }),
  MSG: ({ sendid, length, msg, ...rest }) => {
    assert.equal(length, Buffer.byteLength(String(msg)));
    return { kind: 'MSG', sendid, text: msg, rest };
  },
  PASSWORD: (same) => ({ kind: 'PASSWORD', ...same }),
  SEND: (same) => ({ kind: 'SEND', ...same }),
  WAIT: (same) => ({ kind: 'WAIT', ...same }),
  DONE: (same) => ({ kind: 'DONE', ...same }),
  OK: ({ sms_no: smsNo, ...same }) => ({ kind: 'OK', smsNo, ...same }),
  RECEIVE: ({ srcnum: from, msg: text, ...header }) =>
    notification('RECEIVE', header, { from, text, smsc: null, sentTime: null }),
  DELIVER: ({ sms_no: smsNo, state, delivered, num: number, ...header }) => {
    assert.equal(delivered, state === 0);
    return notification('DELIVER', header, { smsNo, state, number });
  },
  STATE: ({ state, num: number = null, ...header }) => notification('STATE', header, { state, number }),
  RECORD: ({ dir, direction, num: number, ...header }) => {
    assert.equal(direction, dir === 1 ? 'incoming' : 'outgoing');
    return notification('RECORD', header, { direction: dir, number });
  },
  HANGUP: ({ num: number, cause, ...header }) => notification('HANGUP', header, { number, cause }),
  REMAIN: ({ gsm_remain_time: minutes, ...header }) => notification('REMAIN', header, { minutes }),
  EXPIRY: ({ exp: minutes, ...header }) => notification('EXPIRY', header, { minutes }),
  CELLS: ({ cells, ...header }) => notification('CELLS', header, { cells }),
  command: ({ cmd: command, sendid: id, password, value, ...rest }) => ({
    kind: 'COMMAND',
    command,
    id,
    password,
    values: value === undefined ? [] : [value],
    rest,
  }),
  command_reply: ({ cmd: command, sendid: id, value, ok = false, ...rest }) => ({
    kind: 'REPLY',
    command,
    id,
    value,
    ok,
    rest,
  }),
  USSD: ({ sendid: id, ...same }) => ({ kind: 'USSD', id, ...same }),
  USSD_REPLY: ({ sendid: id, ...same }) => ({ kind: 'USSD', id, ...same }),
  GSM_REPLY: ({ sendid: id, ...values }) => ({ kind: 'GSM', id, values: texts(values) }),
};

function notification(kind: string, { recvid, id, password, ...rest }: Meaning, properties: Meaning): Translation {
  return { kind, recvid: String(recvid), id, password, ...properties, rest };
}

function ackMeaning(kind: string, { recvid, ok, error = null, ...rest }: Meaning): Translation {
  assert.equal(ok, error === null);
  return { kind: 'ACK', verb: kind.replace('_ACK', ''), recvid: String(recvid), error, rest };
}

/** Our fields are the text on the wire: datagrams.json has numbers for some, and null for an empty number. */
function texts(values: Meaning): ReadonlyMap<string, unknown> {
  return new Map(
    Object.entries(values).map(([name, value]) => [name, typeof value === 'number' ? String(value) : (value ?? '')]),
  );
}
