import assert from 'node:assert/strict';
import type { Priority } from '../../src/outbox/result.js';
import { TURN_LENGTH } from '../../src/parameters.js';
import { ids, LINE_TIME, numbers, Site } from './site.js';
import { Stage, type WatchedJob } from './stage.js';

/** Which jobs the numbers on air are of, as a text: `aaab`. Each job has numbers of its own. */
function turnsOf(onAir: readonly string[], jobs: Readonly<Record<string, readonly string[]>>): string {
  return onAir.map((number) => Object.keys(jobs).find((job) => jobs[job]?.includes(number)) ?? '?').join('');
}

/** Seconds from now until the number of a job is on its way to the network. */
async function secondsUntilSubmitted(site: Site, { statuses }: WatchedJob): Promise<number> {
  const began = site.stage.clock.now();
  const isSubmitted = (): boolean => statuses.some(({ state }) => state === 'submitted');
  while (!isSubmitted()) await site.stage.pass({ seconds: 1 });
  const { at = '' } = statuses.find(({ state }) => state === 'submitted') ?? {};
  return (Date.parse(at) - began) / 1000;
}

describe('outbox: priorities', () => {
  it('are high, normal or low; anything else is refused', async () => {
    const stage = await Stage.create();
    for (const priority of ['high', 'normal', 'low'] as const) {
      const { job } = await stage.accept({ to: '+1', priority });
      assert.equal(stage.outbox.jobs().find(({ id }) => id === job.id)?.priority, priority);
    }
    for (const priority of [undefined, null, '']) {
      const { job } = await stage.accept({ to: '+1', priority });
      assert.equal(stage.outbox.jobs().find(({ id }) => id === job.id)?.priority, 'normal');
    }
    for (const priority of ['urgent', 'HIGH', 1, true])
      await assert.rejects(stage.outbox.accept({ to: '+1', text: 'x', priority }), { code: 'GOIP_BAD_SETTING' });
  });

  for (const [bulk, urgent] of [
    ['normal', 'high'],
    ['low', 'normal'],
    ['low', 'high'],
  ] as const satisfies readonly (readonly [Priority, Priority])[]) {
    it(`${urgent} overtakes a bulk job that is ${bulk} at its next number`, async () => {
      for (const lines of [1, 4]) {
        const site = await Site.open({ ids: ids(lines) });
        await site.accept({ to: numbers(40), priority: bulk });
        await site.stage.pass({ seconds: 20 });
        const seconds = await secondsUntilSubmitted(site, await site.accept({ to: '+1', priority: urgent }));
        assert.ok(seconds <= LINE_TIME + 0.1, `after ${seconds} s`);
        await site.end();
      }
    });

    it(`${bulk} waits until the last number that is ${urgent} is out`, async () => {
      const site = await Site.open({ ids: ['a'] });
      const jobs = { x: numbers(7), y: numbers(7, 2001) };
      await site.accept({ to: jobs.x, priority: bulk });
      await site.accept({ to: jobs.y, priority: urgent });
      await site.end();
      assert.equal(turnsOf(site.onAir('a'), jobs), 'xyyyyyyyxxxxxx');
    });
  }

  it('an urgent one for a line that is busy with a job of its own does not wait for that', async () => {
    const site = await Site.open({ ids: ids(2) });
    await site.accept({ to: numbers(20), device: 'a01' });
    await site.stage.pass({ seconds: 4 });
    const seconds = await secondsUntilSubmitted(
      site,
      await site.accept({ to: '+1', device: 'a01', priority: 'high', text: 'now' }),
    );
    assert.ok(seconds <= LINE_TIME + 0.1, `after ${seconds} s`);
  });

  it('a thousand jobs that wait are no reason to wait', async () => {
    const site = await Site.open({ ids: ids(2) });
    for (const to of numbers(1000)) await site.accept({ to });
    await site.stage.pass({ seconds: 10 });
    const seconds = await secondsUntilSubmitted(site, await site.accept({ to: '+1', priority: 'high' }));
    assert.ok(seconds <= LINE_TIME + 0.1, `after ${seconds} s`);
  });

  it('outlive the server', async () => {
    const stage = await Stage.create({ ids: ['a'], persistent: true });
    for (const [to, priority] of [
      ['+1', 'low'],
      ['+2', 'normal'],
      ['+3', 'high'],
    ])
      await stage.accept({ to, priority, origin: 'n' });
    await stage.startAgain();
    await stage.keepalive('a');
    const order: string[] = [];
    for (let round = 0; round < 3; round += 1) {
      const sendid = await stage.opens('a');
      order.push(stage.sent('a').at(-1)?.split(' ')[3] ?? '');
      await stage.say('a', `OK ${sendid} 1`);
      stage.sent();
      await stage.say('a', `DONE ${sendid}`);
    }
    assert.deepEqual(order, ['+3', '+2', '+1']);
    const ended = stage.outbox.jobs().map(({ priority, state }) => `${priority} ${state}`);
    assert.deepEqual(ended, ['high ended', 'normal ended', 'low ended']);
  });
});

describe('outbox: equal jobs', () => {
  it('share a line, a few numbers each in turn', async () => {
    const site = await Site.open({ ids: ['a'] });
    const jobs = { x: numbers(20), y: numbers(20, 2001) };
    await site.accept({ to: jobs.x });
    await site.accept({ to: jobs.y });
    await site.end();
    assert.equal(turnsOf(site.onAir('a'), jobs), 'xxxxxyyyyy'.repeat(4));
    assert.equal(TURN_LENGTH, 5);
  });

  it('a small job is done long before a large one that came first', async () => {
    const site = await Site.open({ ids: ids(4) });
    await site.accept({ to: numbers(400) });
    await site.stage.pass({ seconds: 30 });
    const small = await site.accept({ to: numbers(8, 2001), text: 'small' });
    await site.stage.pass({ seconds: 12 * LINE_TIME });
    assert.equal((await small.result()).sent, 8);
  });

  it('none of them starves, be there many and small or few and large', async () => {
    const site = await Site.open({ ids: ids(2) });
    const large = await site.accept({ to: numbers(100) });
    const waits: number[] = [];
    for (let round = 0; round < 20; round += 1) {
      const small = await site.accept({ to: `+${5000 + round}`, text: 'small' });
      const before = site.stage.clock.now();
      await site.stage.clock.passUntil(() => small.statuses.some(({ state }) => state === 'submitted'));
      waits.push((site.stage.clock.now() - before) / 1000);
    }
    assert.ok(Math.max(...waits) <= TURN_LENGTH * LINE_TIME + 0.5, waits.join());
    const done = large.statuses.filter(({ state }) => state === 'sent').length;
    assert.ok(done >= 20, `the large one has sent ${done}`);
  });

  it('a job with a text for each number, which takes a session for each, has its turns, too', async () => {
    const site = await Site.open({ ids: ['a'] });
    const jobs = { x: numbers(20), y: numbers(20, 2001) };
    await site.accept({ to: jobs.x.map((number) => ({ number })), text: 'hello' });
    await site.accept({ to: jobs.y.map((number, index) => ({ number, index })), text: 'You are {{index}}' });
    await site.stage.pass({ seconds: 20 * LINE_TIME });
    const turns = turnsOf(site.onAir('a'), jobs);
    assert.ok(turns.includes('xxxxxyxxxxxy'), turns);
  });

  it('one that is paused has no turn, and is in turn again when it goes on', async () => {
    const site = await Site.open({ ids: ['a'] });
    const jobs = { x: numbers(10), y: numbers(10, 2001) };
    await site.accept({ to: jobs.x, id: 'x' });
    await site.accept({ to: jobs.y });
    await site.stage.pass({ seconds: 4 });
    const paused = site.stage.outbox.pause({ jobId: 'x' });
    await site.stage.pass({ seconds: 7 * LINE_TIME });
    await paused;
    const resumed = site.stage.outbox.resume({ jobId: 'x' });
    await site.end();
    await resumed;
    assert.equal(turnsOf(site.onAir('a'), jobs), 'xxyyyyyyyyxxxxxyyxxx');
  });
});
