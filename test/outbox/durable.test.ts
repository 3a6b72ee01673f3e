import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { put } from '../../src/journal/store.js';
import type { Job } from '../../src/outbox/result.js';
import { resultsOf, Stage, type StageOptions } from './stage.js';

const DAY = 86_400;
const kept = (options: StageOptions = {}): Promise<Stage> => Stage.online({ persistent: true, ...options });

/** Waits for what takes no time. */
async function now<T>(stage: Stage, promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  await stage.clock.settle();
  return promise;
}

/** The same disk, a new server, and its lines online. */
async function startAgain(stage: Stage, ...ids: string[]): Promise<void> {
  await stage.startAgain();
  for (const id of ids.length > 0 ? ids : ['a']) await stage.keepalive(id);
}

async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const open = Symbol('open');
  return (await Promise.race([promise.catch(() => undefined), turn(open)])) !== open;
}

/** Lets the device send all of a session whose MSG has just gone out. */
async function sendsAll(stage: Stage, numbers: number, id = 'a'): Promise<void> {
  const sendid = await stage.opens(id);
  for (let telid = 1; telid <= numbers; telid += 1) await stage.say(id, `OK ${sendid} ${telid}`);
  await stage.say(id, `DONE ${sendid}`);
  // The journal writes what has no hurry.
  await stage.clock.pass({ seconds: 0.2 });
  stage.sent();
}

describe('outbox: expiry', () => {
  const expiring: readonly (readonly [what: string, options: StageOptions, expire: unknown, seconds: number])[] = [
    ['after a day where nothing is said', {}, undefined, DAY],
    ["after the server's time", { expire: 100 }, undefined, 100],
    ["after the request's own time", { expire: 100 }, 7, 7],
  ];
  for (const [what, options, expire, seconds] of expiring) {
    it(`what was not submitted ends ${what}`, async () => {
      const stage = await Stage.create(options);
      const { news, result } = await stage.accept({ to: '+1, +2', expire });
      await stage.clock.pass({ seconds: seconds - 1 });
      await stage.pass({ seconds: 0.9 });
      assert.deepEqual(news(), ['+1 queued', '+2 queued']);
      await stage.pass({ seconds: 1 });
      assert.deepEqual(resultsOf(await result()), ['+1 expired GOIP_EXPIRED', '+2 expired GOIP_EXPIRED']);
      assert.equal((await result()).expired, 2);
      await stage.keepalive('a');
      assert.deepEqual(stage.sent(), []);
    });
  }

  it('never comes where it is 0', async () => {
    for (const [options, expire] of [
      [{ expire: 0 }, undefined],
      [{ expire: 5 }, 0],
    ] as const) {
      const stage = await Stage.create(options);
      const { news } = await stage.accept({ to: '+1', expire });
      await stage.clock.pass({ seconds: 1000 * DAY });
      await stage.pass({ seconds: 2 });
      assert.deepEqual(news(), ['+1 queued']);
      assert.equal(stage.outbox.jobs()[0]?.expiresAt, null);
      await stage.keepalive('a');
      assert.deepEqual(stage.sent(), ['a: MSG 1 5 hello']);
    }
  });

  it('comes for a number whose session is opening: it is not submitted', async () => {
    const stage = await Stage.online({ expire: 10 });
    const { result } = await stage.accept({ to: '+1, +2' });
    const sendid = stage.sendid('a');
    await stage.pass({ seconds: 4 });
    await stage.say('a', `PASSWORD ${sendid}`);
    stage.sent();
    await stage.clock.pass({ seconds: 6 });
    await stage.say('a', `SEND ${sendid}`);
    assert.deepEqual(
      stage.sent('a').filter((request) => !request.startsWith('PASSWORD')),
      [`DONE ${sendid}`],
    );
    await stage.pass({ seconds: 1 });
    assert.deepEqual(resultsOf(await result()), ['+1 expired GOIP_EXPIRED', '+2 expired GOIP_EXPIRED']);
    await stage.assertQuiet();
  });

  it('does not touch what the device has', async () => {
    const stage = await Stage.online({ expire: 10 });
    const { result } = await stage.accept({ to: '+1, +2' });
    const sendid = await stage.opens('a');
    await stage.say('a', `WAIT ${sendid} 1`);
    await stage.pass({ seconds: 11 });
    await stage.say('a', `OK ${sendid} 1`);
    assert.deepEqual(stage.sent('a').slice(-1), [`DONE ${sendid}`]);
    assert.deepEqual(resultsOf(await result()), ['+1 sent a', '+2 expired GOIP_EXPIRED']);
  });

  it('counts from the acceptance, also over a restart', async () => {
    const stage = await Stage.create({ persistent: true, expire: 60 });
    await stage.accept({ to: '+1', origin: 'n' });
    await stage.pass({ seconds: 50 });
    await stage.startAgain();
    const [job] = (await stage.adopt('n')).map((one) => stage.watch(one));
    await stage.pass({ seconds: 9 });
    assert.deepEqual(job?.news(), []);
    await stage.pass({ seconds: 1 });
    assert.deepEqual(job.news(), ['+1 expired']);
    await stage.keepalive('a');
    assert.deepEqual(stage.sent(), []);
  });
});

describe('outbox: jobs of an earlier version', () => {
  it('go on, as jobs like any other', async () => {
    const stage = await Stage.create({ persistent: true });
    await stage.accept({ to: '+1', origin: 'n' });
    const [key = ''] = stage.disk.keys('job/');
    const { priority, reportMs, ...older } = stage.disk.content[key] as Record<string, unknown>;
    assert.deepEqual([priority, reportMs], ['normal', 0]);
    await now(stage, stage.journal.commit([put(key, older)]));
    await startAgain(stage);
    assert.equal(stage.outbox.jobs()[0]?.priority, 'normal');
    await sendsAll(stage, 1);
    const [job] = await stage.adopt('n');
    assert.equal((await job?.result)?.ok, true);
  });
});

describe('outbox: job ids', () => {
  it('the same id while the job runs is the same job', async () => {
    const stage = await Stage.online();
    const first = await stage.accept({ to: '+1', id: 'x' });
    const second = await stage.accept({ to: '+1', id: 'x' });
    assert.equal(second.job, first.job);
    await sendsAll(stage, 1);
    assert.deepEqual(resultsOf(await second.result()), ['+1 sent a']);
    assert.deepEqual(stage.sent(), []);
  });

  it('asked for at once, it is one job', async () => {
    const stage = await Stage.online();
    const both = [stage.acceptNow({ to: '+1', id: 'x' }), stage.acceptNow({ to: '+1', id: 'x' })];
    const [first, second] = await now(stage, Promise.all(both));
    assert.equal(first?.job, second?.job);
    assert.deepEqual(stage.sent(), ['a: MSG 1 5 hello']);
    assert.equal(stage.disk.keys('job/').length, 1);
  });

  it('after its end it is its result, also over a restart, and from whatever line or queue', async () => {
    const stage = await kept({ queueLimit: 1 });
    const first = await stage.accept({ to: '+1', id: 'x' });
    await sendsAll(stage, 1);
    const result = await first.result();
    assert.deepEqual(await (await stage.accept({ to: '+1', id: 'x' })).result(), result);
    await stage.startAgain();
    await stage.pass({ seconds: 200 });
    assert.deepEqual(await (await stage.accept({ to: '+1', id: 'x' })).result(), result);
    assert.deepEqual(stage.sent(), []);
  });

  it('over a restart while it runs it is the same job', async () => {
    const stage = await kept();
    await stage.accept({ to: '+1', id: 'x' });
    stage.sent();
    await startAgain(stage);
    const { job, result } = await stage.accept({ to: '+1', id: 'x' });
    assert.equal(job.id, 'x');
    const [done, msg] = stage.sent('a');
    assert.deepEqual([done, msg?.split(' ')[0]], ['DONE 1', 'MSG']);
    const sendid = msg?.split(' ')[1] ?? '';
    await stage.say('a', `PASSWORD ${sendid}`, `SEND ${sendid}`, `OK ${sendid} 1`);
    assert.deepEqual(resultsOf(await result()), ['+1 sent a']);
  });

  it('of a request that is refused can be used again', async () => {
    const stage = await Stage.online({ queueLimit: 2 });
    for (const request of [{ to: 'nobody' }, { to: '+1', text: '' }, { to: '+1, +2, +3' }, { to: '+1', device: 'b' }])
      await assert.rejects(stage.accept({ ...request, id: 'x' }));
    stage.disk.isBroken = true;
    await assert.rejects(stage.accept({ to: '+1', id: 'x' }), { code: 'GOIP_STORAGE' });
    stage.disk.isBroken = false;
    await stage.pass({ seconds: 2 });
    const { job } = await stage.accept({ to: '+1', id: 'x' });
    assert.equal(job.id, 'x');
    assert.deepEqual(stage.sent(), ['a: MSG 1 5 hello']);
  });

  it('of a request that could not be saved, but was there all the same, leads to one job', async () => {
    const stage = await kept();
    stage.disk.outcome = () => 'made, and reported as failed';
    await assert.rejects(stage.accept({ to: '+1', id: 'x' }), { code: 'GOIP_STORAGE' });
    assert.equal(stage.disk.keys('job/').length, 1);
    stage.disk.outcome = () => 'made';
    await stage.pass({ seconds: 2 });
    await stage.accept({ to: '+1', id: 'x' });
    assert.equal(stage.disk.keys('job/').length, 1);
    assert.equal(stage.outbox.jobs().length, 1);
    await sendsAll(stage, 1);
    await startAgain(stage);
    assert.deepEqual(stage.sent(), []);
  });

  it('are made where none is given, and each is another job', async () => {
    const stage = await Stage.online();
    const [one, other] = [await stage.accept({ to: '+1' }), await stage.accept({ to: '+1' })];
    assert.notEqual(one.job.id, other.job.id);
  });

  it('is known while the disk is out of order', async () => {
    const stage = await Stage.online();
    const { job } = await stage.accept({ to: '+1, +2', id: 'x' });
    stage.disk.isBroken = true;
    await assert.rejects(stage.accept({ to: '+3' }));
    assert.equal((await stage.accept({ to: '+1, +2', id: 'x' })).job, job);
  });

  const OTHERS = [
    { to: '+2' },
    { to: '+1, +2' },
    { text: 'other' },
    { to: [{ number: '+1' }], text: 'hello {{number}}' },
  ];
  for (const other of OTHERS) {
    it(`is refused with other content, before and after its end and a restart: ${JSON.stringify(other)}`, async () => {
      const stage = await kept();
      const conflict = { code: 'GOIP_JOB_CONFLICT' };
      const changed = { to: '+1', text: 'hello', ...other, id: 'x' };
      await stage.accept({ to: '+1', text: 'hello', id: 'x' });
      await assert.rejects(stage.accept(changed), conflict);
      await sendsAll(stage, 1);
      await assert.rejects(stage.accept(changed), conflict);
      await stage.startAgain();
      await assert.rejects(stage.accept(changed), conflict);
      assert.equal((await stage.accept({ to: ['+1'], text: 'hello', id: 'x' })).job.id, 'x');
      assert.deepEqual(stage.sent(), []);
    });
  }
});

describe('outbox: a full queue', () => {
  it('refuses what does not fit, as a whole', async () => {
    const stage = await Stage.create({ queueLimit: 5 });
    await stage.accept({ to: '+1, +2, +3' });
    await assert.rejects(stage.accept({ to: '+4, +5, +6' }), {
      code: 'GOIP_QUEUE_FULL',
      message: /3 numbers .* 5 can/,
    });
    assert.equal(stage.outbox.waitingFor('a'), 3);
    await stage.accept({ to: '+4, +5' });
    await assert.rejects(stage.accept({ to: '+6' }), { code: 'GOIP_QUEUE_FULL' });
    assert.equal(stage.disk.keys('job/').length, 2);
  });

  it('counts what is just being accepted', async () => {
    const stage = await Stage.create({ queueLimit: 5 });
    const requests = [1, 2, 3, 4].map((number) => stage.acceptNow({ to: `+${number}0, +${number}1` }));
    const outcomes = await now(stage, Promise.allSettled(requests));
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'fulfilled', 'rejected', 'rejected'],
    );
  });

  it('has room again when numbers are on their way', async () => {
    const stage = await Stage.online({ queueLimit: 2 });
    await stage.accept({ to: '+1, +2' });
    await stage.accept({ to: '+3' });
    await assert.rejects(stage.accept({ to: '+4' }), { code: 'GOIP_QUEUE_FULL' });
    await sendsAll(stage, 2);
    await stage.accept({ to: '+4' });
  });

  it('counts what an earlier life left', async () => {
    const stage = await Stage.create({ queueLimit: 3, persistent: true });
    await stage.accept({ to: '+1, +2' });
    await stage.startAgain();
    await assert.rejects(stage.accept({ to: '+3, +4' }), { code: 'GOIP_QUEUE_FULL' });
  });
});

describe('outbox: cancel', () => {
  it('ends what was not submitted; what the device has goes on', async () => {
    const stage = await kept();
    const { job, news, result } = await stage.accept({ to: '+1, +2, +3' });
    const other = await stage.accept({ to: '+4' });
    const sendid = await stage.opens('a');
    news();
    assert.deepEqual(await now(stage, stage.outbox.cancel({ jobId: job.id })), [job.id]);
    assert.deepEqual(news(), ['+2 cancelled', '+3 cancelled']);
    await stage.say('a', `OK ${sendid} 1`);
    assert.deepEqual(stage.sent('a').slice(-1), [`DONE ${sendid}`]);
    assert.deepEqual(resultsOf(await result()), [
      '+1 sent a',
      '+2 cancelled GOIP_CANCELLED',
      '+3 cancelled GOIP_CANCELLED',
    ]);
    assert.equal((await result()).cancelled, 2);
    assert.deepEqual(other.news(), ['+4 queued']);
  });

  it('ends at once the number that a session is being opened for, and the session', async () => {
    const stage = await kept();
    const { job, result } = await stage.accept({ to: '+1, +2' });
    const sendid = stage.sendid('a');
    await now(stage, stage.outbox.cancel({ jobId: job.id }));
    assert.deepEqual(stage.sent('a'), [`DONE ${sendid}`]);
    assert.equal((await result()).cancelled, 2);
    assert.deepEqual(stage.disk.keys('job/'), []);
    await startAgain(stage);
    assert.deepEqual(
      stage.sent().filter((request) => !request.includes('DONE')),
      [],
    );
  });

  it('of an origin ends all its jobs, and no others', async () => {
    const stage = await Stage.create();
    const jobs = [];
    for (const origin of ['n', 'm', 'n', undefined]) jobs.push(await stage.accept({ to: '+1', origin }));
    const ids = await now(stage, stage.outbox.cancel({ origin: 'n' }));
    assert.deepEqual(ids, [jobs[0]?.job.id, jobs[2]?.job.id]);
    assert.deepEqual(
      jobs.map(({ news }) => news().at(-1)),
      ['+1 cancelled', '+1 queued', '+1 cancelled', '+1 queued'],
    );
  });

  it('of what is not there, or is over, finds nothing', async () => {
    const stage = await Stage.online();
    const { job } = await stage.accept({ to: '+1' });
    await sendsAll(stage, 1);
    for (const selector of [{ jobId: job.id }, { jobId: 'x' }, { origin: 'n' }])
      assert.deepEqual(await stage.outbox.cancel(selector), []);
  });

  it('is confirmed when it is saved, and not before', async () => {
    const stage = await Stage.create();
    const { job, news } = await stage.accept({ to: '+1' });
    news();
    stage.disk.isBroken = true;
    const cancelled = stage.outbox.cancel({ jobId: job.id });
    await stage.pass({ seconds: 30 });
    assert.deepEqual([await isSettled(cancelled), news()], [false, []]);
    await stage.keepalive('a');
    assert.deepEqual(stage.sent(), [], 'but nothing of it goes out');
    stage.disk.isBroken = false;
    await stage.pass({ seconds: 2 });
    assert.deepEqual([await cancelled, news()], [[job.id], ['+1 cancelled']]);
  });

  it('while a number is being saved lets that one go, and no other', async () => {
    const stage = await Stage.online();
    const { job, result } = await stage.accept({ to: '+1, +2' });
    const sendid = stage.sendid('a');
    await stage.say('a', `PASSWORD ${sendid}`);
    stage.hears(`SEND ${sendid}`, stage.addressOf('a'));
    await now(stage, stage.outbox.cancel({ jobId: job.id }));
    await stage.say('a', `OK ${sendid} 1`);
    assert.deepEqual(stage.sent('a').slice(1), [`SEND ${sendid} 1 +1`, `DONE ${sendid}`]);
    assert.deepEqual(resultsOf(await result()), ['+1 sent a', '+2 cancelled GOIP_CANCELLED']);
  });
});

describe('outbox: pause and resume', () => {
  it('hold a job back, and let it go', async () => {
    const stage = await Stage.online();
    const { job, news, result } = await stage.accept({ to: '+1, +2' });
    const first = await stage.opens('a');
    assert.deepEqual(await now(stage, stage.outbox.pause({ jobId: job.id })), [job.id]);
    assert.equal(stage.outbox.jobs()[0]?.state, 'paused');
    await stage.say('a', `OK ${first} 1`, `DONE ${first}`);
    stage.sent();
    await stage.pass({ seconds: 100 });
    assert.deepEqual([stage.sent(), news().at(-1)], [[], '+1 sent']);
    assert.deepEqual(await now(stage, stage.outbox.resume({ jobId: job.id })), [job.id]);
    assert.equal(stage.outbox.jobs()[0]?.state, 'running');
    await sendsAll(stage, 1);
    assert.equal((await result()).ok, true);
  });

  it('hold back the number that a session is being opened for', async () => {
    const stage = await Stage.online();
    const { job, result } = await stage.accept({ to: '+1' });
    const sendid = stage.sendid('a');
    await now(stage, stage.outbox.pause({ jobId: job.id }));
    await stage.say('a', `PASSWORD ${sendid}`, `SEND ${sendid}`);
    assert.deepEqual(stage.sent('a').slice(-1), [`DONE ${sendid}`]);
    await stage.pass({ seconds: 60 });
    assert.deepEqual(stage.sent('a'), []);
    await now(stage, stage.outbox.resume({ jobId: job.id }));
    await sendsAll(stage, 1);
    assert.equal((await result()).ok, true);
  });

  it('outlive a restart', async () => {
    const stage = await kept();
    const { job } = await stage.accept({ to: '+1', origin: 'n' });
    await now(stage, stage.outbox.pause({ origin: 'n' }));
    stage.sent();
    await startAgain(stage);
    assert.deepEqual(stage.sent(), ['a: DONE 1']);
    assert.equal(stage.outbox.jobs()[0]?.state, 'paused');
    await now(stage, stage.outbox.resume({ origin: 'n' }));
    assert.match(stage.sent().join(), /^a: MSG/);
    await startAgain(stage);
    assert.equal(stage.outbox.jobs()[0]?.id, job.id);
    assert.match(stage.sent().join(), /a: MSG/);
  });

  it('let a job that other jobs wait behind not hold them up', async () => {
    const stage = await Stage.create();
    const { job } = await stage.accept({ to: '+1', text: 'waits' });
    await stage.accept({ to: '+2', text: 'goes' });
    await now(stage, stage.outbox.pause({ jobId: job.id }));
    await stage.keepalive('a');
    assert.deepEqual(stage.sent(), ['a: MSG 1 4 goes']);
  });

  it('change nothing where they cannot be saved', async () => {
    const stage = await Stage.online();
    const { job } = await stage.accept({ to: '+1' });
    stage.disk.isBroken = true;
    await assert.rejects(now(stage, stage.outbox.pause({ jobId: job.id })), { code: 'GOIP_STORAGE' });
    assert.equal(stage.outbox.jobs()[0]?.state, 'running');
  });

  it('let the number go out if the pause cannot be saved', async () => {
    const stage = await Stage.create();
    const { job } = await stage.accept({ to: '+1' });
    stage.disk.isBroken = true;
    await assert.rejects(now(stage, stage.outbox.pause({ jobId: job.id })), { code: 'GOIP_STORAGE' });
    stage.disk.isBroken = false;
    await stage.pass({ seconds: 2 });
    await stage.keepalive('a');
    assert.deepEqual(stage.sent(), ['a: MSG 1 5 hello']);
  });

  it('do not bring back a job whose result is being saved', async () => {
    const stage = await kept();
    const { job } = await stage.accept({ to: '+1' });
    const sendid = await stage.opens('a');
    stage.disk.isBroken = true;
    await stage.say('a', `OK ${sendid} 1`);
    const paused = stage.outbox.pause({ jobId: job.id });
    stage.disk.isBroken = false;
    await stage.pass({ seconds: 3 });
    assert.deepEqual(await paused, []);
    assert.deepEqual(stage.disk.keys('job/'), []);
    stage.sent();
    await startAgain(stage);
    assert.deepEqual(
      stage.sent().filter((request) => request.includes('MSG')),
      [],
    );
  });
});

describe('outbox: a disk that fails', () => {
  it('refuses a job with GOIP_STORAGE, and sends nothing of it', async () => {
    const stage = await kept();
    stage.disk.isBroken = true;
    await assert.rejects(stage.accept({ to: '+1' }), { code: 'GOIP_STORAGE' });
    stage.disk.isBroken = false;
    await stage.pass({ seconds: 5 });
    assert.deepEqual([stage.sent(), stage.outbox.jobs()], [[], []]);
    await startAgain(stage);
    assert.deepEqual([stage.sent(), stage.outbox.jobs()], [[], []]);
  });

  it('opens no session as long as it does: a try each second', async () => {
    const stage = await Stage.create();
    const { news } = await stage.accept({ to: '+1' });
    let writes = 0;
    stage.disk.outcome = () => ((writes += 1), 'failed');
    await stage.keepalive('a');
    await stage.pass({ seconds: 20 });
    assert.deepEqual([stage.sent(), news()], [[], ['+1 queued']]);
    assert.ok(writes >= 15 && writes <= 45, `${writes} writes in 20 s`);
    stage.disk.outcome = () => 'made';
    await stage.pass({ seconds: 2 });
    assert.match(stage.sent().join(), /^a: MSG \d+ 5 hello$/);
  });

  it('does not let a number out, and puts it back', async () => {
    const stage = await kept();
    const { news, result } = await stage.accept({ to: '+1, +2' });
    const sendid = await stage.opens('a');
    news();
    stage.disk.outcome = () => 'made, and reported as failed';
    await stage.say('a', `OK ${sendid} 1`);
    assert.deepEqual(stage.sent('a').slice(-1), [`DONE ${sendid}`]);
    assert.deepEqual(news(), []);
    stage.disk.outcome = () => 'made';
    await stage.clock.pass({ seconds: 1.1 });
    assert.deepEqual(news(), ['+1 sent']);
    await sendsAll(stage, 1);
    assert.deepEqual(resultsOf(await result()), ['+1 sent a', '+2 sent a']);
    assert.equal((await result()).results[1]?.attempts, 1, 'the first one never went out');
  });

  it('results are kept until it takes them, then told, in order', async () => {
    const stage = await Stage.online({ ids: ['a', 'b'] });
    const { job, news, result } = await stage.accept({ to: '+1, +2' });
    stage.sent();
    await stage.say('a', 'PASSWORD 1', 'SEND 1');
    await stage.say('b', 'PASSWORD 2', 'SEND 2');
    news();
    stage.disk.isBroken = true;
    await stage.say('a', 'OK 1 1');
    await stage.pass({ seconds: 12 });
    await stage.say('b', 'OK 2 1');
    await stage.pass({ seconds: 60 });
    assert.deepEqual([news(), await isSettled(job.result)], [[], false]);
    assert.deepEqual(
      stage.sent('a').filter((request) => request.startsWith('DONE')),
      [],
      'it could still be asked',
    );
    stage.disk.isBroken = false;
    await stage.pass({ seconds: 2 });
    assert.deepEqual(news(), ['+1 sent', '+2 sent']);
    assert.deepEqual(resultsOf(await result()), ['+1 sent a', '+2 sent b']);
  });

  it('a result that is saved late does not leave a number behind for the next job', async () => {
    const stage = await kept({ ids: ['a', 'b'] });
    const { result } = await stage.accept({ to: '+1, +2' });
    stage.sent();
    await stage.say('a', 'PASSWORD 1', 'SEND 1');
    await stage.say('b', 'PASSWORD 2', 'SEND 2');
    stage.disk.isBroken = true;
    await stage.say('a', 'OK 1 1');
    stage.disk.isBroken = false;
    await stage.clock.pass({ seconds: 0.5 });
    await stage.say('b', 'OK 2 1');
    await stage.pass({ seconds: 1 });
    assert.equal((await result()).ok, true);
    await stage.pass({ seconds: 5 });
    assert.deepEqual([...stage.disk.keys('number/'), ...stage.disk.keys('job/')], []);
    await startAgain(stage, 'a', 'b');
    stage.sent();
    const next = await stage.accept({ to: '+3' });
    assert.deepEqual(next.news(), ['+3 queued']);
    assert.equal(stage.sent().length, 1);
    await startAgain(stage, 'a', 'b');
    assert.equal(stage.outbox.jobs()[0]?.waiting, 1);
  });

  it('does not keep anybody from asking what is in hand', async () => {
    const stage = await Stage.online();
    await stage.accept({ to: '+1', origin: 'n' });
    await sendsAll(stage, 1);
    const { job } = await stage.accept({ to: '+2' });
    stage.disk.isBroken = true;
    await assert.rejects(stage.accept({ to: '+3' }));
    assert.ok(stage.outbox.jobs().some(({ id }) => id === job.id));
  });
});

describe('outbox: closing where jobs are kept', () => {
  async function close(stage: Stage, graceSeconds = 0): Promise<void> {
    const closed = stage.outbox.close(graceSeconds * 1000);
    await stage.clock.pass({ seconds: graceSeconds });
    await closed;
    await stage.journal.close();
  }

  it('what waits is not told anything, and goes on at the next start', async () => {
    const stage = await kept();
    const { job, news } = await stage.accept({ to: '+1, +2', origin: 'n' });
    const sendid = stage.sendid('a');
    await close(stage);
    assert.deepEqual(stage.sent('a'), [`DONE ${sendid}`]);
    assert.deepEqual(news(), ['+1 queued', '+2 queued']);
    await assert.rejects(job.result, { code: 'GOIP_CLOSED' });
    await stage.assertQuiet();
    await startAgain(stage);
    const [adopted] = (await stage.adopt('n')).map((one) => stage.watch(one));
    assert.equal(adopted?.job.id, job.id);
    await sendsAll(stage, 2);
    assert.deepEqual(resultsOf(await adopted.result()), ['+1 sent a', '+2 sent a']);
  });

  it('what a device has is left with it without a DONE, and asked for in the same session', async () => {
    const stage = await kept();
    await stage.accept({ to: '+1, +2', origin: 'n' });
    const sendid = await stage.opens('a');
    await stage.say('a', `WAIT ${sendid} 1`);
    stage.sent();
    await close(stage, 2);
    assert.deepEqual(stage.sent(), []);
    await stage.pass({ seconds: 10 });
    await startAgain(stage);
    assert.deepEqual(stage.sent('a'), [`SEND ${sendid} 1 +1`]);
    const [adopted] = (await stage.adopt('n')).map((one) => stage.watch(one));
    await stage.say('a', `OK ${sendid} 1`, `OK ${sendid} 2`);
    assert.ok(adopted);
    assert.deepEqual(resultsOf(await adopted.result()), ['+1 sent a', '+2 sent a']);
  });

  it('waits the grace for what a device has, and saves its result', async () => {
    const stage = await kept();
    const { job, news } = await stage.accept({ to: '+1, +2', origin: 'n' });
    const sendid = await stage.opens('a');
    const closed = stage.outbox.close(10_000);
    await stage.clock.pass({ seconds: 3 });
    await stage.say('a', `OK ${sendid} 1`, `DONE ${sendid}`);
    await closed;
    assert.deepEqual(news().slice(-1), ['+1 sent']);
    await assert.rejects(job.result, { code: 'GOIP_CLOSED' });
    await stage.journal.close();
    stage.sent();
    await startAgain(stage);
    assert.match(stage.sent().join(), /^a: MSG/);
    assert.equal(stage.outbox.jobs()[0]?.sent, 1);
  });

  for (const persistent of [true, false]) {
    it(`while a job is being accepted${persistent ? '' : ', and is not kept'}: its caller hears of it`, async () => {
      const stage = await Stage.online({ persistent });
      const accepting = stage.acceptNow({ to: '+1', origin: 'n' });
      await close(stage);
      const { job, news } = await accepting;
      assert.ok(await isSettled(job.result), 'nobody waits for ever');
      if (persistent) await assert.rejects(job.result, { code: 'GOIP_CLOSED' });
      else assert.deepEqual(resultsOf(await job.result), ['+1 failed GOIP_CLOSED']);
      assert.deepEqual(news(), persistent ? ['+1 queued'] : ['+1 queued', '+1 failed']);
      assert.deepEqual(stage.sent(), []);
      await stage.startAgain();
      assert.equal(stage.outbox.jobs().length, 1, 'kept, or its result');
    });
  }

  it('while the disk fails: does not wait for it, and what a device has is left to the next life', async () => {
    const stage = await kept();
    const { job, news } = await stage.accept({ to: '+1' });
    const sendid = await stage.opens('a');
    news();
    stage.disk.isBroken = true;
    await stage.say('a', `OK ${sendid} 1`);
    const closed = stage.outbox.close(0);
    await stage.pass({ seconds: 5 });
    await closed;
    await assert.rejects(job.result, { code: 'GOIP_CLOSED' });
    assert.deepEqual(news(), []);
  });
});

describe('outbox: after a restart', () => {
  it('never uses the key of an ended job again', async () => {
    const stage = await kept();
    const keys: string[] = [];
    stage.disk.outcome = (changes) => {
      keys.push(...changes.filter(({ type, key }) => type === 'put' && key.startsWith('job/')).map(({ key }) => key));
      return 'made';
    };
    await stage.accept({ to: '+1' });
    await sendsAll(stage, 1);
    await startAgain(stage);
    await stage.accept({ to: '+2' });
    assert.equal(new Set(keys).size, 2);
    assert.deepEqual(keys, keys.toSorted());
  });

  it('a number without a result is asked for in the same session, with the same ids', async () => {
    const stage = await kept();
    await stage.accept({ to: '+1, +2, +3', origin: 'n' });
    const sendid = await stage.opens('a');
    await stage.say('a', `OK ${sendid} 1`, `WAIT ${sendid} 2`);
    stage.sent();
    await stage.pass({ seconds: 10 });
    await startAgain(stage);
    const [adopted] = (await stage.adopt('n')).map((one) => stage.watch(one));
    assert.ok(adopted);
    assert.deepEqual(stage.sent('a'), [`SEND ${sendid} 2 +2`]);
    await stage.say('a', `OK ${sendid} 2`);
    assert.deepEqual(stage.sent('a'), [`SEND ${sendid} 3 +3`]);
    await stage.say('a', `OK ${sendid} 3`, `DONE ${sendid}`);
    assert.deepEqual(adopted.news(), ['+2 sent', '+3 submitted', '+3 sent']);
    assert.deepEqual(resultsOf(await adopted.result()), ['+1 sent a', '+2 sent a', '+3 sent a']);
  });

  /** A job whose last number is with a device, in the journal of a version that saved results late. */
  async function keptWithoutResults(to: readonly string[], without: readonly number[]) {
    const stage = await kept();
    await stage.accept({ to, origin: 'n' });
    const sendid = await stage.opens('a');
    for (let telid = 1; telid < to.length; telid += 1) await stage.say('a', `OK ${sendid} ${telid}`);
    await stage.say('a', `WAIT ${sendid} ${to.length}`);
    const last = stage.disk.keys('number/').find((key) => key.endsWith(`/${(to.length - 1).toString(36)}`)) ?? '';
    const submission = stage.disk.content[last] as object;
    for (const telid of without) {
      const key = last.replace(/[^/]*$/, (telid - 1).toString(36));
      await now(stage, stage.journal.commit([put(key, { ...submission, telid })]));
    }
    await stage.pass({ seconds: 10 });
    stage.sent();
    await startAgain(stage);
    const [adopted] = (await stage.adopt('n')).map((one) => stage.watch(one));
    assert.ok(adopted);
    return { stage, sendid, adopted };
  }

  it('several numbers of a session without a result are asked for one after the other', async () => {
    const { stage, sendid, adopted } = await keptWithoutResults(['+1', '+2', '+3'], [1, 2]);
    assert.deepEqual([stage.sent('a'), stage.line().sending], [[`SEND ${sendid} 1 +1`], 3]);
    await stage.say('a', `OK ${sendid} 1`);
    assert.deepEqual(stage.sent('a'), [`SEND ${sendid} 2 +2`]);
    await startAgain(stage);
    assert.deepEqual(stage.sent('a'), [`SEND ${sendid} 2 +2`], 'a second crash');
    await stage.say('a', `OK ${sendid} 2`);
    assert.deepEqual(stage.sent('a'), [`SEND ${sendid} 3 +3`]);
    await stage.say('a', `OK ${sendid} 3`, `DONE ${sendid}`);
    assert.deepEqual([stage.line().sending, stage.line().sessions], [0, 0]);
    const [again] = await stage.adopt('n');
    assert.ok(again);
    assert.deepEqual(adopted.news(), ['+1 sent']);
    assert.deepEqual(resultsOf(await now(stage, again.result)), ['+1 sent a', '+2 sent a', '+3 sent a']);
  });

  it('a number that the device may have forgotten is unknown, and is not asked for', async () => {
    const to = Array.from({ length: 12 }, (_, index) => `+${index + 1}`);
    const { stage, sendid, adopted } = await keptWithoutResults(to, [1, 2, 3]);
    assert.deepEqual(stage.sent('a'), [`SEND ${sendid} 3 +3`]);
    await stage.say('a', `OK ${sendid} 3`, `OK ${sendid} 12`, `DONE ${sendid}`);
    const results = resultsOf(await adopted.result());
    assert.deepEqual(results.slice(0, 3), ['+1 unknown GOIP_TIMEOUT a', '+2 unknown GOIP_TIMEOUT a', '+3 sent a']);
    assert.deepEqual(results[11], '+12 sent a');
  });

  it('it is not asked for before resendInterval: the SEND may just have gone out', async () => {
    const stage = await kept();
    await stage.accept({ to: '+1' });
    const sendid = await stage.opens('a');
    stage.sent();
    await stage.clock.pass({ seconds: 1 });
    await startAgain(stage);
    await stage.clock.pass({ seconds: 3.9 });
    assert.deepEqual(stage.sent(), []);
    await stage.clock.pass({ seconds: 0.2 });
    assert.deepEqual(stage.sent('a'), [`SEND ${sendid} 1 +1`]);
  });

  it('it is not asked for where the user said never: a push is taken, else it is unknown', async () => {
    for (const isPushed of [true, false]) {
      const stage = await kept({ statusQuery: 'never' });
      await stage.accept({ to: '+1', origin: 'n' });
      const sendid = await stage.opens('a');
      stage.sent();
      await startAgain(stage);
      const [adopted] = (await stage.adopt('n')).map((one) => stage.watch(one));
      assert.ok(adopted);
      await stage.pass({ seconds: 60 });
      assert.deepEqual(stage.sent(), []);
      if (isPushed) await stage.say('a', `OK ${sendid} 1`);
      await stage.pass({ seconds: 31 });
      assert.deepEqual(resultsOf(await adopted.result()), isPushed ? ['+1 sent a'] : ['+1 unknown GOIP_TIMEOUT a']);
    }
  });

  const forgotten: Readonly<Record<string, (stage: Stage) => Promise<void>>> = {
    'the server was down for 90 s': async (stage) => {
      stage.crash();
      await stage.pass({ seconds: 90 });
      await startAgain(stage);
    },
    'its line was not heard of for 90 s': async (stage) => {
      stage.silence('a');
      await stage.startAgain();
      await stage.pass({ seconds: 91 });
      await stage.keepalive('a');
    },
    'the device restarted meanwhile': async (stage) => {
      await stage.startAgain();
      await stage.restart('a');
    },
  };
  for (const [why, happens] of Object.entries(forgotten)) {
    it(`a number is unknown where ${why}, and is not asked for; the others go on`, async () => {
      const stage = await kept();
      await stage.pass({ seconds: 65 });
      await stage.accept({ to: '+1, +2', origin: 'n' });
      const sendid = await stage.opens('a');
      await stage.say('a', `WAIT ${sendid} 1`);
      stage.sent();
      await happens(stage);
      await stage.pass({ seconds: 1 });
      const [adopted] = (await stage.adopt('n')).map((one) => stage.watch(one));
      assert.ok(adopted);
      const [done, ...more] = stage.sent('a');
      assert.equal(done, `DONE ${sendid}`);
      if (more.length === 0) await stage.pass({ seconds: 5 });
      const msg = more.find((request) => request.startsWith('MSG')) ?? stage.sent('a').join();
      const second = Number(msg.split(' ')[1]);
      assert.ok(second > sendid);
      await stage.say('a', `PASSWORD ${second}`, `SEND ${second}`, `OK ${second} 1`);
      assert.deepEqual(resultsOf(await adopted.result()), ['+1 unknown GOIP_TIMEOUT a', '+2 sent a']);
    });
  }

  it('sessions that were open are released, those that are asked about are not', async () => {
    const stage = await kept({ sessionsPerLine: 3 });
    await stage.accept({ to: '+1, +2, +3' });
    await stage.say('a', 'PASSWORD 2', 'SEND 2');
    stage.sent();
    stage.crash();
    await stage.pass({ seconds: 10 });
    await startAgain(stage);
    const sent = stage.sent('a');
    assert.deepEqual(sent.filter((request) => !request.startsWith('MSG')).toSorted(), [
      'DONE 1',
      'DONE 3',
      'SEND 2 1 +2',
    ]);
    assert.equal(sent.filter((request) => request.startsWith('MSG')).length, 2);
  });

  it('sendids go on rising, although the clock is behind them', async () => {
    const stage = await kept();
    for (let session = 0; session < 30; session += 1) {
      await stage.accept({ to: '+1' });
      await sendsAll(stage, 1);
    }
    // 30 sessions in 6 s: the clock alone would begin with 25.
    await startAgain(stage);
    await stage.accept({ to: '+1' });
    assert.equal(stage.sendid('a'), 31);
  });

  it('a result that nobody was there for is found by who asked, until it is told', async () => {
    const stage = await kept();
    await stage.accept({ to: '+1', origin: 'n', context: { topic: 'x' } });
    await sendsAll(stage, 1);
    await startAgain(stage);
    assert.deepEqual(await stage.adopt('m'), []);
    const [job, ...more] = await stage.adopt('n');
    assert.ok(job && more.length === 0);
    assert.deepEqual(job.context, { topic: 'x' });
    assert.deepEqual(resultsOf(await job.result), ['+1 sent a']);
    assert.equal(stage.outbox.jobs()[0]?.state, 'ended');
    stage.outbox.told(job.id);
    assert.deepEqual([await stage.adopt('n'), stage.outbox.jobs()], [[], []]);
    await stage.pass({ seconds: 1 });
    await startAgain(stage);
    assert.deepEqual(await stage.adopt('n'), []);
  });

  it('jobs without an origin are nobody’s: their results are not kept for anyone', async () => {
    const stage = await kept();
    const { job } = await stage.accept({ to: '+1' });
    await sendsAll(stage, 1);
    assert.deepEqual(stage.outbox.jobs(), []);
    await startAgain(stage);
    assert.deepEqual(stage.outbox.jobs(), []);
    const again: Job = (await stage.accept({ to: '+1', id: job.id })).job;
    assert.equal((await again.result).ok, true);
  });
});

describe('outbox: what it tells of its jobs', () => {
  it('sums them up', async () => {
    const stage = await Stage.online({ expire: 60 });
    await stage.accept({ to: '+1, +2, +3, +4', id: 'x', origin: 'n' });
    const sendid = await stage.opens('a');
    await stage.say('a', `OK ${sendid} 1`, `ERROR ${sendid} 2 errorstatus:1`);
    assert.deepEqual(stage.outbox.jobs(), [
      {
        id: 'x',
        origin: 'n',
        priority: 'normal',
        state: 'running',
        total: 4,
        sent: 1,
        failed: 1,
        unknown: 0,
        expired: 0,
        cancelled: 0,
        waiting: 1,
        acceptedAt: '2026-01-01T00:00:00.000Z',
        expiresAt: '2026-01-01T00:01:00.000Z',
      },
    ]);
  });

  it('tells of an ended job when it was accepted, and not when it ended', async () => {
    const stage = await kept();
    await stage.clock.pass({ seconds: 5 });
    await stage.accept({ to: '+1', origin: 'n', expire: 60 });
    const sendid = await stage.opens('a');
    await stage.say('a', `WAIT ${sendid} 1`);
    await stage.clock.pass({ seconds: 2 });
    await stage.say('a', `OK ${sendid} 1`);
    const times = () => stage.outbox.jobs().map(({ state, acceptedAt, expiresAt }) => [state, acceptedAt, expiresAt]);
    const expected = [['ended', '2026-01-01T00:00:05.000Z', '2026-01-01T00:01:05.000Z']];
    assert.deepEqual(times(), expected);
    await stage.startAgain();
    assert.deepEqual(times(), expected);
  });

  it('does not know when a job was accepted that version 1.0 has ended', async () => {
    const stage = await kept();
    const result = {
      id: 'old',
      ok: true,
      total: 1,
      sent: 1,
      failed: 0,
      unknown: 0,
      expired: 0,
      cancelled: 0,
      results: [],
    };
    const record = { result, origin: 'n', context: null, priority: 'normal', endedAt: stage.clock.now() };
    await now(stage, stage.journal.commit([put('ended/old', record), put('untold/old', 'n')]));
    await stage.startAgain();
    assert.deepEqual(
      stage.outbox.jobs().map(({ id, acceptedAt, expiresAt }) => [id, acceptedAt, expiresAt]),
      [['old', null, null]],
    );
  });

  it('and forgets results after the retention, told or not', async () => {
    const stage = await kept({ retention: 1 });
    await stage.accept({ to: '+1', id: 'old', origin: 'n' });
    await sendsAll(stage, 1);
    await stage.clock.pass({ seconds: 0.6 * DAY });
    await stage.keepalive('a');
    await stage.accept({ to: '+1', id: 'young', origin: 'n' });
    await sendsAll(stage, 1);
    await stage.clock.pass({ seconds: 0.6 * DAY });
    await now(stage, stage.outbox.prune(stage.clock.now()));
    assert.deepEqual(
      (await stage.adopt('n')).map(({ id }) => id),
      ['young'],
    );
    await stage.clock.pass({ seconds: 1 });
    assert.deepEqual(stage.disk.keys('ended/'), ['ended/young']);
    assert.deepEqual(stage.disk.keys('untold/'), ['untold/young']);
    await stage.keepalive('a');
    await stage.accept({ to: '+1', id: 'old' });
    assert.equal(stage.sent().length, 1, 'its id is new again');
  });

  it('a result that was told does not come back while its deletion is on the way', async () => {
    const stage = await kept();
    await stage.accept({ to: '+1', id: 'x', origin: 'n' });
    await sendsAll(stage, 1);
    stage.outbox.told('x');
    await now(stage, stage.outbox.prune(stage.clock.now()));
    assert.deepEqual([await stage.adopt('n'), stage.outbox.jobs()], [[], []]);
  });

  it('and lets none get lost that ends meanwhile', async () => {
    const stage = await kept();
    await stage.accept({ to: '+1', id: 'x', origin: 'n' });
    const sendid = await stage.opens('a');
    const pruned = stage.outbox.prune(stage.clock.now());
    await stage.say('a', `OK ${sendid} 1`);
    await pruned;
    assert.equal((await stage.adopt('n')).length, 1);
  });

  it('of thousands that are accepted in one turn: few writes, one session', async () => {
    const stage = await Stage.online();
    let writes = 0;
    stage.disk.outcome = () => ((writes += 1), 'made');
    const requests = Array.from({ length: 2000 }, (_, index) => stage.acceptNow({ to: `+${index}` }));
    await now(stage, Promise.all(requests));
    assert.equal(stage.outbox.jobCount, 2000);
    assert.equal(stage.sent().length, 1);
    assert.ok(writes < 20, `${writes} writes`);
  });
});
