import assert from 'node:assert/strict';
import { Settling } from '../../src/delivery/settling.js';
import { Later } from '../journal/later.js';

function scene(settleMs: number) {
  const clock = new Later();
  const settled: number[] = [];
  const settling = new Settling<number>(clock, settleMs, (items) => settled.push(...items));
  return { clock, settled, settling };
}

describe('settling of deliveries', () => {
  it('settles a delivery after at least the time that is set, in order', () => {
    const { clock, settled, settling } = scene(1000);
    settling.add(1);
    clock.pass(0.9);
    settling.add(2);
    clock.pass(0.1);
    settling.add(3);
    assert.deepEqual(settled, []);
    clock.pass(1);
    assert.deepEqual(settled, [1, 2]);
    clock.pass(1);
    assert.deepEqual([settled, clock.pending], [[1, 2, 3], 0]);
  });

  it('waits for a second ring of its timer after a standstill of any length', () => {
    const { clock, settled, settling } = scene(1000);
    settling.add(1);
    clock.pass(3600);
    assert.deepEqual(settled, []);
    clock.pass(1);
    assert.deepEqual(settled, [1]);
  });

  it('takes back what is not settled, and never settles it', () => {
    const { clock, settled, settling } = scene(1000);
    settling.add(1);
    clock.pass(1);
    settling.add(2);
    assert.deepEqual([settling.takeBack(), clock.pending], [[1, 2], 0]);
    settling.add(3);
    clock.pass(1);
    clock.pass(1);
    assert.deepEqual([settled, settling.takeBack()], [[3], []]);
  });

  it('settles at once if no time is set', () => {
    const { clock, settled, settling } = scene(0);
    settling.add(1);
    assert.deepEqual([settled, clock.pending, settling.takeBack()], [[1], 0, []]);
  });
});
