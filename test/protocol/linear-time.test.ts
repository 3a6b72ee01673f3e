import assert from 'node:assert/strict';
import { parseDeviceMessage, parseServerMessage } from '../../src/protocol/index.js';
import { plain } from './vectors.js';

const SIZE = 65_000;
/** A quadratic parser is some thousand times slower here than a linear one, a busy machine less than a hundred times. */
const FACTOR = 300;
const TRIES = 10;

const DEVICE = [
  '',
  'req:',
  'req:1;id:a;pass:b;',
  'req:1;id:a;pass:b;CELLINFO:',
  'RECEIVE:',
  'RECEIVE:1;id:a;password:b;srcnum:',
  'RECEIVE:1;id:a;password:b;msg:',
  'DELIVER:1;id:a;password:b;sms_no:',
  'STATE:1;id:a;password:b;gsm_remain_state:',
  'HANGUP:1;id:a;password:b;num:',
  'CELLS:1;id:a;password:b;lists:',
  'OTHER:1;id:a;password:b;',
  'OK ',
  'OK 11',
  'ERROR 11 ',
  'ERROR 11 1 errorstatus:',
  'get_gsm_num 1 ',
  'USSD 1 ',
  'GSM:1;',
  'AT:1;count:',
  'AT:1;count:1;id:a;password:b;receive:',
];
const SERVER = [
  'reg:',
  'MSG ',
  'MSG 1',
  'MSG 1 1',
  'PASSWORD 1 ',
  'SEND 1 1',
  'RECEIVE 1 ',
  'get_imei 1',
  'USSD 1 ',
  'CF 1 a',
];
const FILLING = [' ', '\n', '\0', '\t', '\u00a0', ';', ':', ',', '1', 'a', ' ok', 'a ', '; :', ';a:', ';msg', ',cause'];

describe('time to read grows with the size of a datagram, not with its square', () => {
  const cells = Array.from({ length: SIZE / 8 }, (_, index) => `${index + 1_000_000},`).join('');
  const ordinary = shortest(() => readAll(`CELLS:1;id:a;pass:b;lists:${cells}`.slice(0, SIZE)), 0);

  for (const beginning of DEVICE) it(`device: ${beginning}…`, () => assertLinear(readAll, beginning));
  for (const beginning of SERVER) it(`server: ${beginning}…`, () => assertLinear(parseServerMessage, beginning));

  /** Runs of separators, blanks and digits, once to the end and once with something behind them. */
  function assertLinear(parse: (datagram: string) => unknown, beginning: string): void {
    for (const filling of FILLING) {
      for (const end of ['', '!', 'x\n']) {
        const datagram = beginning + filling.repeat(SIZE / filling.length) + end;
        const took = shortest(() => parse(datagram), ordinary * FACTOR);
        assert(
          took <= ordinary * FACTOR,
          `${JSON.stringify(filling)} × ${SIZE}: ${took / ordinary} × an ordinary datagram`,
        );
      }
    }
  }
});

/** With the fields of a keepalive, which are read when they are asked for. */
function readAll(datagram: string): unknown {
  return plain(parseDeviceMessage(datagram));
}

/** The shortest time of some tries: the others waited for something else. Stops at one that is short enough. */
function shortest(work: () => unknown, enough: number): number {
  let best = Infinity;
  for (let tries = 0; tries < TRIES && best > enough; tries += 1) {
    const start = performance.now();
    work();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}
