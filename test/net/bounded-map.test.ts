import assert from 'node:assert/strict';
import { BoundedMap } from '../../src/net/bounded-map.js';

describe('gate: bounded map', () => {
  const mapOf = (limit: number, ...keys: readonly string[]): BoundedMap<string, string> => {
    const map = new BoundedMap<string, string>(limit);
    for (const key of keys) map.set(key, key.toUpperCase());
    return map;
  };

  it('keeps what was set, up to its limit', () => {
    const map = mapOf(2, 'a', 'b');
    assert.deepEqual([map.get('a'), map.get('b'), map.get('c'), map.size], ['A', 'B', undefined, 2]);
  });

  it('gives up what was set longest ago', () => {
    assert.deepEqual([...mapOf(2, 'a', 'b', 'c').values()], ['B', 'C']);
  });

  it('counts a look as a use', () => {
    const map = mapOf(2, 'a', 'b');
    map.get('a');
    map.set('c', 'C');
    assert.deepEqual([...map.values()], ['A', 'C']);
  });

  it('counts another value as a use, and not as another entry', () => {
    const map = mapOf(2, 'a', 'b');
    map.set('a', 'again');
    map.set('c', 'C');
    assert.deepEqual([...map.values()], ['again', 'C']);
  });

  it('keeps values that are false', () => {
    const map = new BoundedMap<string, boolean>(1);
    map.set('a', false);
    assert.equal(map.get('a'), false);
  });

  it('never holds more than its limit', () => {
    const map = new BoundedMap<number, number>(100);
    for (let n = 0; n < 10_000; n += 1) map.set(n, n);
    assert.equal(map.size, 100);
  });
});
