import assert from 'node:assert/strict';
import type { Job } from '../../src/outbox/result.js';
import { Stage, type StageOptions } from './stage.js';
import { turnCounter } from './turn-counter.js';

const JOBS = 2000;

/** Jobs that are offered in one turn of the event loop: two turns of the virtual clock may share one. */
const MOST_OFFERED = 50;

/** Changes of the journal in one write: four for each job of a slice, and some of other jobs. */
const MOST_CHANGES = 1100;

describe('outbox: thousands of jobs', () => {
  /** Jobs of the origin `n`, which no line has taken. */
  async function waiting(options: StageOptions = {}): Promise<Stage> {
    const stage = await Stage.create({ persistent: true, ...options });
    const requests = Array.from({ length: JOBS }, (_, index) =>
      stage.acceptNow({ to: `+${index + 1000}`, id: `job-${index}`, origin: 'n' }),
    );
    await stage.clock.settle();
    await Promise.all(requests);
    return stage;
  }

  /** Sizes of the writes from now on, while each of them takes some turns of the event loop. */
  function slowWrites(stage: Stage): number[] {
    const sizes: number[] = [];
    stage.disk.outcome = (changes) => {
      sizes.push(changes.length);
      return 'made';
    };
    stage.disk.delay = async () => {
      for (let turns = 0; turns < 20; turns += 1) await new Promise<void>((resolve) => stage.clock.soon(resolve));
    };
    return sizes;
  }

  it('are offered to their owner in slices', async () => {
    const stage = await waiting();
    await stage.startAgain();
    const offered = turnCounter();
    stage.outbox.takeJobs('n', offered.count);
    await stage.clock.settle();
    assert.equal(offered.total, JOBS);
    assert(offered.most <= MOST_OFFERED, `${offered.most} in one turn`);
  });

  it('are offered as they are by then: one that has ended comes with its result', async () => {
    const stage = await waiting();
    await stage.startAgain();
    const offered = new Map<string, Job>();
    stage.outbox.takeJobs('n', (job) => {
      if (offered.size === 0) void stage.outbox.cancel({ jobId: 'job-1500' });
      offered.set(job.id, job);
    });
    await stage.clock.settle();
    assert.equal(offered.size, JOBS);
    assert.equal((await offered.get('job-1500')?.result)?.cancelled, 1);
  });

  it('are no longer offered to an owner that has left, or that is about to stop', async () => {
    for (const stop of ['leave', 'hold'] as const) {
      const stage = await waiting();
      await stage.startAgain();
      let offered = 0;
      const leave = stage.outbox.takeJobs('n', () => (offered += 1));
      if (stop === 'leave') leave();
      else stage.outbox.hold();
      await stage.clock.settle();
      assert(offered <= MOST_OFFERED, `${offered} after ${stop}`);
      stage.outbox.release();
      await stage.clock.settle();
      assert.equal(offered >= JOBS, stop === 'hold');
    }
  });

  it('are listed with their number: those that were accepted last, and those that have ended first', async () => {
    const stage = await waiting();
    assert.deepEqual([stage.outbox.jobCount, stage.outbox.jobs().length], [JOBS, 1000]);
    assert.deepEqual(
      stage.outbox.jobs(2).map(({ id }) => id),
      ['job-1998', 'job-1999'],
    );
    void stage.outbox.cancel({ jobId: 'job-5' });
    await stage.clock.settle();
    assert.equal(stage.outbox.jobCount, JOBS);
    const listed = stage.outbox.jobs(JOBS).map(({ id, state }) => `${id} ${state}`);
    assert.deepEqual([listed.length, listed[0], listed.at(-1)], [JOBS, 'job-5 ended', 'job-1999 running']);
  });

  for (const order of ['pause', 'resume', 'cancel'] as const) {
    it(`${order} in writes of bounded size, however slow the disk is`, async () => {
      const stage = await waiting();
      const writes = slowWrites(stage);
      const ids = stage.outbox[order]({ origin: 'n' });
      await stage.clock.settle();
      assert.equal((await ids).length, JOBS);
      assert(Math.max(...writes) <= MOST_CHANGES, `${Math.max(...writes)} changes in one write`);
    });
  }

  for (const order of ['pause', 'cancel'] as const) {
    it(`${order} at once: no number goes out while that is being saved`, async () => {
      const stage = await waiting();
      const ids = stage.outbox[order]({ origin: 'n' });
      await stage.keepalive('a');
      await ids;
      assert.deepEqual(stage.sent('a'), []);
      if (order !== 'pause') return;
      void stage.outbox.resume({ origin: 'n' });
      await stage.clock.settle();
      assert.equal(stage.sent('a').length, 1);
    });
  }

  it('that end while others are being paused stay ended', async () => {
    const stage = await waiting();
    await stage.accept({ to: '+1', id: 'urgent', origin: 'n', priority: 'high' });
    await stage.keepalive('a');
    const sendid = await stage.opens('a');
    void stage.outbox.pause({ origin: 'n' });
    await stage.say('a', `OK ${sendid} 1`);
    await stage.clock.settle();
    await stage.startAgain();
    const states = new Map(stage.outbox.jobs(Infinity).map(({ id, state }) => [id, state]));
    assert.deepEqual([states.size, states.get('urgent'), states.get('job-1999')], [JOBS + 1, 'ended', 'paused']);
  });
});
