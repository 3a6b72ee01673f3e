import assert from 'node:assert/strict';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { storeOnDisk } from '../../src/journal/open-store.js';
import { put } from '../../src/journal/store.js';
import { tidyJournals } from '../../src/journal/unused.js';
import { Temporary } from './temporary.js';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 22);

describe('journal: what no server uses', () => {
  const temporary = new Temporary();
  afterEach(() => temporary.remove());

  async function scene() {
    const folder = await temporary.directory();
    for (const name of ['used', 'old']) {
      const store = await storeOnDisk(path.join(folder, name), ({ error }) => assert.fail(error))();
      await store.write([put('in/1', 1), put('job/1', 1), put('job/2', 1), put('untold/a', 'node'), put('seen/x', 1)]);
      await store.close();
    }
    for (const name of ['used.corrupt-2026', 'used/corrupt-2026', 'no journal']) {
      await mkdir(path.join(folder, name));
      await writeFile(path.join(folder, name, 'file'), '');
    }
    const reported = new Set<string>();
    const tidy = async (now: number): Promise<string[]> => {
      const reports: string[] = [];
      const isUsed = (name: string): boolean => name === 'used';
      await tidyJournals({ folder, isUsed, retentionMs: 7 * DAY, now, reported, report: (text) => reports.push(text) });
      return reports.map((text) => text.replaceAll(folder, ''));
    };
    return { folder, tidy };
  }

  it('is reported once, with how much is in it and what to do', async () => {
    const { tidy } = await scene();
    const reports = await tidy(NOW);
    assert.equal(reports.length, 3);
    assert.match(
      String(reports),
      /journal in \/old, with 1 received SMS, 2 jobs and 1 results .* take it over.*drop it/,
    );
    assert.match(String(reports), /damaged files of a journal are in \/used\.corrupt-2026/);
    assert.match(String(reports), /damaged files of a journal are in \/used\/corrupt-2026/);
    assert.deepEqual(await tidy(NOW + DAY), []);
  });

  it('is reported as soon as it can be read, and holds up nothing else', async () => {
    const { folder, tidy } = await scene();
    const unreadable = path.join(folder, 'old', '999999.log');
    await mkdir(unreadable);
    await assert.rejects(tidy(NOW), /EISDIR/);
    await rm(unreadable, { recursive: true });
    assert.match(String(await tidy(NOW)), /journal in \/old, with 1 received SMS/);
  });

  it('is removed when the retention is over, counted from when it was found', async () => {
    const { folder, tidy } = await scene();
    await tidy(NOW);
    await tidy(NOW + 7 * DAY - 1);
    assert.ok((await readdir(folder)).includes('old'));
    const reports = await tidy(NOW + 7 * DAY);
    assert.equal(reports.filter((text) => text.includes('is removed: nobody has used it')).length, 3);
    assert.deepEqual((await readdir(folder)).sort(), ['no journal', 'used']);
    assert.ok(!(await readdir(path.join(folder, 'used'))).includes('corrupt-2026'));
  });

  it('is kept for the whole time again if a server had it meanwhile', async () => {
    const { folder, tidy } = await scene();
    await tidy(NOW);
    const store = await storeOnDisk(path.join(folder, 'old'), ({ error }) => assert.fail(error))();
    await store.close();
    await tidy(NOW + 20 * DAY);
    assert.ok((await readdir(folder)).includes('old'));
    await tidy(NOW + 27 * DAY);
    assert.ok(!(await readdir(folder)).includes('old'));
  });

  it('is kept for the whole time again if the flows had its server meanwhile', async () => {
    const { folder, tidy } = await scene();
    await tidy(NOW);
    await tidyJournals({
      ...{ folder, isUsed: () => true, retentionMs: 7 * DAY, now: NOW },
      ...{ reported: new Set(), report: () => undefined },
    });
    await tidy(NOW + 20 * DAY);
    assert.ok((await readdir(folder)).includes('old'));
  });

  it('is kept for the whole time again if the clock was not set when it was found', async () => {
    const { folder, tidy } = await scene();
    await tidy(0);
    await tidy(DAY * 365);
    assert.equal((await tidy(NOW)).length, 0);
    assert.ok((await readdir(folder)).includes('old'));
    await tidy(NOW + 7 * DAY);
    assert.ok(!(await readdir(folder)).includes('old'));
  });

  it('is kept for the whole time again if the clock was ahead when it was found', async () => {
    const { folder, tidy } = await scene();
    await tidy(NOW + 365 * DAY);
    await tidy(NOW);
    await tidy(NOW + 6 * DAY);
    assert.ok((await readdir(folder)).includes('old'));
  });
});
