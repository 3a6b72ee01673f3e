import assert from 'node:assert/strict';
import { DUPLICATE_LIMIT, DUPLICATE_WINDOW, JOURNAL_RETRY } from '../../src/parameters.js';
import { put, type Change } from '../../src/journal/store.js';
import { settle } from '../journal/disk.js';
import { DAY, later, Life, RETENTION, sms, takerOf } from './stage.js';

/** Milliseconds. */
const MINUTE = 60_000;

describe('inbox: saved before it counts', () => {
  it('accepts an SMS when it is on the disk, not before', async () => {
    const life = await Life.begin();
    const taker = takerOf();
    life.inbox.addTaker(taker);
    life.disk.holdBack();
    let verdict: string | undefined;
    const received = life.receive(sms()).then((word) => (verdict = word));
    await settle();
    assert.deepEqual([verdict, taker.texts], [undefined, []]);
    life.disk.release();
    await received;
    assert.deepEqual([verdict, taker.texts], ['accepted', ['hello']]);
  });

  it('saves all of one turn with one flush', async () => {
    const life = await Life.begin();
    await Promise.all(Array.from({ length: 100 }, (_, n) => life.receive(sms({ recvid: `${n}` }))));
    assert.equal(life.disk.batches.length, 1);
  });

  it('needs no further flush to mark what was delivered: the mark goes with the next', async () => {
    const life = await Life.begin();
    life.inbox.addTaker(takerOf());
    await life.receive(sms({ recvid: '1' }));
    await life.receive(sms({ recvid: '2' }));
    assert.equal(life.disk.batches.length, 2);
    await life.idle();
    assert.deepEqual(await life.disk.keys('in/'), []);
  });

  it('answers a copy when the first one is on the disk, and delivers one', async () => {
    const life = await Life.begin();
    const taker = takerOf();
    life.inbox.addTaker(taker);
    life.disk.holdBack();
    const verdicts: string[] = [];
    const all = [1, 2, 3].map(() => life.receive(sms()).then((verdict) => verdicts.push(verdict)));
    await settle();
    assert.deepEqual(verdicts, []);
    life.disk.release();
    await Promise.all(all);
    assert.deepEqual([verdicts.sort(), taker.texts], [['accepted', 'duplicate', 'duplicate'], ['hello']]);
    assert.equal(life.disk.batches.length, 1);
  });

  it('does not accept what could not be saved, nor a copy of it; the same succeeds when the disk does', async () => {
    const life = await Life.begin();
    const taker = takerOf();
    life.inbox.addTaker(taker);
    life.disk.failure = new Error('ENOSPC: no space left on device');
    const verdicts = await Promise.all([life.receive(sms()), life.receive(sms())]);
    assert.deepEqual([verdicts, taker.texts, life.inbox.held], [['refused', 'refused'], [], 0]);
    assert.equal(await life.receive(sms()), 'refused');
    life.disk.failure = undefined;
    await settle();
    life.clock.pass(JOURNAL_RETRY);
    await settle();
    assert.equal(await life.receive(sms()), 'accepted');
    assert.deepEqual(taker.texts, ['hello']);
  });

  it('forgets what reached the disk all the same although the write failed', async () => {
    const before = await Life.begin();
    before.disk.failure = new Error('EIO: i/o error');
    before.disk.leavesTraces = true;
    assert.equal(await before.receive(sms()), 'refused');
    before.disk.failure = undefined;
    await settle();
    before.clock.pass(JOURNAL_RETRY);
    await settle();
    assert.deepEqual(await before.disk.keys(), [], 'or the copy that the device sends would be taken for one');
    assert.equal(await before.receive(sms()), 'accepted');
  });
});

describe('inbox: while the disk fails', () => {
  it('takes no copy for one of an SMS that was not saved, though the disk has it until that is undone', async () => {
    const life = await Life.begin();
    const taker = takerOf();
    life.inbox.addTaker(taker);
    life.disk.failure = new Error('EIO: i/o error');
    life.disk.leavesTraces = true;
    assert.equal(await life.receive(sms()), 'refused');
    life.disk.failure = undefined;
    life.disk.holdBack();
    life.clock.pass(JOURNAL_RETRY);
    await life.disk.whenWriting();
    assert.equal(await life.receive(sms()), 'refused');
    life.disk.release();
    await settle();
    assert.equal(await life.receive(sms()), 'accepted');
    assert.deepEqual(taker.texts, ['hello']);
  });

  it('refuses SMS at once until the next trial, also where it knows what the journal has', async () => {
    const life = await Life.begin();
    await life.duplicates.prune(later(0));
    life.disk.failure = new Error('EIO: i/o error');
    assert.equal(await life.receive(sms({ recvid: 'first' })), 'refused');
    const { opened } = life.disk;
    for (let n = 0; n < 10; n += 1) assert.equal(await life.receive(sms({ recvid: `${n}` })), 'refused');
    assert.equal(life.disk.opened, opened);
  });
});

describe('inbox: after a crash', () => {
  it('delivers what was acked and not delivered to the first taker, in order, marked', async () => {
    const before = await Life.begin();
    for (const text of ['one', 'two', 'three']) await before.receive(sms({ text }));
    const life = await before.afterCrash();
    const [first, second] = [takerOf(), takerOf()];
    life.inbox.addTaker(first);
    life.inbox.addTaker(second);
    assert.deepEqual(
      first.all,
      ['one', 'two', 'three'].map((text) => sms({ text, redelivered: true })),
    );
    assert.deepEqual(second.all, []);
  });

  it('delivers to takers that were there before it has read the journal', async () => {
    const before = await Life.begin();
    await before.receive(sms());
    await before.disk.cut();
    const life = await Life.begin(before.disk);
    const taker = takerOf();
    life.inbox.addTaker(taker);
    await life.inbox.load();
    assert.deepEqual(taker.texts, ['hello']);
  });

  it('keeps the order between what was held and what comes', async () => {
    const before = await Life.begin();
    const texts = Array.from({ length: 40 }, (_, n) => `${n}`);
    for (const text of texts.slice(0, 38)) await before.receive(sms({ text }));
    const life = await before.afterCrash();
    for (const text of texts.slice(38)) await life.receive(sms({ text }));
    const last = await life.afterCrash();
    const taker = takerOf();
    last.inbox.addTaker(taker);
    assert.deepEqual(taker.texts, texts);
  });

  it('delivers again what was delivered and not marked yet', async () => {
    const before = await Life.begin();
    before.inbox.addTaker(takerOf());
    await before.receive(sms());
    const life = await before.afterCrash();
    const taker = takerOf();
    life.inbox.addTaker(taker);
    assert.deepEqual(taker.all, [sms({ redelivered: true })]);
  });

  it('does not deliver again what was marked, nor anything after an orderly stop', async () => {
    const before = await Life.begin();
    before.inbox.addTaker(takerOf());
    await before.receive(sms({ text: 'one' }));
    await before.idle();
    const crashed = await before.afterCrash();
    assert.equal(crashed.inbox.held, 0);
    crashed.inbox.addTaker(takerOf());
    await crashed.receive(sms({ text: 'two' }));
    assert.equal((await crashed.afterStop()).inbox.held, 0);
  });

  it('does not deliver again what was delivered again', async () => {
    const before = await Life.begin();
    await before.receive(sms());
    const life = await before.afterCrash();
    life.inbox.addTaker(takerOf());
    await life.idle();
    assert.equal((await life.afterCrash()).inbox.held, 0);
  });

  it('forgets what was never saved: it was not acked either', async () => {
    const before = await Life.begin();
    before.disk.holdBack();
    const received = before.receive(sms());
    await before.disk.whenWriting();
    const life = await before.afterCrash();
    assert.equal(await received, 'refused');
    assert.equal(life.inbox.held, 0);
    assert.equal(await life.receive(sms()), 'accepted');
  });

  it('knows the copies of what was saved and not acked: the SMS is there, once', async () => {
    const before = await Life.begin();
    before.disk.holdBack();
    const received = before.receive(sms());
    await before.disk.whenWriting();
    await before.disk.cut(() => true);
    assert.equal(await received, 'refused');
    const life = await before.afterCrash();
    const taker = takerOf();
    life.inbox.addTaker(taker);
    assert.equal(await life.receive(sms()), 'duplicate');
    assert.deepEqual(taker.texts, ['hello']);
  });

  it('can be loaded again where that failed, and holds nothing twice', async () => {
    const before = await Life.begin();
    for (const text of ['one', 'two']) await before.receive(sms({ text }));
    const life = await before.afterCrash();
    await life.inbox.load();
    const taker = takerOf();
    life.inbox.addTaker(taker);
    assert.deepEqual(taker.texts, ['one', 'two']);
  });
});

describe('inbox: keys in the journal', () => {
  it('are never used again, not even after a restart with an empty inbox', async () => {
    const life = await Life.begin();
    life.inbox.addTaker(takerOf());
    for (const recvid of ['1', '2', '3']) await life.receive(sms({ recvid }));
    await life.idle();
    const next = await life.afterStop(1);
    await next.receive(sms({ recvid: '4' }));
    const keys = life.disk.batches.flat().filter(({ key, type }) => type === 'put' && key.startsWith('in/'));
    assert.equal(new Set(keys.map(({ key }) => key)).size, 4);
    assert.deepEqual(keys, keys.toSorted(byKey), 'and rise');
  });
});

describe('inbox: the memory of copies', () => {
  it('survives a crash: a copy is acked and not delivered', async () => {
    const before = await Life.begin();
    before.inbox.addTaker(takerOf());
    await before.receive(sms());
    await before.idle();
    const life = await before.afterCrash();
    const taker = takerOf();
    life.inbox.addTaker(taker);
    assert.equal(await life.receive(sms(), later(3000)), 'duplicate');
    assert.deepEqual(taker.texts, []);
  });

  for (const [when, now, verdict] of [
    ['within the window', DUPLICATE_WINDOW * 1000 - 1, 'duplicate'],
    ['at the end of the window', DUPLICATE_WINDOW * 1000, 'accepted'],
    ['much later', DAY, 'accepted'],
  ] as const) {
    it(`takes an equal SMS after a restart of the device as ${verdict === 'accepted' ? 'another one' : 'a copy'}: ${when}`, async () => {
      const before = await Life.begin();
      await before.receive(sms());
      before.duplicates.deviceRestarted('a', later(1000));
      const stay = before;
      assert.equal(await stay.receive(sms(), later(now)), verdict, 'at once, before the restart is on the disk');
      const other = await Life.begin();
      await other.receive(sms());
      other.duplicates.deviceRestarted('a', later(1000));
      await other.idle();
      assert.equal(await (await other.afterCrash()).receive(sms(), later(now)), verdict, 'in another life');
    });
  }

  it('takes it as a copy for the whole retention where the device did not restart, or only before it', async () => {
    const life = await Life.begin();
    life.duplicates.deviceRestarted('a', later(500));
    await life.receive(sms(), later(1000));
    life.duplicates.deviceRestarted('b', later(2000));
    assert.equal(await life.receive(sms(), later(1000 + RETENTION - 1)), 'duplicate');
    assert.equal(await life.receive(sms(), later(1000 + RETENTION)), 'accepted');
  });

  it('knows of a restart while nobody listened by how long the device is up', async () => {
    const before = await Life.begin();
    await before.receive(sms(), later(1000));
    const life = await before.afterCrash();
    life.duplicates.deviceUpSince('a', later(500));
    assert.equal(await life.receive(sms(), later(DAY)), 'duplicate', 'it is up since before the SMS came');
    life.duplicates.deviceUpSince('a', later(2000));
    assert.equal(await life.receive(sms(), later(DAY)), 'accepted');
  });

  it('has the same key in the journal for good', async () => {
    const life = await Life.begin();
    await life.receive(sms({ device: 'a', recvid: '1', from: '+86138', text: 'hello' }), later(0));
    assert.deepEqual(await life.disk.keys('seen/'), ['seen/bKo_ur0RZN0kjRmwyhEmk8_klm8']);
  });

  it('begins the window anew with the new SMS', async () => {
    const life = await Life.begin();
    await life.receive(sms(), later(0));
    life.duplicates.deviceRestarted('a', later(1000));
    assert.equal(await life.receive(sms(), later(DAY)), 'accepted');
    assert.equal(await life.receive(sms(), later(2 * DAY)), 'duplicate');
  });
});

describe('inbox: forgetting', () => {
  it('forgets what is older than the retention, and nothing that is held', async () => {
    const life = await Life.begin();
    await life.receive(sms({ recvid: 'old' }), later(0));
    await life.receive(sms({ recvid: 'young' }), later(2000));
    await life.duplicates.prune(later(RETENTION + 1000));
    await life.idle();
    assert.equal((await life.disk.keys('seen/')).length, 1);
    assert.equal((await life.disk.keys('in/')).length, 2);
    assert.equal(await life.receive(sms({ recvid: 'young' }), later(RETENTION + 1000)), 'duplicate');
  });

  it('forgets the oldest where there are too many', async () => {
    const life = await Life.begin();
    const seen = Array.from({ length: DUPLICATE_LIMIT }, (_, n): Change =>
      put(`seen/${n}`, later(MINUTE * (2 + (n % 100)))),
    );
    await life.disk.durable.write([
      ...seen,
      put('seen/oldest', later(MINUTE)),
      put('seen/newest', later(MINUTE * 200)),
    ]);
    await life.duplicates.prune(later(MINUTE * 201));
    await life.idle();
    const keys = new Set(await life.disk.keys('seen/'));
    assert.equal(keys.size, DUPLICATE_LIMIT);
    assert.deepEqual([keys.has('seen/oldest'), keys.has('seen/newest')], [false, true]);
  }).timeout(60_000);

  it('stays as large as it is under steady load', async () => {
    const life = await Life.begin();
    life.inbox.addTaker(takerOf());
    const sizes: number[] = [];
    for (let day = 0; day < 30; day += 1) {
      await Promise.all(
        Array.from({ length: 50 }, (_, n) => life.receive(sms({ recvid: `${day}-${n}` }), later(day * DAY))),
      );
      await life.duplicates.prune(later(day * DAY));
      await life.idle();
      sizes.push((await life.disk.keys()).length);
    }
    assert.deepEqual([...new Set(sizes.slice(10))], [350]);
  });
});

const byKey = (one: Change, other: Change): number => (one.key < other.key ? -1 : 1);
