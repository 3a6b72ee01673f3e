import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ClassicLevel } from 'classic-level';
import { LevelStore } from '../../src/journal/level-store.js';
import { storeOnDisk, type FolderNews } from '../../src/journal/open-store.js';
import { DAMAGE, del, put, StoreCorruptError, StoreLockedError, type Store } from '../../src/journal/store.js';
import { NO_MOUNT, skipTest } from '../skipped.js';
import { Temporary } from './temporary.js';

describe('journal: a store on disk', () => {
  const temporary = new Temporary();
  afterEach(() => temporary.remove());

  const place = async (): Promise<string> => path.join(await temporary.directory(), 'goip', 'journal');

  it('makes its directory, and finds there what was written before', async () => {
    const directory = await place();
    const open = storeOnDisk(directory, notMoved);
    const first = await open();
    await first.write([put('a', 1), put('b', 2)]);
    await first.write([put('a', 3)]);
    await first.close();
    const second = await open();
    assert.deepEqual([second.get('a'), second.get('b')], [3, 2]);
    await second.close();
  });

  it('flushes every write to the disk before it is done', async () => {
    const directory = await place();
    const probe = new ClassicLevel(path.join(await temporary.directory(), 'probe'));
    await probe.open();
    const batches = Object.getPrototypeOf(probe.batch()) as { write(options?: object): Promise<void> };
    await probe.close();
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its batch
    const { write } = batches;
    const options: unknown[] = [];
    batches.write = function (this: unknown, ...args: [object?]): Promise<void> {
      options.push(args[0]);
      return Reflect.apply<unknown, [object?], Promise<void>>(write, this, args);
    };
    try {
      const store = await LevelStore.open(directory);
      options.length = 0;
      await store.write([put('a', 1)]);
      await store.write([del('a')]);
      await store.close();
      assert.deepEqual(options.slice(0, 2), [{ sync: true }, { sync: true }]);
    } finally {
      batches.write = write;
    }
  });

  it('is not shared: not with this process, and the error names the directory', async () => {
    const directory = await place();
    const store = await LevelStore.open(directory);
    await assert.rejects(LevelStore.open(directory), (error: Error) => {
      assert.ok(error instanceof StoreLockedError);
      assert.match(error.message, /in use by another server of this process/);
      assert.ok(error.message.includes(directory));
      return true;
    });
    await store.write([put('a', 1)]);
    await store.close();
    await (await LevelStore.open(directory)).close();
  });

  it('is not shared with another process either, until that one dies by kill -9', async () => {
    const directory = await place();
    const program = `
      const { ClassicLevel } = require(${JSON.stringify(require.resolve('classic-level'))});
      const db = new ClassicLevel(${JSON.stringify(directory)});
      db.open().then(() => db.put('a', '1', { sync: true })).then(() => { console.log('open'); setInterval(() => {}, 1000); });
    `;
    const other = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      await once(other.stdout, 'data');
      const open = storeOnDisk(directory, notMoved);
      await assert.rejects(open(), StoreLockedError);
      other.kill('SIGKILL');
      await once(other, 'exit');
      const store = await open();
      assert.equal(store.get('a'), 1);
      await store.close();
    } finally {
      other.kill('SIGKILL');
    }
  });

  it('takes an entry that is no JSON for damaged', async () => {
    const directory = await place();
    const db = new ClassicLevel(directory);
    await db.put('n/1', '{"half":');
    await db.close();
    const store = await LevelStore.open(directory);
    assert.throws(() => store.get('n/1'), StoreCorruptError);
    await assert.rejects(readAll(store), StoreCorruptError);
    await store.close();
  });

  it('loses of a torn log what was not flushed, and nothing else: at every byte', async () => {
    const directory = await place();
    const store = await LevelStore.open(directory);
    const log = await logOf(directory);
    /** The length of the log when each batch was flushed. */
    const ends: number[] = [];
    for (let batch = 0; batch < 3; batch += 1) {
      await store.write([put(`${batch}/a`, batch), put(`${batch}/b`, 'x'.repeat(batch * 3))]);
      ends.push((await stat(path.join(directory, log))).size);
    }
    const length = ends.at(-1) ?? 0;
    for (let cut = ends[1] ?? 0; cut <= length; cut += 1) {
      const copy = `${directory}-${cut}`;
      await cp(directory, copy, { recursive: true });
      await truncate(path.join(copy, log), cut);
      const torn = await storeOnDisk(copy, notMoved)();
      const keys = await readAll(torn);
      const whole = ends.filter((end) => end <= cut).length;
      assert.deepEqual(
        keys,
        Array.from({ length: whole }, (_, batch) => [`${batch}/a`, `${batch}/b`]).flat(),
        `cut at ${cut}`,
      );
      await torn.close();
      await rm(copy, { recursive: true });
    }
    await store.close();
  }).timeout(60_000);

  for (const [damage, inflict] of [
    ['CURRENT is garbage', (directory: string) => writeFile(path.join(directory, 'CURRENT'), 'garbage')],
    ['CURRENT points nowhere', (directory: string) => writeFile(path.join(directory, 'CURRENT'), 'MANIFEST-999999\n')],
    ['CURRENT is missing', (directory: string) => rm(path.join(directory, 'CURRENT'))],
  ] as const) {
    it(`loses nothing, and reports the damage: ${damage}`, async () => {
      const directory = await place();
      await fill(directory);
      await inflict(directory);
      const store = await storeOnDisk(directory, notMoved)();
      assert.equal((await readAll(store)).length, 1001);
      assert.match(String(store.damage?.problems), /CURRENT/);
      assert.deepEqual([store.damage?.sms, store.damage?.writes, store.damage?.place], [0, 0, null]);
      await store.close();
    });
  }

  for (const [damage, inflict, keys] of [
    ['the manifest is garbage', (directory: string) => overwrite(directory, /^MANIFEST/, garbage), 1001],
    ['the manifest is empty', (directory: string) => overwrite(directory, /^MANIFEST/, () => Buffer.alloc(0)), 1001],
    ['the manifest is missing', (directory: string) => removeAll(directory, /^MANIFEST/), 1001],
    ['a table is missing', (directory: string) => removeAll(directory, /\.ldb$/), 1],
    ['a table is garbage', (directory: string) => overwrite(directory, /\.ldb$/, garbage), 1],
    ['the log is missing', (directory: string) => removeAll(directory, /\.log$/), 1000],
  ] as const) {
    it(`keeps what can be read, moves the damaged files aside and counts what is lost: ${damage}`, async () => {
      const directory = await place();
      await fill(directory);
      await inflict(directory);
      const before = await readdir(directory);
      const store = await storeOnDisk(directory, notMoved)();
      assert.equal((await readAll(store)).length, keys);
      const { damage } = store;
      assert.ok(damage && damage.place !== null);
      assert.ok(damage.place.startsWith(`${directory}.corrupt-`));
      const found = await readAll(store, 'in/');
      assert.equal(damage.sms, 501 - found.length);
      await store.write([put('a', 1)]);
      await store.close();
      const kept = await readdir(damage.place);
      assert.deepEqual(
        before.filter((file) => file !== 'LOCK' && !kept.includes(file)),
        [],
        'nothing of it is thrown away',
      );
      const again = await storeOnDisk(directory, notMoved)();
      assert.equal(again.get('a'), 1);
      assert.deepEqual(again.damage?.problems, damage.problems, 'it is remembered until it is settled');
      await again.write([del(DAMAGE)]);
      await again.close();
      const settled = await storeOnDisk(directory, notMoved)();
      assert.equal(settled.damage, undefined);
      await settled.close();
    });
  }

  it('keeps its damaged files inside of it if it is a disk of its own, which cannot be moved', async function () {
    const directory = await temporary.fileSystem('size=8m');
    if (directory === undefined) skipTest(this, NO_MOUNT);
    await fill(directory);
    await overwrite(directory, /\.ldb$/, garbage);
    const store = await storeOnDisk(directory, notMoved)();
    const { damage } = store;
    assert.ok(damage && damage.place !== null);
    assert.ok(damage.place.startsWith(path.join(directory, 'corrupt-')));
    assert.ok((await readdir(damage.place)).some((file) => file.endsWith('.ldb')));
    assert.equal(damage.sms, 501 - (await readAll(store, 'in/')).length);
    await store.close();
    const again = await storeOnDisk(directory, notMoved)();
    assert.equal((await readAll(again, 'in/')).length, 1);
    await again.close();
  });

  it('adds up what is lost if it is damaged twice before anybody has reported it', async () => {
    const directory = await place();
    await fill(directory);
    await removeAll(directory, /\.ldb$/);
    const once = await storeOnDisk(directory, notMoved)();
    assert.equal(once.damage?.sms, 500);
    await once.write([put('in/1', 1), put('in/2', 1), put('job/1', 1)]);
    await once.close();
    await cutLog(directory);
    const twice = await storeOnDisk(directory, notMoved)();
    assert.deepEqual([twice.damage?.sms, twice.damage?.jobs, twice.damage?.writes], [502, 1, 1]);
    await twice.close();
  });

  for (const [damage, inflict] of [
    ['a block in the middle', (bytes: Buffer) => Buffer.from(bytes).fill(0xa5, 1000, 1010)],
    ['cut in half', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
  ] as const) {
    it(`does not let LevelDB read a damaged table: ${damage}`, async () => {
      const directory = await place();
      await fill(directory);
      await overwrite(directory, /\.ldb$/, inflict);
      const store = await storeOnDisk(directory, notMoved)();
      const found = await readAll(store, 'in/');
      assert.ok(found.length < 501);
      assert.equal(store.damage?.sms, 501 - found.length);
      await store.close();
    });
  }

  it('says so where it cannot be: a file has its place', async () => {
    const directory = await temporary.directory();
    const file = path.join(directory, 'journal');
    await writeFile(file, 'mine');
    await assert.rejects(storeOnDisk(file, notMoved)(), (error: Error) => error.message.includes(file));
    await assert.rejects(storeOnDisk(path.join(file, 'journal'), notMoved)(), /ENOTDIR|EEXIST/);
  });

  it('says so where it cannot be: a directory that nobody can write to', async function () {
    const readOnly = await temporary.readOnlyDirectory();
    if (readOnly === undefined) skipTest(this, NO_MOUNT);
    await assert.rejects(storeOnDisk(path.join(readOnly, 'goip', 'journal'), notMoved)(), /EROFS|EACCES|ENOENT/);
  });
});

/** The keys of all entries. */
async function readAll(store: Store, prefix = ''): Promise<string[]> {
  const keys: string[] = [];
  for await (const [key] of store.entries(prefix)) keys.push(key);
  return keys;
}

const notMoved = ({ error }: FolderNews): never => {
  throw error;
};

async function logOf(directory: string): Promise<string> {
  const log = (await readdir(directory)).find((file) => file.endsWith('.log'));
  assert.ok(log);
  return log;
}

/** Drops the last batch. */
async function cutLog(directory: string): Promise<void> {
  const log = path.join(directory, await logOf(directory));
  await truncate(log, (await stat(log)).size - 10);
}

/** So many entries that they are in a table, with some more in the log. */
async function fill(directory: string): Promise<void> {
  const store = await storeOnDisk(directory, notMoved)();
  const value = Array.from({ length: 20 }, (_, n) => n * 7919).join(' ');
  for (const prefix of ['in', 'seen'])
    await store.write(
      Array.from({ length: 500 }, (_, n) => put(`${prefix}/${String(n).padStart(5, '0')}`, `${value} ${n}`)),
    );
  await store.close();
  // What an opening finds in the log goes into a table.
  const again = await storeOnDisk(directory, notMoved)();
  await again.write([put('in/last', 1)]);
  await again.close();
  const files = await readdir(directory);
  assert.ok(files.some((file) => file.endsWith('.ldb')));
}

const garbage = ({ length }: Buffer): Buffer => Buffer.alloc(length, 0xa5);

async function overwrite(directory: string, which: RegExp, content: (bytes: Buffer) => Buffer): Promise<void> {
  for (const file of await readdir(directory)) {
    const full = path.join(directory, file);
    if (which.test(file)) await writeFile(full, content(await readFile(full)));
  }
}

async function removeAll(directory: string, which: RegExp): Promise<void> {
  for (const file of await readdir(directory)) if (which.test(file)) await rm(path.join(directory, file));
}
