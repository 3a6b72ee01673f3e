import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { GoipError, type GoipErrorCode } from '../../src/errors.js';
import { Routes } from '../../src/outbox/matching/routes.js';
import { checkRequest, type RequestContext, type SendRequest } from '../../src/outbox/accepting/request.js';
import { Secrets } from '../../src/secrets.js';
import { BAD_NUMBERS, GOOD_NUMBERS } from '../gsm/number-cases.js';

const ROUTES = new Routes(
  [
    { id: 'goipid1', group: 'de' },
    { id: 'goipid2', group: 'de' },
  ],
  [],
  [{ id: 'goipid9', group: 'uk', why: 'is switched off' }],
);
const CONTEXT: RequestContext = {
  named: (name) => ROUTES.named(name),
  whyUnusable: (name) => ROUTES.whyUnusable(name),
  country: undefined,
};

const check = (request: Partial<SendRequest>) => checkRequest({ to: '+1', text: 'hello', ...request }, CONTEXT);

function refuses(code: GoipErrorCode, request: Partial<SendRequest>, message?: RegExp): void {
  // As the server shows it.
  const shown = ({ message }: Error): string => new Secrets().shortQuotes(message);
  const isRight = (error: unknown): boolean =>
    error instanceof GoipError && error.code === code && (message?.test(shown(error)) ?? true);
  assert.throws(() => check(request), isRight, inspect(request));
}

describe('request: numbers (contract, goip send)', () => {
  const GOOD: Readonly<Record<string, readonly [written: unknown, sent: string]>> = {
    ...GOOD_NUMBERS,
    'a number of JavaScript': [13800138000, '13800138000'],
    'a large number of JavaScript': [8613800138000, '8613800138000'],
  };
  for (const [rule, [written, sent]] of Object.entries(GOOD)) {
    it(`takes ${rule}`, () => assert.deepEqual(check({ to: written }).to, [sent]));
  }

  const BAD: Readonly<Record<string, unknown>> = {
    ...BAD_NUMBERS,
    'a fraction': 1.5,
    'a negative number': -13800138000,
    'a number too large to be exact': 2 ** 53,
    'not a number': NaN,
    infinity: Infinity,
    'a bigint': 13800138000n,
    'a boolean': true,
    'an object without a number': { name: 'Ann' },
    'an array in an array': [['+86138']],
    'a buffer': Buffer.from('+86138'),
    'one bad number among good ones': '+86138, nobody, +86139',
    'one bad value among good ones': ['+86138', {}, '+86139'],
  };
  for (const [rule, written] of Object.entries(BAD)) {
    it(`refuses ${rule}`, () => refuses('GOIP_BAD_NUMBER', { to: written }));
  }

  it('says which number is bad, and not more than the beginning of it', () => {
    refuses('GOIP_BAD_NUMBER', { to: '+86138, nobody' }, /^" ?nobody" is not a telephone number$/);
    refuses('GOIP_BAD_NUMBER', { to: 'x'.repeat(10_000) }, /^.{1,100}$/);
    refuses('GOIP_BAD_NUMBER', { to: ['+1', '', 'nobody'] }, /^row 3: "nobody" is not a telephone number$/);
    refuses('GOIP_BAD_NUMBER', { to: 'a\nb' }, /^"a\\nb" /);
    refuses('GOIP_BAD_NUMBER', { to: ['+1', 491511234567.5] }, /^row 2: "491511234567.5" is not a telephone number$/);
  });
});

describe('request: rows without a number', () => {
  it('are named, with the fields that they have', () => {
    const rows = [{ number: '+1' }, { '\ufeffnumber': '+2', name: 'Ann' }];
    const fields = 'row 2: there is no field "number"; the fields are "\\\\ufeffnumber", "name"';
    refuses('GOIP_BAD_NUMBER', { to: rows }, new RegExp(`^${fields}$`));
    refuses('GOIP_BAD_NUMBER', { to: [{}] }, /^there is no field "number"; the fields are none$/);
    refuses('GOIP_BAD_NUMBER', { to: [{ number: null }] }, /^a value of type object is not a telephone number$/);
  });
});

describe('request: rows whose text cannot be made', () => {
  const text = 'Dear {{name}}';
  const ann = { number: '+1', name: 'Ann' };

  it('are named, with the fields that they have', () => {
    const to = [ann, { number: '+2', Name: 'Bob' }];
    const problem = /^row 2: the text needs the field "name"; the fields are "number", "Name"$/;
    refuses('GOIP_TEXT_INVALID', { to, text }, problem);
    refuses('GOIP_TEXT_INVALID', { to: [ann, '+2'], text }, /^row 2: .*; the fields are "number"$/);
    refuses('GOIP_TEXT_EMPTY', { to: [ann, { ...ann, name: '' }], text: '{{name}}' }, /^row 2: there is no text/);
    refuses('GOIP_TEXT_INVALID', { to: [{ number: '+1' }], text }, /^the text needs the field "name"; the fields/);
  });

  it('are named if their text takes too many SMS', () => {
    const to = [ann, { number: '+2', name: 'Bob'.repeat(60) }];
    refuses('GOIP_TOO_MANY_PARTS', { to, text, maxParts: 1 }, /^row 2: the text takes 2 SMS \(GSM-7\), not 1$/);
    refuses('GOIP_TOO_MANY_PARTS', { to: to[1], text, maxParts: 1 }, /^the text takes 2 SMS/);
  });

  it('are none if the template itself is wrong', () => {
    refuses('GOIP_TEXT_INVALID', { to: [ann, ann], text: 'Dear {{name' }, /^the template is not understood/);
  });
});

describe('request: a leading blank with a default country', () => {
  it('is a lost + if the number is one of another country, and nothing else', () => {
    const to = (written: string, country: string) =>
      checkRequest({ to: written, text: 'x' }, { ...CONTEXT, country }).to;
    assert.deepEqual(to(' 447911123456', 'DE'), ['+447911123456']);
    assert.deepEqual(to(' 44 (0)7911 123456', 'DE'), ['+447911123456']);
    assert.deepEqual(to(' 2125551234', 'US'), ['+12125551234']);
  });

  it('is no + if the number is one at home, whatever it is abroad', () => {
    const to = (written: string, country: string) =>
      checkRequest({ to: written, text: 'x' }, { ...CONTEXT, country }).to;
    assert.deepEqual(to(' 2015820449', 'US'), ['+12015820449'], 'and not Egypt');
    assert.deepEqual(to(' 13129123999', 'CN'), ['+8613129123999'], 'and not Chicago');
  });
});

describe('request: blanks in a list', () => {
  const number = '13129123999';
  for (const [what, to] of Object.entries({
    'behind a comma': `13800138000, ${number}`,
    'before all of it': ` 13800138000, ${number}`,
    'in an array': [' 13800138000', ` ${number}`],
    'in rows': [{ number: ' 13800138000' }, { number: ` ${number}` }],
    'in a single row': [{ number: ' 13800138000' }, ` ${number}`],
  })) {
    it(`are no lost + ${what}`, () => {
      assert.deepEqual(checkRequest({ to, text: 'x' }, CONTEXT).to, ['13800138000', number]);
      const atHome = checkRequest({ to, text: 'x' }, { ...CONTEXT, country: 'CN' }).to;
      assert.deepEqual(atHome, ['+8613800138000', `+86${number}`]);
    });
  }
});

describe('request: lists of numbers', () => {
  const LISTS: Readonly<Record<string, readonly [unknown, readonly string[]]>> = {
    'a string with commas': ['+1,+2, +3', ['+1', '+2', '+3']],
    'a string with semicolons': ['+1; +2', ['+1', '+2']],
    'a mixture': ['+1, +2;+3', ['+1', '+2', '+3']],
    'an array': [
      ['+1', 2],
      ['+1', '2'],
    ],
    'an array of lists': [
      ['+1,+2', '+3'],
      ['+1', '+2', '+3'],
    ],
    'separators too many': [',+1,, ;+2;', ['+1', '+2']],
    'empty values between': [['+1', '', null, undefined, ' '], ['+1']],
  };
  for (const [rule, [written, to]] of Object.entries(LISTS)) {
    it(`takes ${rule}`, () => assert.deepEqual(check({ to: written }).to, to));
  }

  it('counts the same number once, however it is written, where it stood first', () => {
    assert.deepEqual(check({ to: '+86 138, +1, +86138, (+86)138' }).to, ['+86138', '+1']);
    assert.deepEqual(check({ to: ['10086', 10086] }).to, ['10086']);
  });

  for (const to of [undefined, null, '', '  ', ',;', [], ['', null], '()', ' - ']) {
    it(`finds nobody in ${inspect(to)}`, () => refuses('GOIP_NO_RECIPIENT', { to }));
  }
});

describe('request: the text', () => {
  const textOf = (text: unknown) => check({ text }).text;

  it('is taken as it is', () => {
    for (const text of ['hello', '  x  ', 'a\r\nb', '短信', '👍🏽', ';id:x;msg:y']) assert.equal(textOf(text), text);
  });

  it('may be a number, a boolean or a buffer of UTF-8', () => {
    assert.deepEqual([textOf(42), textOf(0), textOf(false), textOf(Buffer.from('短信'))], ['42', '0', 'false', '短信']);
  });

  it('of half a character is what UTF-8 makes of it', () => {
    assert.equal(textOf('a\ud83d'), 'a\ufffd');
  });

  for (const text of [undefined, null, '', ' ', '\n', '\u00a0', Buffer.alloc(0)]) {
    it(`is missing where it is ${inspect(text)}`, () => refuses('GOIP_TEXT_EMPTY', { text }));
  }

  for (const text of [
    {},
    ['hello'],
    () => 'hello',
    Symbol('hello'),
    NaN,
    Infinity,
    'a\0b',
    Buffer.from([0x61, 0xff]),
  ]) {
    it(`is none where it is ${inspect(text)}`, () => refuses('GOIP_TEXT_INVALID', { text }));
  }

  it('has at most 3000 bytes of UTF-8, not characters', () => {
    for (const text of ['a'.repeat(3000), '短'.repeat(1000), '👍'.repeat(750), 'ü'.repeat(1500)]) {
      assert.equal(textOf(text), text);
      refuses('GOIP_TEXT_TOO_LONG', { text: `${text}a` }, /3001 bytes/);
    }
    refuses('GOIP_TEXT_TOO_LONG', { text: Buffer.alloc(3001, 'a') });
    refuses('GOIP_TEXT_TOO_LONG', { text: '短'.repeat(1001) }, /3003 bytes/);
  });
});

describe('request: the device', () => {
  it('is any where none is named', () => {
    for (const device of [undefined, null, '', [], ['', null]]) assert.equal(check({ device }).devices, undefined);
  });

  it('is the one, or those, that are named', () => {
    assert.deepEqual(check({ device: 'goipid1' }).devices, ['goipid1']);
    assert.deepEqual(check({ device: ['goipid2', 'goipid1', ''] }).devices, ['goipid2', 'goipid1']);
  });

  it('may be a number: a dropdown sends the digits of an id so', () => {
    const routes = new Routes([{ id: '1', group: '49' }]);
    const context = { ...CONTEXT, named: (name: string) => routes.named(name) };
    for (const device of [1, [1], 49])
      assert.deepEqual(checkRequest({ to: '+1', text: 'hello', device }, context).devices, ['1']);
  });

  it('must be in the list, every one', () => {
    refuses('GOIP_UNKNOWN_DEVICE', { device: 'goipid3' }, /^"goipid3" is no device of the list, and no group$/);
    refuses('GOIP_UNKNOWN_DEVICE', { device: ['goipid1', 'goipid9'] }, /^"goipid9" is switched off$/);
    refuses('GOIP_UNKNOWN_DEVICE', { device: 'uk' }, /^"uk" is switched off$/);
    for (const device of [['goipid1', 'x'], 'goipid1,goipid2', ' goipid1', 'GOIPID1', 2, {}, true, '__proto__']) {
      refuses('GOIP_UNKNOWN_DEVICE', { device });
    }
  });
});

describe('request: the job id', () => {
  it('is any where none is given', () => {
    for (const id of [undefined, null, '']) assert.equal(check({ id }).id, undefined);
  });

  it('is a text, or a number as text', () => {
    for (const id of ['alarm 7', 'a/b', '👍', '__proto__', 'x'.repeat(200)]) assert.equal(check({ id }).id, id);
    assert.equal(check({ id: 42 }).id, '42');
  });

  it('is nothing else, and not longer than 200 characters', () => {
    for (const id of ['x'.repeat(201), {}, [], true, Symbol('id'), NaN, Infinity, 2 ** 53 + 2, -1e300])
      refuses('GOIP_BAD_SETTING', { id }, /^a job id is /);
  });

  it('has no half of a character: in the journal, two ids with different halves would be one', () => {
    for (const id of ['a\ud83d', 'a\ud83c', '\ude00b', 'x'.repeat(199) + '👍'.slice(0, 1)])
      refuses('GOIP_BAD_SETTING', { id }, /^the job id holds half of a character/);
  });
});

describe('request: the time of expiry', () => {
  it('is the default where none is given', () => {
    for (const expire of [undefined, null, '']) assert.equal(check({ expire }).expireMs, undefined);
  });

  it('is in seconds, with fractions, also as text; 0 is never', () => {
    assert.deepEqual(
      [60, '60', 0.5, 0, '0'].map((expire) => check({ expire }).expireMs),
      [60_000, 60_000, 500, 0, 0],
    );
  });

  it('is nothing else, and at most ten years', () => {
    for (const expire of [-1, NaN, Infinity, 'soon', {}, true, 10 * 365 * 86_400 + 1])
      refuses('GOIP_BAD_SETTING', { expire }, /^expire is /);
  });
});
