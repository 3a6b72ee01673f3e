import assert from 'node:assert/strict';
import type { Delivery, RecipientStatus } from '../../src/outbox/result.js';
import { resultsOf, Stage, type Request, type StageOptions, type WatchedJob } from './stage.js';

const DELIVERED = 0;
const PENDING = 48;
const EXPIRED = 70;

/** One line sends all numbers of a job, under the numbers of the device from `smsNo` on. */
async function send(stage: Stage, request: Request, smsNo = 1, id = 'a'): Promise<WatchedJob> {
  const watched = await stage.accept({ device: id, ...request });
  const sendid = await stage.opens(id);
  for (let telid = 1; telid <= watched.job.total; telid += 1)
    await stage.say(id, `OK ${sendid} ${telid} ${smsNo + telid - 1}`);
  await stage.say(id, `DONE ${sendid}`);
  stage.sent();
  watched.news();
  return watched;
}

const kept = (options: StageOptions = {}): Promise<Stage> => Stage.online({ persistent: true, ...options });

/** Delivery reports that an origin is told of, in short. */
function takenBy(stage: Stage, origin: string): string[] {
  const taken: string[] = [];
  stage.outbox.takeReports(origin, ({ to, state }, context) =>
    taken.push(`${to} ${state}${context === null ? '' : ` ${JSON.stringify(context)}`}`),
  );
  return taken;
}

describe('outbox: delivery reports', () => {
  it('are told as a status of their number, with what they mean', async () => {
    const stage = await Stage.online();
    const { statuses } = await send(stage, { to: '+1, +2' }, 17);
    await stage.pass({ seconds: 8 });
    await stage.report('a', 18, EXPIRED, '+2');
    const { state, to, device, smsNo, delivery } = statuses.at(-1) ?? ({} as RecipientStatus);
    assert.deepEqual([state, to, device, smsNo], ['undelivered', '+2', 'a', 18]);
    assert.deepEqual(delivery, {
      state: 'undelivered',
      status: EXPIRED,
      reason: 'validity period expired',
      at: '2026-01-01T00:00:08.000Z',
    } satisfies Delivery);
    await stage.report('a', 17, DELIVERED, '+1');
    assert.deepEqual([statuses.at(-1)?.state, statuses.at(-1)?.to], ['delivered', '+1']);
  });

  it('that the network keeps trying is told, and then how it ended', async () => {
    const stage = await Stage.online();
    const { news } = await send(stage, { to: '+1' });
    await stage.report('a', 1, PENDING);
    await stage.report('a', 1, DELIVERED);
    assert.deepEqual(news(), ['+1 delivery-pending', '+1 delivered']);
  });

  it('that have been overtaken by the last one say nothing', async () => {
    const stage = await Stage.online();
    const { news } = await send(stage, { to: '+1' });
    await stage.report('a', 1, DELIVERED);
    await stage.report('a', 1, PENDING);
    assert.deepEqual(news(), ['+1 delivered']);
  });

  it('that come together are each told as what they say', async () => {
    const stage = await kept();
    const { job, news } = await stage.accept({ to: '+1, +2' });
    const sendid = await stage.opens('a');
    await stage.say('a', `OK ${sendid} 1 1`);
    news();
    const both = [PENDING, DELIVERED].map((status) => stage.outbox.delivered(stage.line(), 1, status, null));
    await stage.clock.settle();
    await Promise.all(both);
    assert.deepEqual(news(), ['+1 delivery-pending', '+1 delivered']);
    assert.equal(job.total, 2);
  });

  it('are about the line that told them', async () => {
    const stage = await Stage.online({ ids: ['a', 'b'] });
    const one = await send(stage, { to: '+1' }, 5, 'a');
    const other = await send(stage, { to: '+2', text: 'other' }, 5, 'b');
    await stage.report('b', 5, DELIVERED);
    assert.deepEqual([one.news(), other.news()], [[], ['+2 delivered']]);
  });

  it('are about the newest SMS of that number, which comes again', async () => {
    const stage = await Stage.online();
    const older = await send(stage, { to: '+1' }, 5);
    const newer = await send(stage, { to: '+2' }, 5);
    await stage.report('a', 5, DELIVERED);
    assert.deepEqual([older.news(), newer.news()], [[], ['+2 delivered']]);
  });

  it('are about an SMS to the number that they name, however that is written', async () => {
    const stage = await Stage.online();
    const { news } = await send(stage, { to: '+49 171 2345678' });
    await stage.report('a', 1, DELIVERED, '+491719999999');
    assert.deepEqual(news(), []);
    await stage.report('a', 1, PENDING, '01712345678');
    assert.deepEqual(news(), ['+491712345678 delivery-pending']);
    await stage.report('a', 1, PENDING, '');
    assert.deepEqual(news(), ['+491712345678 delivery-pending']);
    await stage.report('a', 1, DELIVERED, '00491712345678');
    assert.deepEqual(news(), ['+491712345678 delivered']);
  });

  it('are taken for an hour', async () => {
    const stage = await Stage.online();
    const { news } = await send(stage, { to: '+1, +2' });
    await stage.pass({ seconds: 3599 });
    await stage.report('a', 1, DELIVERED);
    assert.deepEqual(news(), ['+1 delivered']);
    await stage.clock.pass({ seconds: 1 });
    await stage.report('a', 2, DELIVERED);
    assert.deepEqual(news(), []);
  });

  it('about nothing that we know are nothing to anybody', async () => {
    const stage = await Stage.online();
    const { news } = await send(stage, { to: '+1' }, 5);
    await stage.report('a', 6, DELIVERED);
    await stage.report('a', 6, DELIVERED, '+1');
    assert.deepEqual(news(), []);
  });

  it('of SMS whose result was never learnt, or that failed, are nothing either', async () => {
    const stage = await Stage.online();
    const { news } = await stage.accept({ to: '+1, +2' });
    const sendid = await stage.opens('a');
    await stage.say('a', `ERROR ${sendid} 1 errorstatus:1`, `ERROR ${sendid} SENDID`);
    news();
    for (const smsNo of [1, 2]) await stage.report('a', smsNo, DELIVERED);
    assert.deepEqual(news(), []);
  });
});

describe('outbox: delivery reports before the OK of their SMS', () => {
  async function waiting(stage: Stage): Promise<{ watched: WatchedJob; sendid: number }> {
    const watched = await stage.accept({ to: '+1' });
    const sendid = await stage.opens('a');
    await stage.say('a', `WAIT ${sendid} 1`);
    watched.news();
    return { watched, sendid };
  }

  it('are told after it', async () => {
    const stage = await Stage.online();
    const { watched, sendid } = await waiting(stage);
    await stage.report('a', 7, DELIVERED, '+1');
    assert.deepEqual(watched.news(), []);
    await stage.say('a', `OK ${sendid} 1 7`);
    assert.deepEqual(watched.news(), ['+1 sent', '+1 delivered']);
    const { results } = await watched.result();
    assert.equal(results[0]?.delivery?.state, 'delivered');
  });

  it('and the last word of several counts, in whatever order they come', async () => {
    for (const order of [
      [PENDING, DELIVERED],
      [DELIVERED, PENDING],
    ]) {
      const stage = await Stage.online();
      const { watched, sendid } = await waiting(stage);
      for (const status of order) await stage.report('a', 7, status, '+1');
      await stage.say('a', `OK ${sendid} 1 7`);
      assert.deepEqual(watched.news(), ['+1 sent', '+1 delivered']);
    }
  });

  it('are not taken for those of an SMS to somebody else', async () => {
    const stage = await Stage.online();
    const { watched, sendid } = await waiting(stage);
    await stage.report('a', 7, DELIVERED, '+2');
    await stage.say('a', `OK ${sendid} 1 7`);
    assert.deepEqual(watched.news(), ['+1 sent']);
  });

  it('whose number was used before are not taken for that SMS, which has its report', async () => {
    const stage = await Stage.online();
    const older = await send(stage, { to: '+1' }, 7);
    await stage.report('a', 7, DELIVERED, '+1');
    assert.deepEqual(older.news(), ['+1 delivered']);
    const { watched, sendid } = await waiting(stage);
    await stage.report('a', 7, EXPIRED, '+1');
    assert.deepEqual(older.news(), []);
    await stage.say('a', `OK ${sendid} 1 7`);
    assert.deepEqual(watched.news(), ['+1 sent', '+1 undelivered']);
  });

  it('are kept for five minutes', async () => {
    const stage = await Stage.online({ statusQuery: 'never' });
    for (const [seconds, news] of [
      [290, ['+1 sent', '+1 delivered']],
      [302, ['+1 sent']],
    ] as const) {
      await stage.report('a', 7, DELIVERED, '+1');
      await stage.pass({ seconds: seconds - 10 });
      const { watched, sendid } = await waiting(stage);
      await stage.pass({ seconds: 10 });
      await stage.say('a', `OK ${sendid} 1 7`, `DONE ${sendid}`);
      stage.sent();
      assert.deepEqual(watched.news(), news);
    }
  });
});

describe('outbox: delivery reports whose number or sms_no is ambiguous', () => {
  for (const [what, number] of [
    ['in national format', '01712345678'],
    ['with an international prefix', '00491712345678'],
    ['with blanks and dashes', '+49 171 234-5678'],
    ['without its first digits', '12345678'],
  ] as const) {
    it(`are about the SMS if the number is written ${what}`, async () => {
      const stage = await Stage.online();
      const { news } = await send(stage, { to: '+491712345678' });
      await stage.report('a', 1, DELIVERED, number);
      assert.deepEqual(news(), ['+491712345678 delivered']);
    });
  }

  for (const number of ['+49171234567', '0171234567', '+491712345679']) {
    it(`are about another SMS if the last digit is missing or different: ${number}`, async () => {
      const stage = await Stage.online();
      const { news } = await send(stage, { to: '+491712345678' });
      await stage.report('a', 1, DELIVERED, number);
      assert.deepEqual(news(), []);
    });
  }

  it('are about the newest SMS with that sms_no, and never about an older one', async () => {
    const stage = await Stage.online();
    const older = await send(stage, { to: '+491710000001' }, 5);
    const newer = await send(stage, { to: '+491710000002' }, 5);
    await stage.report('a', 5, EXPIRED, '+491710000001');
    assert.deepEqual([older.news(), newer.news()], [[], []]);
    await stage.report('a', 5, DELIVERED, '+491710000002');
    assert.deepEqual([older.news(), newer.news()], [[], ['+491710000002 delivered']]);
  });
});

describe('outbox: delivery reports on the parts of a long SMS', () => {
  const text = 'x'.repeat(400);

  it('make it delivered when all parts are, and pending until then', async () => {
    const stage = await Stage.online();
    const { statuses, news } = await send(stage, { to: '+1', text });
    await stage.report('a', 1, DELIVERED, '+1', '10');
    assert.equal(statuses.at(-1)?.delivery?.reason, '1 of 3 parts delivered');
    await stage.report('a', 1, DELIVERED, '+1', '11');
    await stage.report('a', 1, DELIVERED, '+1', '12');
    assert.deepEqual(news(), ['+1 delivery-pending', '+1 delivery-pending', '+1 delivered']);
  });

  it('count once if they are repeated, also after a restart', async () => {
    const stage = await kept();
    const { job } = await send(stage, { to: '+1', text, origin: 'n', id: 'x' });
    await job.result;
    const taken = takenBy(stage, 'n');
    for (const recvid of ['10', '10', '11', '11']) await stage.report('a', 1, DELIVERED, '+1', recvid);
    await stage.startAgain();
    await stage.keepalive('a');
    const later = takenBy(stage, 'n');
    await stage.report('a', 1, DELIVERED, '+1', '11');
    assert.deepEqual(
      [...taken, ...later].filter((one) => one.includes(' delivered')),
      [],
    );
    await stage.report('a', 1, DELIVERED, '+1', '12');
    assert.equal(later.at(-1), '+1 delivered');
  });

  for (const order of [
    [EXPIRED, DELIVERED, DELIVERED],
    [DELIVERED, EXPIRED, DELIVERED],
    [DELIVERED, DELIVERED, EXPIRED],
  ]) {
    it(`make it undelivered when one part is: ${order.join(', ')}`, async () => {
      const stage = await Stage.online();
      const { news } = await send(stage, { to: '+1', text });
      for (const [index, status] of order.entries()) await stage.report('a', 1, status, '+1', String(index));
      const told = news();
      assert.equal(told.at(-1), '+1 undelivered');
      assert.equal(told.filter((one) => one === '+1 undelivered').length, 1);
      assert.ok(!told.includes('+1 delivered'));
    });
  }

  it('are counted if they come together, before any is saved', async () => {
    const stage = await kept();
    const { job } = await send(stage, { to: '+1', text, origin: 'n' });
    await job.result;
    const taken = takenBy(stage, 'n');
    const all = ['10', '11', '12'].map((recvid) => stage.outbox.delivered(stage.line(), 1, DELIVERED, '+1', recvid));
    await stage.clock.settle();
    await Promise.all(all);
    assert.equal(taken.at(-1), '+1 delivered');
  });

  it('are counted if they come before the OK', async () => {
    const stage = await Stage.online();
    const watched = await stage.accept({ to: '+1', text });
    const sendid = await stage.opens('a');
    for (const recvid of ['10', '11', '12']) await stage.report('a', 7, DELIVERED, '+1', recvid);
    await stage.say('a', `OK ${sendid} 1 7`);
    assert.equal(watched.news().at(-1), '+1 delivered');
  });

  it('let the result wait until all are in', async () => {
    const stage = await Stage.online();
    const { job } = await send(stage, { to: '+1', text, waitForReport: 600 });
    let isOver = false;
    void job.result.then(() => (isOver = true));
    for (const recvid of ['10', '11']) await stage.report('a', 1, DELIVERED, '+1', recvid);
    assert.equal(isOver, false);
    await stage.report('a', 1, DELIVERED, '+1', '12');
    assert.equal((await job.result).results[0]?.delivery?.state, 'delivered');
  });
});

describe('outbox: delivery reports after the job has ended', () => {
  it('are told to who holds the job, where nobody else asked for it', async () => {
    const stage = await kept();
    const { result, news } = await send(stage, { to: '+1' });
    assert.equal((await result()).results[0]?.delivery, null);
    await stage.pass({ seconds: 60 });
    await stage.report('a', 1, DELIVERED);
    assert.deepEqual(news(), ['+1 delivered']);
  });

  it('are told to the origin of the job, with its context, and to nobody else', async () => {
    const stage = await kept();
    const [mine, others] = [takenBy(stage, 'mine'), takenBy(stage, 'others')];
    const { news } = await send(stage, { to: '+1', origin: 'mine', context: { row: 7 } });
    await stage.report('a', 1, PENDING);
    await stage.report('a', 1, DELIVERED);
    assert.deepEqual(mine, ['+1 delivery-pending {"row":7}', '+1 delivered {"row":7}']);
    assert.deepEqual([others, news()], [[], []]);
  });

  it('also in a later life', async () => {
    const stage = await kept();
    await send(stage, { to: '+1', origin: 'mine', context: 'x', id: 'the job' });
    stage.outbox.told('the job');
    await stage.pass({ seconds: 1 });
    await stage.startAgain();
    await stage.keepalive('a');
    const statuses: RecipientStatus[] = [];
    stage.outbox.takeReports('mine', (status) => statuses.push(status));
    await stage.report('a', 1, DELIVERED, '+1');
    assert.deepEqual(
      statuses.map(({ id, to, state, device, smsNo, delivery }) => [id, to, state, device, smsNo, delivery?.state]),
      [['the job', '+1', 'delivered', 'a', 1, 'delivered']],
    );
  });

  it('are for the one who takes them last, until that ends', async () => {
    const stage = await kept();
    const taken: string[] = [];
    const endFirst = stage.outbox.takeReports('mine', () => taken.push('first'));
    const endSecond = stage.outbox.takeReports('mine', () => taken.push('second'));
    endFirst();
    await send(stage, { to: '+1', origin: 'mine' });
    await stage.report('a', 1, PENDING);
    endSecond();
    await stage.report('a', 1, DELIVERED);
    assert.deepEqual(taken, ['second']);
  });

  it('wait for who asked for the job, where that is away: the last word on each number', async () => {
    const stage = await kept();
    await send(stage, { to: '+1, +2', origin: 'mine', context: { row: 7 } });
    await stage.report('a', 1, PENDING);
    await stage.report('a', 1, DELIVERED);
    await stage.report('a', 2, EXPIRED);
    assert.deepEqual(takenBy(stage, 'others'), []);
    assert.deepEqual(takenBy(stage, 'mine'), ['+1 delivered {"row":7}', '+2 undelivered {"row":7}']);
    assert.deepEqual(takenBy(stage, 'mine'), []);
  });

  it('also over a restart, and until the disk knows that they were taken', async () => {
    const stage = await kept();
    await send(stage, { to: '+1', origin: 'mine', id: 'the job' });
    await stage.report('a', 1, DELIVERED);
    await stage.startAgain();
    assert.deepEqual(takenBy(stage, 'mine'), ['+1 delivered']);
    assert.deepEqual(stage.disk.keys('late/'), ['late/the job/0']);
    await stage.pass({ seconds: 1 });
    assert.deepEqual(stage.disk.keys('late/'), []);
  });

  it('and are forgotten with the results of the jobs', async () => {
    const stage = await kept();
    await send(stage, { to: '+1', origin: 'mine' });
    await stage.report('a', 1, DELIVERED);
    await stage.outbox.prune(stage.clock.now() + 8 * 86_400_000);
    await stage.pass({ seconds: 1 });
    assert.deepEqual(stage.disk.keys('late/'), []);
    assert.deepEqual(takenBy(stage, 'mine'), []);
  });

  it('are of no more interest to the disk after an hour', async () => {
    const stage = await kept();
    await send(stage, { to: '+1, +2', origin: 'mine' });
    assert.deepEqual(stage.disk.keys('report/'), ['report/a;1', 'report/a;2']);
    await stage.startAgain();
    await stage.pass({ seconds: 3590 });
    assert.equal(stage.disk.keys('report/').length, 2);
    await stage.pass({ seconds: 12 });
    assert.deepEqual(stage.disk.keys('report/'), []);
  });
});

describe('outbox: delivery reports are saved before the device may forget them', () => {
  /** Resolves to whether the report was taken; lets time pass until then. */
  async function isTaken(stage: Stage, report: Promise<void>, seconds = 5): Promise<boolean | undefined> {
    let taken: boolean | undefined;
    report.then(
      () => (taken = true),
      () => (taken = false),
    );
    await stage.pass({ seconds });
    return taken;
  }

  it('of a job in hand: it waits for the disk', async () => {
    const stage = await kept();
    const { news } = await stage.accept({ to: '+1, +2', origin: 'mine' });
    const sendid = await stage.opens('a');
    await stage.say('a', `OK ${sendid} 1 1`);
    news();
    stage.disk.isBroken = true;
    const report = stage.outbox.delivered(stage.line(), 1, DELIVERED, null);
    assert.equal(await isTaken(stage, report), undefined);
    assert.deepEqual(news(), []);
    stage.disk.isBroken = false;
    assert.equal(await isTaken(stage, report), true);
    assert.deepEqual(news(), ['+1 delivered']);
    await stage.startAgain();
    assert.equal(stage.outbox.jobs()[0]?.sent, 1);
    await stage.keepalive('a');
    await stage.pass({ seconds: 2 });
    await stage.say('a', `ERROR ${sendid} 2 errorstatus:1`);
    const [job] = await stage.adopt('mine');
    assert.equal((await job?.result)?.results[0]?.delivery?.state, 'delivered');
  });

  it('of a job whose end is on its way to the disk: it waits for that, and is told once', async () => {
    const stage = await kept();
    const taken = takenBy(stage, 'mine');
    await stage.accept({ to: '+1', origin: 'mine' });
    const sendid = await stage.opens('a');
    let release = (): void => undefined;
    stage.disk.delay = () => new Promise<void>((resolve) => (release = resolve));
    await stage.say('a', `OK ${sendid} 1 1`);
    const report = stage.outbox.delivered(stage.line(), 1, DELIVERED, null);
    assert.equal(await isTaken(stage, report, 0), undefined);
    stage.disk.delay = () => undefined;
    release();
    assert.equal(await isTaken(stage, report), true);
    assert.deepEqual(taken, ['+1 delivered']);
    await stage.startAgain();
    await stage.report('a', 1, PENDING);
    assert.deepEqual(takenBy(stage, 'mine'), []);
  });

  it('of a job that has ended: the device is to tell it again, and it is told once', async () => {
    const stage = await kept();
    const taken = takenBy(stage, 'mine');
    await send(stage, { to: '+1', origin: 'mine' });
    stage.disk.isBroken = true;
    assert.equal(await isTaken(stage, stage.outbox.delivered(stage.line(), 1, DELIVERED, null)), false);
    assert.deepEqual(taken, []);
    stage.disk.isBroken = false;
    await stage.pass({ seconds: 2 });
    // Also where the line is busy with the next SMS by then.
    await stage.accept({ to: '+2' });
    await stage.opens('a');
    await stage.report('a', 1, DELIVERED);
    assert.deepEqual(taken, ['+1 delivered']);
  });

  it('of a server that closes on a disk that is out of order: the device is to tell it again', async () => {
    const stage = await kept();
    await stage.accept({ to: '+1, +2', origin: 'mine' });
    const sendid = await stage.opens('a');
    await stage.say('a', `OK ${sendid} 1 1`);
    stage.disk.isBroken = true;
    const report = stage.outbox.delivered(stage.line(), 1, DELIVERED, null);
    report.catch(() => undefined);
    await stage.clock.settle();
    const closed = stage.outbox.close(0);
    assert.equal(await isTaken(stage, report), false);
    await closed;
  });
});

describe('outbox: a job that waits for its reports', () => {
  const waits = (stage: Stage, request: Partial<Request> = {}): Promise<WatchedJob> =>
    send(stage, { to: '+1, +2', waitForReport: 600, ...request });

  it('ends when all are in', async () => {
    const stage = await Stage.online();
    const { result, job } = await waits(stage);
    await stage.report('a', 2, PENDING);
    await stage.report('a', 1, DELIVERED);
    await stage.pass({ seconds: 60 });
    await assert.rejects(result());
    assert.deepEqual(
      stage.outbox.jobs().map(({ id, sent, waiting }) => [id, sent, waiting]),
      [[job.id, 2, 0]],
    );
    await stage.report('a', 2, EXPIRED);
    const { results, ok } = await result();
    assert.deepEqual(
      results.map(({ delivery }) => delivery?.state),
      ['delivered', 'undelivered'],
    );
    assert.equal(ok, true, 'they were sent');
    assert.deepEqual(stage.outbox.jobs(), []);
    assert.deepEqual(stage.disk.keys('job/'), []);
  });

  it('or when the time has passed, for each number from when it was sent', async () => {
    const stage = await Stage.online();
    const { result } = await waits(stage);
    await stage.report('a', 2, PENDING);
    await stage.pass({ seconds: 599 });
    await assert.rejects(result());
    await stage.pass({ seconds: 2 });
    const { results } = await result();
    assert.deepEqual(
      results.map(({ delivery }) => delivery?.state ?? null),
      [null, 'delivery-pending'],
    );
  });

  it('and later reports are told as of any job that has ended', async () => {
    const stage = await Stage.online();
    const { news } = await waits(stage, { waitForReport: 10 });
    await stage.pass({ seconds: 12 });
    await stage.report('a', 1, DELIVERED);
    assert.deepEqual(news(), ['+1 delivered']);
  });

  it('does not wait for those of numbers that were not sent, or of devices that do not tell the number of an SMS', async () => {
    const stage = await Stage.online({ attempts: 1 });
    const { result } = await stage.accept({ to: '+1, +2', waitForReport: 600 });
    const sendid = await stage.opens('a');
    await stage.say('a', `ERROR ${sendid} 1 errorstatus:1`, `OK ${sendid} 2`);
    assert.deepEqual(resultsOf(await result()), ['+1 failed GOIP_SEND_FAILED a', '+2 sent a']);
  });

  it('does not wait where the reports came first', async () => {
    const stage = await Stage.online();
    const { result } = await stage.accept({ to: '+1', waitForReport: 600 });
    const sendid = await stage.opens('a');
    await stage.report('a', 1, DELIVERED, '+1');
    await stage.say('a', `OK ${sendid} 1 1`);
    assert.equal((await result()).results[0]?.delivery?.state, 'delivered');
  });

  it('waits on over a restart, and has what came before', async () => {
    const stage = await kept();
    await waits(stage, { origin: 'mine' });
    await stage.report('a', 1, DELIVERED);
    await stage.startAgain();
    await stage.keepalive('a');
    const [job] = (await stage.adopt('mine')).map((one) => stage.watch(one));
    assert.ok(job);
    await stage.pass({ seconds: 30 });
    assert.deepEqual(stage.sent(), [], 'nothing is sent again');
    await stage.report('a', 2, DELIVERED);
    assert.deepEqual(job.news(), ['+2 delivered']);
    const { results } = await job.result();
    assert.deepEqual(
      results.map(({ delivery }) => delivery?.state),
      ['delivered', 'delivered'],
    );
  });

  it('ends in a later life where the time has passed meanwhile', async () => {
    const stage = await kept();
    await waits(stage, { origin: 'mine' });
    stage.crash();
    await stage.clock.pass({ seconds: 700 });
    await stage.startAgain();
    const [job] = (await stage.adopt('mine')).map((one) => stage.watch(one));
    await stage.pass({ seconds: 2 });
    assert.deepEqual(resultsOf(await (job as WatchedJob).result()), ['+1 sent a', '+2 sent a']);
  });

  it('ends when it is cancelled', async () => {
    const stage = await Stage.online();
    const { job, result } = await waits(stage);
    const cancelled = stage.outbox.cancel({ jobId: job.id });
    await stage.clock.settle();
    await cancelled;
    assert.deepEqual(resultsOf(await result()), ['+1 sent a', '+2 sent a']);
  });

  it('or as soon as the device has told what it had in hand then', async () => {
    const stage = await Stage.online();
    const { job, result } = await stage.accept({ to: '+1, +2, +3', waitForReport: 600 });
    const sendid = await stage.opens('a');
    await stage.say('a', `OK ${sendid} 1 1`);
    const cancelled = stage.outbox.cancel({ jobId: job.id });
    await stage.clock.settle();
    await cancelled;
    await stage.say('a', `OK ${sendid} 2 2`);
    assert.deepEqual(resultsOf(await result()), ['+1 sent a', '+2 sent a', '+3 cancelled GOIP_CANCELLED']);
  });

  it('ends when a server closes that keeps no jobs, and goes on where they are kept', async () => {
    for (const persistent of [false, true]) {
      const stage = await Stage.online({ persistent });
      const { job, result } = await waits(stage, { origin: 'mine' });
      const closed = stage.outbox.close(0);
      await stage.clock.settle();
      await closed;
      if (!persistent) assert.deepEqual(resultsOf(await result()), ['+1 sent a', '+2 sent a']);
      else {
        await assert.rejects(job.result, { code: 'GOIP_CLOSED' });
        await stage.startAgain();
        assert.equal((await stage.adopt('mine')).length, 1);
      }
    }
  });
});

describe('outbox: results and reports of the last moment before their owner stops', () => {
  const SETTLE_SECONDS = 1;
  type Taken = readonly [id: string, state: string];

  async function told(settleMs = SETTLE_SECONDS * 1000) {
    const stage = await Stage.online({ settleMs });
    const jobs: string[] = [];
    const reports: Taken[] = [];
    stage.outbox.takeJobs('mine', ({ id }) => jobs.push(id));
    stage.outbox.takeReports('mine', ({ id, state }) => reports.push([id, state]));
    const { job } = await stage.accept({ to: '+1', id: 'the job', origin: 'mine' });
    const sendid = await stage.opens('a');
    await stage.say('a', `OK ${sendid} 1 17`);
    stage.outbox.told(job.id);
    const saved = stage.outbox.delivered(line(stage), 17, 0, null);
    await stage.pass({ seconds: 0.1 });
    await saved;
    return { stage, jobs, reports };
  }
  const line = (stage: Stage) => {
    const found = stage.lines.get('a');
    assert.ok(found);
    return found;
  };

  it('are delivered again after a release, once', async () => {
    const { stage, jobs, reports } = await told();
    assert.deepEqual([jobs, reports], [[], [['the job', 'delivered']]]);
    stage.outbox.hold();
    await stage.pass({ seconds: 5 });
    stage.outbox.release();
    assert.deepEqual(jobs, ['the job']);
    assert.deepEqual(reports, [
      ['the job', 'delivered'],
      ['the job', 'delivered'],
    ]);
    stage.outbox.told('the job');
    await stage.pass({ seconds: 3 * SETTLE_SECONDS });
    stage.outbox.hold();
    stage.outbox.release();
    assert.deepEqual([jobs.length, reports.length], [1, 2]);
    assert.deepEqual([stage.disk.keys('untold/'), stage.disk.keys('late/')], [[], []]);
  });

  it('are final if that is how the server is made', async () => {
    const { stage, jobs, reports } = await told(0);
    stage.outbox.hold();
    stage.outbox.release();
    assert.deepEqual([jobs, reports], [[], [['the job', 'delivered']]]);
  });
});
