import assert from 'node:assert/strict';
import { ids, LINE_TIME, numbers, Site } from './site.js';

/** What lines would need that lose no moment between two SMS, and 5 % for the datagrams. */
const mostSeconds = (count: number, lines: number): number => (count / lines) * LINE_TIME * 1.05;

const sum = (shares: Readonly<Record<string, number>>): number => Object.values(shares).reduce((a, b) => a + b, 0);

describe('outbox: many lines as one', () => {
  it('16 lines send 320 numbers of one job in the time that it takes', async () => {
    const site = await Site.open({ ids: ids(16) });
    await site.accept({ to: numbers(320) });
    const seconds = await site.end();
    assert.ok(seconds <= mostSeconds(320, 16), `${seconds} s`);
    assert.deepEqual([...new Set(Object.values(site.shares))], [20], 'no line sends more than another');
  });

  it('320 jobs of one number in the same time, and in the order in which they came', async () => {
    const site = await Site.open({ ids: ids(16) });
    for (const to of numbers(320)) await site.accept({ to });
    const seconds = await site.end();
    assert.ok(seconds <= mostSeconds(320, 16), `${seconds} s`);
    const rounds = ids(16).map((id) => site.onAir(id));
    for (let round = 0; round < 20; round += 1) {
      const sent = rounds.map((onAir) => onAir[round] ?? '').sort();
      assert.deepEqual(sent, numbers(16, 1001 + 16 * round), `round ${round}`);
    }
  });

  it('jobs of several sizes, with texts of their own, too', async () => {
    const site = await Site.open({ ids: ids(16) });
    for (let job = 0; job < 16; job += 1)
      await site.accept({ to: numbers(5 + 2 * job, 1001 + 100 * job), text: `text ${job}` });
    const seconds = await site.end();
    assert.ok(seconds <= mostSeconds(320, 16), `${seconds} s`);
    assert.equal(sum(site.shares), 320);
  });

  it('each line takes the next number when it is free: a slow one holds nothing up', async () => {
    const site = await Site.open(
      { ids: ['slow', 'fast', 'faster'] },
      { slow: { seconds: 30 }, faster: { seconds: 1 } },
    );
    await site.accept({ to: numbers(205) });
    const seconds = await site.end();
    const { slow = 0, fast = 0, faster = 0 } = site.shares;
    assert.ok(seconds < 180, `${seconds} s`);
    assert.ok(slow <= 6 && slow >= 5, `${slow} on the slow line`);
    assert.ok(faster > 2.8 * fast, `${fast} and ${faster}`);
  });

  it('a line that dies holds up what it has in hand, and nothing else', async () => {
    const site = await Site.open({ ids: ['a', 'b', 'c', 'dying'] });
    const { result } = await site.accept({ to: numbers(80) });
    await site.stage.pass({ seconds: 10 });
    site.stage.silence('dying');
    site.stage.devices.delete('dying');
    const seconds = await site.end();
    assert.ok(seconds < 70, `${seconds} s`);
    const { sent, unknown, results } = await result();
    assert.deepEqual([sent, unknown], [79, 1]);
    assert.equal(results.find(({ state }) => state === 'unknown')?.device, 'dying');
  });

  it('numbers go out in their order on each line', async () => {
    const site = await Site.open({ ids: ['a', 'b', 'c'] }, { b: { seconds: 5 } });
    await site.accept({ to: numbers(40) });
    await site.end();
    for (const id of ['a', 'b', 'c']) assert.deepEqual(site.onAir(id), site.onAir(id).toSorted());
    assert.equal(sum(site.shares), 40);
  });

  it('several sessions on a line take different numbers', async () => {
    const site = await Site.open({ ids: ['a', 'b'], sessionsPerLine: 3 });
    await site.accept({ to: numbers(60) });
    await site.end();
    assert.deepEqual([...site.onAir('a'), ...site.onAir('b')].sort(), numbers(60));
  });
});

describe('outbox: the share of each SIM', () => {
  async function oneByOne(site: Site, requests: readonly { to: string; device?: string }[]): Promise<void> {
    for (const request of requests) {
      await site.accept(request);
      await site.end();
    }
  }

  it('a single SMS now and then comes from one after the other', async () => {
    const site = await Site.open({ ids: ids(4) });
    await oneByOne(
      site,
      numbers(32).map((to) => ({ to })),
    );
    assert.deepEqual(site.shares, { a01: 8, a02: 8, a03: 8, a04: 8 });
  });

  it('also where two groups are asked in turn', async () => {
    const groups = { a01: 'a', a02: 'a', b01: 'b', b02: 'b' };
    const site = await Site.open({ ids: Object.keys(groups), groups });
    await oneByOne(
      site,
      numbers(16).map((to, index) => ({ to, device: index % 2 === 0 ? 'a' : 'b' })),
    );
    assert.deepEqual(site.shares, { a01: 4, a02: 4, b01: 4, b02: 4 });
  });

  it('a line that was used by name is not the next one', async () => {
    const site = await Site.open({ ids: ids(2) });
    await oneByOne(site, [{ to: '+1' }, { to: '+2', device: 'a02' }, { to: '+3' }, { to: '+4' }]);
    assert.deepEqual(
      [site.onAir('a01'), site.onAir('a02')],
      [
        ['+1', '+3'],
        ['+2', '+4'],
      ],
    );
  });
});

describe('outbox: jobs for some lines', () => {
  it('a list of lines works on a job together', async () => {
    const site = await Site.open({ ids: ids(5) });
    await site.accept({ to: numbers(40), device: ['a02', 'a04'] });
    const seconds = await site.end();
    assert.ok(seconds <= mostSeconds(40, 2), `${seconds} s`);
    assert.deepEqual(site.shares, { a01: 0, a02: 20, a03: 0, a04: 20, a05: 0 });
  });

  it('a group, too', async () => {
    const site = await Site.open({ ids: ids(4), groups: { a02: 'office', a03: 'office' } });
    await site.accept({ to: numbers(40), device: 'office' });
    await site.end();
    assert.deepEqual(site.shares, { a01: 0, a02: 20, a03: 20, a04: 0 });
  });

  it('groups and lines in one list, each line once', async () => {
    const site = await Site.open({ ids: ids(4), groups: { a02: 'office', a03: 'office' } });
    await site.accept({ to: numbers(30), device: ['a03', 'office', 'a01'] });
    await site.end();
    assert.deepEqual(site.shares, { a01: 10, a02: 10, a03: 10, a04: 0 });
  });

  it('lines that a job for few does not need take those for any line meanwhile', async () => {
    const site = await Site.open({ ids: ids(4) });
    await site.accept({ to: numbers(20), device: ['a01', 'a02'] });
    await site.accept({ to: numbers(20, 2001) });
    const seconds = await site.end();
    assert.ok(seconds <= mostSeconds(40, 4) + LINE_TIME, `${seconds} s`);
    assert.deepEqual(site.shares, { a01: 10, a02: 10, a03: 10, a04: 10 });
  });
});
