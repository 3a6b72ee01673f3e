import { type DeviceMessage } from '../../src/protocol/index.js';
import { deviceVectors, malformed, serverVectors } from './vectors.js';

type Receive = Extract<DeviceMessage, { kind: 'RECEIVE' }>;

const receive = (changes: Partial<Receive> = {}): Receive => ({
  kind: 'RECEIVE',
  recvid: '1270197307',
  id: 'goipid1',
  password: 'password1',
  from: '+8613513415667',
  smsc: null,
  sentTime: null,
  text: 'just a test',
  ...changes,
});

const HEADER = 'RECEIVE:1270197307;id:goipid1;password:password1;';
const UP_TO_TEXT = `${HEADER}srcnum:+8613513415667;msg:`;

const text = (wire: string) => ({ datagram: `${UP_TO_TEXT}${wire}`, means: receive({ text: wire }) });
const recvid = (wire: string) => ({
  datagram: `${UP_TO_TEXT}just a test`.replace('1270197307', wire),
  means: receive({ recvid: wire }),
});
const from = (wire: string) => ({
  datagram: `${HEADER}srcnum:${wire};msg:just a test`,
  means: receive({ from: wire }),
});

describe('RECEIVE (protocol §3)', () => {
  deviceVectors({
    'the format of the seed says password': text('just a test'),
    'the example of the seed says pass': {
      datagram: 'RECEIVE:1270197307;id:goipid1;pass:password1;srcnum:+8613513415667;msg:just a test',
      means: receive(),
      written: `${UP_TO_TEXT}just a test`,
    },
    'newer firmware puts smscnum and senttime, with colons, before the text': {
      datagram: `${HEADER}srcnum:+8613513415667;smscnum:+86:138;senttime:2024-05-01 10:11:12;msg:just a test`,
      means: receive({ smsc: '+86:138', sentTime: '2024-05-01 10:11:12' }),
    },
    'the header may have any order and case': {
      datagram: 'RECEIVE:1270197307;SrcNum:+8613513415667;PASSWORD:password1;ID:goipid1;MSG:just a test',
      means: receive(),
      written: `${UP_TO_TEXT}just a test`,
    },
    'an unknown header field does no harm': {
      datagram: `${HEADER}__proto__:1;coding:8;srcnum:+8613513415667;msg:just a test`,
      means: receive(),
      written: `${UP_TO_TEXT}just a test`,
    },

    'the text may hold semicolons and colons': text('a;b:c;;d::'),
    'the text may hold what looks like fields': text('hi;id:x;password:y;srcnum:+1;msg:z'),
    'the text may begin with what looks like its own field': text(';msg:msg:'),
    'the text may hold what looks like a datagram': text('x\nRECEIVE:1;id:a;password:b;srcnum:c;msg:d'),
    'the text may hold newlines, and CRLF': text('one\ntwo\r\nthree\n'),
    'the text is not trimmed': text(' \t two blanks on each side  \n'),
    'the text keeps its case': text('CaSe'),
    'the text may be empty': text(''),
    'the text may hold a NUL': text('a\0b'),
    'emoji, CJK and right-to-left arrive unharmed': text('👩‍👩‍👧‍👦 短信 שלום é'),
    'the text may be 3000 bytes and longer': text('短'.repeat(1400)),
    'a lost part shows as the text of the device': text('[SMS1 missed]rest'),

    'recvid is like a unix time': recvid('1571812849'),
    'recvid is small': recvid('2'),
    'recvid is negative (no NTP)': recvid('-1571812849'),
    'recvid is longer than any integer': recvid('123456789012345678901234567890'),

    'the sender is a short number': from('10086'),
    'the sender is a word with blanks and accents': from('Änne Bank'),
    'the sender is empty': from(''),
    'the sender holds a colon': from('tel:+1'),
    'no sender at all is an empty sender': {
      datagram: `${HEADER}msg:just a test`,
      means: receive({ from: '' }),
      written: `${HEADER}srcnum:;msg:just a test`,
    },

    'the id cannot come from the text': {
      datagram: 'RECEIVE:1;password:password1;srcnum:+1;msg:x;id:goipid1',
      means: malformed('missing id', 'RECEIVE'),
    },
    'the password cannot come from the text': {
      datagram: 'RECEIVE:1;id:goipid1;srcnum:+1;msg:x;password:password1',
      means: malformed('missing password', 'RECEIVE'),
    },
    'no recvid': { datagram: 'RECEIVE:;id:a;password:b;msg:x', means: malformed('missing number', 'RECEIVE') },
    'a recvid of two words could not be echoed': {
      datagram: 'RECEIVE:1 OK\n2;id:a;password:b;msg:x',
      means: malformed('missing number', 'RECEIVE'),
    },
    'a recvid with a NUL could not be echoed': {
      datagram: 'RECEIVE:1\x002;id:a;password:b;msg:x',
      means: malformed('missing number', 'RECEIVE'),
    },
    'cut off behind the verb': { datagram: 'RECEIVE:', means: malformed('missing number', 'RECEIVE') },
    'cut off within the header': { datagram: 'RECEIVE:1;id:goip', means: malformed('missing password', 'RECEIVE') },
    'cut off before the text': { datagram: `${HEADER}srcnum:+1`, means: malformed('missing text', 'RECEIVE') },
    'cut off before the colon of the text': {
      datagram: `${HEADER}srcnum:+1;msg`,
      means: malformed('missing text', 'RECEIVE'),
    },
  });
});

describe('ack of RECEIVE and of every other notification (protocol §3, §5)', () => {
  serverVectors({
    saved: { datagram: 'RECEIVE 5 OK\n', means: { kind: 'ACK', verb: 'RECEIVE', recvid: '5', error: null } },
    'recvid goes back as it came': {
      datagram: 'RECEIVE -007 OK\n',
      means: { kind: 'ACK', verb: 'RECEIVE', recvid: '-007', error: null },
    },
    'the newline may be missing (example of the seed)': {
      datagram: 'RECEIVE 1270197307 OK',
      means: { kind: 'ACK', verb: 'RECEIVE', recvid: '1270197307', error: null },
      written: 'RECEIVE 1270197307 OK\n',
    },
    'refused, with a message of several words': {
      datagram: 'RECEIVE 5 ERROR no such id\n',
      means: { kind: 'ACK', verb: 'RECEIVE', recvid: '5', error: 'no such id' },
    },
    'refused without a message': {
      datagram: 'STATE 5 ERROR \n',
      means: { kind: 'ACK', verb: 'STATE', recvid: '5', error: '' },
    },
    'the ack of a verb that we do not know': {
      datagram: 'CONSTRUCTOR 5 OK\n',
      means: { kind: 'ACK', verb: 'CONSTRUCTOR', recvid: '5', error: null },
    },
    'the ack of a verb that every object has': {
      datagram: 'constructor 5 OK\n',
      means: { kind: 'ACK', verb: 'constructor', recvid: '5', error: null },
    },
    'neither OK nor ERROR': { datagram: 'RECEIVE 5 PERHAPS\n', means: malformed('unknown verb') },
    'cut off before OK': { datagram: 'RECEIVE 5 ', means: malformed('unknown verb') },
  });
});
