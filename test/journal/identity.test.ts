import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { storeOnDisk, type FolderNews } from '../../src/journal/open-store.js';

import { encodeIdentity } from '../../src/journal/identity.js';
import { JournalFormatError, put, type Store } from '../../src/journal/store.js';
import { NO_MOUNT, skipTest } from '../skipped.js';
import { Temporary } from './temporary.js';

describe('journal: one journal for a run', () => {
  const temporary = new Temporary();
  afterEach(() => temporary.remove());

  /** A journal that is open, with one entry. */
  async function scene() {
    const directory = path.join(await temporary.directory(), 'goip', 'journal');
    const news: FolderNews['state'][] = [];
    const open = storeOnDisk(directory, ({ state }) => news.push(state));
    const store = await open();
    await store.write([put('job/1', 'kept')]);
    return { directory, open, store, news };
  }

  async function reopened(directory: string): Promise<Store> {
    return storeOnDisk(directory, ({ error }) => assert.fail(error))();
  }

  it('writes all of it again if its folder is deleted while it is open', async () => {
    const { directory, store, news } = await scene();
    await rm(directory, { recursive: true });
    assert.equal(await store.check?.(), true);
    await store.write([put('job/2', 'later')]);
    await store.close();
    assert.deepEqual(news, ['rewritten']);
    const again = await reopened(directory);
    assert.deepEqual([again.get('job/1'), again.get('job/2'), again.damage], ['kept', 'later', undefined]);
    await again.close();
  });

  it('writes all of it again if its folder is replaced, and moves aside what is in its place', async () => {
    const { directory, store, news } = await scene();
    await rename(directory, `${directory}.away`);
    await mkdir(directory);
    await writeFile(path.join(directory, 'foreign'), '');
    assert.equal(await store.check?.(), true);
    await store.close();
    assert.deepEqual(news, ['rewritten']);
    const aside = (await readdir(path.dirname(directory))).find((name) => name.includes('.corrupt-')) ?? '';
    assert.ok((await readdir(path.join(path.dirname(directory), aside))).includes('foreign'));
    const again = await reopened(directory);
    assert.equal(again.get('job/1'), 'kept');
    await again.close();
  });

  it('is in its place as long as nobody touches it', async () => {
    const { store, news } = await scene();
    assert.equal(await store.check?.(), false);
    assert.deepEqual(news, []);
    await store.close();
  });

  for (const [what, prepare] of [
    ['no journal', () => Promise.resolve()],
    ['an empty folder', (directory: string) => mkdir(directory)],
    ['another journal', async (directory: string) => (await reopened(directory)).close()],
  ] as const) {
    it(`is opened again only if it is the same one, not if there is ${what}`, async () => {
      const { directory, open, store } = await scene();
      await store.close();
      await rename(directory, `${directory}.away`);
      await prepare(directory);
      await assert.rejects(open(), /waits for its own one to come back/);
      await rm(directory, { recursive: true, force: true });
      await assert.rejects(open(), /waits for its own one to come back/);
      assert.deepEqual(await readdir(path.dirname(directory)), ['journal.away'], 'none is created');
      await rename(`${directory}.away`, directory);
      const again = await open();
      assert.equal(again.get('job/1'), 'kept');
      await again.close();
    });
  }

  it('is used no more when another disk is mounted over it', async function () {
    const { directory, store } = await scene();
    const isMounted = spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', directory], { stdio: 'ignore' }).status === 0;
    // Without the right to mount, the tests with folders have to do.
    if (!isMounted) {
      await store.close();
      skipTest(this, NO_MOUNT);
    }
    try {
      await assert.rejects(async () => store.check?.(), /not mounted there any more/);
      assert.deepEqual(await readdir(directory), []);
    } finally {
      spawnSync('umount', [directory]);
    }
    await store.close();
  });

  it('is refused by name if a newer version has written it, and nothing is moved', async () => {
    const { directory, store } = await scene();
    await store.close();
    const identity = { format: 3, id: '00000000-0000-0000-0000-000000000000' };
    await writeFile(path.join(directory, 'goip-journal.json'), encodeIdentity(identity));
    await assert.rejects(reopened(directory), (error: Error) => {
      assert.ok(error instanceof JournalFormatError);
      assert.match(error.message, /newer version \(format 3, this version reads up to 2\)/);
      return true;
    });
    assert.deepEqual(await readdir(path.dirname(directory)), ['journal']);
  });

  it('is readable by its owner only', async function () {
    if (process.platform === 'win32') skipTest(this, 'no modes of files on Windows');
    const { directory, store } = await scene();
    await store.check?.();
    const modeOf = async (place: string): Promise<number> => (await stat(place)).mode & 0o777;
    assert.equal(await modeOf(directory), 0o700);
    for (const file of await readdir(directory)) assert.equal(await modeOf(path.join(directory, file)), 0o600, file);
    await store.close();
  });
});
