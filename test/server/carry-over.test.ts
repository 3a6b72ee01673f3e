/** What a server keeps when its storage is changed. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { MemoryStore, SeenInMemory, type GoipServer, type ServerOptions, type ServerParts } from '../../src/index.js';
import { DiskStore } from '../../src/journal/disk-store.js';
import type { Change } from '../../src/journal/store.js';
import { Temporary } from '../journal/temporary.js';
import { hurried } from './hurried.js';
import { DEVICE, Stage } from './stage.js';

const receive = (recvid: string): string => `RECEIVE:${recvid};id:goipid1;password:password1;srcnum:+1;msg:hello`;
const ack = (recvid: string): string => `RECEIVE ${recvid} OK\n`;

type Kind = 'memory' | 'disk' | 'another folder';
type Start = readonly [options: ServerOptions, parts: ServerParts];

describe('server: a change of the storage', () => {
  const stage = new Stage();
  const temporary = new Temporary();
  afterEach(async () => {
    await stage.close();
    await temporary.remove();
  });

  /** How a server is started with each storage, if another one was used before. */
  async function storages(): Promise<(kind: Kind, before?: Kind) => Start> {
    const base = await temporary.directory();
    const folders = { disk: path.join(base, 'one'), 'another folder': path.join(base, 'two') };
    const memory = { store: new MemoryStore(), seen: new SeenInMemory() };
    const earlierOf = (before: Kind): ServerParts =>
      before === 'memory'
        ? { earlierStorage: memory.store, earlierSeen: memory.seen }
        : { earlierStorage: folders[before] };
    return (kind, before) => {
      const earlier = { ...(before === undefined ? {} : earlierOf(before)), clock: hurried };
      if (kind !== 'memory') return [{ storage: folders[kind] }, earlier];
      const { store, seen } = memory;
      return [{ storage: 'memory' }, { openStore: () => Promise.resolve(store), seen, ...earlier }];
    };
  }

  async function deviceOf(server: GoipServer) {
    const device = await stage.device(await server.start());
    const texts: string[] = [];
    server.takeSms({ take: ({ recvid }) => texts.push(recvid) });
    return { device, texts };
  }

  for (const [from, to] of [
    ['memory', 'disk'],
    ['disk', 'memory'],
    ['disk', 'another folder'],
  ] as const) {
    it(`delivers no SMS again that the device repeats afterwards: from ${from} to ${to}`, async () => {
      const start = await storages();
      const first = stage.unstarted(...start(from));
      const before = await deviceOf(first);
      assert.equal(await before.device.ask(receive('1')), ack('1'));
      await first.stop();
      const second = stage.unstarted(...start(to, from));
      const after = await deviceOf(second);
      assert.equal(await after.device.ask(receive('1')), ack('1'));
      assert.equal(await after.device.ask(receive('2')), ack('2'));
      assert.deepEqual([before.texts, after.texts], [['1'], ['2']]);
      await second.stop();
      const third = stage.unstarted(...start(from, to));
      const back = await deviceOf(third);
      for (const recvid of ['1', '2', '3']) assert.equal(await back.device.ask(receive(recvid)), ack(recvid));
      assert.deepEqual(back.texts, ['3'], 'and not after the way back');
    });
  }

  it('remembers the duplicates of a restart later, if they came from the disk', async () => {
    const start = await storages();
    const first = stage.unstarted(...start('disk'));
    const { device } = await deviceOf(first);
    assert.equal(await device.ask(receive('1')), ack('1'));
    await first.stop();
    await stage.unstarted(...start('another folder', 'disk')).stop();
    const second = stage.unstarted(...start('another folder', 'disk'));
    await second.start();
    await second.stop();
    const third = stage.unstarted(...start('another folder'));
    const after = await deviceOf(third);
    assert.equal(await after.device.ask(receive('1')), ack('1'));
    assert.deepEqual(after.texts, []);
  });

  describe('to another folder, if the process is killed in between', () => {
    const prototype: { write: (this: DiskStore, changes: readonly Change[]) => Promise<void> } = DiskStore.prototype;
    const { write } = prototype;
    afterEach(() => (prototype.write = write));

    /** From the n-th write on, no journal can be written any more. */
    function killBefore(nth: number): void {
      let writes = 0;
      prototype.write = function (changes) {
        writes += 1;
        return writes < nth ? write.call(this, changes) : Promise.reject(new Error('killed'));
      };
    }

    for (const nth of [1, 2, 3]) {
      it(`keeps each job and SMS once: before write ${nth}`, async () => {
        const base = await temporary.directory();
        const [old, next] = [path.join(base, 'one'), path.join(base, 'two')];
        const first = stage.unstarted({ storage: old }, { clock: hurried });
        const device = await stage.device(await first.start());
        assert.equal(await device.ask(receive('1')), ack('1'));
        await first.send({ to: '+1', text: 'x', id: 'a', device: DEVICE.id });
        await first.stop();
        killBefore(nth);
        const killed = stage.unstarted({ storage: next }, { earlierStorage: old, clock: hurried });
        await killed.start().catch(() => undefined);
        await killed.stop();
        prototype.write = write;
        const second = stage.unstarted({ storage: next }, { earlierStorage: old, clock: hurried });
        const { texts } = await deviceOf(second);
        await second.adopt('reader of jobs');
        assert.deepEqual([texts, second.jobs().map(({ id }) => id)], [['1'], ['a']]);
        await second.stop();
        const third = stage.unstarted({ storage: next }, { earlierStorage: old, clock: hurried });
        const again = await deviceOf(third);
        await third.adopt('reader of jobs');
        assert.deepEqual([again.texts, third.jobs().map(({ id }) => id)], [[], ['a']]);
      });
    }
  });
});
