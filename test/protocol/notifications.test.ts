import assert from 'node:assert/strict';
import { parseDeviceMessage, verbOf } from '../../src/protocol/index.js';
import { deviceVectors, malformed } from './vectors.js';

const header = { recvid: '42', id: 'goip-1', password: 'goip' } as const;
const wire = (verb: string, pairs: string): string => `${verb}:42;id:goip-1;password:goip${pairs}`;

describe('notifications (protocol §5)', () => {
  deviceVectors({
    'DELIVER: delivered': {
      datagram: wire('DELIVER', ';sms_no:32;state:0;num:+861380013800'),
      means: { kind: 'DELIVER', ...header, smsNo: 32, state: 0, number: '+861380013800' },
    },
    'DELIVER: still trying': {
      datagram: wire('DELIVER', ';sms_no:0;state:48;num:10086'),
      means: { kind: 'DELIVER', ...header, smsNo: 0, state: 48, number: '10086' },
    },
    'DELIVER: numbers that are none': {
      datagram: wire('DELIVER', ';sms_no:(null);state:;num:'),
      means: { kind: 'DELIVER', ...header, smsNo: null, state: null, number: '' },
      written: wire('DELIVER', ';sms_no:;state:;num:'),
    },
    'STATE: idle': {
      datagram: wire('STATE', ';gsm_remain_state:IDLE'),
      means: { kind: 'STATE', ...header, state: 'IDLE', number: null },
    },
    'STATE: a call has the other number behind a colon': {
      datagram: wire('STATE', ';gsm_remain_state:INCOMING:+1'),
      means: { kind: 'STATE', ...header, state: 'INCOMING', number: '+1' },
    },
    'STATE: a call of a hidden number': {
      datagram: wire('STATE', ';gsm_remain_state:CONNECTED:'),
      means: { kind: 'STATE', ...header, state: 'CONNECTED', number: '' },
    },
    'STATE: a line end is no part of the state': {
      datagram: wire('STATE', ';gsm_remain_state:ACTIVE \r\n'),
      means: { kind: 'STATE', ...header, state: 'ACTIVE', number: null },
      written: wire('STATE', ';gsm_remain_state:ACTIVE'),
    },
    'RECORD: incoming': {
      datagram: wire('RECORD', ';dir:1;num:1380013800'),
      means: { kind: 'RECORD', ...header, direction: 1, number: '1380013800' },
    },
    'RECORD: outgoing': {
      datagram: wire('RECORD', ';dir:2;num:10086'),
      means: { kind: 'RECORD', ...header, direction: 2, number: '10086' },
    },
    'HANGUP: a comma, not a semicolon, before the cause': {
      datagram: wire('HANGUP', ';num:+1,cause:Normal call clearing'),
      means: { kind: 'HANGUP', ...header, number: '+1', cause: 'Normal call clearing' },
    },
    'HANGUP: an empty number': {
      datagram: wire('HANGUP', ';num:,cause:User busy'),
      means: { kind: 'HANGUP', ...header, number: '', cause: 'User busy' },
    },
    'HANGUP: no cause, and a line end': {
      datagram: wire('HANGUP', ';num:+1\n'),
      means: { kind: 'HANGUP', ...header, number: '+1', cause: null },
      written: wire('HANGUP', ';num:+1'),
    },
    'REMAIN: −1 is unlimited': {
      datagram: wire('REMAIN', ';gsm_remain_time:-1'),
      means: { kind: 'REMAIN', ...header, minutes: -1 },
    },
    EXPIRY: { datagram: wire('EXPIRY', ';exp:0'), means: { kind: 'EXPIRY', ...header, minutes: 0 } },
    'CELLINFO: to the end': {
      datagram: wire('CELLINFO', ';info:LAC:FFFF,CELL ID:FFFF;x:y'),
      means: { kind: 'CELLINFO', ...header, info: 'LAC:FFFF,CELL ID:FFFF;x:y' },
    },
    'CELLS: a comma at the end': {
      datagram: wire('CELLS', ';lists:689,638,'),
      means: { kind: 'CELLS', ...header, cells: ['689', '638'] },
    },
    'CELLS: no comma at the end': {
      datagram: wire('CELLS', ';lists:689,638\n'),
      means: { kind: 'CELLS', ...header, cells: ['689', '638'] },
      written: wire('CELLS', ';lists:689,638,'),
    },
    'CELLS: none': { datagram: wire('CELLS', ';lists:'), means: { kind: 'CELLS', ...header, cells: [] } },
    BCCH: { datagram: wire('BCCH', ';bcch:1,2,'), means: { kind: 'BCCH', ...header, bcch: ['1', '2'] } },
    CGATT: { datagram: wire('CGATT', ';cgatt:1'), means: { kind: 'CGATT', ...header, attached: 1 } },
    'USSN: the text runs to the end': {
      datagram: wire('USSN', ';msg:Balance: 1;00\nid:x;msg:y\n'),
      means: { kind: 'USSN', ...header, text: 'Balance: 1;00\nid:x;msg:y\n' },
    },
    'USSN without a text': { datagram: wire('USSN', ''), means: malformed('missing text', 'USSN') },
    'DELIVER without an id': {
      datagram: 'DELIVER:1;password:goip;sms_no:1;state:0;num:1',
      means: malformed('missing id', 'DELIVER'),
    },
    'STATE without a password': { datagram: 'STATE:1;id:goip-1', means: malformed('missing password', 'STATE') },
    'a known verb in the wrong way': { datagram: 'STATE 42 OK\n', means: malformed('unknown verb') },
  });
});

describe('notifications of verbs that we do not know (protocol §5)', () => {
  const other = (verb: string, ...fields: [string, string][]) =>
    ({ kind: 'OTHER', verb, ...header, fields: new Map(fields) }) as const;

  deviceVectors({
    'all fields survive under the names that they came with': {
      datagram: wire('SIMSWAP', ';Slot:3;why:a:b,c'),
      means: other('SIMSWAP', ['Slot', '3'], ['why', 'a:b,c']),
    },
    'the header is not among the fields': {
      datagram: 'SIMSWAP:42;slot:3;PASS:goip;Id:goip-1;id:x',
      means: other('SIMSWAP', ['slot', '3']),
      written: wire('SIMSWAP', ';slot:3'),
    },
    'of two equal fields the first counts': {
      datagram: wire('SIMSWAP', ';slot:3;slot:4'),
      means: other('SIMSWAP', ['slot', '3']),
      written: wire('SIMSWAP', ';slot:3'),
    },
    'a line end is no part of the last field': {
      datagram: wire('SIMSWAP', ';slot:3\n'),
      means: other('SIMSWAP', ['slot', '3']),
      written: wire('SIMSWAP', ';slot:3'),
    },
    'a verb with a digit': { datagram: wire('SMS2', ''), means: other('SMS2') },
    'a verb that every object has': { datagram: wire('constructor', ''), means: other('constructor') },
    'the verb __proto__, and a field of that name': {
      datagram: wire('__proto__', ';__proto__:1'),
      means: other('__proto__', ['__proto__', '1']),
    },
    'without an id nobody could be acked': { datagram: 'SIMSWAP:42;slot:3', means: malformed('unknown verb') },
    'without a password nobody could be acked': { datagram: 'SIMSWAP:42;id:goip-1', means: malformed('unknown verb') },
  });

  it('the verb for the ack is the one on the wire', () => {
    for (const verb of ['STATE', 'RECEIVE', 'SIMSWAP', '__proto__']) {
      const message = parseDeviceMessage(wire(verb, ';gsm_remain_state:IDLE;msg:x'));
      assert('recvid' in message);
      assert.equal(verbOf(message), verb);
    }
  });
});
