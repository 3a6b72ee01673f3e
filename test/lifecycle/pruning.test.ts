import assert from 'node:assert/strict';
import { Pruning } from '../../src/lifecycle/pruning.js';
import { PRUNE_DELAY, PRUNE_INTERVAL } from '../../src/parameters.js';
import { NOW } from '../lines/keepalives.js';

describe('pruning', () => {
  it('begins a while after the start, and goes on at its interval', () => {
    const prunedAt: number[] = [];
    const pruning = new Pruning((now) => Promise.resolve(prunedAt.push((now - NOW) / 1000)));
    pruning.started(NOW);
    for (let seconds = 0; seconds <= PRUNE_DELAY + PRUNE_INTERVAL; seconds += 1) pruning.ifDue(NOW + seconds * 1000);
    assert.deepEqual(prunedAt, [PRUNE_DELAY, PRUNE_DELAY + PRUNE_INTERVAL]);
  });

  it('does nothing about what could not be removed but try again next time', async () => {
    let attempts = 0;
    const pruning = new Pruning(() => {
      attempts += 1;
      return Promise.reject(new Error('EIO'));
    });
    for (const intervals of [1, 2]) pruning.ifDue(intervals * PRUNE_INTERVAL * 1000);
    // A rejection that nobody handles would fail the process.
    await new Promise(setImmediate);
    assert.equal(attempts, 2);
  });
});
