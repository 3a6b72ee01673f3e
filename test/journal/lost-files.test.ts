/** Journals of which files are unreadable, missing, altered or opened twice. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { storeOnDisk, type FolderNews } from '../../src/journal/open-store.js';
import { put, type Store } from '../../src/journal/store.js';
import { NO_MOUNT, skipTest } from '../skipped.js';
import { Temporary } from './temporary.js';

describe('journal: files that are lost', () => {
  const temporary = new Temporary();
  afterEach(() => temporary.remove());

  const opened = (directory: string, news: FolderNews[] = []): Promise<Store> =>
    storeOnDisk(directory, (event) => news.push(event))();

  /** A journal with tables and a log. Returns its folder. */
  async function journal(): Promise<string> {
    const directory = path.join(await temporary.directory(), 'journal');
    for (const key of ['job/1', 'job/2', 'job/3']) {
      const store = await opened(directory);
      await store.write([put(key, key)]);
      await store.close();
    }
    return directory;
  }

  for (const [what, replace] of [
    ['cannot be read', (file: string) => symlink('/proc/self/mem', file)],
    ['has become a folder', (file: string) => mkdir(file)],
    ['has become a link to nothing', (file: string) => symlink('/nonexistent/file', file)],
  ] as const) {
    it(`opens with what can be read if any file ${what}`, async function () {
      if (process.platform !== 'linux') skipTest(this, 'a file that gives EIO');
      const base = await journal();
      for (const name of await readdir(base)) {
        if (name === 'LOCK' || name.startsWith('LOG')) continue;
        const directory = path.join(await temporary.directory(), 'journal');
        await cp(base, directory, { recursive: true });
        await rm(path.join(directory, name));
        await replace(path.join(directory, name));
        const store = await opened(directory);
        const found = ['job/1', 'job/2', 'job/3'].filter((key) => store.get(key) === key).length;
        const { problems = [], jobs = 0 } = store.damage ?? {};
        assert.ok(
          problems.some((problem) => problem.includes(name.startsWith('MANIFEST') ? 'MANIFEST' : name)),
          `${name}: ${problems.join()}`,
        );
        assert.ok(jobs === null || found + jobs === 3, `${name}: ${found} of 3 jobs, ${jobs} reported`);
        await store.write([put('job/4', 'later')]);
        await store.close();
        const again = await opened(directory);
        assert.equal(again.get('job/4'), 'later', name);
        await again.close();
      }
    });
  }

  it('names the file and the remedy if it can neither be read nor moved', async function () {
    const directory = await journal();
    const current = path.join(directory, 'CURRENT');
    await rm(current);
    await mkdir(current);
    if (!temporary.mountAt(await temporary.directory(), current)) skipTest(this, NO_MOUNT);
    for (let trial = 0; trial < 2; trial += 1)
      await assert.rejects(opened(directory), /CURRENT cannot be moved to .*Move or delete this file, or unmount/);
    assert.deepEqual(await readdir(path.dirname(directory)), ['journal'], 'no empty folders are left');
    temporary.unmount(current);
    const store = await opened(directory);
    assert.equal(store.get('job/1'), 'job/1');
    await store.close();
  });

  it('keeps damaged files in its folder if that is a mount of another folder of the same disk', async function () {
    const base = await journal();
    const directory = path.join(path.dirname(base), 'mounted');
    await mkdir(directory);
    if (!temporary.mountAt(base, directory)) skipTest(this, NO_MOUNT);
    for (const name of await readdir(directory))
      if (name.endsWith('.ldb')) await truncate(path.join(directory, name), 10);
    const store = await opened(directory);
    assert.ok(store.damage?.place?.startsWith(path.join(directory, 'corrupt-')));
    await store.close();
  });

  it('opens with any flipped bit in the identity, and keeps it', async () => {
    const directory = await journal();
    const file = path.join(directory, 'goip-journal.json');
    const original = await readFile(file);
    // All bits of the number of the format, and one or two of each other byte.
    const bits = Array.from({ length: original.length * 8 }, (_, bit) => bit);
    for (const bit of bits.filter((one) => one >> 3 === original.indexOf('2') || one % 7 === 0)) {
      const flipped = Buffer.from(original);
      flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      await writeFile(file, flipped);
      const store = await opened(directory);
      assert.equal(store.get('job/1'), 'job/1', `bit ${bit}`);
      await store.close();
      assert.deepEqual(await readFile(file), original, `bit ${bit}`);
    }
  });

  it('opens a journal whose identity has no checksum yet', async () => {
    const directory = await journal();
    const file = path.join(directory, 'goip-journal.json');
    const { format, id } = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
    await writeFile(file, JSON.stringify({ format, id }));
    const store = await opened(directory);
    assert.deepEqual([store.get('job/1'), store.damage], ['job/1', undefined]);
    await store.close();
  });

  it('reports the loss if only the identity is left', async () => {
    const directory = await journal();
    for (const name of await readdir(directory)) if (name !== 'goip-journal.json') await rm(path.join(directory, name));
    const store = await opened(directory);
    assert.deepEqual([store.damage?.jobs, store.damage?.problems[0]], [null, 'all files: they are missing']);
    await store.close();
  });

  it('is not replaced by an empty folder that is called rescued', async () => {
    const directory = await journal();
    await mkdir(path.join(directory, 'rescued'));
    const store = await opened(directory);
    assert.deepEqual([store.get('job/1'), store.damage], ['job/1', undefined]);
    await store.close();
  });

  for (const [what, hurt] of [
    ['deleted', (file: string) => rm(file)],
    ['truncated', (file: string) => truncate(file, 0)],
    ['truncated and written to', (file: string) => truncate(file, 0)],
    ['replaced by an older copy and written to', async (file: string, older: Buffer) => writeFile(file, older)],
    ['replaced by an older copy', async (file: string, older: Buffer) => writeFile(file, older)],
  ] as const) {
    it(`is written again if the log is ${what} while it is open`, async () => {
      const directory = await journal();
      const news: FolderNews[] = [];
      const store = await opened(directory, news);
      const log = path.join(
        directory,
        (await readdir(directory))
          .filter((name) => name.endsWith('.log'))
          .sort()
          .at(-1) ?? '',
      );
      await store.write([put('job/4', 'early')]);
      const older = await readFile(log);
      await store.write([put('job/5', 'late'.repeat(100))]);
      if (!what.includes('copy and')) assert.equal(await store.check?.(), false);
      await hurt(log, older);
      if (what.includes('written to')) await store.write([put('job/6', 'later'.repeat(100))]);
      assert.equal(await store.check?.(), true);
      assert.equal(await store.check?.(), false);
      await store.close();
      assert.deepEqual(
        news.map(({ state }) => state),
        ['rewritten'],
      );
      const again = await opened(directory);
      assert.deepEqual([again.get('job/1'), again.get('job/4'), again.damage], ['job/1', 'early', undefined]);
      assert.ok(again.get('job/5'));
      await again.close();
    });
  }

  for (const other of [undefined, 'MANIFEST']) {
    it(`does not end the process if a table is truncated while it is open${other ? `, and ${other} as well` : ''}`, async function () {
      if (process.platform === 'win32') skipTest(this, 'a system that truncates open files');
      const directory = path.join(await temporary.directory(), 'journal');
      const store = await opened(directory);
      await store.write(Array.from({ length: 1000 }, (_, n) => put(`job/${n}`, randomBytes(100).toString('hex'))));
      await store.close();
      // What an opening finds in the log goes into a table.
      await (await opened(directory)).close();
      const program = path.join(__dirname, 'truncated-table-child.ts');
      const args = ['--require', require.resolve('tsx/cjs'), program, directory, ...(other ? [other] : [])];
      const { signal, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
      assert.equal(signal, null, stderr);
      const { error, jobs, problems } = JSON.parse(stdout) as { error: string; jobs: number; problems: string[] };
      assert.match(error, /was damaged while it was in use: \d+\.ldb: it was truncated/);
      assert.equal(jobs, 1000);
      assert.ok(problems.length > 0);
    });
  }

  it('is in its place while LevelDB moves entries from logs to tables', async () => {
    const directory = await journal();
    const news: FolderNews[] = [];
    const store = await opened(directory, news);
    for (let n = 0; n < 60; n += 1) {
      await store.write([put(`in/${n}`, Buffer.alloc(300_000, n).toString('base64'))]);
      assert.equal(await store.check?.(), false, JSON.stringify(news.map(({ error }) => error.message)));
    }
    await store.close();
  });

  it('is refused under another name while it is open, and keeps other processes out all the same', async () => {
    const directory = await journal();
    const store = await opened(directory);
    await symlink(directory, `${directory}-link`);
    for (const name of [directory, `${directory}-link`, path.join(directory, '..', 'journal', '.')])
      await assert.rejects(opened(name), /in use by another server of this process/);
    const child = `require('classic-level');
      const { ClassicLevel } = require('classic-level');
      new ClassicLevel(${JSON.stringify(directory)}).open().then(() => process.exit(7), () => process.exit(3));`;
    assert.equal(spawnSync(process.execPath, ['-e', child]).status, 3);
    await store.write([put('job/4', 1)]);
    await store.close();
  });
});
