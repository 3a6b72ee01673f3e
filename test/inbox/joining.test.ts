import assert from 'node:assert/strict';
import { Duplicates } from '../../src/inbox/duplicates.js';
import { Inbox } from '../../src/inbox/inbox.js';
import type { Sms } from '../../src/inbox/sms.js';
import { SeenInMemory } from '../../src/inbox/seen-in-memory.js';
import { Journal } from '../../src/journal/journal.js';
import { MemoryStore } from '../../src/journal/memory-store.js';
import { HELD_LIMIT } from '../../src/parameters.js';
import { Later } from '../journal/later.js';
import { LATIN, partsOf, textOf } from './long-sms.js';
import { Life, RETENTION, sms, takerOf } from './stage.js';

/** Seconds. */
const WAIT = 30;
const LONG = textOf(LATIN, 400);
const PARTS = partsOf(LONG).map((text, index) => sms({ text, recvid: String(7 - index) }));
const [ONE = sms(), TWO = sms(), THREE = sms()] = PARTS;
const JOINED: Sms = { ...ONE, text: LONG, parts: ['7', '6', '5'] };

const begin = (): Promise<Life> => Life.begin(undefined, WAIT);

async function beginWithTaker() {
  const life = await begin();
  const taker = takerOf();
  const leave = life.inbox.addTaker(taker);
  return { life, taker, leave };
}

describe('inbox: parts of long SMS', () => {
  it('are saved and accepted one by one, and delivered as one: with all of the first one, and the recvids of all', async () => {
    const { life, taker } = await beginWithTaker();
    const receivedAt = '2026-11-22T10:00:20.000Z';
    assert.equal(await life.receive(ONE), 'accepted');
    assert.equal(await life.receive({ ...TWO, receivedAt, smsc: '+49' }), 'accepted');
    assert.deepEqual([taker.all, life.inbox.held, (await life.disk.keys('in/')).length], [[], 2, 2]);
    assert.equal(await life.receive({ ...THREE, receivedAt }), 'accepted');
    assert.deepEqual([taker.all, life.inbox.held], [[JOINED], 0]);
    await life.idle();
    assert.deepEqual(await life.disk.keys('in/'), []);
  });

  it('have copies, which are known one by one: before, while and after they are joined', async () => {
    const { life, taker } = await beginWithTaker();
    const verdicts: string[] = [];
    for (const part of [ONE, ONE, TWO, ONE, TWO, THREE, ONE, TWO, THREE]) verdicts.push(await life.receive(part));
    const copies = verdicts.filter((verdict) => verdict === 'duplicate');
    assert.deepEqual([copies.length, verdicts.length, taker.all], [6, 9, [JOINED]]);
  });

  it('are delivered as they are after the wait, without a word of joining where there is one', async () => {
    const { life, taker } = await beginWithTaker();
    await life.receive(ONE);
    life.clock.pass(WAIT);
    await life.receive(TWO);
    await life.receive({ ...sms({ recvid: 'x' }), from: '+2' });
    life.clock.pass(WAIT);
    assert.deepEqual(taker.all, [ONE, sms({ recvid: 'x', from: '+2' }), TWO]);
    await life.idle();
    assert.deepEqual(await life.disk.keys('in/'), []);
  });

  it('are in order however many are saved with one flush', async () => {
    const { life, taker } = await beginWithTaker();
    await Promise.all([...PARTS, sms({ recvid: 'x', text: 'next' })].map((part) => life.receive(part)));
    assert.deepEqual(taker.texts, [LONG, 'next']);
    assert.equal(life.disk.batches.length, 1);
  });

  it('are not joined where the option is off: nothing waits', async () => {
    const life = await Life.begin();
    const taker = takerOf();
    life.inbox.addTaker(taker);
    for (const part of PARTS) await life.receive(part);
    assert.deepEqual(taker.all, PARTS);
  });
});

describe('inbox: parts of long SMS and who takes them', () => {
  it('are joined while nobody does; the long SMS is held for the first who comes', async () => {
    const life = await begin();
    for (const part of PARTS) await life.receive(part);
    assert.equal(life.inbox.held, 1);
    const taker = takerOf();
    life.inbox.addTaker(taker);
    assert.deepEqual([taker.all, life.inbox.held], [[{ ...JOINED, redelivered: true }], 0]);
  });

  it('wait all the same when somebody comes meanwhile', async () => {
    const life = await begin();
    await life.receive(ONE);
    const taker = takerOf();
    life.inbox.addTaker(taker);
    assert.deepEqual(taker.all, []);
    await life.receive(TWO);
    await life.receive(THREE);
    assert.deepEqual(taker.all, [JOINED]);
  });

  it('stay where the taker goes while they wait, and come with what is there then', async () => {
    const { life, taker, leave } = await beginWithTaker();
    await life.receive(ONE);
    leave();
    life.clock.pass(WAIT);
    assert.deepEqual([taker.all, life.inbox.held], [[], 1]);
    await life.receive(sms({ text: 'later', recvid: 'x' }));
    const next = takerOf();
    life.inbox.addTaker(next);
    assert.deepEqual(next.texts, [ONE.text, 'later']);
  });

  it('need room like all that nobody takes', async () => {
    const life = await begin();
    const burst = Array.from({ length: HELD_LIMIT }, (_, n) => life.receive({ ...ONE, from: String(n) }));
    await Promise.all(burst);
    assert.equal(life.inbox.held, HELD_LIMIT);
    assert.equal(await life.receive(sms()), 'refused');
    life.clock.pass(WAIT);
    assert.equal(life.inbox.held, HELD_LIMIT);
    assert.equal(await life.receive(sms()), 'refused');
    life.inbox.addTaker(takerOf());
    assert.equal(await life.receive(sms()), 'accepted');
  });
});

describe('inbox: parts of long SMS over a restart', () => {
  for (const [how, restart] of [
    ['a crash', (life: Life, down: number) => life.afterCrash(down)],
    ['an orderly stop', (life: Life, down: number) => life.afterStop(down)],
  ] as const) {
    it(`are joined with those that come after it, marked: ${how}`, async () => {
      const { life: before } = await beginWithTaker();
      await before.receive(ONE);
      const life = await restart(before, 10);
      const taker = takerOf();
      life.inbox.addTaker(taker);
      assert.deepEqual(taker.all, []);
      assert.equal(await life.receive(ONE), 'duplicate');
      await life.receive(TWO);
      await life.receive(THREE);
      assert.deepEqual(taker.all, [{ ...JOINED, redelivered: true }]);
      await life.idle();
      assert.deepEqual(await life.disk.keys('in/'), []);
    });

    it(`are delivered as they are when the rest does not come: ${how}`, async () => {
      const { life: before } = await beginWithTaker();
      await before.receive(ONE);
      const life = await restart(before, 10);
      const taker = takerOf();
      life.inbox.addTaker(taker);
      life.clock.pass(WAIT);
      assert.deepEqual(taker.all, [{ ...ONE, redelivered: true }]);
    });

    it(`wait no more when that takes longer than the wait: ${how}`, async () => {
      const { life: before } = await beginWithTaker();
      await before.receive(ONE);
      const life = await restart(before, WAIT);
      const taker = takerOf();
      life.inbox.addTaker(taker);
      assert.deepEqual(taker.all, [{ ...ONE, redelivered: true }]);
    });

    it(`are delivered as they are, in order, where nothing is joined any more: ${how}`, async () => {
      const before = await begin();
      for (const part of [ONE, TWO]) await before.receive(part);
      const down = 0;
      const life = how === 'a crash' ? await before.afterCrash(down, 0) : await before.afterStop(down, 0);
      const taker = takerOf();
      life.inbox.addTaker(taker);
      assert.deepEqual(
        taker.all,
        [ONE, TWO].map((part) => ({ ...part, redelivered: true })),
      );
    });
  }

  it('are joined, all being there', async () => {
    const before = await begin();
    for (const part of PARTS) await before.receive(part);
    const life = await before.afterCrash(3600);
    assert.equal(life.inbox.held, 1);
    const taker = takerOf();
    life.inbox.addTaker(taker);
    assert.deepEqual(taker.all, [{ ...JOINED, redelivered: true }]);
  });

  it('are joined for takers that were there before the journal was read', async () => {
    const before = await begin();
    for (const part of PARTS) await before.receive(part);
    await before.disk.cut();
    const life = await Life.begin(before.disk, WAIT);
    const taker = takerOf();
    life.inbox.addTaker(taker);
    await life.inbox.load();
    assert.deepEqual(taker.all, [{ ...JOINED, redelivered: true }]);
  });

  it('are joined where some of them were read, and the rest only at the second attempt', async () => {
    const before = await begin();
    for (const part of PARTS) await before.receive(part);
    await before.disk.cut();
    const life = await Life.begin(before.disk, WAIT);
    const taker = takerOf();
    life.inbox.addTaker(taker);
    const [, , last = ''] = await life.disk.keys('in/');
    life.disk.damaged.add(last);
    await assert.rejects(life.inbox.load());
    assert.deepEqual(taker.all, []);
    life.disk.damaged.clear();
    await life.inbox.load();
    assert.deepEqual(taker.all, [{ ...JOINED, redelivered: true }]);
  });

  it('come again as one where they had been delivered and not been marked', async () => {
    const { life: before } = await beginWithTaker();
    for (const part of PARTS) await before.receive(part);
    const life = await before.afterCrash();
    const taker = takerOf();
    life.inbox.addTaker(taker);
    assert.deepEqual(taker.all, [{ ...JOINED, redelivered: true }]);
  });

  it('stay in the journal when the inbox closes, also those that are saved only then', async () => {
    const { life: before, taker } = await beginWithTaker();
    await before.receive(ONE);
    before.disk.holdBack();
    const second = before.receive(TWO);
    await before.disk.whenWriting();
    before.inbox.close(true);
    before.disk.release();
    assert.equal(await second, 'accepted');
    const life = await before.afterStop();
    before.clock.pass(WAIT);
    assert.deepEqual([taker.all, before.clock.pending], [[], 0]);
    await life.receive(THREE);
    const next = takerOf();
    life.inbox.addTaker(next);
    assert.deepEqual(next.all, [{ ...JOINED, redelivered: true }]);
  });
});

describe('inbox: parts of long SMS in a journal without a disk', () => {
  async function scene(joinSeconds = WAIT) {
    const store = new MemoryStore();
    const clock = new Later();
    const journal = new Journal(() => Promise.resolve(store), clock);
    await journal.open();
    const inbox = new Inbox(journal, new Duplicates(journal, new SeenInMemory(), RETENTION), {
      clock,
      waitMs: joinSeconds * 1000,
    });
    const taker = takerOf();
    inbox.addTaker(taker);
    const receive = (message: Sms): void => {
      const accepted = inbox.accept(message, 0);
      assert.ok(!(accepted instanceof Promise), 'there is nothing to wait for');
      accepted.deliver();
    };
    const held = async (): Promise<number> => {
      let count = 0;
      for await (const entry of store.entries('in/')) count += entry.length / 2;
      return count;
    };
    return { inbox, taker, clock, receive, held };
  }

  it('are kept there while they wait; all others are delivered at once, without', async () => {
    const { taker, receive, held, clock } = await scene();
    receive(sms({ text: 'ordinary', recvid: 'x' }));
    assert.deepEqual([taker.texts, await held()], [['ordinary'], 0]);
    receive(ONE);
    receive(sms({ text: 'of another', recvid: 'y', from: '+2' }));
    assert.deepEqual([taker.texts, await held()], [['ordinary', 'of another'], 1]);
    receive(TWO);
    receive(THREE);
    receive(sms({ text: 'the next', recvid: 'z' }));
    assert.deepEqual(taker.texts, ['ordinary', 'of another', LONG, 'the next']);
    assert.deepEqual([await held(), clock.pending], [0, 0]);
  });

  it('are delivered as they are when the inbox closes and the journal is not kept', async () => {
    const { inbox, taker, receive, held, clock } = await scene();
    receive(ONE);
    receive(TWO);
    inbox.close(false);
    assert.deepEqual(taker.all, [{ ...ONE, text: ONE.text + TWO.text, parts: ['7', '6'] }]);
    receive(THREE);
    assert.deepEqual([taker.texts[1], await held(), clock.pending], [THREE.text, 0, 0]);
  });
});
