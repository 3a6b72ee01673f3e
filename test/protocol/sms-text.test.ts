import assert from 'node:assert/strict';
import {
  formatDeviceMessage,
  formatServerMessage,
  parseDeviceMessage,
  parseServerMessage,
} from '../../src/protocol/index.js';
import { text } from './arbitrary-messages.js';
import { check, SEED } from './property.js';

const RUNS = 1000;

describe(`the text of an SMS arrives as it was written (seed ${SEED})`, () => {
  it('through RECEIVE, whatever stands in the header', () => {
    check(
      text,
      (sms) => {
        const datagram = `RECEIVE:1;id:goipid1;pass:p;srcnum:+1;smscnum:a:b;senttime:10:11;msg:${sms}`;
        const message = parseDeviceMessage(Buffer.from(datagram));
        assert(message.kind === 'RECEIVE');
        assert.equal(message.text, sms);
        assert.equal(message.id, 'goipid1');
        assert.equal(message.password, 'p');
        assert.equal(message.from, '+1');
      },
      RUNS,
    );
  });

  it('through MSG, with its length in bytes', () => {
    check(
      text,
      (sms) => {
        const datagram = formatServerMessage({ kind: 'MSG', sendid: 11, text: sms });
        assert.equal(datagram, `MSG 11 ${Buffer.from(sms).length} ${sms}\n`);
        assert.deepEqual(parseServerMessage(Buffer.from(datagram)), { kind: 'MSG', sendid: 11, text: sms });
      },
      RUNS,
    );
  });

  it('through MSG without its newline', () => {
    check(
      text,
      (sms) => {
        const datagram = `MSG 11 ${Buffer.byteLength(sms)} ${sms}`;
        assert.deepEqual(parseServerMessage(datagram), { kind: 'MSG', sendid: 11, text: sms });
      },
      RUNS,
    );
  });

  it('through USSN and USSD', () => {
    check(text, (sms) => {
      const header = { recvid: '1', id: 'goipid1', password: 'p' };
      for (const message of [
        { kind: 'USSN', ...header, text: sms },
        { kind: 'USSD', id: 1, text: sms },
      ] as const) {
        assert.deepEqual(parseDeviceMessage(Buffer.from(formatDeviceMessage(message))), message);
      }
    });
  });
});
