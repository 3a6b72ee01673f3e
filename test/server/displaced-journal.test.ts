/** The disk of the journal is taken away, deleted or forbidden, while numbers of a job go out. Needs the right to mount. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import promises, { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { mock } from 'node:test';
import { storeOnDisk } from '../../src/journal/open-store.js';
import { put } from '../../src/journal/store.js';
import type { Job } from '../../src/index.js';
import type { GoipSimulator } from '../../src/simulator/index.js';
import { Temporary } from '../journal/temporary.js';
import { hurried } from './hurried.js';
import { NO_MOUNT, skipTest } from '../skipped.js';
import { DEVICE, nextStorage, Stage } from './stage.js';

const TO = Array.from({ length: 30 }, (_, n) => `+4917000${n + 100}`);
const SECOND = { id: 'goipid2', password: 'password2' };
const OPTIONS = { devices: [DEVICE, SECOND], resendInterval: 0.1, queryInterval: 0.05 };

describe('server: a journal that is taken away', () => {
  const stage = new Stage();
  const temporary = new Temporary();
  afterEach(async () => {
    await stage.close();
    await temporary.remove();
  });

  /** A server with a job, of which so many numbers are on air. */
  async function halfSent(storage: string, count: number) {
    const { server, address } = await stage.server({ ...OPTIONS, storage }, { clock: hurried });
    const gateway = await stage.gateway(address, {
      ...{ lines: [DEVICE, SECOND], lineTime: 0.01, resendInterval: 0.05, keepaliveInterval: 0.1 },
    });
    await gateway.whenRegistered();
    const isHalfSent = onAir(gateway, count);
    await server.send({ id: 'half', origin: 'node', to: TO, text: 'hello' });
    await isHalfSent;
    return { server, address, gateway };
  }

  async function onAir(gateway: GoipSimulator, count: number): Promise<void> {
    while (gateway.onAir.length < count) await once(gateway, 'air');
  }

  it('is not replaced by another one, and when it is back at the next start no number goes out twice', async function () {
    const disk = await temporary.fileSystem('size=8m');
    const storage = path.join(await temporary.directory(), 'journal');
    await mkdir(storage);
    if (disk === undefined || !temporary.mountAt(disk, storage)) skipTest(this, NO_MOUNT);
    const { server, address, gateway } = await halfSent(storage, 12);
    const failing = nextStorage(server, 'failing');
    temporary.unmount(storage);
    assert.match(((await failing) as { error: Error }).error.message, /not mounted|no journal/);
    const before = gateway.onAir.length;
    for (let trial = 0; trial < 3; trial += 1)
      await assert.rejects(server.send({ to: '+1', text: 'x' }), { code: 'GOIP_STORAGE' });
    assert.ok(server.storageFailure);
    assert.deepEqual(await readdir(storage), [], 'no journal is made in the bare folder');
    await server.stop();
    assert.deepEqual(await readdir(storage), []);
    // What devices had in hand when the disk was gone may have gone out.
    assert.ok(gateway.onAir.length - before <= 2);

    assert.ok(temporary.mountAt(disk, storage));
    const next = await stage.server({ ...OPTIONS, storage, port: address.port }, { clock: hurried });
    const [job] = (await next.server.adopt('node')) as [Job];
    const { results } = await job.result;
    assert.deepEqual(
      results.map(({ to }) => to),
      TO,
    );
    const aired = gateway.onAir.map(({ to }) => to);
    assert.equal(new Set(aired).size, aired.length, 'none twice');
    for (const { to, state } of results) assert.ok(state === 'unknown' || (state === 'sent' && aired.includes(to)), to);
    assert.ok(results.filter(({ state }) => state === 'unknown').length <= 4);
    assert.equal(next.server.storageDamage, undefined);
  });

  for (const call of ['readdir', 'open', 'rename'] as const) {
    it(`is not written into the bare folder when the disk goes away at the check's ${call}`, async function () {
      const disk = await temporary.fileSystem('size=8m');
      const storage = path.join(await temporary.directory(), 'journal');
      await mkdir(storage);
      if (disk === undefined || !temporary.mountAt(disk, storage)) skipTest(this, NO_MOUNT);
      const store = await storeOnDisk(storage, () => undefined)(undefined);
      try {
        await store.write([put('in/1', { text: 'one' })]);
        // The log's new end makes the check read it. A missing table makes it write everything again.
        if (call === 'rename') await rm(path.join(storage, 'CURRENT'));
        const restore = before(call, () => temporary.unmount(storage));
        // What changes while it is looked at is left to the next look.
        if (call === 'readdir') assert.equal(await store.check?.(), false);
        await assert.rejects(async () => store.check?.(), /not mounted/).finally(restore);
        assert.deepEqual(await readdir(storage), []);
      } finally {
        await store.close();
      }
    });
  }

  it('is written again when it was deleted while its disk was full, as soon as there is room', async function () {
    const disk = await temporary.fileSystem('size=1m');
    if (disk === undefined) skipTest(this, NO_MOUNT);
    const storage = path.join(disk, 'journal');
    const { server, address, gateway } = await halfSent(storage, 5);
    const failing = nextStorage(server, 'failing');
    const filler = path.join(disk, 'filler');
    await rm(storage, { recursive: true });
    await fillUp(filler);
    assert.match(
      ((await failing) as { error: Error }).error.message,
      /deleted or replaced, and cannot be written again/,
    );
    await assert.rejects(server.send({ to: '+1', text: 'x' }), { code: 'GOIP_STORAGE' });
    const healed = nextStorage(server, 'healed');
    await rm(filler);
    await healed;
    await server.stop();

    const next = await stage.server({ ...OPTIONS, storage, port: address.port }, { clock: hurried });
    const [job] = (await next.server.adopt('node')) as [Job];
    assert.equal((await job.result).total, TO.length);
    const aired = gateway.onAir.map(({ to }) => to);
    assert.equal(new Set(aired).size, aired.length, 'none twice');
    assert.equal(next.server.storageDamage, undefined);
  });
});

/** Does something just before the next call of a function of `fs`. */
function before(name: 'readdir' | 'open' | 'rename', action: () => void): () => void {
  const method = mock.method(promises, name, (...args: never[]) => {
    method.mock.restore();
    action();
    return (promises[name] as (...args: never[]) => unknown)(...args);
  });
  return () => method.mock.restore();
}

/** Leaves no room. Writes what it can, in ever smaller pieces. */
async function fillUp(file: string): Promise<void> {
  for (let size = 65_536; size >= 1; size = Math.floor(size / 2)) {
    const isWritten = await writeFile(file, Buffer.alloc(size), { flag: 'a' }).then(
      () => true,
      () => false,
    );
    if (isWritten) size *= 2;
  }
}
