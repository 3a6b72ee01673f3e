import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  fieldOf,
  KEEPALIVE_FIELDS,
  keepaliveBodyOf,
  parseDeviceMessage,
  readKeepaliveBody,
  type DeviceMessage,
  type Keepalive,
  type Malformed,
} from '../../src/protocol/index.js';
import { check } from './property.js';
import { deviceVectors, malformed, serverVectors } from './vectors.js';

const keepalive = (...fields: [name: string, value: string][]): Keepalive => ({
  kind: 'req',
  count: '10',
  id: 'goipid1',
  password: 'password1',
  fields: new Map(fields),
});

const HEADER = 'req:10;id:goipid1;pass:password1;';

describe('keepalive (protocol §2)', () => {
  deviceVectors({
    'three fields are enough': { datagram: HEADER, means: keepalive() },
    'the seven fields of the seed': {
      datagram: `${HEADER}num:12345;signal:23;gsm_status:LOGIN;voip_status:LOGIN;`,
      means: keepalive(['num', '12345'], ['signal', '23'], ['gsm_status', 'LOGIN'], ['voip_status', 'LOGIN']),
    },
    'all fields that firmware is known to send': {
      datagram: `${HEADER}${KEEPALIVE_FIELDS.map((name) => `${name}:1;`).join('')}`,
      means: keepalive(...KEEPALIVE_FIELDS.map((name): [string, string] => [name, '1'])),
    },
    'the last semicolon may be missing': {
      datagram: 'req:10;id:goipid1;pass:password1',
      means: keepalive(),
      written: HEADER,
    },
    'a line end behind the last pair is no part of it': {
      datagram: 'req:10;id:goipid1;pass:password1\r\n',
      means: keepalive(),
      written: HEADER,
    },
    'a line end or NUL behind the last semicolon is no field': {
      datagram: `${HEADER}\r\n\0`,
      means: keepalive(),
      written: HEADER,
    },
    'the password may be called password': {
      datagram: 'req:10;id:goipid1;password:password1;',
      means: keepalive(),
      written: HEADER,
    },
    'the password may come before the id': {
      datagram: 'req:10;pass:password1;num:1;id:goipid1;',
      means: keepalive(['num', '1']),
      written: `${HEADER}num:1;`,
    },
    'values may be empty, (null) or <NULL>': {
      datagram: `${HEADER}num:;signal:(null);imei:<NULL>;`,
      means: keepalive(['num', ''], ['signal', '(null)'], ['imei', '<NULL>']),
    },
    'a value may hold colons, commas and blanks': {
      datagram: `${HEADER}CELLINFO:LAC:FFFF,CELL ID:FFFF;pro:CHINA UNICOM GSM;`,
      means: keepalive(['CELLINFO', 'LAC:FFFF,CELL ID:FFFF'], ['pro', 'CHINA UNICOM GSM']),
    },
    'a password may hold colons': {
      datagram: 'req:10;id:goipid1;pass:a:b::;',
      means: { ...keepalive(), password: 'a:b::' },
    },
    'a password may be empty': { datagram: 'req:10;id:goipid1;pass:;', means: { ...keepalive(), password: '' } },
    'an unknown field survives under the name that it came with': {
      datagram: `${HEADER}Battery_Level:80;`,
      means: keepalive(['Battery_Level', '80']),
    },
    'known names are known in any case': {
      datagram: 'req:10;ID:goipid1;PASS:password1;Num:1;sms_login:Y;cellinfo:x;',
      means: keepalive(['num', '1'], ['SMS_LOGIN', 'Y'], ['CELLINFO', 'x']),
      written: `${HEADER}num:1;SMS_LOGIN:Y;CELLINFO:x;`,
    },
    'of two equal fields the first counts': {
      datagram: 'req:10;id:goipid1;id:other;pass:password1;password:other;num:1;NUM:2;',
      means: keepalive(['num', '1']),
      written: `${HEADER}num:1;`,
    },
    'a field without a colon is empty': {
      datagram: `${HEADER}roaming;`,
      means: keepalive(['roaming', '']),
      written: `${HEADER}roaming:;`,
    },
    'runs of semicolons are nothing': { datagram: `${HEADER};;;`, means: keepalive(), written: HEADER },
    'names of Object.prototype are names like any other': {
      datagram: `${HEADER}__proto__:1;constructor:2;toString:3;`,
      means: keepalive(['__proto__', '1'], ['constructor', '2'], ['toString', '3']),
    },
    'the counter is text, to be echoed as it came': {
      datagram: 'req:0010;id:goipid1;pass:password1;',
      means: { ...keepalive(), count: '0010' },
    },
    'bytes that are no UTF-8 do no harm': {
      datagram: Buffer.concat([Buffer.from(`${HEADER}pro:`), Buffer.from([0xff, 0xfe]), Buffer.from(';')]),
      means: keepalive(['pro', '\ufffd\ufffd']),
      written: `${HEADER}pro:\ufffd\ufffd;`,
    },
    'no counter': { datagram: 'req:;id:goipid1;pass:password1;', means: malformed('missing number', 'req') },
    'no id': { datagram: 'req:10;pass:password1;', means: malformed('missing id', 'req') },
    'an empty id': { datagram: 'req:10;id:;pass:password1;', means: malformed('missing id', 'req') },
    'no password': { datagram: 'req:10;id:goipid1;', means: malformed('missing password', 'req') },
    'cut off behind the verb': { datagram: 'req:', means: malformed('missing number', 'req') },
    'cut off behind the counter': { datagram: 'req:10', means: malformed('missing id', 'req') },
  });

  it('fields keep their order', () => {
    const message = parseDeviceMessage(`${HEADER}zulu:1;num:2;alpha:3;`);
    assert(message.kind === 'req');
    assert.deepEqual([...message.fields.keys()], ['zulu', 'num', 'alpha']);
  });

  it('one field that is read alone is as it is among all', () => {
    const pairs = [
      '',
      'num:1;',
      'num:1;gsm_status:LOGIN;',
      'GSM_Status:LOGOUT;gsm_status:LOGIN;',
      'pro;gsm_status: a:b \n',
    ];
    const received = pairs.map((text) => parseDeviceMessage(HEADER + text));
    for (const message of [...received, keepalive(['gsm_status', 'LOGIN'])]) {
      assert(message.kind === 'req');
      for (const name of KEEPALIVE_FIELDS) assert.equal(fieldOf(message, name), message.fields.get(name), name);
    }
  });
});

describe('ack of a keepalive (protocol §2)', () => {
  serverVectors({
    'status 0 (seed)': { datagram: 'reg:10;status:0;', means: { kind: 'reg', count: '10', status: 0 } },
    'status 200': { datagram: 'reg:10;status:200;', means: { kind: 'reg', count: '10', status: 200 } },
    'the counter is echoed as text': {
      datagram: 'reg:0010;status:0;',
      means: { kind: 'reg', count: '0010', status: 0 },
    },
    'the last semicolon may be missing': {
      datagram: 'reg:10;status:0',
      means: { kind: 'reg', count: '10', status: 0 },
      written: 'reg:10;status:0;',
    },
    'no counter': { datagram: 'reg:;status:0;', means: malformed('missing number', 'reg') },
    'no status': { datagram: 'reg:10;', means: malformed('missing number', 'reg') },
  });
});

describe('what a keepalive says behind its counter', () => {
  it('is the rest of the datagram', () => {
    const message = parseDeviceMessage(`${HEADER}signal:23;`);
    assert(message.kind === 'req');
    assert.equal(keepaliveBodyOf(message), 'id:goipid1;pass:password1;signal:23;');
  });

  it('is read as the same message as the whole datagram', () => {
    const part = fc.constantFrom('id:a', 'pass:b', 'PASSWORD:c', 'signal:', 'pro:é', 'x', ':', ' ', '\0', '\n', '');
    const bytes = fc.uint8Array({ maxLength: 4 });
    check(fc.tuple(fc.array(part), bytes), ([parts, noise]) => {
      const body = Buffer.concat([Buffer.from(parts.join(';')), noise]);
      const read = readKeepaliveBody(10, body.toString('latin1'));
      const isAscii = body.every((byte) => byte < 128);
      assert.equal(read !== undefined, isAscii);
      if (read) assert.deepEqual(plain(read), plain(parseDeviceMessage(Buffer.concat([Buffer.from('req:10;'), body]))));
    });
  });

  it('is unknown if it is not ASCII: two that differ could look the same', () => {
    const message = parseDeviceMessage(`${HEADER}pro:é;`);
    assert(message.kind === 'req');
    assert.equal(keepaliveBodyOf(message), undefined);
  });
});

function plain(message: DeviceMessage | Malformed): object {
  if (message.kind !== 'req') return message;
  const { count, id, password, fields } = message;
  return { count, id, password, fields, body: keepaliveBodyOf(message) };
}
