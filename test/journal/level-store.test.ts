import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ClassicLevel } from 'classic-level';
import { LevelStore } from '../../src/journal/level-store.js';
import { storeOnDisk } from '../../src/journal/open-store.js';
import { put, StoreCorruptError, StoreLockedError, type Store } from '../../src/journal/store.js';
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

  it('is not shared: not with this process, and the error names the directory', async () => {
    const directory = await place();
    const store = await LevelStore.open(directory);
    await assert.rejects(LevelStore.open(directory), (error: Error) => {
      assert.ok(error instanceof StoreLockedError);
      assert.match(error.message, /in use by another process/);
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
    for (let batch = 0; batch < 4; batch += 1) {
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
    ['CURRENT is gone', (directory: string) => rm(path.join(directory, 'CURRENT'))],
    ['the manifest is garbage', (directory: string) => overwrite(directory, /^MANIFEST/, garbage)],
    ['the manifest is empty', (directory: string) => overwrite(directory, /^MANIFEST/, () => Buffer.alloc(0))],
    ['the manifest is gone', (directory: string) => removeAll(directory, /^MANIFEST/)],
    ['a table is gone', (directory: string) => removeAll(directory, /\.ldb$/)],
  ] as const) {
    it(`moves a corrupt one aside, and starts with an empty one: ${damage}`, async () => {
      const directory = await place();
      await fill(directory);
      await inflict(directory);
      const before = await readdir(directory);
      const told: [Error, string][] = [];
      const store = await storeOnDisk(directory, (...news) => told.push(news))();
      assert.equal(store.get('in/00000'), undefined);
      await store.write([put('a', 1)]);
      await store.close();
      const [[error, aside] = [new Error(), ''], ...more] = told;
      assert.ok(error instanceof StoreCorruptError && more.length === 0);
      assert.ok(error.message.includes(directory) && aside.startsWith(`${directory}.corrupt-`));
      const kept = await readdir(aside);
      assert.deepEqual(
        before.filter((file) => !/^LO/.test(file) && !kept.includes(file)),
        [],
        'nothing of it is thrown away',
      );
    });
  }

  for (const [damage, inflict] of [
    ['all of it', (bytes: Buffer) => garbage(bytes)],
    ['blocks in the middle', (bytes: Buffer) => Buffer.from(bytes).fill(0xa5, 1000, 6000)],
    ['cut in half', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
  ] as const) {
    it(`tells of damage that shows when entries are read, and is replaced when told to: ${damage}`, async () => {
      const directory = await place();
      await fill(directory);
      await overwrite(directory, /\.ldb$/, inflict);
      const places: string[] = [];
      const open = storeOnDisk(directory, (_, aside) => places.push(aside));
      const store = await open();
      const unreadable = await readAll(store, 'in/').catch((error: unknown) => error as Error);
      await store.close();
      assert.ok(unreadable instanceof StoreCorruptError, String(unreadable));
      assert.deepEqual(places, [], 'it opens as if nothing was wrong');
      await (await open(unreadable)).close();
      const again = await open(unreadable);
      assert.equal(places.length, 1, 'once, however often it is opened with the same news');
      assert.deepEqual(await readAll(again), []);
      await again.close();
    });
  }

  it('says so where it cannot be: a file has its place', async () => {
    const directory = await temporary.directory();
    const file = path.join(directory, 'journal');
    await writeFile(file, 'mine');
    await assert.rejects(storeOnDisk(file, notMoved)(), (error: Error) => error.message.includes(file));
    await assert.rejects(storeOnDisk(path.join(file, 'journal'), notMoved)(), /ENOTDIR|EEXIST/);
  });

  it('says so where it cannot be: a directory that nobody can write to', async () => {
    const readOnly = (await temporary.fileSystem('ro')) ?? '/proc/self';
    await assert.rejects(storeOnDisk(path.join(readOnly, 'goip', 'journal'), notMoved)(), /EROFS|EACCES|ENOENT/);
  });
});

/** The keys of all entries. */
async function readAll(store: Store, prefix = ''): Promise<string[]> {
  const keys: string[] = [];
  for await (const [key] of store.entries(prefix)) keys.push(key);
  return keys;
}

const notMoved = (error: Error): never => {
  throw error;
};

async function logOf(directory: string): Promise<string> {
  const log = (await readdir(directory)).find((file) => file.endsWith('.log'));
  assert.ok(log);
  return log;
}

/** So many entries that they are in a table, with some more in the log. */
async function fill(directory: string): Promise<void> {
  const store = await LevelStore.open(directory);
  const value = Array.from({ length: 20 }, (_, n) => n * 7919).join(' ');
  for (const prefix of ['in', 'seen'])
    await store.write(
      Array.from({ length: 500 }, (_, n) => put(`${prefix}/${String(n).padStart(5, '0')}`, `${value} ${n}`)),
    );
  await store.close();
  // What an opening finds in the log goes into a table.
  const again = await LevelStore.open(directory);
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
