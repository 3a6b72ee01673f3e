import assert from 'node:assert/strict';
import { Rejections } from '../../src/gate/rejections.js';
import { REJECTIONS_KEPT, REJECTION_BURST, REJECTION_INTERVAL } from '../../src/parameters.js';

const NOW = Date.UTC(2026, 10, 22, 10);
const FROM = { address: '192.0.2.7', port: 10991 };

describe('gate: rejections', () => {
  let rejections: Rejections;
  beforeEach(() => (rejections = new Rejections((text) => text === 'secret')));

  it('say who, from where, why, how often and when', () => {
    rejections.add('goip1', FROM, 'wrong password', NOW);
    rejections.add('goip1', { ...FROM, port: 10992 }, 'wrong password', NOW + 30_000);
    assert.deepEqual(rejections.list(), [
      {
        id: 'goip1',
        address: '192.0.2.7',
        port: 10992,
        reason: 'wrong password',
        count: 2,
        since: '2026-11-22T10:00:00.000Z',
        lastSeen: '2026-11-22T10:00:30.000Z',
      },
    ]);
  });

  it('are one each for an id, an address and a reason', () => {
    rejections.add('goip1', FROM, 'wrong password', NOW);
    rejections.add('goip2', FROM, 'wrong password', NOW);
    rejections.add('goip1', FROM, 'paused', NOW);
    rejections.add('goip1', { ...FROM, address: '192.0.2.8' }, 'wrong password', NOW);
    rejections.add('goip1', FROM, 'wrong password', NOW);
    assert.deepEqual(
      rejections.list().map(({ id, address, reason, count }) => [id, address, reason, count]),
      [
        ['goip1', '192.0.2.7', 'wrong password', 2],
        ['goip1', '192.0.2.8', 'wrong password', 1],
        ['goip1', '192.0.2.7', 'paused', 1],
        ['goip2', '192.0.2.7', 'wrong password', 1],
      ],
      'last seen first',
    );
  });

  it('show an IPv4 device on a dual-stack socket by its IPv4 address', () => {
    rejections.add('goip1', { address: '::ffff:192.0.2.7', port: 1 }, 'unknown id', NOW);
    assert.equal(rejections.list()[0]?.address, '192.0.2.7');
  });

  it('are told at once, and of the same source not again for a while', () => {
    const told = (seconds: number) => rejections.add('goip1', FROM, 'unknown id', NOW + seconds * 1000)?.count;
    assert.equal(told(0), 1);
    assert.equal(told(1), undefined);
    assert.equal(told(REJECTION_INTERVAL - 1), undefined);
    assert.equal(told(REJECTION_INTERVAL), 4, 'with all that came in between');
  });

  it('are told in a burst, and then one a second', () => {
    const knock = (from: number, to: number, now: number): number => {
      let told = 0;
      for (let n = from; n < to; n += 1) if (rejections.add(`id${n}`, FROM, 'unknown id', now)) told += 1;
      return told;
    };
    assert.equal(knock(0, 1000, NOW), REJECTION_BURST);
    assert.equal(knock(1000, 2000, NOW + 999), 0);
    assert.equal(knock(2000, 3000, NOW + 1000), 1);
    assert.equal(knock(3000, 4000, NOW + 3_600_000), REJECTION_BURST);
  });

  it('that could not be told are told when there is room, though they are not new', () => {
    for (let n = 0; n < REJECTION_BURST; n += 1) rejections.add(`id${n}`, FROM, 'unknown id', NOW);
    assert.equal(rejections.add('late', FROM, 'unknown id', NOW), undefined);
    assert.equal(rejections.add('late', FROM, 'unknown id', NOW + 1000)?.count, 2);
  });

  it('are so many at most: those seen longest ago go', () => {
    for (let n = 0; n < 10 * REJECTIONS_KEPT; n += 1) rejections.add(`id${n}`, FROM, 'unknown id', NOW + n);
    const list = rejections.list();
    assert.equal(list.length, REJECTIONS_KEPT);
    assert.equal(list[0]?.id, `id${10 * REJECTIONS_KEPT - 1}`);
    assert.equal(list.at(-1)?.id, `id${9 * REJECTIONS_KEPT}`);
  });

  it('show no password that stands where the id should', () => {
    const told = rejections.add('secret', FROM, 'unknown id', NOW);
    assert.equal(told?.id, '');
    assert.ok(!JSON.stringify(rejections.list()).includes('secret'));
  });

  it('show no password that an id swallowed, where a semicolon is missing', () => {
    assert.equal(rejections.add('goip1,pass:hidden', FROM, 'unknown id', NOW)?.id, 'goip1,pass:••••');
    assert.equal(rejections.add('goip1 Password:hidden', FROM, 'unknown id', NOW)?.id, 'goip1 Password:••••');
  });

  it('make control characters visible', () => {
    assert.equal(rejections.add('a\nb\u202e\u0000', FROM, 'unknown id', NOW)?.id, 'a\\u000ab\\u202e\\u0000');
  });

  it('cut a long id off, and not in the middle of a character', () => {
    assert.equal(rejections.add('x'.repeat(60_000), FROM, 'unknown id', NOW)?.id, 'x'.repeat(64));
    const id = rejections.add(`${'x'.repeat(63)}😀`, FROM, 'unknown id', NOW)?.id;
    assert.equal(id?.isWellFormed(), true);
  });

  it('count ids that begin alike and are too long as one', () => {
    for (const end of ['1', '2']) rejections.add('x'.repeat(100) + end, FROM, 'unknown id', NOW);
    assert.deepEqual(
      rejections.list().map(({ count }) => count),
      [2],
    );
  });
});
