import assert from 'node:assert/strict';
import { PAIRS_READ } from '../../src/parameters.js';
import { parseDeviceMessage, verbOf, type DeviceMessage } from '../../src/protocol/index.js';
import { deviceVectors, malformed, plain } from './vectors.js';

const RECEIVED = { recvid: '7', id: 'a', password: 'b', from: '+1', smsc: null, sentTime: null, text: 'hi' } as const;
const RECEIVE: DeviceMessage = { kind: 'RECEIVE', ...RECEIVED };
const WRITTEN = 'RECEIVE:7;id:a;password:b;srcnum:+1;msg:hi';
const HIGH = [0xed, 0xa0, 0xbd];
const LOW = [0xed, 0xb8, 0x83];

const bytes = (...parts: readonly (string | readonly number[])[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))));

function textOf(...parts: readonly (string | readonly number[])[]): string {
  const message = parseDeviceMessage(bytes('RECEIVE:7;id:a;password:b;srcnum:+1;msg:', ...parts));
  assert(message.kind === 'RECEIVE');
  return message.text;
}

describe('odd datagrams', () => {
  deviceVectors({
    'a verb in lower case is the same verb, and its ack repeats the spelling': {
      datagram: 'receive:7;id:a;password:b;srcnum:+1;msg:hi',
      means: { ...RECEIVE, verb: 'receive' },
    },
    'a verb in mixed case is the same verb': {
      datagram: 'Deliver:7;id:a;password:b;sms_no:3;state:0;num:+1',
      means: {
        kind: 'DELIVER',
        recvid: '7',
        id: 'a',
        password: 'b',
        verb: 'Deliver',
        smsNo: 3,
        state: 0,
        number: '+1',
      },
    },
    'a keepalive in capitals is a keepalive': {
      datagram: 'REQ:4;id:a;pass:b;',
      means: { kind: 'req', count: '4', id: 'a', password: 'b', fields: new Map() },
      written: 'req:4;id:a;pass:b;',
    },
    'a session reply in lower case is a session reply': {
      datagram: 'ok 11 12 13\n',
      means: { kind: 'OK', sendid: 11, telid: 12, smsNo: 13 },
      written: 'OK 11 12 13\n',
    },
    'the reason of an error is known in lower case': {
      datagram: 'error 11 gsm_logout\n',
      means: { kind: 'ERROR', id: 11, message: 'gsm_logout', reason: 'GSM_LOGOUT', telid: null, errorstatus: null },
      written: 'ERROR 11 gsm_logout\n',
    },
    'a byte order mark in front of the verb is skipped': {
      datagram: `\ufeff${WRITTEN}`,
      means: RECEIVE,
      written: WRITTEN,
    },
    'blanks and line ends in front of the verb are skipped': {
      datagram: ` \r\n\t${WRITTEN}`,
      means: RECEIVE,
      written: WRITTEN,
    },
    'a session reply behind a blank is a session reply': {
      datagram: ' DONE 11\n',
      means: { kind: 'DONE', sendid: 11 },
      written: 'DONE 11\n',
    },
    'the sender of an SMS may be called num': {
      datagram: 'RECEIVE:7;id:a;password:b;num:+1;msg:hi',
      means: RECEIVE,
      written: WRITTEN,
    },
    'srcnum wins over num, even if it is empty': {
      datagram: 'RECEIVE:7;id:a;password:b;num:+1;srcnum:;msg:hi',
      means: { ...RECEIVE, from: '' },
      written: 'RECEIVE:7;id:a;password:b;srcnum:;msg:hi',
    },
    'a num within the text is no sender': {
      datagram: 'RECEIVE:7;id:a;password:b;msg:hi;num:+1',
      means: { ...RECEIVE, from: '', text: 'hi;num:+1' },
      written: 'RECEIVE:7;id:a;password:b;srcnum:;msg:hi;num:+1',
    },
    'an id is not trimmed': {
      datagram: 'RECEIVE:7;id:a ;password:b;srcnum:+1;msg:hi',
      means: { ...RECEIVE, id: 'a ' },
    },
  });

  it('an unknown verb keeps its spelling', () => {
    const message = parseDeviceMessage('vendor:1;id:a;password:b;x:1');
    assert(message.kind === 'OTHER');
    assert.equal(verbOf(message), 'vendor');
  });

  describe('surrogates of three bytes each (CESU-8)', () => {
    it('become the character', () => assert.equal(textOf('so ', HIGH, LOW, ' glad'), 'so \u{1f603} glad'));

    it('stay halves if they stand alone, for the other half may come with the next part', () => {
      assert.equal(textOf('so ', HIGH), 'so \ud83d');
      assert.equal(textOf(LOW, ' glad'), '\ude03 glad');
    });

    it('leave other characters and other broken bytes as they are', () => {
      assert.equal(textOf('\ud7ff 你🎉 ', [0xff], HIGH, LOW, [0xed, 0xa0]), '\ud7ff 你🎉 \ufffd\u{1f603}\ufffd\ufffd');
    });

    it('in a header are replaced if they stand alone', () => {
      const message = parseDeviceMessage(bytes('RECEIVE:7;id:a;password:b;srcnum:', HIGH, ';msg:', HIGH));
      assert.deepEqual(message, { ...RECEIVE, from: '\ufffd', text: '\ud83d' });
    });

    it('in other messages are replaced if they stand alone', () => {
      const message = plain(parseDeviceMessage(bytes('req:1;id:a;pass:b;pro:', HIGH, ';')));
      assert(message.kind === 'req');
      assert.equal(message.fields.get('pro'), '\ufffd');
    });
  });

  describe('more pairs than any device sends', () => {
    const pairs = (count: number): string => Array.from({ length: count }, (_, index) => `f${index}:1;`).join('');

    it('are ignored in a keepalive', () => {
      const message = parseDeviceMessage(`req:1;id:a;pass:b;${pairs(7000)}`);
      assert(message.kind === 'req');
      assert.equal(message.fields.size, PAIRS_READ - 2);
    });

    it('are ignored in an unknown report', () => {
      const message = parseDeviceMessage(`VENDOR:1;id:a;password:b;${pairs(7000)}`);
      assert(message.kind === 'OTHER');
      assert.equal(message.fields.size, PAIRS_READ - 2);
    });

    it('make a keepalive malformed if the credentials are behind them', () => {
      assert.deepEqual(parseDeviceMessage(`req:1;${pairs(7000)}id:a;pass:b;`), malformed('missing id', 'req'));
    });
  });
});
