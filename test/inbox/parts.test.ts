import assert from 'node:assert/strict';
import { continuationOf, isFullPart, longSmsFrom } from '../../src/inbox/parts.js';
import { BRACKETS, CYRILLIC, EMOJI, LATIN, partsOf, textOf, type Header } from './long-sms.js';

/** Lengths up to the longest SMS at which a text made of a character is what `holds` says. */
const lengthsOf = (character: string, holds: (text: string) => boolean): number[] =>
  Array.from({ length: 170 }, (_, length) => length).filter((length) => holds(character.repeat(length)));

describe('parts of long SMS: those that another one follows', () => {
  it('are known by their length in septets of GSM-7, or in units of UCS-2', () => {
    assert.deepEqual(
      lengthsOf('a', (text) => longSmsFrom(text)?.alphabet === 'GSM-7'),
      [151, 152, 153, 159, 160],
    );
    assert.deepEqual(
      lengthsOf('я', (text) => longSmsFrom(text)?.alphabet === 'UCS-2'),
      [65, 66, 67, 69, 70],
    );
    assert.deepEqual(
      lengthsOf('€', (text) => longSmsFrom(text)?.alphabet === 'GSM-7'),
      [76, 80],
      'two septets each',
    );
  });

  it('may be in UCS-2 although their letters are in GSM-7: the emoji comes later', () => {
    assert.deepEqual(
      lengthsOf('a', (text) => longSmsFrom(text)?.alphabet === 'UCS-2'),
      [66, 67],
    );
  });

  it('are not in UCS-2 where they are longer than that can be', () => {
    for (const length of [151, 153, 160]) assert.equal(isFullPart('я'.repeat(length)), false);
  });

  for (const [what, characters] of Object.entries({ LATIN, BRACKETS, CYRILLIC, EMOJI })) {
    for (const header of [6, 7, 0] as const satisfies Header[]) {
      it(`are all but the last part of a text, cut with a header of ${header} octets: ${what}`, () => {
        for (let length = 300; length < 700; length += 1) {
          const parts = partsOf(textOf(characters, length), header);
          assert.ok(parts.length > 1);
          const [first = '', ...rest] = parts;
          let long = longSmsFrom(first);
          for (const part of rest.slice(0, -1)) {
            assert.ok(long, `${first.length} units: ${first}`);
            const continuation = continuationOf(long, part);
            assert.ok(typeof continuation === 'object', continuation as string);
            long = continuation;
          }
          assert.ok(long && continuationOf(long, rest.at(-1) ?? '') !== 'none');
        }
      });
    }
  }
});

describe('parts of long SMS: what goes on with one', () => {
  for (const [alphabet, longestPart, text, expected] of [
    ['GSM-7', 153, 'a', 'last'],
    ['GSM-7', 153, 'a'.repeat(67), 'last'],
    ['GSM-7', 153, 'a'.repeat(151), 'last'],
    ['GSM-7', 153, 'a'.repeat(152), 153],
    ['GSM-7', 153, 'a'.repeat(153), 153],
    ['GSM-7', 153, 'a'.repeat(154), 'none'],
    ['GSM-7', 153, 'a'.repeat(160), 'none'],
    ['GSM-7', 152, 'a'.repeat(150), 'last'],
    ['GSM-7', 152, 'a'.repeat(151), 152],
    ['GSM-7', 152, 'a'.repeat(153), 153],
    ['GSM-7', 151, 'a'.repeat(150), 'last'],
    ['GSM-7', 151, 'a'.repeat(152), 152],
    ['GSM-7', 151, 'a'.repeat(153), 'none'],
    ['GSM-7', 159, 'a'.repeat(158), 'last'],
    ['GSM-7', 159, 'a'.repeat(160), 160],
    ['GSM-7', 160, 'a'.repeat(159), 160],
    ['GSM-7', 160, 'a'.repeat(161), 'none'],
    ['GSM-7', 153, '€'.repeat(76), 153],
    ['GSM-7', 153, '€'.repeat(81), 'none'],
    ['GSM-7', 153, 'я', 'none'],
    ['GSM-7', 153, '', 'none'],
    ['UCS-2', 67, 'я', 'last'],
    ['UCS-2', 67, 'a', 'last'],
    ['UCS-2', 67, 'a'.repeat(65), 'last'],
    ['UCS-2', 67, 'a'.repeat(66), 67],
    ['UCS-2', 67, 'я'.repeat(67), 67],
    ['UCS-2', 67, 'я'.repeat(68), 'none'],
    ['UCS-2', 66, 'я'.repeat(65), 66],
    ['UCS-2', 66, 'я'.repeat(67), 67],
    ['UCS-2', 65, 'я'.repeat(66), 66],
    ['UCS-2', 70, 'я'.repeat(67), 'last'],
    ['UCS-2', 70, 'я'.repeat(69), 70],
    ['UCS-2', 70, 'я'.repeat(71), 'none'],
    ['UCS-2', 67, 'a'.repeat(153), 'none'],
    ['UCS-2', 67, '', 'none'],
  ] as const) {
    const then = typeof expected === 'string' ? expected : `full, the longest having ${expected} from then on`;
    it(`in ${alphabet}, the longest having ${longestPart}: ${text.length} times ${JSON.stringify(text.slice(0, 1))} is ${then}`, () => {
      const wanted = typeof expected === 'string' ? expected : { alphabet, longestPart: expected };
      assert.deepEqual(continuationOf({ alphabet, longestPart }, text), wanted);
    });
  }
});
