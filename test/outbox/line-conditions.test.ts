import assert from 'node:assert/strict';
import { put } from '../../src/journal/store.js';
import { LINE_TIME, numbers, Site } from './site.js';
import { resultsOf, type Stage, type StageOptions } from './stage.js';

const DAY = 86_400;

async function restarted(stage: Stage): Promise<void> {
  await stage.startAgain();
  for (const { id } of stage.lines) await stage.keepalive(id);
}

/** A site whose line a refuses all numbers. */
function withFailingLine(options: StageOptions): Promise<Site> {
  return Site.open({ persistent: true, ...options }, { a: { fateOf: () => 'refused' } });
}

/** Seconds until the line is served again, and why not now. */
function holdOf(stage: Stage): readonly [reason: string, seconds: number] | undefined {
  const { hold } = stage.state();
  return hold ? [hold.reason, (Date.parse(hold.until) - stage.clock.wall()) / 1000] : undefined;
}

describe('outbox: a line after a restart', () => {
  it('keeps the pause after its last SMS', async () => {
    const site = await Site.open({ ids: ['a'], persistent: true, pauseMin: 20 });
    const { stage } = site;
    await site.accept({ to: '+1' });
    await site.end();
    await stage.clock.pass({ seconds: 1 });
    const before = holdOf(stage);
    await restarted(stage);
    assert.equal(before?.[0], 'pause');
    assert.deepEqual(holdOf(stage), before);
    await site.accept({ to: '+2' });
    await stage.pass({ seconds: before[1] - 1 });
    assert.deepEqual(site.onAir('a'), ['+1']);
    await stage.pass({ seconds: 2 + LINE_TIME });
    assert.deepEqual(site.onAir('a'), ['+1', '+2']);
  });

  it('keeps the pause of an SMS whose result was not known when the power failed', async () => {
    const site = await Site.open(
      { ids: ['a'], persistent: true, pauseMin: 40, statusQuery: 'never' },
      { a: { seconds: 10 } },
    );
    await site.accept({ to: '+1' });
    await site.stage.pass({ seconds: 1 });
    assert.deepEqual(site.onAir('a'), ['+1']);
    await restarted(site.stage);
    const hold = holdOf(site.stage);
    assert.equal(hold?.[0], 'pause');
    assert.ok(hold[1] > 38 && hold[1] <= 40, `${hold[1]} s`);
  });

  it('pauses after a number that it is asked for again, because it may have that now only', async () => {
    const site = await Site.open({ ids: ['a'], persistent: true, pauseMin: 30, sessionsPerLine: 2 });
    const { stage } = site;
    stage.onStep = (what) => {
      if (what.startsWith('before SEND')) stage.crash();
    };
    void stage.outbox.accept({ to: ['+1', '+2'], text: 'hello' });
    await stage.clock.pass({ seconds: 41 });
    stage.onStep = () => undefined;
    await restarted(stage);
    await stage.pass({ seconds: 29 });
    assert.deepEqual(site.onAir('a'), ['+1']);
    await stage.pass({ seconds: 30 });
    assert.deepEqual(site.onAir('a'), ['+1', '+2']);
  });

  it('keeps its cooldown, and the failures that lead to one', async () => {
    const site = await withFailingLine({ ids: ['a'], cooldownAfter: 2, cooldown: 100, attempts: 1 });
    const { stage } = site;
    for (const to of numbers(2)) {
      await site.accept({ to });
      await site.end();
      await stage.clock.pass({ seconds: 1 });
      await restarted(stage);
    }
    const hold = holdOf(stage);
    assert.equal(hold?.[0], 'cooldown');
    assert.ok(hold[1] > 98 && hold[1] < 100, `${hold[1]} s`);
    await stage.clock.pass({ seconds: hold[1] + 1 });
    assert.equal(holdOf(stage), undefined);
  });

  it('stays set aside if it was failing, and is tried at the same time', async () => {
    const site = await withFailingLine({ ids: ['a', 'b'] });
    const { stage } = site;
    const { result } = await site.accept({ to: numbers(12) });
    await site.end();
    await result();
    await stage.clock.pass({ seconds: 1 });
    const { failures, nextProbe } = stage.line('a').condition(stage.clock.now());
    await restarted(stage);
    assert.equal(stage.state('a').failing, true);
    const after = stage.line('a').condition(stage.clock.now());
    assert.deepEqual([after.failures, after.nextProbe], [failures, nextProbe]);
    const refused = site.devices.get('a')?.refused;
    const job = await site.accept({ to: numbers(3, 2001) });
    await site.end();
    assert.deepEqual(
      resultsOf(await job.result()),
      numbers(3, 2001).map((to) => `${to} sent b`),
    );
    assert.equal(site.devices.get('a')?.refused, refused);
    assert.deepEqual(stage.events, ['a line-failing']);
  });

  it('begins to fail with the third failure, whichever run the first two were in', async () => {
    const site = await withFailingLine({ ids: ['a'], attempts: 1 });
    for (const to of numbers(3)) {
      assert.equal(site.stage.state().failing, false);
      await site.accept({ to });
      await site.end();
      await site.stage.clock.pass({ seconds: 1 });
      await restarted(site.stage);
    }
    assert.equal(site.stage.state().failing, true);
    assert.deepEqual(site.stage.events, ['a line-failing']);
  });

  for (const [what, seconds] of Object.entries({ 'back a day': -DAY, 'back to 1970': -Date.UTC(2026) / 1000 })) {
    it(`waits no longer than its pause and cooldown if the clock is set ${what} while the server is off`, async () => {
      const site = await withFailingLine({ ids: ['a'], cooldownAfter: 1, cooldown: 100, attempts: 1 });
      const { stage } = site;
      await site.accept({ to: '+1' });
      await site.end();
      await stage.clock.pass({ seconds: 1 });
      const before = holdOf(stage)?.[1] ?? 0;
      stage.crash();
      stage.clock.step({ seconds });
      await restarted(stage);
      const [reason, left] = holdOf(stage) ?? [];
      assert.equal(reason, 'cooldown');
      assert.ok(left !== undefined && left <= before + 1.5, `${before} s before, ${left} s after`);
    });
  }
});

describe('outbox: the condition of a line in the journal', () => {
  it('is missing for a line that works and has no pause', async () => {
    const site = await Site.open({ ids: ['a'], persistent: true });
    await site.accept({ to: numbers(3) });
    await site.end();
    await site.stage.clock.pass({ seconds: 1 });
    assert.deepEqual(site.stage.disk.keys('condition/'), []);
  });

  it('is deleted when the line works again', async () => {
    let refusals = 1;
    const site = await Site.open(
      { ids: ['a'], persistent: true, attempts: 1 },
      { a: { fateOf: () => ((refusals -= 1) >= 0 ? 'refused' : 'sent') } },
    );
    const { stage } = site;
    await site.accept({ to: '+1' });
    await site.end();
    await stage.clock.pass({ seconds: 1 });
    assert.deepEqual(stage.disk.keys('condition/'), ['condition/a']);
    await restarted(stage);
    await site.accept({ to: '+2' });
    await site.end();
    await stage.clock.pass({ seconds: 1 });
    assert.deepEqual(stage.disk.keys('condition/'), []);
  });

  it('is pruned when its times have passed, or its line has been removed for long', async () => {
    const site = await Site.open({ ids: ['a', 'b'], persistent: true, pauseMin: 20, retention: 1 });
    const { stage } = site;
    for (const id of ['a', 'b']) await site.accept({ to: '+1', device: id });
    await site.end();
    await stage.clock.pass({ seconds: 1 });
    assert.deepEqual(stage.disk.keys('condition/'), ['condition/a', 'condition/b']);
    await stage.startAgain({ ids: ['b'] });
    await stage.clock.pass({ seconds: DAY / 2 });
    const prune = async (): Promise<string[]> => {
      const pruned = stage.outbox.prune(stage.clock.now());
      await stage.clock.settle();
      await pruned;
      await stage.clock.pass({ seconds: 1 });
      return stage.disk.keys('condition/');
    };
    assert.deepEqual(await prune(), ['condition/a']);
    await stage.clock.pass({ seconds: DAY });
    assert.deepEqual(await prune(), []);
  });

  it('does not hold the line for longer than the server itself would, whatever it says', async () => {
    const site = await Site.open({ ids: ['a'], persistent: true });
    const { stage } = site;
    const far = stage.clock.now() + 1000 * DAY * 1000;
    const times = { pauseEnds: far, cooldownEnds: far, nextProbe: far, at: far };
    const record = { ...times, isCooldownTried: false, cooldownFailures: 0, failures: 3 };
    const saved = stage.journal.commit([put('condition/a', record)]);
    await stage.clock.settle();
    await saved;
    await restarted(stage);
    assert.equal(stage.state().hold, null);
    assert.ok((stage.line().asideUntil(stage.clock.now()) ?? 0) <= stage.clock.now() + 60_000);
  });
});
