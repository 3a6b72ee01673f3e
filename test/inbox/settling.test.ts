import assert from 'node:assert/strict';
import { Duplicates } from '../../src/inbox/duplicates.js';
import { Inbox } from '../../src/inbox/inbox.js';
import { SeenInMemory } from '../../src/inbox/seen-in-memory.js';
import { Journal } from '../../src/journal/journal.js';
import { MemoryStore } from '../../src/journal/memory-store.js';
import { Later } from '../journal/later.js';
import { Life, RETENTION, sms, takerOf } from './stage.js';

const SETTLE_SECONDS = 1;

/** An inbox whose journal is in memory, as it is with `storage: memory`. */
async function beginInMemory(store = new MemoryStore(), seen = new SeenInMemory()) {
  const clock = new Later();
  const journal = new Journal(() => Promise.resolve(store), clock);
  await journal.open();
  const inbox = new Inbox(journal, new Duplicates(journal, seen, RETENTION), {
    clock,
    waitMs: 0,
    settleMs: SETTLE_SECONDS * 1000,
  });
  await inbox.load();
  const receive = async (recvid: string): Promise<void> => {
    const { deliver } = await inbox.accept(sms({ recvid, text: recvid }), clock.now());
    deliver();
  };
  return { clock, inbox, journal, store, seen, receive };
}

const flagged = ({ all }: ReturnType<typeof takerOf>) => all.map(({ text, redelivered }) => [text, redelivered]);

describe('inbox: takers that stop with an SMS on their hands', () => {
  const begin = () => Life.begin(undefined, 0, undefined, SETTLE_SECONDS);

  it('delivers an SMS of the last moment again, flagged and in order, before those that came since', async () => {
    const life = await begin();
    const [before, after] = [takerOf(), takerOf()];
    const stop = life.inbox.addTaker(before);
    for (const text of ['one', 'two']) await life.receive(sms({ text }));
    life.inbox.hold();
    stop();
    await life.receive(sms({ text: 'three' }));
    life.inbox.addTaker(after);
    assert.deepEqual([before.texts, after.texts], [['one', 'two'], []]);
    life.inbox.release();
    assert.deepEqual(flagged(after), [
      ['one', true],
      ['two', true],
      ['three', true],
    ]);
  });

  it('delivers nothing again that was delivered earlier, and forgets it', async () => {
    const life = await begin();
    const taker = takerOf();
    life.inbox.addTaker(taker);
    await life.receive(sms());
    life.clock.pass(SETTLE_SECONDS);
    assert.equal((await life.disk.keys('in/')).length, 1);
    life.clock.pass(SETTLE_SECONDS);
    await life.idle();
    assert.deepEqual(await life.disk.keys('in/'), []);
    life.inbox.hold();
    life.inbox.release();
    assert.deepEqual(taker.texts, ['hello']);
  });

  it('gives every taker what was held, if all are there before the release', async () => {
    const life = await begin();
    life.inbox.hold();
    await life.receive(sms());
    const takers = [takerOf(), takerOf('a'), takerOf('b')];
    for (const taker of takers) life.inbox.addTaker(taker);
    life.inbox.release();
    assert.deepEqual(
      takers.map(({ texts }) => texts),
      [['hello'], ['hello'], []],
    );
  });

  for (const [end, next] of [
    ['a kill', (life: Life) => life.afterCrash()],
    ['a stop', (life: Life) => life.afterStop()],
  ] as const) {
    it(`delivers an SMS of the last moment again after ${end}, once`, async () => {
      const before = await begin();
      before.inbox.addTaker(takerOf());
      await before.receive(sms());
      await before.idle();
      const life = await next(before);
      const taker = takerOf();
      life.inbox.addTaker(taker);
      assert.deepEqual(flagged(taker), [['hello', true]]);
      life.clock.pass(SETTLE_SECONDS);
      life.clock.pass(SETTLE_SECONDS);
      await life.idle();
      const last = takerOf();
      (await life.afterCrash()).inbox.addTaker(last);
      assert.deepEqual(last.texts, []);
    });
  }

  it('does the same without a disk, within a server and in the next one', async () => {
    const first = await beginInMemory();
    const taker = takerOf();
    first.inbox.addTaker(taker);
    await first.receive('one');
    first.inbox.hold();
    first.inbox.release();
    await first.receive('two');
    assert.deepEqual(flagged(taker), [
      ['one', undefined],
      ['one', true],
      ['two', undefined],
    ]);
    first.inbox.close(true);
    await first.journal.close();
    const next = await beginInMemory(first.store, first.seen);
    const other = takerOf();
    next.inbox.addTaker(other);
    assert.deepEqual(flagged(other), [
      ['one', true],
      ['two', true],
    ]);
  });

  it('keeps nothing of a settled SMS without a disk', async () => {
    const { clock, inbox, store, receive } = await beginInMemory();
    inbox.addTaker(takerOf());
    for (let n = 0; n < 100; n += 1) await receive(`${n}`);
    clock.pass(SETTLE_SECONDS);
    clock.pass(SETTLE_SECONDS);
    const keys: string[] = [];
    for await (const [key] of store.entries('')) keys.push(key);
    assert.deepEqual([keys, inbox.held, clock.pending], [[], 0, 0]);
  });
});
