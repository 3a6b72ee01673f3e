import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { Pace } from '../../src/time/pace.js';

describe('pace', () => {
  function scene(perTurn: number) {
    let callbacks: (() => void)[] = [];
    const done: string[] = [];
    const pace = new Pace(perTurn, (callback) => callbacks.push(callback));
    const nextTurn = async (): Promise<void> => {
      const due = callbacks;
      callbacks = [];
      for (const callback of due) callback();
      await turn();
    };
    const work = async (name: string, rounds: number, steps = 1): Promise<void> => {
      for (let round = 1; round <= rounds; round += 1) {
        await pace.turn(steps);
        done.push(`${name}${round}`);
      }
    };
    return { pace, work, nextTurn, news: () => done.splice(0), scheduled: () => callbacks.length };
  }

  it('does what fits into a turn at once', () => {
    const { pace } = scene(3);
    assert.deepEqual([pace.turn(), pace.turn(2)], [undefined, undefined]);
    assert(pace.turn() instanceof Promise);
  });

  it('spreads the rest over turns, in the order of the requests', async () => {
    const { work, nextTurn, news } = scene(2);
    void work('a', 3);
    void work('b', 2);
    await turn();
    assert.deepEqual(news(), ['a1', 'b1']);
    await nextTurn();
    assert.deepEqual(news(), ['a2', 'b2']);
    await nextTurn();
    assert.deepEqual(news(), ['a3']);
  });

  it('does work that is larger than a turn in a turn of its own', async () => {
    const { work, nextTurn, news } = scene(2);
    void work('a', 2, 10);
    await turn();
    assert.deepEqual(news(), ['a1']);
    await nextTurn();
    assert.deepEqual(news(), ['a2']);
  });

  it('schedules nothing while there is nothing to do', async () => {
    const { work, nextTurn, scheduled } = scene(2);
    assert.equal(scheduled(), 0);
    await work('a', 1);
    assert.equal(scheduled(), 1);
    await nextTurn();
    assert.equal(scheduled(), 0);
  });
});
