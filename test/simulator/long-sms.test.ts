/** Long SMS from the air: in one piece, or part by part as some firmware hands them on (protocol §3). */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  splitSms,
  WITH_HEADER,
  WITHOUT_HEADER,
  type GoipSimulator,
  type PartLength,
  type SimulatorOptions,
} from '../../src/simulator/index.js';
import { check } from '../protocol/property.js';
import { play, START_TIME, type Stage } from './stage.js';

const [A, B, C] = ['a', 'b', 'c'].map((letter) => letter.repeat(153)) as [string, string, string];
const LONG = A + B + C;

/** The next datagram, which is an SMS and is acked. */
async function takeSms({ line, server }: Stage): Promise<readonly [string, string, string]> {
  const match = /^RECEIVE:(-?\d+);id:goipid1;password:password1;srcnum:([^;]*);msg:(.*)$/s.exec(await server.next());
  const [, recvid = '', from = '', text = ''] = match ?? [];
  await server.deliver(line, `RECEIVE ${recvid} OK\n`);
  return [recvid, from, text];
}

const partsOf = (gateway: GoipSimulator) =>
  gateway.received.map(({ at, part }) => [(at - START_TIME) / 1000, part?.of, part?.number, part?.count]);

describe('simulator: the parts of a long SMS', () => {
  const lengths: readonly (readonly [string, string, PartLength, readonly number[]])[] = [
    ['160 septets are one SMS', 'x'.repeat(160), WITH_HEADER, [160]],
    ['161 septets are two', 'x'.repeat(161), WITH_HEADER, [153, 8]],
    ['306 septets are two', 'x'.repeat(306), WITH_HEADER, [153, 153]],
    ['307 septets are three', 'x'.repeat(307), WITH_HEADER, [153, 153, 1]],
    ['161 septets without a header', 'x'.repeat(161), WITHOUT_HEADER, [160, 1]],
    ['all of the alphabet is one septet', '@Δ¡¿§äöñüàÄÖÑÜßÉ\n\rÆæ'.repeat(8), WITH_HEADER, [160]],
    ['an extension is two septets', '€'.repeat(80), WITH_HEADER, [80]],
    ['and is never cut in two', '€'.repeat(81), WITH_HEADER, [76, 5]],
    ['70 units of UCS-2 are one SMS', 'я'.repeat(70), WITH_HEADER, [70]],
    ['71 units are two', 'я'.repeat(71), WITH_HEADER, [67, 4]],
    ['71 units without a header', 'я'.repeat(71), WITHOUT_HEADER, [70, 1]],
    ['one character makes all of it UCS-2', 'x'.repeat(70) + 'ç', WITH_HEADER, [67, 4]],
    ['a surrogate pair is never cut in two', '👋'.repeat(36), WITH_HEADER, [66, 6]],
    ['an empty text is an SMS too', '', WITH_HEADER, [0]],
  ];
  for (const [rule, text, partLength, expected] of lengths) {
    it(rule, () => {
      const parts = splitSms(text, partLength);
      assert.deepEqual(
        parts.map(({ length }) => length),
        expected,
      );
      assert.equal(parts.join(''), text);
    });
  }

  it('hold all of the text, whatever it is', () => {
    const textOf = (...units: readonly string[]) => fc.string({ unit: fc.constantFrom(...units), maxLength: 400 });
    const texts = fc.oneof(textOf('a', '€', '\n'), textOf('a', 'я', '👋', '€', '\ud800'));
    check(fc.tuple(texts, fc.constantFrom(WITH_HEADER, WITHOUT_HEADER)), ([text, partLength]) => {
      const parts = splitSms(text, partLength);
      assert.equal(parts.join(''), text);
      assert(parts.length === 1 || parts.every((part) => part !== '' && splitSms(part, partLength).length === 1));
    });
  });
});

describe('simulator: long SMS from the air', () => {
  it('come in one piece by default', () =>
    play({}, async (stage) => {
      const outcome = stage.line.receiveSms({ from: '+861', text: LONG });
      assert.deepEqual(await takeSms(stage), ['1270197307', '+861', LONG]);
      assert.deepEqual(await outcome, { acked: true, copies: 1, recvid: '1270197307' });
      assert.deepEqual(partsOf(stage.gateway), [[0, undefined, undefined, undefined]]);
    }));

  it('in one piece, with the words of the device for a part that never came', () =>
    play({ lostPart: 2 }, async (stage) => {
      void stage.line.receiveSms({ from: '+861', text: LONG });
      assert.deepEqual(await takeSms(stage), ['1270197307', '+861', `${A}[SMS2 missed]${C}`]);
    }));

  it('come part by part, each with its own recvid, with others in between', () =>
    play({ longSms: 'parts', partGap: 30 }, async (stage) => {
      const { gateway, line, server, pass } = stage;
      const outcome = line.receiveSms({ from: '+861', text: LONG, smsc: '+86' });
      const [first, recvid] = /^RECEIVE:(\d+);.*;smscnum:\+86;msg:a+$/.exec(await server.next()) ?? [];
      assert(first !== undefined);
      await server.deliver(line, `RECEIVE ${recvid} OK\n`);
      pass(10);
      void line.receiveSms({ from: '+862', text: 'short' });
      assert.deepEqual(await takeSms(stage), ['1270197306', '+862', 'short']);
      pass(19.9);
      await server.expectSilence(line);
      pass(0.1);
      assert.match(await server.next(), /^RECEIVE:1270197305;.*;smscnum:\+86;msg:b+$/);
      await server.deliver(line, 'RECEIVE 1270197305 OK\n');
      pass(30);
      assert.match(await server.next(), /^RECEIVE:1270197304;.*;smscnum:\+86;msg:c+$/);
      await server.deliver(line, 'RECEIVE 1270197304 OK\n');
      assert.deepEqual(await outcome, { acked: true, copies: 3, recvid: '1270197307' });
      assert.deepEqual(partsOf(gateway), [
        [0, 1, 1, 3],
        [10, undefined, undefined, undefined],
        [30, 1, 2, 3],
        [60, 1, 3, 3],
      ]);
      assert.deepEqual(
        gateway.received.map(({ text, outcome: told }) => [text, told?.acked]),
        [A, 'short', B, C].map((text) => [text, true]),
      );
    }));

  it('of two senders at the same time', () =>
    play({ longSms: 'parts', partGap: 4, partLength: WITHOUT_HEADER }, async (stage) => {
      const { gateway, line, pass } = stage;
      void line.receiveSms({ from: '+861', text: 'x'.repeat(161), recvid: 7 });
      pass(2);
      void line.receiveSms({ from: '+862', text: 'я'.repeat(71) });
      pass(4);
      assert.deepEqual(
        gateway.received.map(({ from, text, recvid }) => [from, text.length, recvid]),
        [
          ['+861', 160, '7'],
          ['+862', 70, '1270197307'],
          ['+861', 1, '1270197306'],
          ['+862', 1, '1270197305'],
        ],
      );
      assert.deepEqual(partsOf(gateway), [
        [0, 1, 1, 2],
        [2, 2, 1, 2],
        [4, 1, 2, 2],
        [6, 2, 2, 2],
      ]);
      return Promise.resolve();
    }));

  /** The numbers of the parts of a long SMS in the order in which they come. */
  async function orderOf(options: Partial<SimulatorOptions>, text = LONG): Promise<number[]> {
    let order: number[] = [];
    await play({ longSms: 'parts', partGap: [1, 30], ...options }, ({ gateway, line, pass }) => {
      void line.receiveSms({ from: '+861', text });
      pass(300);
      order = gateway.received.map(({ part }) => part?.number ?? 0);
      return Promise.resolve();
    });
    return order;
  }

  it('come in their order, or in another', async () => {
    assert.deepEqual(await orderOf({}), [1, 2, 3]);
    assert.deepEqual(await orderOf({ partOrder: 'reversed' }), [3, 2, 1]);
    assert.deepEqual(await orderOf({ partOrder: (count) => [count, 1, 1] }), [3, 1, 1]);
    assert.deepEqual(await orderOf({ partOrder: () => [] }), []);
  });

  it('come in a random order, the same in every run', async () => {
    const text = 'x'.repeat(153 * 8);
    const order = await orderOf({ partOrder: 'shuffled' }, text);
    assert.notDeepEqual(order, [1, 2, 3, 4, 5, 6, 7, 8]);
    assert.deepEqual(order.toSorted(), [1, 2, 3, 4, 5, 6, 7, 8]);
    assert.deepEqual(await orderOf({ partOrder: 'shuffled' }, text), order);
    assert.notDeepEqual(await orderOf({ partOrder: 'shuffled', seed: 2 }, text), order);
  });

  it('lose a part', async () => {
    assert.deepEqual(await orderOf({ lostPart: 1 }), [2, 3]);
    assert.deepEqual(await orderOf({ lostPart: 2, partOrder: 'reversed' }), [3, 1]);
    assert.deepEqual(await orderOf({ lostPart: -1 }), [1, 2]);
    assert.deepEqual(await orderOf({ lostPart: 9 }), [1, 2, 3]);
    assert.deepEqual(await orderOf({ lostPart: 1 }, 'short'), [0]);
  });

  it('the gaps are random, within what was said', () =>
    play({ longSms: 'parts', partGap: [1, 30] }, ({ gateway, line, pass }) => {
      void line.receiveSms({ from: '+861', text: 'x'.repeat(153 * 8) });
      pass(300);
      const times = gateway.received.map(({ at }) => at);
      const gaps = times.slice(1).map((at, index) => at - (times[index] ?? NaN));
      assert.equal(new Set(gaps).size, 7);
      assert(
        gaps.every((gap) => gap >= 1000 && gap <= 30_000),
        gaps.join(),
      );
      return Promise.resolve();
    }));

  it('are acked as a whole only if every part is', () =>
    play({ longSms: 'parts', partGap: 0, resendCount: 1 }, async ({ line, server, pass }) => {
      const outcome = line.receiveSms({ from: '+861', text: LONG });
      for (const letter of ['a', 'b', 'c']) assert.match(await server.next(), new RegExp(`;msg:${letter}{153}$`));
      await server.deliver(line, 'RECEIVE 1270197307 OK\n');
      await server.deliver(line, 'RECEIVE 1270197305 OK\n');
      pass(6);
      assert.deepEqual(await outcome, { acked: false, error: 'no answer', copies: 4, recvid: '1270197307' });
    }));

  it('go on after a restart of the line, and end with the gateway', () =>
    play({ longSms: 'parts', partGap: 10 }, async (stage) => {
      const { gateway, line, pass } = stage;
      const outcome = line.receiveSms({ from: '+861', text: LONG });
      await takeSms(stage);
      pass(5);
      await line.restart();
      pass(5);
      assert.deepEqual(await takeSms(stage), ['1270197312', '+861', B]);
      await gateway.stop();
      pass(60);
      assert.deepEqual(await outcome, { acked: false, error: 'stopped', copies: 2, recvid: '1270197307' });
      assert.equal(gateway.received.length, 2);
    }));
});
