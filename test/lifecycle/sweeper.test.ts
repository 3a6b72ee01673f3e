import assert from 'node:assert/strict';
import { Sweeper } from '../../src/lifecycle/sweeper.js';
import { Later } from '../journal/later.js';
import { NOW } from '../lines/keepalives.js';

describe('sweeper', () => {
  function scene(...jobs: ((now: number) => unknown)[]) {
    const clock = new Later(NOW);
    const faults: unknown[] = [];
    const sweeper = new Sweeper(clock, 1000, (error) => faults.push(error), jobs);
    return { clock, faults, sweeper };
  }

  it('does all jobs in order at each interval, from its start to its stop', () => {
    const done: string[] = [];
    const job = (name: string) => (now: number) => done.push(`${name} ${now - NOW}`);
    const { clock, sweeper } = scene(job('a'), job('b'));
    clock.pass(1);
    assert.deepEqual(done, []);
    sweeper.start();
    for (let second = 0; second < 2; second += 1) clock.pass(1);
    assert.deepEqual(done, ['a 2000', 'b 2000', 'a 3000', 'b 3000']);
    sweeper.stop();
    clock.pass(1);
    assert.equal(done.length, 4);
    assert.equal(clock.pending, 0);
  });

  it('goes on with the other jobs, and at the next interval, if one throws', () => {
    let others = 0;
    const { clock, faults, sweeper } = scene(
      () => {
        throw new Error('of a job');
      },
      () => (others += 1),
    );
    sweeper.start();
    for (let second = 0; second < 2; second += 1) clock.pass(1);
    assert.equal(others, 2);
    assert.deepEqual(faults.map(String), ['Error: of a job', 'Error: of a job']);
  });

  it('stays stopped if a job stops it', () => {
    const { clock, sweeper } = scene(() => sweeper.stop());
    sweeper.start();
    clock.pass(1);
    assert.equal(clock.pending, 0);
  });
});
