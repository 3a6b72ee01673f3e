import assert from 'node:assert/strict';
import { del, put } from '../../src/journal/store.js';
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

  const rows = (count: number): object[] =>
    numbers(count).map((number, index) => ({ number, name: `customer ${index}`, due: index }));
  const HELD: Readonly<Record<string, object>> = {
    'rows with fields': { to: rows(300) },
    'a long list': { extra: Array.from({ length: 2000 }, (_, index) => `item ${index}`) },
    'a long text': { extra: { text: 'x'.repeat(60_000) } },
    'a Buffer': { extra: Buffer.alloc(60_000) },
    'a Map': { extra: new Map(Array.from({ length: 1000 }, (_, index) => [index, `item ${index}`])) },
    'a circular value': { extra: Object.assign(rows(500), { self: rows }) },
  };
  for (const [what, held] of Object.entries(HELD)) {
    it(`count ${what} that the caller holds as memory, and no longer once they have ended`, async () => {
      const stage = await Stage.create({ queueBytes: 50_000 });
      const request = { to: '+1', text: 'hello', ...held, held: { payload: 'hello', ...held } };
      await assert.rejects(stage.accept({ ...request, to: '+1' }), {
        code: 'GOIP_QUEUE_FULL',
        message: /takes about 0\.\d MB of memory, jobs take 0\.0 MB already/,
      });
      assert.equal((await stage.accept({ to: '+1', held: { to: '+1' } })).job.total, 1);
    });
  }

  it('count what callers hold while their requests are being checked', async () => {
    const stage = await Stage.create({ queueBytes: 50_000 });
    const held = { extra: 'x'.repeat(30_000) };
    const requests = [1, 2, 3].map((index) => stage.acceptNow({ to: `+${index}`, held }));
    const accepted = Promise.allSettled(requests);
    await stage.clock.settle();
    assert.deepEqual(
      (await accepted).map(({ status }) => status),
      ['fulfilled', 'rejected', 'rejected'],
    );
    const cancelled = stage.outbox.cancel({ jobId: (await requests[0])?.job.id ?? '' });
    await stage.clock.settle();
    assert.equal((await cancelled).length, 1);
    assert.equal((await stage.accept({ to: '+4', held })).job.total, 1);
  });

  it('count neither numbers twice nor the connections of a message that came by HTTP', async () => {
    const stage = await Stage.create({ queueBytes: 50_000 });
    const to = numbers(70);
    const held = { to, payload: 'hello', req: { socket: 'x'.repeat(50_000) }, res: { socket: 'x'.repeat(50_000) } };
    assert.equal((await stage.accept({ to, held })).job.total, 70);
  });

  it('hold values that cannot be read', async () => {
    const stage = await Stage.create({ queueBytes: 50_000 });
    const fails = (): never => {
      throw new Error('of the test');
    };
    const held = {
      extra: new Proxy({}, { get: fails, ownKeys: fails, getPrototypeOf: fails }),
      get other() {
        return fails();
      },
    };
    assert.equal((await stage.accept({ to: '+1', held })).job.total, 1);
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

describe('outbox: a result of 1.0, which is one record with all numbers', () => {
  const TOTAL = 2500;
  const results = numbers(TOTAL).map((to) => ({ to, state: 'sent', device: 'a', code: null, reason: null, tried: [] }));
  const counts = { id: 'old', ok: true, total: TOTAL, sent: TOTAL, failed: 0, unknown: 0, expired: 0, cancelled: 0 };
  const ended = { origin: 'n', context: { topic: 't' }, priority: 'normal' };

  async function withOldResult(): Promise<Stage> {
    const stage = await Stage.create({ persistent: true });
    const record = { ...ended, result: { ...counts, results }, endedAt: stage.clock.now() };
    const written = stage.journal.commit([put('ended/old', record), put('untold/old', 'n')]);
    await stage.clock.settle();
    await written;
    await stage.startAgain();
    return stage;
  }

  /** What its owner gets. */
  async function answerOf(stage: Stage): Promise<readonly unknown[]> {
    const [job] = await stage.outbox.adopt('n');
    const result = job?.result;
    await stage.clock.settle();
    return [job?.id, job?.context, await result];
  }

  it('is answered at the first start and after it, with all numbers', async () => {
    const stage = await withOldResult();
    const expected = ['old', { topic: 't' }, { ...counts, results }];
    assert.deepEqual(await answerOf(stage), expected);
    await stage.clock.pass({ seconds: 1 });
    await stage.startAgain();
    assert.deepEqual(await answerOf(stage), expected);
  });

  it('is divided into records of bounded size', async () => {
    const stage = await withOldResult();
    await stage.clock.pass({ seconds: 1 });
    const { content } = stage.disk;
    const sizes = stage.disk.keys('results/old/').map((key) => (content[key] as readonly unknown[]).length);
    assert.deepEqual(sizes, [1000, 1000, 500]);
    for (const key of ['ended/old', 'untold/old']) assert(JSON.stringify(content[key]).length < 500, key);
  });

  it('is not read at the next start, nor for the list of jobs', async () => {
    const stage = await withOldResult();
    await stage.clock.pass({ seconds: 1 });
    stage.disk.reads.length = 0;
    await stage.startAgain();
    assert.deepEqual(
      stage.outbox.jobs().map(({ id, total }) => [id, total]),
      [['old', TOTAL]],
    );
    assert.deepEqual(
      stage.disk.reads.filter((key) => /^(ended|results)\//.test(key)),
      [],
    );
  });
});

describe('outbox: a large job of which a damaged journal has lost a record', () => {
  for (const lost of [0, 1, 2]) {
    it(`keeps its total, and ends the lost numbers as unknown: record ${lost + 1} of 3`, async () => {
      const stage = await Stage.create({ persistent: true, numbersPerRecord: 2 });
      await stage.accept({ to: ['+1', '+2', '+3', '+4', '+5'], origin: 'node' });
      const parts = stage.disk.keys('part/');
      assert.equal(parts.length, 3);
      stage.crash();
      await (await stage.disk.storeFor(() => true)()).write([del(parts[lost] ?? '')]);
      await stage.startAgain();
      const [job] = await stage.adopt('node');
      assert.ok(job);
      assert.equal(job.total, 5);
      const watched = stage.watch(job);
      const cancelled = stage.outbox.cancel({ jobId: job.id });
      await stage.clock.settle();
      assert.deepEqual(await cancelled, [job.id]);
      const { total, results } = await watched.result();
      const isLost = (index: number): boolean => Math.floor(index / 2) === lost;
      assert.deepEqual(
        results.map(({ to, state, reason }) => [to, state, reason?.includes('journal was damaged') ?? false]),
        ['+1', '+2', '+3', '+4', '+5'].map((to, index) =>
          isLost(index) ? ['', 'unknown', true] : [to, 'cancelled', false],
        ),
      );
      assert.equal(total, 5);
    });
  }
});
