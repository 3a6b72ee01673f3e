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
const nothing = (): boolean => false;

async function begin(disk = new Disk()): Promise<{ readonly journal: Journal; readonly seen: SeenInJournal }> {
  const journal = new Journal(disk.open, new Later());
  await journal.open();
  return { journal, seen: new SeenInJournal(journal) };
}

describe('the memory of copies in the journal', () => {
  it('knows what the journal has, over restarts and however often that is read', async () => {
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
        const keys = Array.from({ length: KEYS }, (_, number) => keyOf(seen, String(number)));
        const underway: Promise<unknown>[] = [];
        let now = 1;
        for (const { kind, ...rest } of steps) {
          if (kind === 'pass') now += 'ms' in rest ? rest.ms : 0;
          else if (kind === 'turn') await turnOfEventLoop();
          else if (kind === 'prune') underway.push(seen.prune(now, RETENTION_MS, nothing));
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
    const { store, seen, save } = await beginWith(new WatchedStore());
    await save('before', 1);
    store.holdBack();
    const read = seen.prune(1, RETENTION_MS, nothing);
    await turnOfEventLoop();
    await save('meanwhile', 1);
    // One at a time.
    await seen.prune(1, RETENTION_MS, nothing);
    store.release();
    await read;
    await save('after', 1);
    assert.deepEqual(timesOf(seen, 'before', 'meanwhile', 'after', 'never'), [1, 1, 1, undefined]);
  });

  it('does not look for what the journal cannot have, once it was read', async () => {
    const { store, seen, save } = await beginWith(new WatchedStore());
    await save('before', 1);
    assert.deepEqual(timesOf(seen, 'new'), [undefined]);
    assert.deepEqual(store.asked, [keyOf(seen, 'new')]);
    await seen.prune(1, RETENTION_MS, nothing);
    assert.deepEqual(timesOf(seen, 'before', 'new'), [1, undefined]);
    assert.deepEqual(store.asked, [keyOf(seen, 'new'), keyOf(seen, 'before')]);
  });

  it('goes on asking the journal where that could not be read to its end', async () => {
    const { store, seen, save } = await beginWith(new WatchedStore());
    for (const name of ['a', 'b', 'c']) await save(name, 1);
    store.readable = 1;
    await assert.rejects(seen.prune(1, RETENTION_MS, nothing), { code: 'GOIP_STORAGE' });
    assert.deepEqual(timesOf(seen, 'a', 'b', 'c'), [1, 1, 1]);
    store.readable = Infinity;
    await seen.prune(1, RETENTION_MS, nothing);
    assert.deepEqual(timesOf(seen, 'a', 'b', 'c'), [1, 1, 1]);
  });

  it('does not forget what was accepted anew while it was read as too old, or is being saved', async () => {
    const { store, seen, save } = await beginWith(new WatchedStore());
    for (const name of ['old', 'again', 'saving']) await save(name, 1);
    store.holdBack();
    const read = seen.prune(1000, RETENTION_MS, (key) => key === keyOf(seen, 'saving'));
    await turnOfEventLoop();
    await save('again', 999);
    store.release();
    await read;
    const left = ['old', 'again', 'saving'].map((name) => store.get(keyOf(seen, name)));
    assert.deepEqual(left, [undefined, 999, 1]);
    assert.deepEqual(timesOf(seen, 'again'), [999]);
  });

  it('forgets none of more than it can know by itself', async () => {
    const journal = new Journal(() => Promise.resolve(new MemoryStore()), new Later());
    await journal.open();
    const seen = new SeenInJournal(journal);
    const keyOf = (number: number): string => seen.keyOf(sms({ recvid: String(number) }));
    await seen.prune(0, RETENTION_MS, nothing);
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

const timesOf = (seen: SeenInJournal, ...names: readonly string[]): (number | undefined)[] =>
  names.map((name) => seen.timeOf(keyOf(seen, name)));

const keyOf = (seen: SeenInJournal, name: string): string => seen.keyOf(sms({ recvid: name }));

/** Can be held back before it tells its entries, and tells what it was asked for. */
class WatchedStore extends MemoryStore {
  readonly asked: string[] = [];
  /** Entries that can be read; the next one is an error. */
  readable = Infinity;
  #mayGoOn: Promise<void> = Promise.resolve();
  release: () => void = () => undefined;

  holdBack(): void {
    this.#mayGoOn = new Promise((resolve) => (this.release = resolve));
  }

  override get(key: string): unknown {
    this.asked.push(key);
    return super.get(key);
  }

  override async *entriesInAnyOrder(prefix: string): AsyncIterable<readonly [string, unknown]> {
    const entries: (readonly [string, unknown])[] = [];
    for await (const entry of this.entries(prefix)) entries.push(entry);
    await this.#mayGoOn;
    for (const [place, entry] of entries.entries()) {
      if (place >= this.readable) throw new Error('EIO: i/o error');
      yield entry;
    }
  }
}

async function beginWith(store: WatchedStore): Promise<{
  readonly store: WatchedStore;
  readonly seen: SeenInJournal;
  readonly save: (name: string, at: number) => Promise<void>;
}> {
  const journal = new Journal(() => Promise.resolve(store), new Later());
  await journal.open();
  const seen = new SeenInJournal(journal);
  const save = async (name: string, at: number): Promise<void> => {
    const key = keyOf(seen, name);
    await journal.commit(seen.changesFor(key, at));
    seen.saved(key, at);
  };
  return { store, seen, save };
}
