import assert from 'node:assert/strict';
import { FAILURES_UNTIL_ASIDE, PROBE_INTERVAL } from '../../src/parameters.js';
import type { Fate } from '../sessions/reference-device.js';
import { LINE_TIME, numbers, Site } from './site.js';
import { resultsOf, Stage, type StageOptions } from './stage.js';

/** When numbers were submitted to line a, in seconds since the first one was. */
function triesOn(statuses: readonly { state: string; device: string | null; at: string }[]): number[] {
  const [first = 0, ...others] = statuses
    .filter(({ state, device }) => state === 'submitted' && device === 'a')
    .map(({ at }) => Date.parse(at) / 1000);
  return [0, ...others.map((time) => Math.round(time - first))];
}

/** A site whose line a refuses everything until it is told to `mend`. */
async function withFailingLine(
  options: StageOptions = {},
): Promise<{ site: Site; mend: () => void; fail: () => void }> {
  let fate: Fate = 'refused';
  const site = await Site.open({ ids: ['a', 'b'], ...options }, { a: { fateOf: () => fate } });
  return { site, mend: () => (fate = 'sent'), fail: () => (fate = 'refused') };
}

describe('outbox: a line that keeps failing', () => {
  it('is set aside after three failures in a row, and tried with one number a minute', async () => {
    const { site } = await withFailingLine();
    const { statuses, result } = await site.accept({ to: numbers(70) });
    await site.end();
    assert.equal((await result()).ok, true, 'nothing is lost');
    const tries = triesOn(statuses);
    assert.deepEqual(tries.slice(0, FAILURES_UNTIL_ASIDE), [0, LINE_TIME, 2 * LINE_TIME]);
    const gaps = tries.slice(2).map((time, index, all) => time - (all[index - 1] ?? time));
    assert.deepEqual(gaps.slice(1), [
      PROBE_INTERVAL + LINE_TIME,
      PROBE_INTERVAL + LINE_TIME,
      PROBE_INTERVAL + LINE_TIME,
    ]);
    assert.deepEqual(site.stage.events, ['a line-failing']);
    assert.deepEqual([site.stage.state('a').failing, site.stage.state('b').failing], [true, false]);
  });

  it('is as the others again as soon as one has gone through', async () => {
    const { site, mend } = await withFailingLine();
    await site.accept({ to: numbers(100) });
    await site.stage.pass({ seconds: 60 });
    mend();
    const seconds = 60 + (await site.end());
    assert.deepEqual(site.stage.events, ['a line-failing', 'a line-recovered']);
    assert.equal(site.stage.state('a').failing, false);
    const { a = 0, b = 0 } = site.shares;
    assert.ok(a > 30, `${a} and ${b}`);
    assert.ok(seconds < 200, `${seconds} s`);
  });

  it('is tried once a minute, not once a minute and job', async () => {
    const { site } = await withFailingLine();
    for (const to of numbers(60)) await site.accept({ to });
    const jobs = await site.accept({ to: numbers(5, 2001), priority: 'low' });
    await site.end();
    assert.equal(site.devices.get('a')?.refused, 3 + 2);
    assert.equal((await jobs.result()).ok, true);
  });

  it('is tried with one number, however many sessions it may have', async () => {
    const { site } = await withFailingLine({ sessionsPerLine: 3 });
    await site.accept({ to: numbers(3), device: 'a' });
    await site.end();
    await site.stage.pass({ seconds: PROBE_INTERVAL });
    const { statuses } = await site.accept({ to: numbers(20, 2001) });
    await site.stage.pass({ seconds: 2 });
    const tries = statuses.filter(({ state, device }) => state === 'submitted' && device === 'a');
    assert.equal(tries.length, 1);
  });

  it('that works now and then is not set aside', async () => {
    let count = 0;
    const site = await Site.open(
      { ids: ['a', 'b'] },
      { a: { fateOf: () => ((count += 1) % 3 === 0 ? 'sent' : 'refused') } },
    );
    await site.accept({ to: numbers(40) });
    await site.end();
    assert.deepEqual(site.stage.events, []);
  });

  it('is told as failing again when it fails again', async () => {
    const { site, mend, fail } = await withFailingLine();
    await site.accept({ to: numbers(200) });
    await site.stage.pass({ seconds: 30 });
    mend();
    await site.stage.pass({ seconds: 60 });
    fail();
    await site.end();
    assert.deepEqual(site.stage.events, ['a line-failing', 'a line-recovered', 'a line-failing']);
  });

  it('counts numbers whose session it refuses or does not answer', async () => {
    const answers: Readonly<Record<string, (sendid: string) => string | undefined>> = {
      'refuses the session': (sendid) => `ERROR ${sendid} no`,
      'loses the session': (sendid) => `ERROR ${sendid} SENDID`,
      'refuses the password': (sendid) => `ERROR ${sendid} PASSWORD`,
      'does not answer': () => undefined,
    };
    for (const [what, answer] of Object.entries(answers)) {
      const stage = await Stage.online();
      stage.devices.set('a', (request) => {
        const [verb = '', sendid = ''] = request.trimEnd().split(' ');
        const text = verb === 'DONE' ? `DONE ${sendid}` : answer(sendid);
        if (text !== undefined) stage.clock.after(10, () => void stage.hears(text, stage.addressOf('a')));
      });
      for (let job = 0; job < 3; job += 1) await stage.accept({ to: '+1', text: `job ${job}` });
      await stage.pass({ seconds: 500 });
      assert.deepEqual(stage.events, ['a line-failing'], what);
    }
  });
});

describe('outbox: a failing line is used all the same', () => {
  it('where it is the only one', async () => {
    const { site, mend } = await withFailingLine({ ids: ['a'] });
    const failing = await site.accept({ to: numbers(10) });
    const seconds = await site.end();
    assert.ok(seconds < 10 * LINE_TIME * 1.05, `${seconds} s: not one a minute`);
    assert.equal((await failing.result()).failed, 10);
    mend();
    const { result } = await site.accept({ to: '+1' });
    await site.end();
    assert.deepEqual(resultsOf(await result()), ['+1 sent a']);
    assert.deepEqual(site.stage.events, ['a line-failing', 'a line-recovered']);
  });

  it('by jobs that may go out there only', async () => {
    const { site } = await withFailingLine();
    const { result } = await site.accept({ to: numbers(10), device: 'a' });
    const seconds = await site.end();
    assert.ok(seconds < 10 * LINE_TIME * 1.05, `${seconds} s`);
    assert.equal((await result()).failed, 10);
  });

  const others: Readonly<Record<string, readonly [StageOptions, (site: Site) => Promise<unknown>]>> = {
    offline: [
      {},
      async ({ stage }) => {
        stage.silence('b');
        await stage.pass({ seconds: 100 });
      },
    ],
    'without network': [{}, ({ stage }) => stage.keepalive('b', 'gsm_status:LOGOUT;')],
    'at its limit': [
      { limits: { b: { hourLimit: 2 } } },
      async (site) => {
        await site.accept({ to: numbers(2, 3001), device: 'b' });
        await site.end();
      },
    ],
    'in its quiet hours': [{ limits: { b: { quietHours: '12:00-13:00' } } }, ({ stage }) => stage.passTo(12, 5)],
  };
  for (const [how, [options, trouble]] of Object.entries(others)) {
    it(`while the other one is ${how}`, async () => {
      const { site, mend } = await withFailingLine(options);
      await site.stage.passTo(11, 5);
      await site.accept({ to: numbers(3), device: 'a' });
      await site.end();
      assert.deepEqual(site.stage.events, ['a line-failing']);
      await trouble(site);
      mend();
      const { statuses } = await site.accept({ to: '+1' });
      await site.stage.pass({ seconds: 4 });
      assert.deepEqual(
        statuses.map(({ state }) => state),
        ['queued', 'submitted', 'waiting', 'sent'],
      );
    });
  }

  it('for what the other one may not send now, and not for what it may', async () => {
    const { site } = await withFailingLine({ limits: { b: { quietHours: '12:00-13:00' } } });
    await site.stage.passTo(11, 5);
    await site.accept({ to: numbers(3), device: 'a' });
    await site.end();
    await site.stage.passTo(12, 5);
    await site.accept({ to: numbers(9, 2001), device: 'b', priority: 'high' });
    await site.stage.pass({ seconds: 1 });
    // The time for a trial is not now.
    await site.accept({ to: '+2999', device: 'a' });
    await site.stage.pass({ seconds: 4 });
    const urgent = await site.accept({ to: '+3001', priority: 'high' });
    const normal = await site.accept({ to: '+4001' });
    await site.stage.pass({ seconds: 1 });
    assert.deepEqual(
      [urgent.news(), normal.news()],
      [['+3001 queued'], ['+4001 queued', '+4001 submitted', '+4001 waiting']],
    );
  });

  it('while all refuse everything', async () => {
    const site = await Site.open(
      { ids: ['a', 'b'] },
      { a: { fateOf: () => 'refused' }, b: { fateOf: () => 'refused' } },
    );
    const { result } = await site.accept({ to: numbers(30) });
    const seconds = await site.end();
    assert.ok(seconds < 30 * LINE_TIME * 1.05 + 2 * LINE_TIME, `${seconds} s`);
    assert.equal((await result()).failed, 30);
    assert.deepEqual(site.stage.events, [], 'what both refuse may be the fault of the numbers');
  });

  it('but not while the other one is just busy', async () => {
    const { site } = await withFailingLine();
    await site.accept({ to: numbers(3), device: 'a' });
    await site.end();
    await site.accept({ to: numbers(10, 2001), device: 'b' });
    await site.stage.pass({ seconds: 1 });
    const { statuses } = await site.accept({ to: numbers(10, 3001) });
    await site.stage.pass({ seconds: 50 });
    assert.deepEqual(
      statuses.filter(({ device, state }) => device === 'a' && state === 'submitted'),
      [],
    );
  });
});
