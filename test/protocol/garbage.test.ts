import { deviceVectors, malformed, serverVectors, type Vectors } from './vectors.js';

const garbage: Vectors<never> = {
  nothing: { datagram: '', means: malformed('empty') },
  'no bytes': { datagram: new Uint8Array(), means: malformed('empty') },
  'a NUL': { datagram: '\0', means: malformed('unknown verb') },
  blanks: { datagram: ' \r\n\t ', means: malformed('unknown verb') },
  'bytes that are no UTF-8': { datagram: Uint8Array.of(0xff, 0xfe, 0xc0, 0x80), means: malformed('unknown verb') },
  'a separator without a verb': { datagram: ':1;id:a;password:b', means: malformed('unknown verb') },
  'a word': { datagram: 'hello', means: malformed('unknown verb') },
  'SIP, that goes to the same boxes': {
    datagram: 'OPTIONS sip:100@1.2.3.4 SIP/2.0\r\nVia: x\r\n',
    means: malformed('unknown verb'),
  },
  DNS: {
    datagram: Uint8Array.of(0xaa, 0xaa, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0x61, 0, 0, 1, 0, 1),
    means: malformed('unknown verb'),
  },
  'a byte order mark': { datagram: '\ufeff', means: malformed('unknown verb') },
  'a verb behind a separator': { datagram: ';DONE 11\n', means: malformed('unknown verb') },
  'a verb longer than any': { datagram: `${'A'.repeat(33)}:1;id:a;password:b`, means: malformed('unknown verb') },
  'constructor as a verb': { datagram: 'constructor:', means: malformed('unknown verb') },
  '__proto__ as a verb': { datagram: '__proto__ 1', means: malformed('unknown verb') },
  'hasOwnProperty as a verb': { datagram: 'hasOwnProperty:x', means: malformed('unknown verb') },
};

describe('garbage to the server', () => {
  deviceVectors(garbage);
  deviceVectors({
    'the ack of a keepalive is no message of a device': {
      datagram: 'reg:10;status:0;',
      means: malformed('unknown verb'),
    },
    'MSG is no message of a device': { datagram: 'MSG 11 5 hello\n', means: malformed('unknown verb') },
  });
});

describe('garbage to the device', () => {
  serverVectors(garbage);
  serverVectors({
    'a keepalive is no message of a server': {
      datagram: 'req:10;id:goipid1;pass:password1;',
      means: malformed('unknown verb'),
    },
    'a verb of a server in the wrong case': { datagram: 'done 11\n', means: malformed('unknown verb') },
    'RECEIVE is no message of a server': {
      datagram: 'RECEIVE:1;id:a;password:b;srcnum:c;msg:d',
      means: malformed('unknown verb'),
    },
  });
});
