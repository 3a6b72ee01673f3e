import assert from 'node:assert/strict';
import fc from 'fast-check';
import { SegmentedMessage } from 'sms-segments-calculator';
import { segmentsOf } from '../../src/gsm/segments.js';
import { check } from '../protocol/property.js';

const EXTENSION = '€[]{}|^~\\\f';
const ALPHABET =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';

describe('segments: the alphabet of GSM (3GPP 23.038 §6.2.1)', () => {
  it('has 127 characters and the escape, and ten behind the escape', () => {
    assert.equal(new Set(ALPHABET).size, 127);
    for (const character of ALPHABET + EXTENSION) assert.equal(segmentsOf(character).encoding, 'GSM-7', character);
  });

  it('has no other one', () => {
    const known = new Set(ALPHABET + EXTENSION);
    for (let code = 0; code < 0x10000; code += 1) {
      const character = String.fromCharCode(code);
      if (!known.has(character)) assert.equal(segmentsOf(character).encoding, 'UCS-2', code.toString(16));
    }
  });

  it('counts a character of the extension twice, and any other once', () => {
    for (const character of ALPHABET) assert.equal(segmentsOf(character.repeat(160)).parts, 1, character);
    for (const character of EXTENSION) {
      assert.equal(segmentsOf(character.repeat(80)).parts, 1, character);
      assert.equal(segmentsOf(character.repeat(80) + 'a').parts, 2, character);
    }
  });

  for (const text of ['ç', '`', 'á', '“', '’', '…', '–', '\t', '\0', '\u00a0', '你', 'я', '👍', '\ud83d']) {
    it(`has not ${JSON.stringify(text)}, which makes the whole text UCS-2`, () => {
      assert.deepEqual(segmentsOf('a'.repeat(69) + text).encoding, 'UCS-2');
      assert.equal(segmentsOf('a'.repeat(71 - text.length) + text).parts, 2);
    });
  }
});

describe('segments: how many', () => {
  const a = (count: number): string => 'a'.repeat(count);
  const я = (count: number): string => 'я'.repeat(count);
  const emoji = (count: number): string => '😀'.repeat(count);
  const TABLE: Readonly<Record<string, readonly [text: string, encoding: string, parts: number]>> = {
    'an empty text': ['', 'GSM-7', 1],
    '160 of GSM': [a(160), 'GSM-7', 1],
    '161 of GSM': [a(161), 'GSM-7', 2],
    '306 of GSM': [a(306), 'GSM-7', 2],
    '307 of GSM': [a(307), 'GSM-7', 3],
    '3000 of GSM': [a(3000), 'GSM-7', 20],
    '158 and a euro': [a(158) + '€', 'GSM-7', 1],
    '159 and a euro': [a(159) + '€', 'GSM-7', 2],
    'an escape that would be torn from its character': [a(152) + '€' + a(152), 'GSM-7', 3],
    'the same with one place less behind it': [a(152) + '€' + a(151), 'GSM-7', 2],
    'an escape that just fits': [a(151) + '€' + a(153), 'GSM-7', 2],
    'one SMS across the place where two would be cut': [a(152) + '€' + a(6), 'GSM-7', 1],
    'euros only': ['€'.repeat(152), 'GSM-7', 2],
    'one euro more': ['€'.repeat(153), 'GSM-7', 3],
    'carriage returns and line feeds': ['\r\n'.repeat(80), 'GSM-7', 1],
    'line ends across a cut': ['\r\n'.repeat(153), 'GSM-7', 2],
    '70 of UCS-2': [я(70), 'UCS-2', 1],
    '71 of UCS-2': [я(71), 'UCS-2', 2],
    '134 of UCS-2': [я(134), 'UCS-2', 2],
    '135 of UCS-2': [я(135), 'UCS-2', 3],
    '1000 of Chinese, which are 3000 bytes': ['你'.repeat(1000), 'UCS-2', 15],
    'brackets and the euro, which are one place in UCS-2': ['я' + '€[]{}|^~\\'.repeat(7) + '123456', 'UCS-2', 1],
    '35 emoji': [emoji(35), 'UCS-2', 1],
    '36 emoji': [emoji(36), 'UCS-2', 2],
    'emoji, none torn into its halves': [emoji(67), 'UCS-2', 3],
    '66 emoji, 33 in each part': [emoji(66), 'UCS-2', 2],
    'an emoji at the cut': [я(66) + '😀' + я(66), 'UCS-2', 3],
    'one SMS across the place of the cut': [я(66) + '😀' + я(2), 'UCS-2', 1],
    '750 emoji, which are 3000 bytes': [emoji(750), 'UCS-2', 23],
    'one letter with a thousand accents, which goes in parts as anything does': [
      'a' + '\u0301'.repeat(1400),
      'UCS-2',
      21,
    ],
  };
  for (const [what, [text, encoding, parts]] of Object.entries(TABLE)) {
    it(`${what}: ${parts}`, () => assert.deepEqual(segmentsOf(text), { encoding, parts }));
  }
});

describe('segments: with the answers of sms-segments-calculator', () => {
  /** What it says of characters that it does not take together. */
  const agrees = (text: string): void => {
    const expected = new SegmentedMessage(text);
    assert.deepEqual(segmentsOf(text), { encoding: expected.encodingName, parts: expected.segmentsCount });
  };
  const textOf = (characters: string, length: number) =>
    fc.array(fc.constantFrom(...Array.from(characters)), { maxLength: length }).map((chosen) => chosen.join(''));

  it('agrees about texts of GSM', () => check(textOf('abcÄ é\n\r' + EXTENSION, 700), agrees));

  it('agrees about other texts', () => check(textOf('aя你€{\n😀👍𝒳', 300), agrees));

  it('agrees about texts of a size around a cut', () => {
    const sized = fc.tuple(
      fc.constantFrom('a', '€', 'я', '😀'),
      fc.constantFrom(70, 134, 160, 306, 459),
      textOf('a€😀', 8),
      fc.integer({ min: -4, max: 4 }),
    );
    check(sized, ([character, size, end, more]) => {
      agrees('a'.repeat(size - end.length + more) + end);
      agrees(character + 'a'.repeat(size - end.length + more) + end);
    });
  });

  it('or has as many as are needed where characters combine, with at most one place lost in each', () => {
    check(fc.string({ unit: 'grapheme', minLength: 71, maxLength: 400 }), (text) => {
      const { encoding, parts } = segmentsOf(text);
      if (encoding === 'UCS-2') assert(parts >= Math.ceil(text.length / 67) && parts <= Math.ceil(text.length / 66));
    });
  });
});
