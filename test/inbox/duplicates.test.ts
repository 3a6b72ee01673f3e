import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DuplicateMemory, keyOf } from '../../src/inbox/duplicates.js';
import { check } from '../protocol/property.js';

describe('duplicate memory', () => {
  it('knows what was added, for as long as its window', () => {
    const memory = new DuplicateMemory(1000, 10);
    memory.add('a', 0);
    assert.equal(memory.has('b', 0), false);
    assert.equal(memory.has('a', 999), true);
  });

  it('forgets at the end of the window', () => {
    const memory = new DuplicateMemory(1000, 10);
    memory.add('a', 0);
    assert.equal(memory.has('a', 1000), false);
    assert.equal(memory.size, 0);
  });

  it('counts the window from the last copy', () => {
    const memory = new DuplicateMemory(1000, 10);
    memory.add('a', 0);
    for (const now of [900, 1800, 2700]) assert.equal(memory.has('a', now), true);
    assert.equal(memory.has('a', 3700), false);
  });

  it('holds no more than its limit: the oldest goes first', () => {
    const memory = new DuplicateMemory(1000, 3);
    for (const key of ['a', 'b', 'c', 'd']) memory.add(key, 0);
    assert.equal(memory.size, 3);
    assert.deepEqual(
      ['a', 'b', 'c', 'd'].map((key) => memory.has(key, 0)),
      [false, true, true, true],
    );
  });

  it('keeps what came again when it makes room', () => {
    const memory = new DuplicateMemory(1000, 2);
    memory.add('a', 0);
    memory.add('b', 0);
    assert.equal(memory.has('a', 1), true);
    memory.add('c', 2);
    assert.deepEqual([memory.has('a', 3), memory.has('b', 3)], [true, false]);
  });

  it('never holds more than its limit, and nothing that is older than its window', () => {
    const steps = fc.array(fc.record({ key: fc.integer({ min: 0, max: 9 }), wait: fc.integer({ min: 0, max: 60 }) }));
    check(steps, (all) => {
      const memory = new DuplicateMemory(100, 5);
      const seenAt = new Map<string, number>();
      let now = 0;
      for (const { key, wait } of all) {
        now += wait;
        const name = String(key);
        const known = memory.has(name, now);
        const last = seenAt.get(name);
        if (known) assert.ok(last !== undefined && now - last < 100);
        if (!known) memory.add(name, now);
        seenAt.set(name, now);
        assert.ok(memory.size <= 5);
      }
    });
  });
});

describe('key of parts', () => {
  it('is the same for the same parts only: parts cannot run into one another', () => {
    const parts = fc.array(fc.string({ unit: fc.constantFrom('a', ':', '1', ''), maxLength: 3 }), { maxLength: 3 });
    check(fc.tuple(parts, parts), ([one, other]) => {
      assert.equal(keyOf(...one) === keyOf(...other), JSON.stringify(one) === JSON.stringify(other));
    });
  });
});
