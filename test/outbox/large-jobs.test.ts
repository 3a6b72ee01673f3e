import assert from 'node:assert/strict';
import { Stage } from './stage.js';
import { turnCounter } from './turn-counter.js';

const NUMBERS = 3000;

/** Numbers, or requests, in one turn of the event loop: two turns of the virtual clock may share one. */
const MOST_PER_TURN = 600;

const numbers = (count: number): string[] => Array.from({ length: count }, (_, index) => `+49170${index + 1000}`);

describe('outbox: large jobs', () => {
  it('are rejected with their size if memory is short, and the next small job is accepted', async () => {
    const stage = await Stage.create({ queueBytes: 1_000_000 });
    await assert.rejects(stage.accept({ to: numbers(NUMBERS) }), {
      code: 'GOIP_QUEUE_FULL',
      message: /takes about 1\.8 MB of memory, .* 1\.0 MB are for jobs/,
    });
    assert.deepEqual(stage.disk.keys('job/'), []);
    assert.equal((await stage.accept({ to: '+1' })).job.total, 1);
  });

  it('count their texts and context as memory', async () => {
    const stage = await Stage.create({ queueBytes: 15_000 });
    for (const more of [{ text: 'ä'.repeat(1400) }, { context: 'x'.repeat(5000) }]) {
      const to = numbers(more.text === undefined ? 1 : 20);
      await assert.rejects(stage.accept({ to, ...more }), { code: 'GOIP_QUEUE_FULL' });
    }
    assert.equal((await stage.accept({ to: numbers(10) })).job.total, 10);
  });

  it('are counted before a number is parsed', async () => {
    const stage = await Stage.create({ queueLimit: 5, country: 'DE' });
    await assert.rejects(stage.accept({ to: ['nobody', ...numbers(5)] }), { code: 'GOIP_QUEUE_FULL' });
    await assert.rejects(stage.accept({ to: ['nobody', ...numbers(4)] }), { code: 'GOIP_BAD_NUMBER' });
  });

  it('are announced in slices', async () => {
    const stage = await Stage.create();
    const steps = turnCounter();
    const accepted = stage.acceptNow({ to: numbers(NUMBERS) }).then(({ job }) => job.on('status', steps.count));
    await stage.clock.settle();
    await accepted;
    assert.equal(steps.total, NUMBERS);
    assert(steps.most <= MOST_PER_TURN, `${steps.most} in one turn`);
  });

  it('are cancelled in few writes of bounded size, and reported in slices', async () => {
    const stage = await Stage.create({ persistent: true });
    const { job } = await stage.accept({ to: numbers(NUMBERS) });
    const steps = turnCounter();
    job.on('status', steps.count);
    const writes: number[] = [];
    stage.disk.outcome = (changes) => {
      if (changes.some(({ key, type }) => key.startsWith('number/') && type === 'put')) writes.push(changes.length);
      return 'made';
    };
    const cancelled = stage.outbox.cancel({ jobId: job.id });
    await stage.clock.settle();
    await cancelled;
    assert.equal((await job.result).cancelled, NUMBERS);
    assert(writes.length <= 6, `${writes.length} writes`);
    assert(Math.max(...writes) <= 2000, `${Math.max(...writes)} changes in one write`);
    assert.equal(steps.total, NUMBERS);
    assert(steps.most <= MOST_PER_TURN, `${steps.most} in one turn`);
  });

  it('are as cheap as many requests of one turn, which begin in slices', async () => {
    const stage = await Stage.create();
    const begun = turnCounter();
    const requests = numbers(NUMBERS / 3).map((number) => {
      const row = {
        get number() {
          begun.count();
          return number;
        },
      };
      return stage.acceptNow({ to: [row], text: 'x' });
    });
    await stage.clock.settle();
    assert.equal((await Promise.all(requests)).length, NUMBERS / 3);
    assert(begun.most <= MOST_PER_TURN, `${begun.most} in one turn`);
  });
});
