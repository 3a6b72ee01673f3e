import assert from 'node:assert/strict';
import { setImmediate as turnOfEventLoop } from 'node:timers/promises';
import fc from 'fast-check';
import { SeenInJournal } from '../../src/inbox/seen-in-journal.js';
import { Journal } from '../../src/journal/journal.js';
import { MemoryStore } from '../../src/journal/memory-store.js';
import { DUPLICATE_LIMIT } from '../../src/parameters.js';
import { Disk } from '../journal/disk.js';
import { Later } from '../journal/later.js';
import { SEED } from '../protocol/property.js';
import { sms } from './stage.js';

const RETENTION_MS = 100;
const KEYS = 40;

async function begin(disk = new Disk()): Promise<{ readonly journal: Journal; readonly seen: SeenInJournal }> {
  const journal = new Journal(disk.open, new Later());
  await journal.open();
  return { journal, seen: new SeenInJournal(journal) };
}

describe('the memory of copies in the journal', () => {
  it('knows what the journal has, before, while and after it is read', async () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ kind: fc.constant('save' as const), first: fc.nat({ max: KEYS - 5 }) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('prune' as const) }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('turn' as const) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 60 }) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const disk = new Disk();
        let { journal, seen } = await begin(disk);
        const keys = Array.from({ length: KEYS }, (_, number) => seen.keyOf(sms({ recvid: String(number) })));
        const underway: Promise<unknown>[] = [];
        let now = 1;
        for (const { kind, ...rest } of steps) {
          if (kind === 'pass') now += 'ms' in rest ? rest.ms : 0;
          else if (kind === 'turn') await turnOfEventLoop();
          else if (kind === 'prune') underway.push(seen.prune(now, RETENTION_MS));
          else if (kind === 'save') {
            const first = 'first' in rest ? rest.first : 0;
            for (const key of keys.slice(first, first + 5)) {
              const [at, { saved }] = [now, { saved: () => seen.saved(key, at) }];
              underway.push(journal.commit(seen.changesFor(key, at), { isNew: true }).then(saved));
            }
          } else {
            await Promise.all(underway.splice(0));
            await journal.close();
            ({ journal, seen } = await begin(disk));
          }
          check(keys, seen, journal, now);
        }
        await Promise.all(underway);
        check(keys, seen, journal, now);
        await journal.close();
      }),
      { seed: SEED, numRuns: 200 },
    );
  }).timeout(20_000);

  it('knows what is saved while the journal is read, which does not tell it any more', async () => {
    const { promise: goOn, resolve: release } = deferred();
    class SlowStore extends MemoryStore {
      override async *entriesInAnyOrder(prefix: string): AsyncIterable<readonly [string, unknown]> {
        const entries: (readonly [string, unknown])[] = [];
        for await (const entry of this.entries(prefix)) entries.push(entry);
        await goOn;
        yield* entries;
      }
    }
    const journal = new Journal(() => Promise.resolve(new SlowStore()), new Later());
    await journal.open();
    const seen = new SeenInJournal(journal);
    const save = async (key: string): Promise<void> => {
      await journal.commit(seen.changesFor(key, 1));
      seen.saved(key, 1);
    };
    await save('seen/before');
    const read = seen.prune(1, RETENTION_MS);
    await turnOfEventLoop();
    await save('seen/meanwhile');
    // One at a time.
    await seen.prune(1, RETENTION_MS);
    release();
    await read;
    await save('seen/after');
    const times = ['before', 'meanwhile', 'after', 'never'].map((name) => seen.timeOf(`seen/${name}`));
    assert.deepEqual(times, [1, 1, 1, undefined]);
  });

  it('forgets none of more than it can know by itself', async () => {
    const journal = new Journal(() => Promise.resolve(new MemoryStore()), new Later());
    await journal.open();
    const seen = new SeenInJournal(journal);
    const keyOf = (number: number): string => `seen/${String(number).padStart(21, '0')}`;
    await seen.prune(0, RETENTION_MS);
    for (let number = 0; number < 3 * DUPLICATE_LIMIT; number += 1) {
      const key = keyOf(number);
      assert.equal(seen.timeOf(key), undefined);
      await journal.commit(seen.changesFor(key, number));
      seen.saved(key, number);
    }
    for (const number of [0, DUPLICATE_LIMIT, 3 * DUPLICATE_LIMIT - 1])
      assert.equal(seen.timeOf(keyOf(number)), number);
  }).timeout(20_000);
});

/** What is too old may be in the journal still. */
function check(keys: readonly string[], seen: SeenInJournal, journal: Journal, now: number): void {
  for (const key of keys) {
    const time = journal.get(key);
    if (time === undefined || now - Number(time) < RETENTION_MS) assert.equal(seen.timeOf(key), time);
  }
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}
