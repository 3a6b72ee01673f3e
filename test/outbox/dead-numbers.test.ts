import assert from 'node:assert/strict';
import type { LimitOptions } from '../../src/lines/limit-options.js';
import { numbers, Site } from './site.js';
import { resultsOf, Stage } from './stage.js';

const DEAD = numbers(10, 5001);
const COOLDOWN: LimitOptions = { cooldownAfter: 3, cooldown: 300 };

/** Lines that refuse {@link DEAD}, as the network does, and send all others. */
async function siteOf(ids: readonly string[], limits: LimitOptions = COOLDOWN): Promise<Site> {
  const fateOf = (number: string) => (DEAD.includes(number) ? 'refused' : 'sent');
  return Site.open({ ids, ...limits }, Object.fromEntries(ids.map((id) => [id, { fateOf }])));
}

describe('outbox: numbers that no network knows', () => {
  it('count against no line if two lines refuse them', async () => {
    const site = await siteOf(['a', 'b']);
    const { result } = await site.accept({ to: DEAD });
    await site.end();
    const { results } = await result();
    assert.deepEqual(
      results.map(({ state, tried, attempts }) => [state, tried.length, attempts]),
      DEAD.map(() => ['failed', 1, 2]),
    );
    assert.deepEqual(site.stage.events, []);
    for (const id of ['a', 'b']) {
      const { failing, hold } = site.stage.state(id);
      assert.deepEqual([failing, hold], [false, null], id);
    }
  });

  it('leave both lines to the next job at once', async () => {
    const site = await siteOf(['a', 'b']);
    await site.accept({ to: DEAD });
    await site.end();
    const alarms = await site.accept({ to: numbers(2) });
    await site.stage.pass({ seconds: 4 });
    assert.deepEqual(
      (await alarms.result()).results.map(({ state }) => state),
      ['sent', 'sent'],
    );
    assert.deepEqual(Object.values(site.shares), [1, 1], 'each line has sent one');
  });

  it('do not hide a line that refuses what another one sends', async () => {
    const site = await Site.open({ ids: ['a', 'b'], ...COOLDOWN }, { a: { fateOf: () => 'refused' } });
    await site.accept({ to: numbers(12) });
    await site.end();
    assert.deepEqual(site.stage.events, ['a line-failing']);
    assert.equal(site.stage.state('a').hold?.reason, 'cooldown');
    assert.equal(site.stage.state('b').failing, false);
  });

  it('do not count if the line has worked since', async () => {
    const site = await siteOf(['a', 'b']);
    const [first = '', second = ''] = DEAD;
    for (let round = 0; round < 5; round += 1) {
      await site.accept({ to: [first, '+1', second, '+2'], text: `round ${round}` });
      await site.end();
    }
    assert.deepEqual(site.stage.events, []);
  });

  for (const errorstatus of [28, 30, 195]) {
    it(`are not tried again if the network says so (errorstatus ${errorstatus}), and count against no line`, async () => {
      const stage = await Stage.online({ ids: ['a', 'b'], ...COOLDOWN });
      const { result } = await stage.accept({ to: numbers(4), device: 'a' });
      const sendid = await stage.opens('a');
      for (let telid = 1; telid <= 4; telid += 1)
        await stage.say('a', `ERROR ${sendid} ${telid} errorstatus:${errorstatus}`);
      const { results } = await result();
      assert.deepEqual(
        results.map(({ state, attempts, tried }) => [state, attempts, tried.length]),
        numbers(4).map(() => ['failed', 1, 0]),
      );
      await stage.say('a', `DONE ${sendid}`);
      assert.deepEqual([stage.events, stage.state('a').hold], [[], null]);
      const other = await stage.accept({ to: '+1' });
      stage.sent();
      const [line = 'a'] = stage.lines
        .named(null)
        .filter(({ sessions }) => sessions > 0)
        .map(({ id }) => id);
      const next = sendid + 1;
      await stage.say(line, `PASSWORD ${next}`, `SEND ${next}`, `ERROR ${next} 1 errorstatus:${errorstatus}`);
      assert.deepEqual(resultsOf(await other.result()), [`+1 failed GOIP_SEND_FAILED ${line}`]);
    });
  }

  it('are tried on another line if the cause is not sure', async () => {
    const stage = await Stage.online({ ids: ['a', 'b'] });
    await stage.accept({ to: '+1' });
    const sendid = await stage.opens('a');
    await stage.say('a', `ERROR ${sendid} 1 errorstatus:38`);
    assert.match(stage.sent('b').join(), /^MSG /);
  });
});

describe('outbox: an urgent number in a cooldown', () => {
  /** The only line, in a cooldown of 300 s. */
  async function inCooldown(ids: readonly string[] = ['a']): Promise<Stage> {
    const stage = await Stage.online({ ids, ...COOLDOWN });
    await stage.accept({ to: numbers(3), device: 'a' });
    const sendid = await stage.opens('a');
    for (const telid of [1, 2, 3]) await stage.say('a', `ERROR ${sendid} ${telid} errorstatus:1`);
    await stage.say('a', `DONE ${sendid}`);
    assert.equal(stage.state('a').hold?.reason, 'cooldown');
    stage.sent();
    return stage;
  }

  it('is tried once on the last line', async () => {
    const stage = await inCooldown();
    const alarm = await stage.accept({ to: '+1', priority: 'high' });
    const sendid = await stage.opens('a');
    await stage.say('a', `ERROR ${sendid} 1 errorstatus:1`, `DONE ${sendid}`);
    assert.deepEqual(resultsOf(await alarm.result()), ['+1 failed GOIP_SEND_FAILED a']);
    stage.sent();
    await stage.accept({ to: '+2', priority: 'high' });
    assert.deepEqual(stage.sent(), [], 'the second one waits');
  });

  it('may be followed by others if it was sent; what is not urgent waits', async () => {
    const stage = await inCooldown();
    await stage.accept({ to: '+1', priority: 'high' });
    const sendid = await stage.opens('a');
    await stage.say('a', `OK ${sendid} 1`, `DONE ${sendid}`);
    stage.sent();
    await stage.accept({ to: '+2' });
    assert.deepEqual(stage.sent(), []);
    await stage.accept({ to: '+3', priority: 'high' });
    assert.match(stage.sent('a').join(), /^MSG /);
    assert.equal(stage.state('a').hold?.reason, 'cooldown');
  });

  it('goes out on another line if there is one', async () => {
    const stage = await inCooldown(['a', 'b']);
    await stage.accept({ to: '+1, +2', priority: 'high' });
    assert.deepEqual(
      stage.sent().map((datagram) => datagram.slice(0, 6)),
      ['b: MSG'],
    );
  });

  it('does not jump a pause or a limit', async () => {
    const stage = await Stage.online({ ...COOLDOWN, hourLimit: 3 });
    await stage.accept({ to: numbers(3) });
    const sendid = await stage.opens('a');
    for (const telid of [1, 2, 3]) await stage.say('a', `ERROR ${sendid} ${telid} errorstatus:1`);
    await stage.say('a', `DONE ${sendid}`);
    stage.sent();
    await stage.accept({ to: '+1', priority: 'high' });
    assert.deepEqual(stage.sent(), []);
  });
});
