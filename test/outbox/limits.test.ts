import assert from 'node:assert/strict';
import type { HoldReason } from '../../src/lines/limits.js';
import { LOCAL_DAY, LOCAL_HOUR } from '../../src/time/local-time.js';
import { ids, LINE_TIME, numbers, Site } from './site.js';
import { Stage, type StageOptions, type WatchedJob } from './stage.js';

/** When the numbers of these jobs went out, in order; seconds. */
function submissions(...jobs: readonly WatchedJob[]): number[] {
  const times = jobs.flatMap(({ statuses }) =>
    statuses.filter(({ state }) => state === 'submitted').map(({ at }) => Date.parse(at) / 1000),
  );
  return times.toSorted((one, other) => one - other);
}

function gapsOf(times: readonly number[]): number[] {
  return times.slice(1).map((time, index) => time - (times[index] ?? 0));
}

/** Why a line is held, and seconds until it is served again. */
function holdOf(
  stage: Stage,
  id = 'a',
): { readonly reason: HoldReason | 'rest'; readonly seconds: number } | undefined {
  const { hold } = stage.state(id);
  return hold ? { reason: hold.reason, seconds: (Date.parse(hold.until) - stage.clock.now()) / 1000 } : undefined;
}

async function at(hour: number, minute: number, options: StageOptions): Promise<Site> {
  const site = await Site.open({ ids: ['a'], ...options });
  await site.stage.passTo(hour, minute);
  return site;
}

describe('outbox: pauses', () => {
  it('lie between the numbers of a line, from the result of one to the next', async () => {
    const site = await at(10, 0, { pauseMin: 7, pauseMax: 12 });
    const job = await site.accept({ to: numbers(12) });
    await site.end();
    const gaps = gapsOf(submissions(job));
    assert.ok(Math.min(...gaps) >= LINE_TIME + 7, gaps.join());
    assert.ok(Math.max(...gaps) <= LINE_TIME + 12 + 0.1, gaps.join());
    assert.ok(new Set(gaps.map((gap) => Math.round(gap * 10))).size > 3, `drawn by chance: ${gaps.join()}`);
  });

  it('lie between jobs, too, and are shown', async () => {
    const site = await at(10, 0, { pauseMin: 20 });
    const first = await site.accept({ to: '+1' });
    await site.end();
    await site.stage.clock.settle();
    const hold = holdOf(site.stage);
    assert.equal(hold?.reason, 'pause');
    assert.ok(hold.seconds > 18 && hold.seconds <= 20, `${hold.seconds}`);
    const second = await site.accept({ to: '+2', priority: 'high' });
    await site.end();
    const [gap = 0] = gapsOf(submissions(first, second));
    assert.ok(gap >= LINE_TIME + 20 && gap < LINE_TIME + 20.1, `${gap}`);
    await site.stage.pass({ seconds: 21 });
    assert.equal(site.stage.state().hold, null);
  });

  it('of one line are no pauses of another', async () => {
    const site = await Site.open({ ids: ['a', 'b'], limits: { a: { pauseMin: 27 } } });
    await site.accept({ to: numbers(33) });
    const seconds = await site.end();
    assert.deepEqual(site.shares, { a: 3, b: 30 });
    assert.ok(seconds <= 92, `${seconds} s`);
  });

  it('hold with several sessions, too', async () => {
    const site = await at(10, 0, { pauseMin: 10, sessionsPerLine: 3 });
    const job = await site.accept({ to: numbers(6) });
    await site.end();
    assert.ok(Math.min(...gapsOf(submissions(job))) >= 10, gapsOf(submissions(job)).join());
  });
});

describe('outbox: limits', () => {
  for (const [name, option, span] of [
    ['hour', 'hourLimit', LOCAL_HOUR],
    ['day', 'dayLimit', LOCAL_DAY],
  ] as const) {
    it(`of the ${name} are kept, shown, told once, and the line is served at the time that it shows`, async () => {
      const site = await at(22, 40, { [option]: 5 });
      const { stage } = site;
      const job = await site.accept({ to: numbers(12), expire: 0 });
      for (const round of [1, 2]) {
        await stage.pass({ seconds: 5 * (LINE_TIME + 1) });
        const end = span.endOf(stage.clock.now());
        const { hold, usage } = stage.state();
        assert.deepEqual(hold, { reason: `${name}-limit`, until: new Date(end).toISOString() });
        assert.equal(usage[name], 5);
        assert.deepEqual(stage.events, Array<string>(round).fill('a limit-reached'));
        assert.equal(submissions(job).length, 5 * round);
        await stage.clock.pass({ seconds: (end - stage.clock.now()) / 1000 - 3 });
        await stage.keepalive('a');
        assert.equal(submissions(job).length, 5 * round);
        await stage.clock.pass({ seconds: 3.1 });
        assert.equal(submissions(job).length, 5 * round + 1, 'at once when the time has come');
        assert.equal(stage.state().hold, null);
      }
      await site.end();
      assert.equal(stage.state().usage[name], 2);
    });
  }

  it('leave to other lines what one may not send', async () => {
    const site = await Site.open({ ids: ['a', 'b', 'c'], limits: { a: { hourLimit: 3 }, b: { dayLimit: 1 } } });
    await site.accept({ to: numbers(20) });
    await site.end();
    assert.deepEqual(site.shares, { a: 3, b: 1, c: 16 });
    assert.deepEqual(site.stage.events.toSorted(), ['a limit-reached', 'b limit-reached']);
  });

  it('count the parts of long texts; what has no room waits, and lets shorter ones pass', async () => {
    const site = await at(10, 5, { hourLimit: 5 });
    const long = await site.accept({ to: numbers(2), text: 'x'.repeat(400) });
    const short = await site.accept({ to: numbers(3, 2001), text: 'short' });
    await site.stage.pass({ seconds: 60 });
    assert.equal(submissions(long).length, 1);
    assert.equal(submissions(short).length, 2);
    assert.deepEqual(site.stage.state().usage.hour, 5);
    await site.stage.pass({ seconds: 3600 });
    assert.equal(site.stage.state().usage.hour, 4);
    assert.equal((await long.result()).ok, true);
    assert.equal((await short.result()).ok, true);
  });

  it('hold urgent numbers, too', async () => {
    const site = await at(10, 5, { hourLimit: 1 });
    await site.accept({ to: '+1' });
    await site.end();
    const { news } = await site.accept({ to: '+2', priority: 'high' });
    await site.stage.pass({ seconds: 120 });
    assert.deepEqual(news(), ['+2 queued']);
  });

  it('hold for all sessions of a line together', async () => {
    const site = await at(10, 5, { hourLimit: 4, sessionsPerLine: 5 });
    await site.accept({ to: numbers(20) });
    await site.stage.pass({ seconds: 600 });
    assert.equal(site.onAir('a').length, 4);
    assert.deepEqual(site.stage.events, ['a limit-reached']);
  });

  it('count what was handed to the device, whatever became of it', async () => {
    const site = await Site.open({ ids: ['a'], hourLimit: 3, attempts: 1 }, { a: { fateOf: () => 'refused' } });
    await site.stage.passTo(10, 5);
    const job = await site.accept({ to: numbers(5) });
    await site.stage.pass({ seconds: 60 });
    assert.equal(submissions(job).length, 3);
    assert.equal(site.stage.state().usage.hour, 3);
  });

  it('hold without a look at all that waits', async () => {
    const site = await at(10, 5, { hourLimit: 4, quietHours: '11:00-12:00' });
    await site.accept({ to: numbers(4, 5001) });
    await site.end();
    for (const to of numbers(200)) await site.accept({ to, text: 'x'.repeat(Number(to) % 2 === 0 ? 10 : 300) });
    const line = site.stage.line();
    const hold = line.hold.bind(line);
    let asked = 0;
    line.hold = (...what) => {
      asked += 1;
      return hold(...what);
    };
    await site.accept({ to: '+2' });
    assert.ok(asked > 0 && asked <= 5, `${asked} times`);
    await site.stage.passTo(11, 5);
    asked = 0;
    await site.accept({ to: '+3' });
    assert.ok(asked > 0 && asked <= 5, `${asked} times`);
  });

  it('refuse at once a text that is longer than every line may send', async () => {
    const stage = await Stage.online({ ids: ['a', 'b'], hourLimit: 2, limits: { b: { hourLimit: 3 } } });
    await assert.rejects(stage.outbox.accept({ to: '+1', text: 'x'.repeat(500) }), { code: 'GOIP_TOO_MANY_PARTS' });
    await assert.rejects(stage.outbox.accept({ to: '+1', text: 'x'.repeat(400), device: 'a' }), {
      code: 'GOIP_TOO_MANY_PARTS',
    });
    await stage.accept({ to: '+1', text: 'x'.repeat(400) });
    assert.match(stage.sent().join(), /^b: MSG/);
  });

  it('are told as reached although a pause lasts longer than the hour', async () => {
    const site = await at(10, 59, { hourLimit: 1, pauseMin: 300 });
    await site.accept({ to: '+1' });
    await site.end();
    assert.deepEqual(site.stage.events, ['a limit-reached']);
  });

  it('are not told as reached by an SMS that could not be saved', async () => {
    const stage = await Stage.online({ persistent: true, hourLimit: 1 });
    await stage.passTo(10, 5);
    const { news } = await stage.accept({ to: '+1' });
    const sendid = stage.sendid('a');
    await stage.say('a', `PASSWORD ${sendid}`);
    stage.disk.isBroken = true;
    await stage.say('a', `SEND ${sendid}`);
    await stage.pass({ seconds: 2 });
    assert.deepEqual([news(), stage.events, stage.state().usage.hour], [['+1 queued'], [], 0]);
    stage.disk.isBroken = false;
    await stage.pass({ seconds: 3 });
    const again = stage.sent('a').at(-1)?.split(' ')[1] ?? '';
    await stage.say('a', `PASSWORD ${again}`, `SEND ${again}`);
    assert.deepEqual([news(), stage.events, stage.state().usage.hour], [['+1 submitted'], ['a limit-reached'], 1]);
  });
});

describe('outbox: limits over restarts', () => {
  it('go on with what was counted', async () => {
    const site = await at(10, 5, { hourLimit: 5, persistent: true });
    const { stage } = site;
    await site.accept({ to: numbers(20) });
    await stage.pass({ seconds: 2.5 * LINE_TIME });
    assert.equal(site.onAir('a').length, 3);
    await stage.startAgain();
    await stage.keepalive('a');
    assert.equal(stage.state().usage.hour, 3);
    await stage.pass({ seconds: 300 });
    assert.equal(site.onAir('a').length, 5);
    await stage.startAgain();
    await stage.keepalive('a');
    assert.deepEqual(stage.state().hold?.reason, 'hour-limit');
    await stage.pass({ seconds: 300 });
    assert.equal(site.onAir('a').length, 5);
    assert.deepEqual(stage.events, ['a limit-reached'], 'and is told once');
    await stage.pass({ seconds: 3600 });
    assert.equal(site.onAir('a').length, 10);
  });

  it('of days, too', async () => {
    const site = await at(10, 5, { dayLimit: 4, persistent: true });
    await site.accept({ to: numbers(7), expire: 0 });
    await site.stage.pass({ seconds: 60 });
    assert.equal(site.onAir('a').length, 4);
    await site.stage.passTo(23, 0);
    await site.stage.startAgain();
    await site.stage.keepalive('a');
    await site.stage.pass({ seconds: 60 });
    assert.equal(site.onAir('a').length, 4);
    await site.stage.passTo(0, 0);
    await site.stage.pass({ seconds: 60 });
    assert.equal(site.onAir('a').length, 7);
  });
});

describe('outbox: quiet hours', () => {
  const NIGHT = { quietHours: '22:00-07:00' };

  it('hold what is not urgent until they are over, and are shown', async () => {
    const site = await at(21, 59, NIGHT);
    const { stage } = site;
    const job = await site.accept({ to: numbers(100) });
    await stage.pass({ seconds: 120 });
    const sent = site.onAir('a').length;
    assert.ok(sent >= 19 && sent <= 21, `${sent}`);
    assert.equal(holdOf(stage)?.reason, 'quiet-hours');
    assert.equal(new Date(stage.state().hold?.until ?? '').getHours(), 7);
    for (const priority of ['normal', 'low']) await site.accept({ to: '+5', priority });
    await stage.passTo(6, 59);
    assert.equal(site.onAir('a').length, sent);
    await stage.clock.pass({ seconds: 60.1 });
    assert.equal(submissions(job).length, sent + 1);
    assert.equal(stage.state().hold, null);
  });

  it('let urgent numbers pass', async () => {
    const site = await at(23, 0, NIGHT);
    const bulk = await site.accept({ to: numbers(5) });
    const urgent = await site.accept({ to: numbers(3, 2001), priority: 'high' });
    await site.stage.pass({ seconds: 4 * LINE_TIME });
    assert.equal((await urgent.result()).ok, true);
    assert.equal(submissions(bulk).length, 0);
  });

  it('of a line are no quiet hours of another', async () => {
    const site = await at(23, 0, { ids: ['a', 'b'], limits: { a: NIGHT } });
    await site.accept({ to: numbers(5) });
    await site.end();
    assert.deepEqual(site.shares, { a: 0, b: 5 });
  });
});

describe('outbox: cooldown', () => {
  it('after so many failures in a row the line is left alone, as long as it shows', async () => {
    const site = await Site.open(
      { ids: ['a'], cooldownAfter: 2, cooldown: 100, attempts: 1 },
      { a: { fateOf: () => 'refused' } },
    );
    const { stage } = site;
    const job = await site.accept({ to: numbers(5) });
    await stage.pass({ seconds: 3 * LINE_TIME });
    assert.equal(submissions(job).length, 2);
    const hold = holdOf(stage);
    assert.equal(hold?.reason, 'cooldown');
    await stage.clock.pass({ seconds: hold.seconds - 1 });
    await stage.keepalive('a');
    assert.equal(submissions(job).length, 2);
    await stage.clock.pass({ seconds: 1.1 });
    assert.equal(submissions(job).length, 3);
    await site.end();
    const gaps = gapsOf(submissions(job)).map(Math.floor);
    assert.deepEqual(gaps, [3, 103, 3, 103]);
  });

  it('others send meanwhile', async () => {
    const site = await Site.open(
      { ids: ['a', 'b'], cooldownAfter: 1, cooldown: 600 },
      { a: { fateOf: () => 'refused' } },
    );
    const { result } = await site.accept({ to: numbers(20) });
    const seconds = await site.end();
    assert.equal((await result()).ok, true);
    assert.ok(seconds < 66, `${seconds} s`);
  });
});

describe('outbox: lines without limits', () => {
  it('show nothing, and lose no time', async () => {
    const site = await Site.open({ ids: ids(2) });
    await site.accept({ to: numbers(20) });
    const seconds = await site.end();
    assert.ok(seconds <= 10 * LINE_TIME * 1.05, `${seconds} s`);
    const { hold, usage } = site.stage.state('a01');
    assert.deepEqual([hold, usage.hour > 0], [null, true]);
  });
});
