import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { Journal } from '../../src/journal/journal.js';
import {
  del,
  put,
  StoreCorruptError,
  StoreDisplacedError,
  type Change,
  type OpenStore,
} from '../../src/journal/store.js';
import { JOURNAL_CHECK, JOURNAL_LAZY, JOURNAL_RETRY } from '../../src/parameters.js';
import { Disk, settle } from './disk.js';
import { Later } from './later.js';

const NO_SPACE = new Error('ENOSPC: no space left on device');

/** A journal on a disk, with a clock that is told when time passes, and what it told. */
async function openJournal(disk = new Disk(), openStore: OpenStore = disk.open) {
  const clock = new Later();
  const journal = new Journal(openStore, clock);
  const told: string[] = [];
  journal.on('failing', ({ message }) => told.push(`failing: ${message}`));
  journal.on('healed', () => told.push('healed'));
  await journal.open();
  return { disk, clock, journal, told };
}

async function pass(clock: Later, seconds: number): Promise<void> {
  await settle();
  clock.pass(seconds);
  await settle();
}

const keysOf = (batch: readonly Change[] | undefined): string[] =>
  (batch ?? []).map(({ type, key }) => (type === 'put' ? key : `-${key}`));

const isStorageError = (error: { code?: string; message: string }): boolean =>
  error.code === 'GOIP_STORAGE' && error.message.includes(NO_SPACE.message);

describe('journal: shared writes', () => {
  it('writes all that is committed in one turn at once, in its order', async () => {
    const { disk, journal } = await openJournal();
    const commits = ['a', 'b', 'c'].map((key) => journal.commit([put(key, 1), put('last', key)]));
    await Promise.all(commits);
    assert.deepEqual(disk.batches.map(keysOf), [['a', 'last', 'b', 'last', 'c', 'last']]);
    assert.equal(journal.get('last'), 'c');
  });

  it('counts promises and microtasks as the same turn', async () => {
    const { disk, journal } = await openJournal();
    const first = journal.commit([put('a', 1)]);
    await Promise.resolve();
    await Promise.all([first, journal.commit([put('b', 1)])]);
    assert.equal(disk.batches.length, 1);
  });

  it('lets what comes during a write share the next one, and resolves in the order of the commits', async () => {
    const { disk, journal } = await openJournal();
    const done: string[] = [];
    disk.holdBack();
    const first = journal.commit([put('a', 1)]).then(() => done.push('a'));
    await disk.whenWriting();
    const more = ['b', 'c'].map((key) => journal.commit([put(key, 1)]).then(() => done.push(key)));
    await settle();
    const last = journal.commit([put('d', 1)]).then(() => done.push('d'));
    await settle();
    assert.deepEqual(done, []);
    disk.release();
    await Promise.all([first, ...more, last]);
    assert.deepEqual(done, ['a', 'b', 'c', 'd']);
    assert.deepEqual(disk.batches.map(keysOf), [['a'], ['b', 'c', 'd']]);
  });

  it('resolves no commit before it is on the disk', async () => {
    const { disk, journal } = await openJournal();
    disk.holdBack();
    let isDone = false;
    const commit = journal.commit([put('a', 1)]).then(() => (isDone = true));
    await settle();
    assert.equal(isDone, false);
    disk.release();
    await commit;
    assert.deepEqual(await disk.keys(), ['a']);
  });

  it('writes what has no hurry with the next commit, before it', async () => {
    const { disk, journal, clock } = await openJournal();
    journal.later([put('lazy', 1), del('old')]);
    await settle();
    assert.equal(disk.batches.length, 0);
    await journal.commit([put('a', 1)]);
    assert.deepEqual(disk.batches.map(keysOf), [['lazy', '-old', 'a']]);
    await pass(clock, 10);
    assert.equal(disk.batches.length, 1);
  });

  it(`writes what has no hurry after ${JOURNAL_LAZY} s where no commit comes, once`, async () => {
    const { disk, journal, clock } = await openJournal();
    journal.later([put('a', 1)]);
    await pass(clock, JOURNAL_LAZY - 0.01);
    journal.later([put('b', 1), put('a', 2)]);
    assert.equal(disk.batches.length, 0);
    await pass(clock, 0.01);
    assert.deepEqual(disk.batches.map(keysOf), [['a', 'b']], 'the last change of an entry is enough');
    assert.equal(journal.get('a'), 2);
  });

  it('writes what has no hurry also where its time comes while a slow write is under way', async () => {
    const { disk, journal, clock } = await openJournal();
    disk.holdBack();
    const commit = journal.commit([put('a', 1)]);
    await disk.whenWriting();
    journal.later([put('b', 1)]);
    await pass(clock, JOURNAL_LAZY);
    disk.release();
    await commit;
    await settle();
    assert.deepEqual(disk.batches.map(keysOf), [['a'], ['b']]);
  });

  it('gives the entries of a prefix in their order', async () => {
    const { journal } = await openJournal();
    await journal.commit([put('n/2', { two: 2 }), put('n/1', [1]), put('m/9', 0)]);
    const entries: unknown[] = [];
    for await (const entry of journal.entries('n/')) entries.push(entry);
    assert.deepEqual(entries, [
      ['n/1', [1]],
      ['n/2', { two: 2 }],
    ]);
  });
});

describe('journal: closing', () => {
  it('writes what has no hurry, and what is committed', async () => {
    const { disk, journal, clock } = await openJournal();
    const commit = journal.commit([put('a', 1)]);
    journal.later([put('b', 1)]);
    await journal.close();
    await commit;
    assert.deepEqual(await disk.keys(), ['a', 'b']);
    assert.deepEqual([disk.handles, clock.pending], [0, 0]);
  });

  it('waits for all writes that are under way', async () => {
    const { disk, journal } = await openJournal();
    disk.holdBack();
    const commits = [journal.commit([put('a', 1)])];
    await disk.whenWriting();
    commits.push(journal.commit([put('b', 1)]));
    const closed = journal.close();
    await settle();
    disk.release();
    await Promise.all([closed, ...commits]);
    assert.deepEqual(await disk.keys(), ['a', 'b']);
    assert.equal(disk.handles, 0);
  });

  it('takes no commit afterwards, and opens nothing again for a change without hurry', async () => {
    const { disk, journal, clock } = await openJournal();
    await journal.close();
    await assert.rejects(journal.commit([put('a', 1)]), { code: 'GOIP_STORAGE' });
    journal.later([put('b', 1)]);
    await pass(clock, 10);
    assert.throws(() => journal.get('a'), { code: 'GOIP_STORAGE' });
    assert.deepEqual([disk.handles, disk.batches.length, clock.pending], [0, 0, 0]);
  });

  it('opens nothing again for what is said while the last write is under way', async () => {
    const { disk, journal, clock } = await openJournal();
    disk.holdBack();
    const commit = journal.commit([put('a', 1)]).then(() => journal.later([del('a')]));
    await disk.whenWriting();
    const closed = journal.close();
    disk.release();
    await Promise.all([commit, closed]);
    await pass(clock, 10);
    assert.equal(disk.handles, 0);
  });

  it('opens nothing again where a time came while the last write was under way', async () => {
    const { disk, journal, clock } = await openJournal();
    disk.holdBack();
    const commit = journal.commit([put('a', 1)]);
    await disk.whenWriting();
    journal.later([put('b', 1)]);
    await pass(clock, JOURNAL_LAZY);
    const closed = journal.close();
    disk.release();
    await Promise.all([commit, closed]);
    await settle();
    assert.deepEqual(await disk.keys(), ['a', 'b']);
    assert.equal(disk.handles, 0);
  });

  it('gives up the disk also where it is out of order', async () => {
    const { disk, journal, clock } = await openJournal();
    disk.failure = NO_SPACE;
    journal.later([put('a', 1)]);
    await journal.close();
    await pass(clock, 10);
    assert.deepEqual([disk.handles, clock.pending], [0, 0]);
  });
});

describe('journal: a disk that fails', () => {
  it('rejects all commits of a write with GOIP_STORAGE, and tells once', async () => {
    const { disk, journal, clock, told } = await openJournal();
    disk.failure = NO_SPACE;
    const commits = ['a', 'b'].map((key) => journal.commit([put(key, 1)]));
    for (const commit of commits) await assert.rejects(commit, isStorageError);
    await assert.rejects(journal.commit([put('c', 1)]), isStorageError);
    await pass(clock, 10 * JOURNAL_RETRY);
    assert.deepEqual(told, [`failing: ${NO_SPACE.message}`]);
    assert.equal(journal.failure, NO_SPACE);
    assert.deepEqual(await disk.keys(), []);
  });

  it('closes the store after every failure, and opens it anew', async () => {
    const { disk, journal, clock } = await openJournal();
    disk.failure = NO_SPACE;
    await assert.rejects(journal.commit([put('a', 1)]));
    assert.deepEqual([disk.opened, disk.handles], [1, 0]);
    await pass(clock, JOURNAL_RETRY);
    assert.deepEqual([disk.opened, disk.handles], [2, 0]);
  });

  it('keeps the store open while its files are deleted and cannot be written again: nothing else has the entries', async () => {
    const disk = new Disk();
    let isFull = true;
    const check = (): Promise<boolean> =>
      isFull ? Promise.reject(new StoreDisplacedError(NO_SPACE.message)) : Promise.resolve(true);
    const { journal, clock, told } = await openJournal(disk, async () => ({ ...(await disk.open()), check }));
    await pass(clock, JOURNAL_CHECK);
    assert.deepEqual(told, [`failing: ${NO_SPACE.message}`]);
    await assert.rejects(journal.commit([put('a', 1)]), isStorageError);
    await pass(clock, 3 * JOURNAL_RETRY);
    assert.deepEqual([disk.opened, disk.handles], [1, 1]);
    isFull = false;
    await pass(clock, JOURNAL_RETRY);
    assert.equal(told.at(-1), 'healed');
    await journal.commit([put('a', 2)]);
    assert.deepEqual([disk.opened, disk.handles, await disk.keys()], [1, 1, ['a']]);
  });

  it('heals by itself', async () => {
    const { disk, journal, clock, told } = await openJournal();
    disk.failure = NO_SPACE;
    await assert.rejects(journal.commit([put('a', 1)]));
    disk.failure = undefined;
    await pass(clock, JOURNAL_RETRY - 0.1);
    assert.equal(told.length, 1);
    assert.throws(() => journal.get('a'), isStorageError, 'nothing can be read meanwhile');
    await pass(clock, 0.1);
    assert.deepEqual(told, [`failing: ${NO_SPACE.message}`, 'healed']);
    assert.equal(journal.failure, undefined);
    assert.equal(journal.get('a'), undefined);
    await pass(clock, 100);
    assert.equal(told.length, 2);
    assert.equal(clock.pending, 0);
  });

  it('heals with the next commit', async () => {
    const { disk, journal, told } = await openJournal();
    disk.failure = NO_SPACE;
    await assert.rejects(journal.commit([put('a', 1)]));
    disk.failure = undefined;
    await journal.commit([put('b', 1)]);
    assert.deepEqual(told, [`failing: ${NO_SPACE.message}`, 'healed']);
    assert.deepEqual(await disk.keys(), ['b']);
  });

  it('tells again when it fails again', async () => {
    const { disk, journal, told } = await openJournal();
    for (let round = 0; round < 2; round += 1) {
      disk.failure = NO_SPACE;
      await assert.rejects(journal.commit([put('a', 1)]));
      disk.failure = undefined;
      await journal.commit([put('b', 1)]);
    }
    assert.equal(told.filter((news) => news === 'healed').length, 2);
    assert.equal(told.length, 4);
  });

  it('takes back, before anything else, what a failed write left on the disk', async () => {
    const { disk, journal } = await openJournal();
    disk.failure = NO_SPACE;
    disk.leavesTraces = true;
    const commits = [journal.commit([put('a', 1)], { isNew: true }), journal.commit([put('b', 1)])];
    await Promise.all(commits.map((commit) => assert.rejects(commit)));
    assert.deepEqual(await disk.keys(), ['a', 'b']);
    disk.failure = undefined;
    await journal.commit([put('c', 1)]);
    assert.deepEqual(keysOf(disk.batches.at(-1)), ['-a', 'c']);
    assert.deepEqual(await disk.keys(), ['b', 'c']);
  });

  it('takes nothing back that was committed again since', async () => {
    const { disk, journal } = await openJournal();
    disk.failure = NO_SPACE;
    await assert.rejects(journal.commit([put('a', 1)], { isNew: true }));
    disk.failure = undefined;
    await journal.commit([put('a', 2)], { isNew: true });
    assert.equal(journal.get('a'), 2);
  });

  it('keeps what has no hurry until it can be written, and no more than one change of an entry', async () => {
    const { disk, journal, clock } = await openJournal();
    journal.later([put('lazy', 1)]);
    disk.failure = NO_SPACE;
    for (let round = 0; round < 5; round += 1) {
      journal.later([put('lazy', round)]);
      await assert.rejects(journal.commit([put('a', round)], { isNew: true }));
    }
    disk.failure = undefined;
    await pass(clock, JOURNAL_RETRY);
    assert.deepEqual(keysOf(disk.batches.at(-1)), ['lazy', '-a']);
    assert.equal(journal.get('lazy'), 4);
  });

  it('has nothing to take back where the store could not even be opened', async () => {
    const { disk, journal, clock } = await openJournal();
    disk.failure = NO_SPACE;
    await assert.rejects(journal.commit([put('a', 1)], { isNew: true }));
    disk.openFailure = new Error('EIO: i/o error');
    for (let n = 0; n < 5; n += 1) await assert.rejects(journal.commit([put(`b${n}`, 1)], { isNew: true }));
    disk.failure = disk.openFailure = undefined;
    await pass(clock, JOURNAL_RETRY);
    assert.deepEqual(keysOf(disk.batches.at(-1)), ['-a']);
  });

  it('writes what was committed while a write failed', async () => {
    const { disk, journal } = await openJournal();
    disk.holdBack();
    disk.failure = NO_SPACE;
    const failing = assert.rejects(journal.commit([put('a', 1)], { isNew: true }));
    await disk.whenWriting();
    const waiting = journal.commit([put('b', 1)]);
    const repair = (): void => {
      disk.failure = undefined;
    };
    journal.once('failing', repair);
    disk.release();
    await Promise.all([failing, waiting]);
    assert.deepEqual(await disk.keys(), ['b']);
  });

  it('keeps what was written when the one who hears that it healed throws', async () => {
    const { disk, journal } = await openJournal();
    disk.failure = NO_SPACE;
    await assert.rejects(journal.commit([put('a', 1)]));
    disk.failure = undefined;
    journal.on('healed', () => {
      throw new Error('in a listener');
    });
    const unhandled = new Promise<unknown>((resolve) => {
      const listeners = process.listeners('unhandledRejection');
      process.removeAllListeners('unhandledRejection');
      process.once('unhandledRejection', (error) => {
        for (const listener of listeners) process.on('unhandledRejection', listener);
        resolve(error);
      });
    });
    await journal.commit([put('b', 1)], { isNew: true });
    assert.match(String(await unhandled), /in a listener/);
    await journal.commit([put('c', 1)]);
    assert.deepEqual(await disk.keys(), ['b', 'c'], 'it is not taken back');
  });

  it('rejects to open where the disk is out of order, and opens when it is not', async () => {
    const disk = new Disk();
    const journal = new Journal(disk.open, new Later());
    disk.openFailure = NO_SPACE;
    await assert.rejects(journal.open(), NO_SPACE);
    disk.openFailure = undefined;
    await journal.open();
    await journal.commit([put('a', 1)]);
    assert.equal(disk.opened, 1);
  });

  it('opens the store once, however many ask for it at the same time', async () => {
    const disk = new Disk();
    const journal = new Journal(disk.open, new Later());
    await Promise.all([journal.open(), journal.commit([put('a', 1)]), journal.open()]);
    assert.equal(disk.opened, 1);
  });
});

describe('journal: entries that cannot be read', () => {
  const damaged = async (): Promise<Awaited<ReturnType<typeof openJournal>>> => {
    const disk = new Disk();
    await disk.durable.write([put('n/1', 1), put('n/2', 2)]);
    disk.damaged.add('n/1');
    return openJournal(disk);
  };

  it('are an error to who asks for them, and a reason to replace the store with the next write', async () => {
    const { disk, journal, clock } = await damaged();
    assert.throws(() => journal.get('n/1'), { code: 'GOIP_STORAGE' });
    assert.equal(journal.isUnreadable, true);
    assert.equal(disk.replacements.length, 0);
    await pass(clock, JOURNAL_LAZY);
    assert.ok(disk.replacements[0] instanceof StoreCorruptError);
    assert.deepEqual([disk.replacements.length, disk.handles, journal.isUnreadable], [1, 1, false]);
    assert.equal(journal.get('n/2'), 2);
  });

  it('are replaced also where they show, and their time comes, while a slow write is under way', async () => {
    const { disk, journal, clock } = await damaged();
    disk.holdBack();
    const commit = journal.commit([put('a', 1)]);
    await disk.whenWriting();
    assert.throws(() => journal.get('n/1'), { code: 'GOIP_STORAGE' });
    await pass(clock, JOURNAL_LAZY);
    disk.release();
    await commit;
    await settle();
    assert.deepEqual([disk.replacements.length, journal.isUnreadable], [1, false]);
  });

  it('are found when all are read, and opening again replaces the store at once', async () => {
    const { disk, journal } = await damaged();
    await assert.rejects(
      async () => {
        for await (const [key] of journal.entries('n/')) assert.equal(key, 'n/2');
      },
      { code: 'GOIP_STORAGE' },
    );
    await journal.open();
    assert.deepEqual([disk.replacements.length, disk.handles], [1, 1]);
    await journal.open();
    assert.equal(disk.replacements.length, 1);
  });

  it('are found by writing, too', async () => {
    const { disk, journal, clock, told } = await openJournal();
    disk.failure = new StoreCorruptError('Corruption: bad block type');
    await assert.rejects(journal.commit([put('a', 1)]), { code: 'GOIP_STORAGE' });
    disk.failure = undefined;
    await pass(clock, JOURNAL_RETRY);
    assert.equal(disk.replacements.length, 1);
    assert.deepEqual(told, ['failing: Corruption: bad block type', 'healed']);
  });

  it('ask for a replacement until there is one', async () => {
    const { disk, journal, clock } = await damaged();
    disk.openFailure = NO_SPACE;
    assert.throws(() => journal.get('n/1'));
    await pass(clock, 3 * JOURNAL_RETRY);
    assert.equal(disk.handles, 0);
    disk.openFailure = undefined;
    await pass(clock, JOURNAL_RETRY);
    await turn();
    assert.deepEqual([disk.replacements.length, disk.handles], [1, 1]);
  });
});
