/** What goes wrong with a datagram on the way, or in the hands of somebody who wants to find a hole. */
import type { Dice } from './dice.js';

/** The largest payload that IPv4 carries in a UDP datagram. */
export const LARGEST = 65_507;

type Mutation = (data: Buffer, dice: Dice, another: () => Buffer) => Buffer;

/** One to four of them, one after the other. */
export function mutated(original: Buffer, dice: Dice, another: () => Buffer): Buffer {
  let data = original;
  for (let count = 1 + dice.small(3); count > 0; count -= 1) data = dice.pick(MUTATIONS)(data, dice, another);
  return data.length > LARGEST ? data.subarray(0, LARGEST) : data;
}

const MUTATIONS: readonly Mutation[] = [
  function flipBits(data, dice) {
    const flipped = Buffer.from(data);
    for (let count = 1 + dice.small(4); count > 0 && flipped.length > 0; count -= 1) {
      const at = dice.below(flipped.length);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << dice.below(8));
    }
    return flipped;
  },
  function insert(data, dice) {
    const at = dice.below(data.length + 1);
    return Buffer.concat([data.subarray(0, at), dice.pick(INSERTIONS), data.subarray(at)]);
  },
  function remove(data, dice) {
    const [from, to] = range(data, dice);
    return Buffer.concat([data.subarray(0, from), data.subarray(to)]);
  },
  function swap(data, dice) {
    const [from, to] = range(data, dice);
    return Buffer.concat([data.subarray(to), data.subarray(from, to), data.subarray(0, from)]);
  },
  function repeat(data, dice) {
    const [from, to] = range(data, dice);
    const part = data.subarray(from, to);
    const times = 1 + dice.small(50);
    return Buffer.concat([data.subarray(0, from), ...Array.from({ length: times }, () => part), data.subarray(from)]);
  },
  function splice(data, dice, another) {
    const other = another();
    return Buffer.concat([data.subarray(0, dice.below(data.length + 1)), other.subarray(dice.below(other.length + 1))]);
  },
  function changeCase(data, dice) {
    const [from, to] = range(data, dice);
    const changed = Buffer.from(data);
    for (let at = from; at < to; at += 1) {
      const byte = changed[at] ?? 0;
      if ((byte | 0x20) >= 97 && (byte | 0x20) <= 122) changed[at] = byte ^ 0x20;
    }
    return changed;
  },
  function oddBeginning(data, dice) {
    const verb = /^\w*/.exec(data.toString('latin1'))?.[0] ?? '';
    const written = dice.chance(0.5) ? verb.toLowerCase() : verb.toUpperCase();
    return Buffer.concat([dice.pick(BEGINNINGS), Buffer.from(written), data.subarray(verb.length)]);
  },
  function otherName(data, dice) {
    const [from, to] = dice.pick(NAMES);
    return Buffer.from(data.toString('latin1').replace(from, to), 'latin1');
  },
  function manyPairs(data, dice) {
    const at = data.indexOf(';') + 1;
    const pairs = Array.from({ length: 1 + dice.small(8000) }, (_, index) => `f${index}:1;`).join('');
    return Buffer.concat([data.subarray(0, at), Buffer.from(pairs), data.subarray(at)]);
  },
  function controlCharacter(data, dice) {
    const changed = Buffer.from(data);
    if (changed.length > 0) changed[dice.below(changed.length)] = dice.below(32);
    return changed;
  },
  function hugeNumber(data, dice) {
    return Buffer.from(data.toString('latin1').replace(/\d+/, dice.pick(NUMBERS)), 'latin1');
  },
];

export const NUMBERS = [
  ...['0', '-1', '1e9', '1e400', '0x10', '00011', '+1', '1.5', 'NaN', 'Infinity', '-0', '٣', ''],
  ...['2147483647', '2147483648', '4294967296', '9007199254740993', '9'.repeat(400), '1'.repeat(15), '1'.repeat(16)],
] as const;

const BEGINNINGS = ['', ' ', '\ufeff', '\ufeff \r\n', '\0\0', ' '.repeat(500)].map((text) => Buffer.from(text));

const NAMES = [
  ['srcnum:', 'num:'],
  ['num:', 'srcnum:'],
  ['password:', 'pass:'],
  ['id:', 'id: '],
] as const;

const INSERTIONS = [
  ...[';', ':', ' ', '\n', '\r\n', '\0', '\t', ';;', '::', ';id:', ';pass:', ';password:', ';msg:', 'msg:', ',cause:'],
  ...[
    '\ufeff',
    '\u00a0',
    '\u2028',
    '\u202e',
    '😀',
    '\\',
    '"',
    '%s%n',
    '${}',
    '../',
    '<b>',
    ' ok',
    ' ERROR ',
    '__proto__',
  ],
  ...[' '.repeat(200), ';'.repeat(200), ':'.repeat(100), 'a'.repeat(1000), '\0'.repeat(100)],
]
  .map((text) => Buffer.from(text))
  .concat(
    [
      [0xff],
      [0xc0, 0x80],
      [0xed, 0xa0, 0x80],
      [0xed, 0xb8, 0x83],
      [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x83],
      [0xf4, 0x90, 0x80, 0x80],
      [0xc3],
    ].map((bytes) => Buffer.from(bytes)),
  );

function range(data: Buffer, dice: Dice): readonly [from: number, to: number] {
  const from = dice.below(data.length + 1);
  return [from, Math.min(data.length, from + 1 + dice.small(data.length))];
}
