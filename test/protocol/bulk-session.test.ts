import assert from 'node:assert/strict';
import { MAX_ID } from '../../src/parameters.js';
import { errorReply } from '../../src/protocol/index.js';
import { deviceVectors, malformed, serverVectors } from './vectors.js';

const msg = (text: string, bytes: number) =>
  ({ datagram: `MSG 11 ${bytes} ${text}\n`, means: { kind: 'MSG', sendid: 11, text } }) as const;

describe('bulk session, server → device (protocol §4)', () => {
  serverVectors({
    MSG: msg('hello', 5),
    'MSG counts bytes of UTF-8: CJK': msg('短信', 6),
    'MSG counts bytes of UTF-8: emoji': msg('👍🏽', 8),
    'MSG counts bytes of UTF-8: newlines': msg('a\nb\r\nc', 6),
    'MSG keeps blanks around the text': msg('  x  ', 5),
    'MSG keeps a newline at the end of the text': msg('x\n', 2),
    'MSG with a text like the wire format': msg('12 3 x;id:y;msg:z', 17),
    'MSG with an empty text': msg('', 0),
    'MSG with a text of one newline': msg('\n', 1),
    'MSG with a NUL': msg('a\0b', 3),
    'MSG of 3000 bytes': msg('短'.repeat(1000), 3000),
    'MSG with the largest id': {
      datagram: `MSG ${MAX_ID} 1 x\n`,
      means: { kind: 'MSG', sendid: MAX_ID, text: 'x' },
    },
    'MSG without the newline': {
      datagram: 'MSG 11 5 hello',
      means: { kind: 'MSG', sendid: 11, text: 'hello' },
      written: 'MSG 11 5 hello\n',
    },
    'MSG with runs of blanks before the length': {
      datagram: 'MSG   11   5 hello\n',
      means: { kind: 'MSG', sendid: 11, text: 'hello' },
      written: 'MSG 11 5 hello\n',
    },
    'MSG that counts characters, not bytes': { datagram: 'MSG 11 2 短信\n', means: malformed('wrong length', 'MSG') },
    'MSG that was cut off': { datagram: 'MSG 11 5 hell', means: malformed('wrong length', 'MSG') },
    'MSG with more text than it says': { datagram: 'MSG 11 4 hello\n', means: malformed('wrong length', 'MSG') },
    'MSG without a text': { datagram: 'MSG 11 5', means: malformed('missing number', 'MSG') },
    'MSG with id 0': { datagram: 'MSG 0 1 x\n', means: malformed('missing number', 'MSG') },
    'MSG with an id above 2³¹−1': { datagram: 'MSG 2147483648 1 x\n', means: malformed('missing number', 'MSG') },
    'MSG with a negative length': { datagram: 'MSG 11 -1 x\n', means: malformed('missing number', 'MSG') },

    PASSWORD: { datagram: 'PASSWORD 11 password1\n', means: { kind: 'PASSWORD', sendid: 11, password: 'password1' } },
    'PASSWORD with blanks inside': {
      datagram: 'PASSWORD 11 pass word\n',
      means: { kind: 'PASSWORD', sendid: 11, password: 'pass word' },
    },
    'PASSWORD with runs of blanks around': {
      datagram: 'PASSWORD  11   password1 \r\n',
      means: { kind: 'PASSWORD', sendid: 11, password: 'password1' },
      written: 'PASSWORD 11 password1\n',
    },
    'PASSWORD without an id': { datagram: 'PASSWORD password1\n', means: malformed('missing number', 'PASSWORD') },

    SEND: {
      datagram: 'SEND 11 1 +8613800138000\n',
      means: { kind: 'SEND', sendid: 11, telid: 1, number: '+8613800138000' },
    },
    'SEND to a short code': {
      datagram: 'SEND 11 2 *100#\n',
      means: { kind: 'SEND', sendid: 11, telid: 2, number: '*100#' },
    },
    'SEND without a number': { datagram: 'SEND 11 1\n', means: malformed('missing value', 'SEND') },
    'SEND with telid 0': { datagram: 'SEND 11 0 +1\n', means: malformed('missing number', 'SEND') },

    DONE: { datagram: 'DONE 11\n', means: { kind: 'DONE', sendid: 11 } },
    'DONE with a blank before the newline (example of the spec)': {
      datagram: 'DONE 11 \n',
      means: { kind: 'DONE', sendid: 11 },
      written: 'DONE 11\n',
    },
  });
});

describe('bulk session, device → server (protocol §4)', () => {
  deviceVectors({
    'PASSWORD: session opened': { datagram: 'PASSWORD 11\n', means: { kind: 'PASSWORD', sendid: 11 } },
    'SEND: authenticated': { datagram: 'SEND 11\n', means: { kind: 'SEND', sendid: 11 } },
    'OK of two words': { datagram: 'OK 11 1\n', means: { kind: 'OK', sendid: 11, telid: 1, smsNo: null } },
    'OK of three words': { datagram: 'OK 11 1 160\n', means: { kind: 'OK', sendid: 11, telid: 1, smsNo: 160 } },
    'OK with sms_no 0': { datagram: 'OK 11 1 0\n', means: { kind: 'OK', sendid: 11, telid: 1, smsNo: 0 } },
    'OK with something else for sms_no': {
      datagram: 'OK 11 1 (null)\n',
      means: { kind: 'OK', sendid: 11, telid: 1, smsNo: null },
      written: 'OK 11 1\n',
    },
    'WAIT: queued or being sent': { datagram: 'WAIT 11 2\n', means: { kind: 'WAIT', sendid: 11, telid: 2 } },
    'DONE: session released': { datagram: 'DONE 11\n', means: { kind: 'DONE', sendid: 11 } },

    'a blank before the newline': {
      datagram: 'OK 11 1 160 \n',
      means: { kind: 'OK', sendid: 11, telid: 1, smsNo: 160 },
      written: 'OK 11 1 160\n',
    },
    'no newline': {
      datagram: 'WAIT 11 2',
      means: { kind: 'WAIT', sendid: 11, telid: 2 },
      written: 'WAIT 11 2\n',
    },
    'CRLF and NUL at the end': {
      datagram: 'SEND 11\r\n\0',
      means: { kind: 'SEND', sendid: 11 },
      written: 'SEND 11\n',
    },
    'runs of blanks and tabs between words': {
      datagram: 'OK   11 \t 1    160   \n',
      means: { kind: 'OK', sendid: 11, telid: 1, smsNo: 160 },
      written: 'OK 11 1 160\n',
    },
    'leading zeros': {
      datagram: 'WAIT 0011 02\n',
      means: { kind: 'WAIT', sendid: 11, telid: 2 },
      written: 'WAIT 11 2\n',
    },
    'the largest ids': {
      datagram: `WAIT ${MAX_ID} ${MAX_ID}\n`,
      means: { kind: 'WAIT', sendid: MAX_ID, telid: MAX_ID },
    },

    'id 0': { datagram: 'SEND 0\n', means: malformed('missing number', 'SEND') },
    'id above 2³¹−1': { datagram: 'SEND 2147483648\n', means: malformed('missing number', 'SEND') },
    'an id of many digits': { datagram: `SEND ${'1'.repeat(400)}\n`, means: malformed('missing number', 'SEND') },
    'a negative id': { datagram: 'DONE -1\n', means: malformed('missing number', 'DONE') },
    'a hexadecimal id': { datagram: 'DONE 0x1\n', means: malformed('missing number', 'DONE') },
    'an id in exponents': { datagram: 'DONE 1e3\n', means: malformed('missing number', 'DONE') },
    'a telid above 2³¹−1': { datagram: 'OK 11 2147483648\n', means: malformed('missing number', 'OK') },
    'OK without a telid': { datagram: 'OK 11\n', means: malformed('missing number', 'OK') },
    'WAIT without a telid': { datagram: 'WAIT 11 \n', means: malformed('missing number', 'WAIT') },
    'ERROR without an id': { datagram: 'ERROR SENDID\n', means: malformed('missing number', 'ERROR') },
    'a verb without words': { datagram: 'DONE ', means: malformed('missing number', 'DONE') },
    'a verb alone': { datagram: 'DONE', means: malformed('unknown verb') },
  });
});

describe('ERROR (protocol §4)', () => {
  const session = { telid: null, errorstatus: null } as const;
  const error = (message: string, meaning: object) => ({ message, meaning });

  const table = {
    'too many sessions': error('too_many_sends_in_server', { ...session, reason: 'too_many_sends' }),
    'too many sessions (field)': error('too_many_sends', { ...session, reason: 'too_many_sends' }),
    'wrong password': error('PASSWORD', { ...session, reason: 'PASSWORD' }),
    'unknown session (field)': error('SENDID', { ...session, reason: 'SENDID' }),
    'the SIM is not registered (field)': error('GSM_LOGOUT', { ...session, reason: 'GSM_LOGOUT' }),
    'the SIM is not registered, said of one number': error('1 GSM_LOGOUT', {
      telid: 1,
      errorstatus: null,
      reason: 'GSM_LOGOUT',
    }),
    'not sent, the usual number': error('1 errorstatus:1', { telid: 1, errorstatus: 1, reason: 'errorstatus' }),
    'not sent, like a +CMS ERROR': error('1 errorstatus:38', { telid: 1, errorstatus: 38, reason: 'errorstatus' }),
    'not sent, a negative number': error('2 errorstatus:-1', { telid: 2, errorstatus: -1, reason: 'errorstatus' }),
    'not sent, a blank behind the colon': error('2 errorstatus: 1', {
      telid: 2,
      errorstatus: 1,
      reason: 'errorstatus',
    }),
    'not sent, no number': error('2 errorstatus:', { telid: 2, errorstatus: null, reason: 'errorstatus' }),
    'a number but no telid': error('errorstatus:1', { telid: null, errorstatus: 1, reason: 'other' }),
    'words of the device about the session': error('no such command', { ...session, reason: 'other' }),
    'words of the device about a number': error('3 busy now', { telid: 3, errorstatus: null, reason: 'other' }),
    'a number alone may be the words of the device': error('1', { ...session, reason: 'other' }),
    'no words': error('', { ...session, reason: 'other' }),
    'a value that is no telid (set_gsm_num)': error('13800138001 refused', { ...session, reason: 'other' }),
  };

  for (const [rule, { message, meaning }] of Object.entries(table)) {
    it(rule, () => assert.deepEqual(errorReply(11, message), { kind: 'ERROR', id: 11, message, ...meaning }));
  }

  deviceVectors(
    Object.fromEntries(
      Object.entries(table).map(([rule, { message }]) => [
        `on the wire: ${rule}`,
        { datagram: `ERROR 11 ${message}\n`, means: errorReply(11, message) },
      ]),
    ),
  );

  deviceVectors({
    'a blank before the newline': {
      datagram: 'ERROR 11 1 errorstatus:38 \n',
      means: errorReply(11, '1 errorstatus:38'),
      written: 'ERROR 11 1 errorstatus:38\n',
    },
    'no newline': {
      datagram: 'ERROR 11 GSM_LOGOUT',
      means: errorReply(11, 'GSM_LOGOUT'),
      written: 'ERROR 11 GSM_LOGOUT\n',
    },
    'runs of blanks before the words': {
      datagram: 'ERROR   11   SENDID\n',
      means: errorReply(11, 'SENDID'),
      written: 'ERROR 11 SENDID\n',
    },
  });
});
