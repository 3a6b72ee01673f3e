import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Duplicates } from '../../src/inbox/duplicates.js';
import { Inbox } from '../../src/inbox/inbox.js';
import { SeenInMemory } from '../../src/inbox/seen-in-memory.js';
import { Journal } from '../../src/journal/journal.js';
import { MemoryStore } from '../../src/journal/memory-store.js';
import { DUPLICATE_LIMIT } from '../../src/parameters.js';
import { Disk } from '../journal/disk.js';
import { Later } from '../journal/later.js';
import { check } from '../protocol/property.js';
import { RETENTION, sms, takerOf } from './stage.js';

const RETENTION_MS = 100;

const keys = new SeenInMemory();
const keyOf = (number: number): string => keys.keyOf(sms({ recvid: String(number) }));

describe('the memory of copies where nothing is on disk', () => {
  it('knows what a map would know', () => {
    const numbers = fc.integer({ min: 0, max: 400 });
    const steps = fc.array(
      fc.oneof(
        { weight: 20, arbitrary: fc.record({ kind: fc.constant('saved' as const), first: numbers, count: numbers }) },
        { weight: 3, arbitrary: fc.record({ kind: fc.constant('prune' as const) }) },
        {
          weight: 5,
          arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 60 }) }),
        },
      ),
      { maxLength: 30 },
    );
    check(steps, (all) => {
      const seen = new SeenInMemory();
      const model = new Map<number, number>();
      let now = 0;
      for (const step of all) {
        if (step.kind === 'pass') now += step.ms;
        else if (step.kind === 'prune') {
          void seen.prune(now, RETENTION_MS);
          for (const [number, time] of model) if (now - time >= RETENTION_MS) model.delete(number);
        } else {
          for (let number = step.first; number < step.first + step.count; number += 1) {
            seen.saved(keyOf(number), now);
            model.set(number, now);
          }
        }
        for (let number = 0; number < 800; number += 7) assert.equal(seen.timeOf(keyOf(number)), model.get(number));
      }
    });
  });

  it('tells all of them apart, and knows none that never came', () => {
    const seen = new SeenInMemory();
    for (let number = 0; number < DUPLICATE_LIMIT; number += 1) seen.saved(keyOf(number), number);
    for (let number = 0; number < DUPLICATE_LIMIT; number += 1) assert.equal(seen.timeOf(keyOf(number)), number);
    for (let number = 1; number < DUPLICATE_LIMIT; number += 1) assert.equal(seen.timeOf(keyOf(-number)), undefined);
  }).timeout(20_000);

  it('keeps the youngest where there are too many, and has a bound between two prunes, too', async () => {
    const seen = new SeenInMemory();
    const all = 3 * DUPLICATE_LIMIT;
    let most = 0;
    for (let number = 0; number < all; number += 1) {
      seen.saved(keyOf(number), number);
      most = Math.max(most, seen.size);
    }
    assert.ok(most >= 2 * DUPLICATE_LIMIT && most <= 3 * DUPLICATE_LIMIT, String(most));
    await seen.prune(all, 10 * all);
    assert.equal(seen.size, DUPLICATE_LIMIT);
    for (const [number, isKnown] of [
      [0, false],
      [all - DUPLICATE_LIMIT - 1, false],
      [all - DUPLICATE_LIMIT, true],
      [all - 1, true],
    ] as const) {
      assert.equal(seen.timeOf(keyOf(number)), isKnown ? number : undefined);
    }
  }).timeout(20_000);

  it('loses nothing when the clock is set back, and forgets it when that has caught up', async () => {
    const seen = new SeenInMemory();
    seen.saved(keyOf(1), 1000);
    seen.saved(keyOf(2), 500);
    await seen.prune(599, RETENTION_MS);
    assert.deepEqual(
      [1, 2].map((number) => seen.timeOf(keyOf(number))),
      [1000, 500],
    );
    await seen.prune(1100, RETENTION_MS);
    assert.equal(seen.size, 0);
  });

  for (const [what, openStore] of [
    ['at once', () => Promise.resolve(new MemoryStore())],
    ['a moment later', new Disk().open],
  ] as const) {
    for (const isTaken of [true, false]) {
      it(`knows the copies of an SMS that is ${isTaken ? 'taken' : 'held'}, where it is saved ${what}`, async () => {
        const clock = new Later();
        const journal = new Journal(openStore, clock);
        await journal.open();
        const inbox = new Inbox(journal, new Duplicates(journal, new SeenInMemory(), RETENTION));
        const taker = takerOf();
        if (isTaken) inbox.addTaker(taker);
        // The second one while the first is being saved.
        const verdicts = await Promise.all([inbox.accept(sms(), 0), inbox.accept(sms(), 0)]);
        verdicts.push(await inbox.accept(sms(), 0), await inbox.accept(sms({ recvid: '2' }), 0));
        for (const { deliver } of verdicts) deliver();
        if (!isTaken) inbox.addTaker(taker);
        assert.deepEqual(
          verdicts.map(({ verdict }) => verdict),
          ['accepted', 'duplicate', 'duplicate', 'accepted'],
        );
        assert.deepEqual(taker.texts, ['hello', 'hello']);
        await journal.close();
      });
    }
  }
});
