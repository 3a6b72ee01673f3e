import assert from 'node:assert/strict';
import type { JobResult } from '../../src/outbox/result.js';
import { Site } from './site.js';
import { resultsOf, Stage, type StageOptions } from './stage.js';

/** The lines that would not send a number, with their codes. */
function triedOf({ results }: JobResult, index = 0): string[] {
  return (results[index]?.tried ?? []).map(({ device, state, code, errorstatus }) =>
    [device, state, code, errorstatus].filter((part) => part !== null).join(' '),
  );
}

/** A line opens the session that was asked for last, and answers to its number. */
async function answers(stage: Stage, id: string, answer: (sendid: number) => string): Promise<void> {
  const sendid = await stage.opens(id);
  await stage.say(id, answer(sendid), `DONE ${sendid}`);
}

const refused = (sendid: number): string => `ERROR ${sendid} 1 errorstatus:38`;
const sent = (sendid: number): string => `OK ${sendid} 1`;
const two = (options: StageOptions = {}): Promise<Stage> => Stage.online({ ids: ['a', 'b'], ...options });

describe('outbox: a number that a line refuses', () => {
  it('is tried on another one; each step is told, and who has refused', async () => {
    const stage = await two();
    const { statuses, result } = await stage.accept({ to: '+1' });
    await answers(stage, 'a', refused);
    await answers(stage, 'b', sent);
    assert.deepEqual(
      statuses.map(({ state, device, code, attempts, tried }) => [state, device, code, attempts, tried.length]),
      [
        ['queued', null, null, 0, 0],
        ['submitted', 'a', null, 1, 0],
        ['queued', null, 'GOIP_SEND_FAILED', 1, 1],
        ['submitted', 'b', null, 2, 1],
        ['sent', 'b', null, 2, 1],
      ],
    );
    const { results, ok } = await result();
    assert.equal(ok, true);
    assert.deepEqual(results[0]?.tried, [
      {
        device: 'a',
        state: 'failed',
        code: 'GOIP_SEND_FAILED',
        reason: 'network out of order (errorstatus 38)',
        errorstatus: 38,
        at: '2026-01-01T00:00:00.000Z',
      },
    ]);
    assert.deepEqual([results[0].errorstatus, results[0].reason], [null, null]);
  });

  const refusals: Readonly<Record<string, readonly [(stage: Stage) => Promise<void>, readonly string[]]>> = {
    'with an errorstatus': [
      (stage) => answers(stage, 'a', (sendid) => `ERROR ${sendid} 1 errorstatus:21`),
      ['a failed GOIP_SEND_FAILED 21'],
    ],
    'for want of a network': [
      (stage) => answers(stage, 'a', (sendid) => `ERROR ${sendid} GSM_LOGOUT`),
      ['a failed GOIP_GSM_LOGOUT'],
    ],
    'with its whole session, again and again': [
      async (stage) => {
        // The other one is busy meanwhile.
        const busy = await stage.accept({ to: '+9', device: 'b', text: 'busy' });
        const other = await stage.opens('b');
        for (let count = 0; count < 3; count += 1) {
          await stage.say('a', `ERROR ${stage.sendid('a')} no`);
          stage.sent('a');
          if (count === 2) break;
          await stage.pass({ seconds: 5 });
        }
        await stage.say('b', `OK ${other} 1`);
        stage.sent();
        await stage.say('b', `DONE ${other}`);
        assert.equal((await busy.result()).ok, true);
      },
      ['a failed GOIP_REJECTED'],
    ],
    'with the password': [
      async (stage) => {
        const sendid = stage.sendid('a');
        await stage.say('a', `PASSWORD ${sendid}`, `ERROR ${sendid} PASSWORD`, `DONE ${sendid}`);
      },
      ['a failed GOIP_AUTH'],
    ],
  };
  for (const [how, [refuse, tried]] of Object.entries(refusals)) {
    it(`${how}: another one sends it`, async () => {
      const stage = await two();
      const { result } = await stage.accept({ to: '+1' });
      await refuse(stage);
      await answers(stage, 'b', sent);
      assert.deepEqual(resultsOf(await result()), ['+1 sent b']);
      assert.deepEqual(triedOf(await result()), tried);
    });
  }

  it('by a silence before it was submitted goes out elsewhere, and that is no attempt', async () => {
    const stage = await two();
    const { result } = await stage.accept({ to: '+1' });
    stage.sendid('a');
    await stage.pass({ seconds: 42 });
    await answers(stage, 'b', sent);
    const { results } = await result();
    assert.deepEqual([results[0]?.state, results[0]?.device, results[0]?.attempts], ['sent', 'b', 1]);
  });

  it('by a line that goes offline before it was submitted goes out elsewhere', async () => {
    const stage = await two();
    await stage.pass({ seconds: 29 });
    stage.silence('a');
    await stage.pass({ seconds: 60 });
    const { result } = await stage.accept({ to: '+1', device: ['a', 'b'] });
    stage.sendid('a');
    await stage.pass({ seconds: 42 });
    assert.equal(stage.line('a').online, false);
    await answers(stage, 'b', sent);
    assert.deepEqual(resultsOf(await result()), ['+1 sent b']);
  });

  it('is never given to that line again, however many attempts are allowed', async () => {
    const stage = await two({ attempts: 10 });
    const { result } = await stage.accept({ to: '+1' });
    await answers(stage, 'a', refused);
    await answers(stage, 'b', (sendid) => `ERROR ${sendid} 1 errorstatus:21`);
    const { results } = await result();
    assert.deepEqual(
      results.map(({ state, device, code, errorstatus, attempts }) => [state, device, code, errorstatus, attempts]),
      [['failed', 'b', 'GOIP_SEND_FAILED', 21, 2]],
    );
    assert.deepEqual(triedOf(await result()), ['a failed GOIP_SEND_FAILED 38']);
    stage.sent();
    await stage.pass({ seconds: 300 });
    assert.deepEqual(stage.sent(), []);
  });

  it('goes through as many lines as attempts are allowed', async () => {
    for (const [attempts, expected] of [
      [1, 'failed a'],
      [2, 'failed b'],
      [3, 'failed c'],
      [4, 'sent d'],
    ] as const) {
      const lines = ['a', 'b', 'c', 'd'];
      const site = await Site.open(
        { ids: lines, attempts },
        Object.fromEntries(['a', 'b', 'c'].map((id) => [id, { fateOf: () => 'refused' as const }])),
      );
      const { result } = await site.accept({ to: '+1' });
      await site.end();
      const { results } = await result();
      assert.deepEqual(
        results.map(({ state, device }) => `${state} ${device}`),
        [expected],
      );
      assert.deepEqual([results[0]?.attempts, results[0]?.tried.length], [attempts, attempts - 1]);
    }
  });

  it('stays within the lines that the message names', async () => {
    const stage = await Stage.online({ ids: ['a', 'b', 'c'], attempts: 5 });
    const { result } = await stage.accept({ to: '+1', device: ['a', 'c'] });
    await answers(stage, 'a', refused);
    await answers(stage, 'c', refused);
    assert.deepEqual(resultsOf(await result()), ['+1 failed GOIP_SEND_FAILED c']);
    await stage.pass({ seconds: 60 });
    assert.deepEqual(stage.sent('b'), []);
  });

  it('by the only line has failed', async () => {
    const stage = await Stage.online({ ids: ['a', 'b'] });
    const { result } = await stage.accept({ to: '+1', device: 'a' });
    await answers(stage, 'a', refused);
    assert.deepEqual(resultsOf(await result()), ['+1 failed GOIP_SEND_FAILED a']);
    assert.deepEqual(triedOf(await result()), []);
  });

  it('does not keep the next ones from that line', async () => {
    const site = await Site.open(
      { ids: ['a', 'b'] },
      { a: { fateOf: (number) => (number === '+3' ? 'refused' : 'sent') } },
    );
    const { result } = await site.accept({ to: '+1, +2, +3, +4, +5, +6, +7, +8' });
    await site.end();
    assert.equal((await result()).ok, true);
    assert.ok(site.onAir('a').length >= 3);
  });
});

describe('outbox: a number that was refused, and another line that is not there', () => {
  it('waits for one that has been able to send, until it comes', async () => {
    const stage = await two();
    stage.silence('b');
    await stage.pass({ seconds: 100 });
    const { news, result } = await stage.accept({ to: '+1' });
    await answers(stage, 'a', refused);
    stage.sent();
    await stage.pass({ seconds: 600 });
    assert.deepEqual(news(), ['+1 queued', '+1 submitted', '+1 queued']);
    await stage.keepalive('b');
    await answers(stage, 'b', sent);
    assert.deepEqual(resultsOf(await result()), ['+1 sent b']);
  });

  it('or has lost its network', async () => {
    const stage = await two();
    await stage.keepalive('b', 'gsm_status:LOGOUT;');
    const { result } = await stage.accept({ to: '+1' });
    await answers(stage, 'a', refused);
    stage.sent();
    await stage.pass({ seconds: 600 });
    await stage.keepalive('b');
    await answers(stage, 'b', sent);
    assert.deepEqual(resultsOf(await result()), ['+1 sent b']);
  });

  it('or until it expires: it has not been sent, and says who refused it', async () => {
    const stage = await two({ expire: 300 });
    stage.silence('b');
    await stage.pass({ seconds: 100 });
    const { result } = await stage.accept({ to: '+1' });
    await answers(stage, 'a', refused);
    await stage.pass({ seconds: 301 });
    const { results } = await result();
    assert.deepEqual(
      results.map(({ state, code, device, errorstatus, attempts }) => [state, code, device, errorstatus, attempts]),
      [['expired', 'GOIP_EXPIRED', null, null, 1]],
    );
    assert.deepEqual(triedOf(await result()), ['a failed GOIP_SEND_FAILED 38']);
  });

  it('waits for one that may still be heard of', async () => {
    const stage = await Stage.create({ ids: ['a', 'b'] });
    await stage.keepalive('a');
    const { result, news } = await stage.accept({ to: '+1' });
    await answers(stage, 'a', refused);
    assert.equal(news().at(-1), '+1 queued');
    await stage.keepalive('b');
    await answers(stage, 'b', sent);
    assert.deepEqual(resultsOf(await result()), ['+1 sent b']);
  });

  it('does not wait for one that nobody has heard of', async () => {
    const stage = await Stage.create({ ids: ['a', 'b'] });
    await stage.keepalive('a');
    await stage.pass({ seconds: 100 });
    const { result } = await stage.accept({ to: '+1' });
    await answers(stage, 'a', refused);
    assert.deepEqual(resultsOf(await result()), ['+1 failed GOIP_SEND_FAILED a']);
  });

  it('nor for one whose SIM has never been registered', async () => {
    const stage = await Stage.create({ ids: ['a', 'b'] });
    await stage.keepalive('a');
    await stage.keepalive('b', 'gsm_status:LOGOUT;');
    const { result } = await stage.accept({ to: '+1' });
    await answers(stage, 'a', refused);
    assert.deepEqual(resultsOf(await result()), ['+1 failed GOIP_SEND_FAILED a']);
  });

  it('can be cancelled', async () => {
    const stage = await two();
    stage.silence('b');
    await stage.pass({ seconds: 100 });
    const { job, result } = await stage.accept({ to: '+1' });
    await answers(stage, 'a', refused);
    const cancelled = stage.outbox.cancel({ jobId: job.id });
    await stage.clock.settle();
    assert.deepEqual(await cancelled, [job.id]);
    const { results } = await result();
    assert.deepEqual([results[0]?.state, results[0]?.errorstatus], ['cancelled', null]);
    assert.deepEqual(triedOf(await result()), ['a failed GOIP_SEND_FAILED 38']);
  });

  it('has failed, and is not tried again, where its job was cancelled meanwhile', async () => {
    const stage = await two();
    const { job, result } = await stage.accept({ to: '+1, +2', device: ['a', 'b'] });
    const [first, second] = [await stage.opens('a'), await stage.opens('b')];
    const cancelled = stage.outbox.cancel({ jobId: job.id });
    await stage.clock.settle();
    await cancelled;
    await stage.say('a', refused(first));
    await stage.say('b', sent(second));
    assert.deepEqual(resultsOf(await result()), ['+1 failed GOIP_SEND_FAILED a', '+2 sent b']);
  });

  it('ends with the refusal of the session by the last line, where that comes', async () => {
    const stage = await two();
    stage.silence('b');
    await stage.pass({ seconds: 100 });
    const { result } = await stage.accept({ to: '+1, +2' });
    const sendid = await stage.opens('a');
    await stage.say('a', `ERROR ${sendid} 1 errorstatus:38`, `ERROR ${sendid} 2 errorstatus:38`, `DONE ${sendid}`);
    stage.sent();
    await stage.keepalive('b');
    const other = stage.sendid('b');
    await stage.say('b', `PASSWORD ${other}`, `ERROR ${other} PASSWORD`, `DONE ${other}`);
    assert.deepEqual(resultsOf(await result()), ['+1 failed GOIP_AUTH', '+2 failed GOIP_AUTH']);
    assert.deepEqual(triedOf(await result()), ['a failed GOIP_SEND_FAILED 38', 'b failed GOIP_AUTH']);
  });
});

describe('outbox: a cancel right after a refusal', () => {
  it('is confirmed when the refusal is on the disk, and not before', async () => {
    const stage = await two({ persistent: true, attempts: 3 });
    const { job, result } = await stage.accept({ to: '+1' });
    const sendid = await stage.opens('a');
    stage.disk.isBroken = true;
    await stage.say('a', refused(sendid));
    let isConfirmed = false;
    const cancelled = stage.outbox.cancel({ jobId: job.id }).then(() => (isConfirmed = true));
    await stage.pass({ seconds: 5 });
    assert.equal(isConfirmed, false);
    stage.disk.isBroken = false;
    await stage.pass({ seconds: 5 });
    await cancelled;
    assert.deepEqual([stage.disk.keys('job/'), stage.disk.keys('ended/').length], [[], 1]);
    assert.deepEqual(resultsOf(await result()), ['+1 cancelled GOIP_CANCELLED']);
    assert.deepEqual(triedOf(await result()), ['a failed GOIP_SEND_FAILED 38']);
    assert.deepEqual(stage.sent('b'), []);
  });
});

describe('outbox: refusals over restarts', () => {
  it('are remembered, with the attempts', async () => {
    const stage = await two({ persistent: true, attempts: 3 });
    stage.silence('b');
    await stage.pass({ seconds: 100 });
    await stage.accept({ to: '+1, +2', origin: 'n' });
    const first = await stage.opens('a');
    await stage.say('a', refused(first), `ERROR ${first} SENDID`);
    await stage.startAgain();
    stage.sent();
    await stage.keepalive('a');
    const [job] = (await stage.adopt('n')).map((one) => stage.watch(one));
    assert.ok(job);
    await stage.pass({ seconds: 120 });
    assert.deepEqual(stage.sent('a'), []);
    await stage.keepalive('b');
    await answers(stage, 'b', refused);
    assert.deepEqual(resultsOf(await job.result()), ['+1 failed GOIP_SEND_FAILED b', '+2 unknown GOIP_TIMEOUT a']);
    const { results } = await job.result();
    assert.deepEqual(triedOf(await job.result()), ['a failed GOIP_SEND_FAILED 38']);
    assert.equal(results[0]?.attempts, 2);
    await stage.clock.pass({ seconds: 1 });
    assert.deepEqual(stage.disk.keys('refused/'), []);
  });

  it('are asked for again where the server fell before they were saved', async () => {
    const stage = await two({ persistent: true });
    await stage.accept({ to: '+1', origin: 'n' });
    const sendid = await stage.opens('a');
    stage.onStep = (what) => {
      if (what.startsWith('before the write') && what.includes('refused/')) stage.crash();
    };
    stage.hears(refused(sendid), stage.addressOf('a'));
    await stage.clock.settle();
    assert.equal(stage.isAlive, false);
    stage.onStep = () => undefined;
    await stage.startAgain();
    stage.sent();
    await stage.pass({ seconds: 5 });
    await stage.keepalive('b');
    assert.deepEqual(stage.sent(), [], 'nobody else gets it meanwhile');
    await stage.keepalive('a');
    assert.deepEqual(stage.sent('a'), [`SEND ${sendid} 1 +1`]);
    await stage.say('a', refused(sendid));
    await answers(stage, 'b', sent);
    const [job] = await stage.adopt('n');
    assert.deepEqual(resultsOf((await job?.result) as JobResult), ['+1 sent b']);
  });

  it('that the disk does not take are kept until it does', async () => {
    const stage = await two({ persistent: true, attempts: 3, ids: ['a', 'b', 'c'] });
    await stage.accept({ to: '+1', origin: 'n' });
    const first = await stage.opens('a');
    stage.disk.outcome = (changes) => (changes.some(({ key }) => key.startsWith('refused/')) ? 'failed' : 'made');
    await stage.say('a', refused(first));
    await stage.pass({ seconds: 3 });
    assert.deepEqual(stage.sent('b'), [], 'or a crash could forget who has refused');
    stage.disk.outcome = () => 'made';
    await stage.pass({ seconds: 2 });
    const second = await stage.opens('b');
    assert.deepEqual(stage.disk.keys('refused/').length, 1);
    await stage.startAgain();
    await stage.keepalive('c');
    await stage.keepalive('b');
    stage.sent();
    await stage.say('b', refused(second));
    await answers(stage, 'c', refused);
    const [job] = await stage.adopt('n');
    const result = (await job?.result) as JobResult;
    assert.deepEqual(triedOf(result), ['a failed GOIP_SEND_FAILED 38', 'b failed GOIP_SEND_FAILED 38']);
    assert.deepEqual(resultsOf(result), ['+1 failed GOIP_SEND_FAILED c']);
  });

  it('by a line that is not in the list any more count, too', async () => {
    const site = await Site.open({ ids: ['a', 'b'], persistent: true }, { a: { fateOf: () => 'refused' } });
    const { stage } = site;
    stage.silence('b');
    await stage.pass({ seconds: 100 });
    await stage.accept({ to: '+1', device: ['a', 'b'], origin: 'n' });
    await stage.pass({ seconds: 10 });
    await stage.startAgain({ ids: ['a'] });
    const [job] = (await stage.adopt('n')).map((one) => stage.watch(one));
    assert.ok(job);
    await stage.clock.pass({ seconds: 1 });
    const { results } = await job.result();
    assert.deepEqual(
      [results[0]?.state, results[0]?.code, results[0]?.errorstatus],
      ['failed', 'GOIP_SEND_FAILED', 38],
    );
  });
});

describe('outbox: a number whose result was never learnt', () => {
  it('is never sent again by itself', async () => {
    const stage = await two({ attempts: 5 });
    const { result } = await stage.accept({ to: '+1' });
    const sendid = await stage.opens('a');
    await stage.say('a', `ERROR ${sendid} SENDID`);
    stage.sent();
    await stage.pass({ seconds: 300 });
    assert.deepEqual(stage.sent(), []);
    const { results } = await result();
    assert.deepEqual([results[0]?.state, results[0]?.attempts, results[0]?.tried], ['unknown', 1, []]);
  });

  it('is sent again where that is wanted, within the attempts', async () => {
    const stage = await two({ attempts: 2, retryUnknown: true });
    const { result, news } = await stage.accept({ to: '+1' });
    const first = await stage.opens('a');
    await stage.say('a', `ERROR ${first} SENDID`);
    stage.sent('a');
    const second = await stage.opens('b');
    await stage.say('b', `WAIT ${second} 1`, `ERROR ${second} SENDID`);
    assert.deepEqual(news(), ['+1 queued', '+1 submitted', '+1 queued', '+1 submitted', '+1 waiting', '+1 unknown']);
    assert.deepEqual(triedOf(await result()), ['a unknown GOIP_TIMEOUT']);
    assert.deepEqual(resultsOf(await result()), ['+1 unknown GOIP_TIMEOUT b']);
  });

  it('then on the same line, too, where there is no other', async () => {
    const stage = await Stage.online({ retryUnknown: true });
    const { result } = await stage.accept({ to: '+1' });
    const first = await stage.opens('a');
    await stage.say('a', `ERROR ${first} SENDID`);
    stage.sent();
    await stage.pass({ seconds: 5 });
    await answers(stage, 'a', sent);
    assert.deepEqual(resultsOf(await result()), ['+1 sent a']);
  });

  it('over a restart, too', async () => {
    const stage = await two({ persistent: true, retryUnknown: true });
    await stage.accept({ to: '+1', origin: 'n' });
    await stage.opens('a');
    for (const id of ['a', 'b']) stage.silence(id);
    await stage.startAgain();
    const [job] = (await stage.adopt('n')).map((one) => stage.watch(one));
    assert.ok(job);
    await stage.pass({ seconds: 100 });
    await stage.keepalive('b');
    await answers(stage, 'b', sent);
    assert.deepEqual(resultsOf(await job.result()), ['+1 sent b']);
    assert.deepEqual(triedOf(await job.result()), ['a unknown GOIP_TIMEOUT']);
  });

  it('and not where it is not wanted', async () => {
    const stage = await two({ persistent: true });
    await stage.accept({ to: '+1', origin: 'n' });
    await stage.opens('a');
    for (const id of ['a', 'b']) stage.silence(id);
    await stage.startAgain();
    const [job] = (await stage.adopt('n')).map((one) => stage.watch(one));
    assert.ok(job);
    await stage.pass({ seconds: 100 });
    await stage.keepalive('b');
    stage.sent();
    assert.deepEqual(resultsOf(await job.result()), ['+1 unknown GOIP_TIMEOUT a']);
  });
});
