/** What the owner of jobs gets: those that run, and those that have ended. */
import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Job } from '../../src/outbox/result.js';
import { Stage } from './stage.js';

const JOBS = 2000;

describe('outbox: the owner of jobs', () => {
  /** A job of the origin `n` that a restart has cut off from whoever sent it. */
  async function restarted(): Promise<Stage> {
    const stage = await Stage.create({ persistent: true });
    await stage.accept({ to: '+1', id: 'mine', origin: 'n' });
    await stage.startAgain();
    return stage;
  }

  async function endJob(stage: Stage): Promise<void> {
    await stage.keepalive('a');
    const sendid = await stage.opens('a');
    await stage.say('a', `OK ${sendid} 1`);
    await stage.clock.settle();
  }

  it('gets a job that it does not follow again when it has ended, with its result', async () => {
    const stage = await restarted();
    const given: Job[] = [];
    stage.outbox.takeJobs('n', (job) => given.push(job));
    await stage.clock.settle();
    assert.deepEqual(
      given.map(({ id, hasEnded }) => [id, hasEnded]),
      [['mine', false]],
    );
    await endJob(stage);
    assert.deepEqual(
      given.map(({ id, hasEnded }) => [id, hasEnded]),
      [
        ['mine', true],
        ['mine', true],
      ],
      'the first one has ended, too',
    );
    for (const job of given) assert.equal((await job.result).sent, 1);
  });

  const FOLLOWING: Readonly<Record<string, (job: Job) => unknown>> = {
    'waits for its result': (job) => job.result,
    'listens to its steps': (job) => job.on('status', () => undefined),
    'listens to its next step': (job) => job.once('status', () => undefined),
  };
  for (const [how, follow] of Object.entries(FOLLOWING)) {
    it(`gets no job a second time if it ${how}`, async () => {
      const stage = await restarted();
      let given = 0;
      stage.outbox.takeJobs('n', (job) => {
        given += 1;
        follow(job);
      });
      await stage.clock.settle();
      await endJob(stage);
      assert.equal(given, 1);
    });
  }

  it('gets a job that the owner before it followed when it has ended', async () => {
    const stage = await restarted();
    const leave = stage.outbox.takeJobs('n', (job) => void job.result);
    await stage.clock.settle();
    leave();
    const ended: string[] = [];
    stage.outbox.takeJobs('n', (job) => job.hasEnded && ended.push(job.id));
    await stage.clock.settle();
    await endJob(stage);
    assert.deepEqual(ended, ['mine']);
  });

  it('gets what has ended while it was about to stop when it goes on, once', async () => {
    const stage = await restarted();
    const ended: string[] = [];
    stage.outbox.takeJobs('n', (job) => job.hasEnded && ended.push(job.id));
    await stage.clock.settle();
    stage.outbox.hold();
    await endJob(stage);
    assert.deepEqual(ended, []);
    stage.outbox.release();
    await stage.clock.settle();
    assert.deepEqual(ended, ['mine']);
  });

  it('costs no memory for a job that it only looks at', async () => {
    const stage = await Stage.create({ persistent: true });
    const requests = Array.from({ length: JOBS }, (_, index) =>
      stage.outbox.accept({ to: `+${index + 1000}`, text: 'x', id: `job-${index}`, origin: 'n' }),
    );
    await stage.clock.settle();
    await Promise.all(requests.splice(0));
    await stage.startAgain();
    const before = heapInUse();
    let given = 0;
    stage.outbox.takeJobs('n', () => (given += 1));
    await stage.clock.settle();
    assert.equal(given, JOBS);
    const bytes = (heapInUse() - before) / JOBS;
    assert(bytes < 150, `${bytes.toFixed(0)} bytes`);
  });
});

function heapInUse(): number {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  gc();
  gc();
  return process.memoryUsage().heapUsed;
}
