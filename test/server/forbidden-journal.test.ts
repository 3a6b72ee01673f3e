/** A journal that the user of Node-RED may not read, or not write: named, and used as soon as that is allowed. */
import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { Temporary } from '../journal/temporary.js';
import type { FromChild } from './forbidden-journal-child.js';
import { NOT_ROOT, skipTest } from '../skipped.js';
import { DEVICE, Stage } from './stage.js';

/** Some user who is not root. */
const USER = 65534;

describe('server: a journal without rights', function () {
  const stage = new Stage();
  const temporary = new Temporary();
  let child: ChildProcess | undefined;

  before(function () {
    // Only root can give a file to somebody else, and take the rights of a process away.
    if (process.getuid?.() !== 0) skipTest(this, NOT_ROOT);
  });

  afterEach(async () => {
    child?.kill('SIGKILL');
    await stage.close();
    await temporary.remove();
  });

  /** A journal of root with a job, in a folder that the user may write to or not. */
  async function journalOfRoot({ isWritable }: { readonly isWritable: boolean }): Promise<string> {
    const folder = await temporary.directory();
    const storage = path.join(folder, 'goip', 'journal');
    await mkdir(path.dirname(storage));
    const { server } = await stage.server({ storage });
    await server.send({ id: 'kept', to: '+491', text: 'x' });
    await server.stop();
    await chmod(folder, 0o755);
    if (isWritable) await chown(path.dirname(storage), USER, USER);
    return storage;
  }

  async function startAsUser(storage: string): Promise<FromChild> {
    const options = { host: '127.0.0.1', port: 0, devices: [DEVICE], storage };
    const execArgv = ['--require', require.resolve('tsx/cjs')];
    child = fork(path.join(__dirname, 'forbidden-journal-child.ts'), [JSON.stringify(options), String(USER)], {
      execArgv,
    });
    return answer(child);
  }

  async function answer(from: ChildProcess): Promise<FromChild> {
    const [message] = (await once(from, 'message')) as [FromChild];
    return message;
  }

  async function giveToUser(storage: string): Promise<void> {
    for (const place of [storage, ...(await readdir(storage)).map((name) => path.join(storage, name))])
      await chown(place, USER, USER);
  }

  it('that cannot be moved aside either is named, and used when the rights are right', async () => {
    const storage = await journalOfRoot({ isWritable: false });
    const first = await startAsUser(storage);
    assert.ok(first.problem !== null);
    assert.ok(
      first.problem.includes(`no permission to read and write ${storage} (owner 0, mode 0700) for user ${USER}`),
    );
    assert.match(first.problem, /it cannot be moved aside/);
    await giveToUser(storage);
    assert.ok(child);
    child.send('again');
    const second = await answer(child);
    assert.deepEqual([second.problem, second.jobs], [null, ['kept']]);
  });

  it('is moved aside with its name in the report, and the server begins with an empty one', async () => {
    const storage = await journalOfRoot({ isWritable: true });
    const { problem, news, jobs } = await startAsUser(storage);
    assert.deepEqual([problem, jobs], [null, []]);
    assert.deepEqual(
      news.map(({ state }) => state),
      ['moved aside'],
    );
    assert.ok(news[0]?.message.includes(`no permission to read and write ${storage} (owner 0, mode 0700)`));
    const names = await readdir(path.dirname(storage));
    assert.equal(names.filter((name) => name.startsWith('journal.corrupt-')).length, 1);
  });

  it('of which one file is forbidden names that file', async () => {
    const storage = await journalOfRoot({ isWritable: true });
    await giveToUser(storage);
    const forbidden = path.join(storage, 'goip-journal.json');
    await chown(forbidden, 0, 0);
    const { news } = await startAsUser(storage);
    assert.ok(news[0]?.message.includes(`no permission to read and write ${forbidden} (owner 0, mode 0600)`));
  });
});
