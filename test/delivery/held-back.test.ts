import assert from 'node:assert/strict';
import { HeldBack } from '../../src/delivery/held-back.js';
import { HELD_NEWS } from '../../src/parameters.js';

describe('what is held back', () => {
  it('comes in order for each taker, once', () => {
    const held = new HeldBack<number>();
    held.add('a', 1);
    held.add('b', 2);
    held.add('a', 3);
    assert.deepEqual(held.takeAll(), [
      ['a', [1, 3]],
      ['b', [2]],
    ]);
    assert.deepEqual(held.takeAll(), []);
    assert.equal(held.dropped, 0);
  });

  it('is bounded for each taker: the oldest are dropped and counted', () => {
    const held = new HeldBack<number>();
    held.add('other', 0);
    for (let item = 0; item < HELD_NEWS + 2; item += 1) held.add('a', item);
    const items = new Map(held.takeAll()).get('a') ?? [];
    assert.deepEqual([items.length, items[0], items.at(-1), held.dropped], [HELD_NEWS, 2, HELD_NEWS + 1, 2]);
  });
});
