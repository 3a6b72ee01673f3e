import assert from 'node:assert/strict';
import fc from 'fast-check';
import { septetsOf } from '../../src/gsm/gsm7.js';
import { SEED } from '../protocol/property.js';
import { runJoining, type Sender, type Step } from './join-world.js';
import { BRACKETS, CYRILLIC, EMOJI, LATIN, partsOf, textOf, type Header } from './long-sms.js';

/** Seconds. */
const WAIT = 30;

/** The same number on two lines, an empty one, and one that looks like a line and a number. */
const NAMES = [
  { device: 'a', from: '+1' },
  { device: 'b', from: '+1' },
  { device: 'a', from: '' },
  { device: '', from: 'a+1' },
] as const;

const characters = fc.constantFrom(LATIN, BRACKETS, CYRILLIC, EMOJI);
const header = fc.constantFrom<Header>(6, 7, 0);
const text = fc.tuple(characters, fc.integer({ min: 0, max: 700 })).map(([all, length]) => textOf(all, length));

/** Long SMS of any kind, and SMS that are about as long as a part. */
const parts = fc.oneof(
  fc.tuple(text, header).map(([whole, size]) => partsOf(whole, size)),
  fc
    .tuple(characters, fc.constantFrom(1, 64, 65, 66, 67, 68, 70, 71, 150, 151, 153, 154, 160, 161))
    .map(([all, length]) => [textOf(all, length)]),
);
const sendersOf = (kinds: fc.Arbitrary<string[]>): fc.Arbitrary<Sender[]> =>
  fc
    .array(fc.array(kinds, { maxLength: 4 }), { minLength: 1, maxLength: NAMES.length })
    .map((all) => all.map((messages, index) => ({ ...(NAMES[index] ?? NAMES[0]), texts: messages.flat() })));

/** By far not as long as the others. */
const isClearlyLast = (part: string, whole: string): boolean =>
  septetsOf(whole) === undefined ? part.length < 65 : (septetsOf(part) ?? 0) < 150;

const sender = fc.nat(NAMES.length - 1);
const seconds = fc.constantFrom(0, 1, WAIT / 2, WAIT - 1, WAIT, WAIT + 1, 3600);
const turns = fc.nat(6);
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('part' as const), sender }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('copy' as const), sender }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('time' as const), seconds }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('taker' as const), present: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('stop' as const), down: seconds }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('crash' as const), sender, turns, luck: fc.boolean(), down: seconds }),
  },
);

describe(`inbox: joining in bad times (FC_SEED=${SEED})`, () => {
  it('loses nothing, delivers nothing twice, and keeps the order of every sender', async () => {
    const steps = fc.array<Step>(step, { maxLength: 40, size: 'max' });
    const joinSeconds = fc.tuple(fc.constant(WAIT), fc.constantFrom(WAIT, 0), fc.constantFrom(WAIT, 0, 1));
    await fc.assert(
      fc.asyncProperty(sendersOf(parts), steps, joinSeconds, async (senders, all, each) => {
        await runJoining(senders, all, each);
      }),
      { seed: SEED, numRuns: 150 },
    );
  }).timeout(120_000);

  it('delivers every long SMS as one where its parts come in time, whoever else talks meanwhile', async () => {
    // Shorter than a part without a header, and longer than the last part of another: neither is taken for a part.
    const ordinary = fc.tuple(fc.constantFrom(LATIN, CYRILLIC), fc.integer({ min: 1, max: 64 }));
    const long = fc
      .tuple(text, header)
      .map(([whole, size]) => partsOf(whole, size))
      .filter((all) => all.length > 1 && all.length <= 10 && isClearlyLast(all.at(-1) ?? '', all.join('')));
    const kinds = fc.oneof(
      ordinary.map(([all, length]) => [textOf(all, length)]),
      long,
    );
    const messages = fc.array(fc.array(kinds, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 });
    const steps = fc.array<Step>(
      fc.oneof(
        fc.record({ kind: fc.constant('part' as const), sender }),
        fc.record({ kind: fc.constant('copy' as const), sender }),
      ),
      { maxLength: 60, size: 'max' },
    );
    await fc.assert(
      fc.asyncProperty(messages, steps, async (all, each) => {
        const senders = all.map((texts, index) => ({ ...(NAMES[index] ?? NAMES[0]), texts: texts.flat() }));
        const taken = await runJoining(senders, each, [WAIT]);
        for (const [index, { device, from }] of senders.entries()) {
          const own = taken.filter((message) => message.device === device && message.from === from);
          const whole = all[index]?.map((one) => one.join(''));
          assert.deepEqual(
            own.map((message) => message.text),
            whole,
          );
        }
      }),
      { seed: SEED, numRuns: 100 },
    );
  }).timeout(120_000);
});
