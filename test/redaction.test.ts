import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { excerptOf, withoutNumbers } from '../src/redaction.js';

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

  it('never holds a password that somebody has, nor more digits in a row than a short number has', () => {
    const password = fc.string({ unit: 'binary-ascii', minLength: 4, maxLength: 70 });
    const passwords = fc.array(password, { minLength: 1, maxLength: 3 });
    const part = (known: readonly string[]) =>
      fc.oneof(fc.string(), fc.constantFrom(...known), fc.constantFrom('pass:', ';id:', 'msg:', '12345678', 'x'));
    const input = passwords.chain((known) =>
      fc.tuple(
        fc.constant(known),
        fc.array(part(known), { maxLength: 20 }).map((parts) => parts.join('')),
      ),
    );
    fc.assert(
      fc.property(input, ([known, datagram]) => {
        const shown = excerptOf(datagram, known);
        for (const one of known) if (!/[•…\\]|^\d+$/.test(one)) assert(!shown.includes(one), shown);
        assert.doesNotMatch(shown, /\d{7,}/);
      }),
    );
  });
});
