/** What the report about a damaged journal counts: exactly what is lost, or a number that is marked as too low. */
import assert from 'node:assert/strict';
import { cp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describeDamage, noteDamage, reportedDamage } from '../../src/journal/damage.js';
import { LevelStore } from '../../src/journal/level-store.js';
import { MOST_LISTED } from '../../src/journal/live-keys.js';
import { Mark, MARK_FILE } from '../../src/journal/mark.js';
import { storeOnDisk } from '../../src/journal/open-store.js';
import { del, put, type Change, type Store } from '../../src/journal/store.js';
import { Temporary } from './temporary.js';

/** A job as the journal keeps it, as far as losses depend on it. */
const job = (key: string, id: string): Change => put(`job/${key}`, { id });

describe('journal: the report of what is lost', () => {
  const temporary = new Temporary();
  afterEach(() => temporary.remove());

  const opened = (directory: string): Promise<Store> => storeOnDisk(directory, ({ error }) => assert.fail(error))();

  /** A journal that was written in these batches. Returns its folder. */
  async function journal(...batches: readonly (readonly Change[])[]): Promise<string> {
    const directory = path.join(await temporary.directory(), 'journal');
    await goOn(directory, ...batches);
    return directory;
  }

  async function goOn(directory: string, ...batches: readonly (readonly Change[])[]): Promise<void> {
    const store = await opened(directory);
    for (const batch of batches) await store.write(batch);
    await store.close();
  }

  /** What the next start reports, which goes on with the journal. */
  async function damageOf(directory: string) {
    const store = await opened(directory);
    const { damage } = store;
    await store.close();
    return damage;
  }

  async function lossesOf(directory: string) {
    const { sms, jobs, results, atLeast } = (await damageOf(directory)) ?? {};
    return { sms, jobs, results, atLeast };
  }

  const NONE = { sms: 0, jobs: 0, results: 0, atLeast: [] };

  it('counts an SMS whose write is lost together with the deletion of an earlier one', async () => {
    const directory = await journal([put('in/1', 1), put('in/2', 2)], [del('in/1'), put('in/3', 3)]);
    await cutLog(directory, 1);
    assert.deepEqual(await lossesOf(directory), { ...NONE, sms: 1 });
  });

  it('counts a job that is lost together with the end of another one', async () => {
    const directory = await journal([job('1', 'a')], [del('job/1'), put('untold/a', {}), job('2', 'b')]);
    await cutLog(directory, 1);
    assert.deepEqual(await lossesOf(directory), { ...NONE, jobs: 1 });
  });

  it('counts no result as lost whose job is active again', async () => {
    const directory = await journal([job('1', 'a')], [del('job/1'), put('untold/a', {})]);
    await cutLog(directory, 1);
    assert.deepEqual(await lossesOf(directory), NONE);
  });

  it('counts a result that was not acknowledged', async () => {
    const directory = await journal([job('1', 'a')], [del('job/1'), put('untold/a', {})]);
    // Everything moves into a table.
    await goOn(directory, [put('in/1', 1)]);
    await remove(directory, /\.ldb$/);
    assert.deepEqual(await lossesOf(directory), { ...NONE, results: 1 });
  });

  it('counts what is lost in the middle, while deletions before it and behind it are there', async () => {
    const directory = await journal(
      [put('in/1', 1), put('in/2', 2), job('1', 'a')],
      [del('in/1'), put('in/3', 3), job('2', 'b')],
      [del('in/2'), put('in/4', 4)],
    );
    await overwriteLog(directory, 'in/3');
    assert.deepEqual(await lossesOf(directory), { ...NONE, sms: 1, jobs: 1 });
  });

  it('counts no SMS as lost that was deleted when the mark was not written yet', async () => {
    const directory = await journal([put('in/1', 1), put('in/2', 2)], [put('seen/x', 1)]);
    const mark = await readFile(path.join(directory, MARK_FILE));
    await goOn(directory, [del('in/1')]);
    await writeFile(path.join(directory, MARK_FILE), mark);
    await overwriteLog(directory, 'seen/x', '.ldb');
    const damage = await damageOf(directory);
    assert.deepEqual([damage?.problems.length, damage?.writes, damage?.sms], [1, 0, 1], 'in/2, in the same block');
  });

  describe('with more entries than the mark lists', () => {
    const many = Array.from({ length: MOST_LISTED + 1 }, (_, index) => put(`in/a${index}`, index));

    it('is exact if nothing is lost', async () => {
      const directory = await journal(many, [put('in/b0', 1)], [put('seen/x', 1)]);
      await cutLog(directory, 1);
      assert.deepEqual(await lossesOf(directory), NONE);
    });

    it('marks the number as too low', async () => {
      const directory = await journal(many, [del('in/a0'), put('in/b0', 1), put('in/b1', 1), put('in/b2', 1)]);
      await cutLog(directory, 1);
      assert.deepEqual(await lossesOf(directory), { ...NONE, sms: 2, atLeast: ['sms'] });
    });

    it('leaves the number open if as many came back as are lost', async () => {
      const directory = await journal(many, [put('in/b0', 1), put('in/b1', 1), del('in/a0'), del('in/a1')]);
      await cutLog(directory, 1);
      assert.deepEqual(await lossesOf(directory), { ...NONE, sms: null });
    });
  });

  it('names numbers that are too low or not known, and adds results of which only the name is left', () => {
    const found = noteDamage(undefined, {
      foundAt: 0,
      problems: ['a'],
      sms: 2,
      jobs: null,
      results: 1,
      atLeast: ['sms'],
    });
    assert.equal(
      describeDamage('/goip', reportedDamage(found, { unknown: 0, results: 2 })),
      'the journal in /goip is damaged: a. Lost: at least 2 received SMS, an unknown number of jobs, 3 results. ' +
        'It was found at 1970-01-01T00:00:00.000Z.',
    );
  });

  describe('of a start that was killed', () => {
    /** A journal of which one SMS and one job are lost, and its last batch. */
    async function damaged(): Promise<string> {
      const directory = await journal([put('in/1', 1)], [del('in/1'), put('in/2', 2), job('1', 'a')]);
      await cutLog(directory, 1);
      return directory;
    }

    const EXPECTED = { ...NONE, sms: 1, jobs: 1 };

    it('comes again if it was killed between the rescue and the first mark', async () => {
      const directory = await journal(
        [put('in/1', 1)],
        [del('in/1'), put('in/2', 2), job('1', 'a')],
        [put('seen/x', 1)],
      );
      await overwriteLog(directory, 'in/2');
      await killedBy(LevelStore, 'open', 2, () => opened(directory));
      const damage = await damageOf(directory);
      assert.deepEqual([damage?.sms, damage?.jobs, damage?.writes], [1, 1, 0]);
      assert.ok(damage?.place?.includes('corrupt'));
    });

    it('comes again if it was killed before the first mark', async () => {
      const directory = await damaged();
      await killedBy(Mark.prototype, 'write', 1, () => opened(directory));
      assert.deepEqual(await lossesOf(directory), EXPECTED);
    });

    it('counts nothing twice if it was killed before its first write', async () => {
      const directory = await damaged();
      const store = await opened(directory);
      const copy = path.join(await temporary.directory(), 'journal');
      await cp(directory, copy, { recursive: true });
      await store.close();
      const damage = await damageOf(copy);
      assert.deepEqual(
        [damage?.sms, damage?.jobs, damage?.writes, damage?.problems],
        [1, 1, 1, ['its end is missing']],
      );
    });
  });

  describe('with a damaged mark', () => {
    it('is not needed as long as the mark before it can be read', async () => {
      const directory = await journal([put('in/1', 1)], [put('in/2', 1)], [put('in/3', 1)]);
      const file = path.join(directory, MARK_FILE);
      const marks = await readFile(file);
      for (const start of [0, marks.lastIndexOf('#')]) {
        const damaged = Buffer.from(marks);
        damaged.writeUInt8(damaged.readUInt8(start + 20) ^ 1, start + 20);
        await writeFile(file, damaged);
        assert.equal(await damageOf(directory), undefined, `at ${start}`);
      }
    });

    it('leaves all numbers open', async () => {
      const directory = await journal([put('in/1', 1)], [put('in/2', 1)]);
      await writeFile(path.join(directory, MARK_FILE), 'nonsense');
      const damage = await damageOf(directory);
      assert.deepEqual([damage?.sms, damage?.jobs, damage?.results, damage?.writes], [null, null, null, null]);
    });
  });
});

/** Runs an action that fails in the n-th call of a method, as if the process was killed there. */
async function killedBy<K extends string>(
  owner: Record<K, (...args: never[]) => unknown>,
  method: K,
  call: number,
  action: () => Promise<unknown>,
): Promise<void> {
  const original = owner[method];
  let calls = 0;
  owner[method] = function (this: unknown, ...args: never[]) {
    calls += 1;
    if (calls === call) throw new Error('killed');
    return original.apply(this, args);
  };
  try {
    await assert.rejects(action(), /killed/);
  } finally {
    owner[method] = original;
  }
}

async function filesOf(directory: string, kind: string): Promise<string[]> {
  return (await readdir(directory)).filter((name) => name.endsWith(kind)).map((name) => path.join(directory, name));
}

async function remove(directory: string, which: RegExp): Promise<void> {
  for (const name of await readdir(directory)) if (which.test(name)) await rm(path.join(directory, name));
}

/** Cuts the log in the middle of its last batch. */
async function cutLog(directory: string, bytes: number): Promise<void> {
  const [log] = await filesOf(directory, '.log');
  assert.ok(log);
  await truncate(log, (await stat(log)).size - bytes);
}

/** Damages the record, or block, that holds a text. */
async function overwriteLog(directory: string, text: string, kind = '.log'): Promise<void> {
  for (const file of await filesOf(directory, kind)) {
    const bytes = await readFile(file);
    const at = bytes.indexOf(text);
    if (at === -1) continue;
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    await writeFile(file, bytes);
    return;
  }
  assert.fail(`no ${text}`);
}
