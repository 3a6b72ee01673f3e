import assert from 'node:assert/strict';
import { errorOf } from '../../src/outbox/result.js';
import { keepaliveOf } from '../lines/keepalives.js';
import { resultsOf, Stage, type WatchedJob } from './stage.js';

describe('outbox: a job', () => {
  it('tells each step of each number, in order, and the result in the shape of the contract', async () => {
    const stage = await Stage.online();
    const { job, statuses, news, result } = await stage.accept({ to: '+1, +2, +3' });
    assert.deepEqual(news(), ['+1 queued', '+2 queued', '+3 queued']);
    const sendid = await stage.opens('a');
    assert.deepEqual(news(), ['+1 submitted']);
    await stage.say('a', `WAIT ${sendid} 1`);
    assert.deepEqual(news(), ['+1 waiting']);
    await stage.pass({ seconds: 2 });
    await stage.say('a', `OK ${sendid} 1 160`);
    assert.deepEqual(news(), ['+1 sent', '+2 submitted']);
    await stage.say('a', `ERROR ${sendid} 2 errorstatus:38`);
    assert.deepEqual(news(), ['+2 failed', '+3 submitted']);
    await stage.say('a', `OK ${sendid} 3`);
    assert.deepEqual(news(), ['+3 sent']);
    assert.deepEqual(stage.sent('a').slice(1), [
      `SEND ${sendid} 1 +1`,
      `SEND ${sendid} 2 +2`,
      `SEND ${sendid} 3 +3`,
      `DONE ${sendid}`,
    ]);

    const at = '2026-01-01T00:00:02.000Z';
    const common = {
      state: 'sent',
      device: 'a',
      code: null,
      reason: null,
      errorstatus: null,
      attempts: 1,
      tried: [],
      parts: 1,
      encoding: 'GSM-7',
      delivery: null,
      at,
    };
    assert.deepEqual(await result(), {
      id: job.id,
      ok: false,
      total: 3,
      sent: 2,
      failed: 1,
      unknown: 0,
      expired: 0,
      cancelled: 0,
      results: [
        { ...common, to: '+1', smsNo: 160 },
        {
          ...common,
          to: '+2',
          state: 'failed',
          code: 'GOIP_SEND_FAILED',
          reason: 'network out of order (errorstatus 38)',
          smsNo: null,
          errorstatus: 38,
        },
        { ...common, to: '+3', smsNo: null },
      ],
    });
    assert.deepEqual(statuses[3], {
      ...common,
      id: job.id,
      to: '+1',
      state: 'submitted',
      smsNo: null,
      at: '2026-01-01T00:00:00.000Z',
    });
  });

  it('is ok where every number was sent', async () => {
    const stage = await Stage.online();
    const { result } = await stage.accept({ to: '+1' });
    const sendid = await stage.opens('a');
    await stage.say('a', `OK ${sendid} 1`);
    assert.equal((await result()).ok, true);
    assert.equal(errorOf(await result()), undefined);
  });

  it('that sent to nobody is an error with the code of the first number', async () => {
    const stage = await Stage.online();
    const { result } = await stage.accept({ to: '+1, +2' });
    const sendid = await stage.opens('a');
    await stage.say('a', `ERROR ${sendid} 1 errorstatus:1`, `ERROR ${sendid} 2 errorstatus:2`);
    const error = errorOf(await result());
    assert.equal(error?.code, 'GOIP_SEND_FAILED');
    assert.equal(
      error.message,
      'no SMS was sent (2 failed): no details given, or the number is not assigned (errorstatus 1)',
    );
  });

  it('that sent to somebody is no error', async () => {
    const stage = await Stage.online();
    const { result } = await stage.accept({ to: '+1, +2' });
    const sendid = await stage.opens('a');
    await stage.say('a', `ERROR ${sendid} 1 errorstatus:1`, `OK ${sendid} 2`);
    assert.equal(errorOf(await result()), undefined);
  });

  it('sends once to a number that is there twice', async () => {
    const stage = await Stage.online();
    const { job, news } = await stage.accept({ to: '+86 138, +86138, +1' });
    assert.equal(job.total, 2);
    assert.deepEqual(news(), ['+86138 queued', '+1 queued']);
  });

  it('leaves nothing behind', async () => {
    const stage = await Stage.online();
    await stage.accept({ to: '+1' });
    const sendid = await stage.opens('a');
    await stage.say('a', `OK ${sendid} 1`, `DONE ${sendid}`);
    await stage.assertQuiet();
    assert.deepEqual([stage.line().sessions, stage.line().sending, stage.outbox.waitingFor('a')], [0, 0, 0]);
  });
});

describe('outbox: jobs and lines', () => {
  it('jobs for a line go out one after the other, in the order in which they were accepted', async () => {
    const stage = await Stage.online();
    await stage.accept({ to: '+1', text: 'one' });
    await stage.accept({ to: '+2', text: 'two' });
    await stage.accept({ to: '+3', text: 'three' });
    for (const text of ['one', 'two', 'three']) {
      const [request = ''] = stage.sent('a');
      const sendid = request.split(' ')[1] ?? '';
      assert.equal(request, `MSG ${sendid} ${text.length} ${text}`);
      await stage.say('a', `PASSWORD ${sendid}`, `SEND ${sendid}`, `OK ${sendid} 1`);
      stage.sent('a');
      await stage.say('a', `DONE ${sendid}`);
    }
  });

  it('a line has one session at a time, until its DONE is answered', async () => {
    const stage = await Stage.online();
    await stage.accept({ to: '+1' });
    await stage.accept({ to: '+2' });
    const sendid = await stage.opens('a');
    await stage.say('a', `OK ${sendid} 1`);
    assert.deepEqual(stage.sent('a').slice(-1), [`DONE ${sendid}`]);
    await stage.say('a', `DONE ${sendid}`);
    assert.deepEqual(stage.sent('a'), [`MSG ${sendid + 1} 5 hello`]);
  });

  it('or as many as sessionsPerLine says, each with a number of its own', async () => {
    const stage = await Stage.online({ sessionsPerLine: 2 });
    const { news, result } = await stage.accept({ to: '+1, +2, +3' });
    assert.deepEqual(stage.sent('a'), ['MSG 1 5 hello', 'MSG 2 5 hello']);
    await stage.say('a', 'PASSWORD 2', 'PASSWORD 1', 'SEND 2', 'SEND 1');
    assert.deepEqual(stage.sent('a').slice(2), ['SEND 2 1 +2', 'SEND 1 1 +1']);
    assert.equal(stage.line().sending, 2);
    await stage.say('a', 'OK 1 1');
    assert.deepEqual(stage.sent('a'), ['SEND 1 2 +3']);
    await stage.say('a', 'OK 2 1', 'OK 1 2');
    assert.deepEqual(stage.sent('a'), ['DONE 2', 'DONE 1']);
    assert.deepEqual(news().slice(-2), ['+2 sent', '+3 sent']);
    assert.equal((await result()).ok, true);
  });

  it('no more sessions than numbers', async () => {
    const stage = await Stage.online({ sessionsPerLine: 5 });
    await stage.accept({ to: '+1, +2' });
    assert.equal(stage.sent('a').length, 2);
  });

  it('a job for any line uses all that are online and free, and those that come online later', async () => {
    const stage = await Stage.create({ ids: ['a', 'b', 'c'] });
    await stage.keepalive('a');
    await stage.keepalive('b');
    const { result } = await stage.accept({ to: '+1, +2, +3, +4' });
    assert.deepEqual(stage.sent(), ['a: MSG 1 5 hello', 'b: MSG 2 5 hello']);
    await stage.keepalive('c');
    assert.deepEqual(stage.sent(), ['c: MSG 3 5 hello']);
    for (const [id, sendid] of [
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ] as const) {
      await stage.say(id, `PASSWORD ${sendid}`, `SEND ${sendid}`);
    }
    await stage.say('b', 'OK 2 1', 'OK 2 2');
    await stage.say('a', 'OK 1 1');
    await stage.say('c', 'OK 3 1');
    assert.deepEqual(resultsOf(await result()), ['+1 sent a', '+2 sent b', '+3 sent c', '+4 sent b']);
  });

  it('a job for named lines uses only those', async () => {
    const stage = await Stage.online({ ids: ['a', 'b', 'c'] });
    await stage.accept({ to: '+1, +2, +3', device: ['c', 'b'] });
    assert.deepEqual(stage.sent(), ['c: MSG 1 5 hello', 'b: MSG 2 5 hello']);
  });

  it('a busy line does not hold up jobs that another line may send', async () => {
    const stage = await Stage.online({ ids: ['a', 'b'] });
    await stage.accept({ to: '+1', device: 'a' });
    await stage.accept({ to: '+2', device: 'a', text: 'waits' });
    await stage.accept({ to: '+3', device: 'b', text: 'goes' });
    assert.deepEqual(stage.sent(), ['a: MSG 1 5 hello', 'b: MSG 2 4 goes']);
  });

  it('an offline line does not hold up jobs for any line', async () => {
    const stage = await Stage.create({ ids: ['a', 'b'] });
    await stage.accept({ to: '+1', device: 'a', text: 'waits' });
    await stage.accept({ to: '+2', text: 'goes' });
    await stage.keepalive('b');
    assert.deepEqual(stage.sent(), ['b: MSG 1 4 goes']);
  });

  it('sendids are unique over all lines and rise', async () => {
    const stage = await Stage.online({ ids: ['a', 'b'], sessionsPerLine: 5 });
    await stage.accept({ to: '+1, +2, +3, +4, +5, +6, +7, +8, +9, +10' });
    const sendids = stage.sent().map((request) => Number(request.split(' ')[2]));
    assert.deepEqual(sendids, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('counts what waits for a line, once per line that may send it', async () => {
    const stage = await Stage.online({ ids: ['a', 'b'] });
    await stage.accept({ to: '+1, +2, +3', device: 'a' });
    await stage.accept({ to: '+4, +5, +6, +7' });
    assert.deepEqual([stage.outbox.waitingFor('a'), stage.outbox.waitingFor('b')], [2 + 3, 3]);
  });
});

describe('outbox: what devices say', () => {
  it('is taken only from the address that the session talks to', async () => {
    const stage = await Stage.online({ ids: ['a', 'b'] });
    const { news } = await stage.accept({ to: '+1', device: 'a' });
    const sendid = await stage.opens('a');
    news();
    assert.equal(stage.hears(`OK ${sendid} 1`, stage.addressOf('b')), false);
    await stage.clock.settle();
    assert.equal(stage.hears(`OK ${sendid} 1`, { ...stage.addressOf('a'), address: '192.0.2.2' }), false);
    await stage.clock.settle();
    assert.deepEqual(news(), []);
    assert.equal(stage.hears(`OK ${sendid} 1`, stage.addressOf('a')), true);
    await stage.clock.settle();
    assert.deepEqual(news(), ['+1 sent']);
  });

  it('is nothing where there is no such session, or no more', async () => {
    const stage = await Stage.online();
    assert.equal(stage.hears('PASSWORD 1', stage.addressOf('a')), false);
    await stage.clock.settle();
    await stage.accept({ to: '+1' });
    const sendid = await stage.opens('a');
    assert.equal(stage.hears(`OK ${sendid + 1} 1`, stage.addressOf('a')), false);
    await stage.clock.settle();
    await stage.say('a', `OK ${sendid} 1`, `DONE ${sendid}`);
    assert.equal(stage.hears(`OK ${sendid} 1`, stage.addressOf('a')), false);
    await stage.clock.settle();
  });

  it('goes on from a new port: sessions follow the keepalives of their line', async () => {
    const stage = await Stage.online();
    const { news } = await stage.accept({ to: '+1' });
    const sendid = await stage.opens('a');
    const newAddress = { address: '192.0.2.1', port: 5555 };
    stage.line().heard(keepaliveOf('', { count: '2', id: 'a' }), newAddress, stage.clock.now());
    assert.equal(stage.hears(`OK ${sendid} 1`, stage.addressOf('a')), false);
    await stage.clock.settle();
    assert.equal(stage.hears(`OK ${sendid} 1`, newAddress), true);
    await stage.clock.settle();
    assert.equal(news().at(-1), '+1 sent');
  });

  it('teaches each line by itself when to ask for a result', async () => {
    const stage = await Stage.online({ ids: ['pushes', 'polls'], queryInterval: 3 });
    const numbers = { to: '+1, +2, +3, +4' };
    await stage.accept({ ...numbers, device: 'pushes' });
    await stage.accept({ ...numbers, device: 'polls' });
    const pushes = await stage.opens('pushes');
    const polls = await stage.opens('polls');
    stage.sent();
    for (const telid of [1, 2, 3]) {
      await stage.say('pushes', `WAIT ${pushes} ${telid}`);
      await stage.say('polls', `WAIT ${polls} ${telid}`);
      await stage.pass({ seconds: 4 });
      await stage.say('pushes', `OK ${pushes} ${telid}`);
      await stage.pass({ seconds: 8 });
      assert.ok(stage.sent('polls').includes(`SEND ${polls} ${telid} +${telid}`), 'a query');
      await stage.say('polls', `OK ${polls} ${telid}`);
    }
    assert.deepEqual([stage.line('pushes').habit, stage.line('polls').habit], ['push', 'poll']);
    await stage.say('pushes', `WAIT ${pushes} 4`);
    await stage.say('polls', `WAIT ${polls} 4`);
    stage.sent();
    await stage.pass({ seconds: 3 });
    assert.deepEqual(stage.sent(), [`polls: SEND ${polls} 4 +4`], 'the one is asked soon, the other is not');
    await stage.pass({ seconds: 6 });
    assert.deepEqual(stage.sent('pushes'), []);
    await stage.pass({ seconds: 1 });
    assert.deepEqual(stage.sent('pushes'), [`SEND ${pushes} 4 +4`], 'until its push must have got lost');
  });
});

describe('outbox: listeners that use it', () => {
  it('may send the next job from within a status', async () => {
    const stage = await Stage.online();
    const { job } = await stage.accept({ to: '+1' });
    const followers: Promise<WatchedJob>[] = [];
    job.on('status', ({ state }) => {
      if (state === 'sent') followers.push(stage.acceptNow({ to: '+2', text: 'thanks' }));
    });
    const sendid = await stage.opens('a');
    await stage.say('a', `OK ${sendid} 1`, `DONE ${sendid}`);
    assert.deepEqual(stage.sent('a').slice(-2), [`DONE ${sendid}`, `MSG ${sendid + 1} 6 thanks`]);
    assert.deepEqual(
      (await Promise.all(followers)).map(({ news }) => news()),
      [['+2 queued']],
    );
  });

  for (const state of ['queued', 'submitted', 'waiting', 'sent', 'failed'] as const) {
    it(`may close it from within the status ${state}: every number still ends once, and the line gets its DONE`, async () => {
      const stage = await Stage.online();
      let closed: Promise<void> | undefined;
      const accepting = stage.acceptNow({ to: '+1, +2, +3' }).then((watched) => {
        watched.job.on('status', (status) => {
          if (status.state === state) closed ??= stage.outbox.close(0);
        });
        return watched;
      });
      await stage.clock.settle();
      const watched = await accepting;
      if (state !== 'queued') {
        await stage.say('a', 'PASSWORD 1', 'SEND 1');
        if (state !== 'submitted')
          await stage.say('a', 'WAIT 1 1', state === 'failed' ? 'ERROR 1 1 errorstatus:1' : 'OK 1 1');
      }
      await stage.clock.pass({ seconds: 0 });
      assert.ok(closed);
      await closed;
      const { results } = await watched.result();
      const finals = watched.news().filter((entry) => /sent|failed|unknown/.test(entry));
      assert.deepEqual(finals.toSorted(), results.map((number) => `${number.to} ${number.state}`).toSorted());
      assert.deepEqual(
        watched.statuses.slice(0, 3).map((status) => status.state),
        ['queued', 'queued', 'queued'],
      );
      const requests = stage.sent('a');
      if (state !== 'queued') assert.equal(requests.at(-1), 'DONE 1');
      else assert.deepEqual(requests, []);
      await stage.assertQuiet();
    });
  }
});
