import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { excerptOf, tracedText, withoutNumbers } from '../../src/traffic/redaction.js';

const PARTS = ['pass:', ';id:', 'msg:', 'PASSWORD 1 ', 'MSG 1 2 ', '12345678', 'x'];

describe('redaction: an excerpt of a datagram', () => {
  it('is how it begins, in one line', () => {
    assert.equal(excerptOf('req:1;id:goip-01\n', []), 'req:1;id:goip-01\\u000a');
    assert.equal(excerptOf('x'.repeat(200), []), 'x'.repeat(80));
  });

  for (const [what, datagram, shown] of [
    ['behind its name', 'req:1;id:a;pass:other;signal:1', 'req:1;id:a;pass:••••'],
    ['behind its long name', 'HANGUP:1;id:a;password:other;num:1', 'HANGUP:1;id:a;password:••••'],
    ['behind a verb', 'ERROR 12 wrong PASSWORD other', 'ERROR 12 wrong PASSWORD ••••'],
    ['behind an equals sign', 'ERROR 12 password=other', 'ERROR 12 password=••••'],
    ['that is one of ours, wherever it stands', 'secret2:1;id:xsecret1x', '••••:1;id:x••••x'],
    ['that stands there twice', 'secret1secret1 secret2', '•••• ••••'],
    ['that ends where no more is shown', `${'x'.repeat(78)}secret1`, `${'x'.repeat(78)}••••`],
  ] as const) {
    it(`shows no password ${what}`, () => assert.equal(excerptOf(datagram, ['secret1', 'secret2']), shown));
  }

  it('shows no text of an SMS', () => {
    assert.equal(excerptOf('RECEIVE:1;srcnum:+1;msg:love: you', []), 'RECEIVE:1;srcnum:+1;msg:••••');
  });

  it('shows the last digits of long numbers only, and short ones as they are', () => {
    assert.equal(excerptOf('RECEIVE:123456;srcnum:+8613513415667;x', []), 'RECEIVE:123456;srcnum:+…667;x');
    assert.equal(excerptOf(`${'x'.repeat(76)}+8613513415667`, []), `${'x'.repeat(76)}+…`);
    assert.equal(withoutNumbers('+8613513415667, 13800138000 and 10086'), '+…667, …000 and 10086');
  });
});

describe('redaction: a datagram in a trace', () => {
  const shown = (datagram: string): string => tracedText(datagram, ['secret1', 'se;cret2:']);

  it('is shown with all its fields but the password, in one line, up to a length', () => {
    const keepalive = 'req:1;id:goip-01;pass:••••;num:+…000;signal:21;';
    assert.equal(shown('req:1;id:goip-01;pass:secret1;num:+8613800138000;signal:21;'), keepalive);
    assert.equal(shown('req:1;id:goip-01;pass:other;num:+8613800138000;signal:21;'), keepalive);
    assert.equal(shown('reg:1;status:0;\n\u202e'), 'reg:1;status:0;\\u000a\\u202e');
    assert.equal(shown('x'.repeat(5000)), 'x'.repeat(300));
  });

  for (const [what, datagram, text] of [
    ['where the server tells it', 'PASSWORD 17 other word\n', 'PASSWORD 17 ••••'],
    ['where it is asked for', 'PASSWORD 17\n', 'PASSWORD 17\\u000a'],
    ['behind a verb', 'ERROR 12 wrong PASSWORD 1234', 'ERROR 12 wrong PASSWORD ••••'],
    ['where it is the number of a session', 'PASSWORD secret1', 'PASSWORD ••••'],
    ['of two fields', 'a:1;pass:x;password:y z;b:2', 'a:1;pass:••••;password:••••;b:2'],
    ['with what ends a field', 'a:1;pass:x;y z;b:2', 'a:1;pass:••••;b:2'],
    ['that looks like a field', 'a:1;pass:se;cret2:;b:2', 'a:1;pass:••••;b:2'],
    ['without a name', 'xsecret1secret1 y', 'x•••• y'],
  ] as const) {
    it(`shows no password ${what}`, () => assert.equal(shown(datagram), text));
  }

  it('shows no text of an SMS, coming or going, whatever is in it', () => {
    assert.equal(
      shown('RECEIVE:1;id:a;password:b;srcnum:+1;msg:a;id:b;c'),
      'RECEIVE:1;id:a;password:••••;srcnum:+1;msg:••••',
    );
    assert.equal(shown('MSG 17 11 hello;id:b\n\n'), 'MSG 17 11 ••••');
    assert.equal(shown('SEND 17 1 +8613513415667\n'), 'SEND 17 1 +…667\\u000a');
  });
});

describe('redaction', () => {
  it('never leaves a password that somebody has, nor more digits in a row than a short number has', () => {
    const password = fc.string({ unit: 'binary-ascii', minLength: 4, maxLength: 70 });
    const passwords = fc.array(password, { minLength: 1, maxLength: 3 });
    const part = (known: readonly string[]) =>
      fc.oneof(fc.string(), fc.constantFrom(...known), fc.constantFrom(...PARTS));
    const input = passwords.chain((known) =>
      fc.tuple(
        fc.constant(known),
        fc.array(part(known), { maxLength: 20 }).map((parts) => parts.join('')),
      ),
    );
    fc.assert(
      fc.property(input, ([known, datagram]) => {
        for (const shown of [excerptOf(datagram, known), tracedText(datagram, known)]) {
          for (const one of known) if (!/[•…\\]|^\d+$/.test(one)) assert(!shown.includes(one), shown);
          assert.doesNotMatch(shown, /\d{7,}/);
        }
      }),
    );
  });
});
