import assert from 'node:assert/strict';
import { HIDDEN, printable, withoutPassword, withoutPasswordInValue } from '../src/printable.js';

describe('printable text', () => {
  it('is left alone, in any script', () => {
    for (const text of ['', 'goip1', 'Grüße 你好 🎉', 'a b', '\\u000a']) assert.equal(printable(text), text);
  });

  for (const [what, text, shown] of [
    ['line ends', 'a\r\nb\u2028c\u2029d\u0085', 'a\\u000d\\u000ab\\u2028c\\u2029d\\u0085'],
    ['the escapes of a terminal', '\u001b[2J\u009b31m\u007f', '\\u001b[2J\\u009b31m\\u007f'],
    ['what turns the direction around', 'a\u202eb\u2066c\u200f', 'a\\u202eb\\u2066c\\u200f'],
    ['what cannot be seen', 'a\u0000b\u200bc\ufeffd\u00ade', 'a\\u0000b\\u200bc\\ufeffd\\u00ade'],
  ] as const) {
    it(`shows ${what}`, () => assert.equal(printable(text), shown));
  }
});

describe('text without a password', () => {
  it('hides it wherever it stands', () => {
    assert.equal(withoutPassword('secret, and secret again', 'secret'), `${HIDDEN}, and ${HIDDEN} again`);
  });

  it('hides what follows the name of one to the end', () => {
    assert.equal(withoutPassword('23,pass:other;x:1\nand more', 'secret'), `23,pass:${HIDDEN}`);
    assert.equal(withoutPassword('PASSWORD:other', undefined), `PASSWORD:${HIDDEN}`);
  });

  it('is left alone where there is none', () => {
    for (const password of [undefined, '', 'secret'])
      assert.equal(withoutPassword('23, passed', password), '23, passed');
  });

  it('takes a password that looks like a pattern for what it is', () => {
    assert.equal(withoutPassword('a$&b.*', '$&'), `a${HIDDEN}b.*`);
    assert.equal(withoutPassword('xyz', '.*'), 'xyz');
  });
});

describe('a value without a password', () => {
  for (const [what, value, password, shown] of [
    ['hides it wherever it stands', 'xsecret1y secret1', 'secret1', `x${HIDDEN}y ${HIDDEN}`],
    ['hides one of digits', 'your code is 12345, 12345', '12345', `your code is ${HIDDEN}, ${HIDDEN}`],
    ['hides one of digits behind letters', 'x12345y', '12345', `x${HIDDEN}y`],
    ['leaves a longer number alone', '+4912345678', '12345', '+4912345678'],
    ['leaves numbers alone that equal a very short password', '21', '21', '21'],
    ['hides what follows the name of one', '12 pass:12345', '777777', `12 pass:${HIDDEN}`],
    ['is left alone if there is none', '16', undefined, '16'],
    ['is left alone if the password is empty', '16', '', '16'],
  ] as const) {
    it(what, () => assert.equal(withoutPasswordInValue(value, password), shown));
  }
});
