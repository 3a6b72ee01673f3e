import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { GoipServer } from '../../src/index.js';
import { type Sms, type StorageEvent } from '../../src/index.js';
import { LevelStore } from '../../src/journal/level-store.js';
import { Disk } from '../journal/disk.js';
import { Temporary } from '../journal/temporary.js';
import { NO_MOUNT, skipTest } from '../skipped.js';
import { hurried } from './hurried.js';
import { DEVICE, nextStorage, Stage } from './stage.js';
import type { WireDevice } from './wire-device.js';

const receive = (recvid: string, text = `text ${recvid}`): string =>
  `RECEIVE:${recvid};id:goipid1;password:password1;srcnum:+1;msg:${text}`;
const ack = (recvid: string): string => `RECEIVE ${recvid} OK\n`;

/** Sends an SMS; resolves to whether it was acked, or else could not be saved. */
async function isTaken(server: GoipServer, device: WireDevice, sms: string): Promise<boolean> {
  const { unsaved } = server.dropped;
  device.send(sms);
  while (device.waiting === 0 && server.dropped.unsaved === unsaved) await turn();
  if (device.waiting === 0) return false;
  assert.match(await device.next(), /^RECEIVE \w+ OK\n$/);
  return true;
}

describe('server: an SMS is saved before it is acked', () => {
  const stage = new Stage();
  afterEach(() => stage.close());

  async function scene() {
    const disk = new Disk();
    const { server, address } = await stage.server({}, { openStore: disk.open, clock: hurried });
    const texts: string[] = [];
    server.on('sms', ({ text }) => texts.push(text));
    const device = await stage.device(address);
    return { disk, server, device, texts };
  }

  it('lets no ack out, and nothing in, before it is on the disk', async () => {
    const { disk, device, texts } = await scene();
    disk.holdBack();
    assert.deepEqual(await device.answersTo(receive('1'), DEVICE), []);
    assert.deepEqual(await device.answersTo(receive('1'), DEVICE), [], 'nor for a copy');
    assert.deepEqual(texts, []);
    disk.release();
    assert.deepEqual([await device.next(), await device.next()], [ack('1'), ack('1')]);
    assert.deepEqual(await device.answersTo('', DEVICE), []);
    assert.deepEqual(texts, ['text 1']);
  });

  it('saves with one flush what came while the disk was busy, and acks in the order of arrival', async () => {
    const { disk, device, texts } = await scene();
    disk.holdBack();
    device.send(receive('first'));
    await disk.whenWriting();
    const recvids = Array.from({ length: 50 }, (_, n) => String(n));
    for (const recvid of recvids) device.send(receive(recvid));
    assert.deepEqual(await device.answersTo('', DEVICE), []);
    disk.release();
    for (const recvid of ['first', ...recvids]) assert.equal(await device.next(), ack(recvid));
    const withSms = disk.batches.filter((changes) =>
      changes.some(({ type, key }) => type === 'put' && key.startsWith('in/')),
    );
    assert.equal(withSms.length, 2);
    assert.equal(texts.length, 51);
  });

  it('does not ack what could not be saved, tells of it once, and takes the copy when the disk works again', async () => {
    const { disk, server, device, texts } = await scene();
    const told: string[] = [];
    server.on('storage', ({ state }) => told.push(state));
    disk.failure = new Error('ENOSPC: no space left on device');
    const failing = nextStorage(server, 'failing');
    assert.deepEqual(await device.answersTo(receive('1'), DEVICE), []);
    await failing;
    assert.deepEqual(await device.answersTo(receive('1'), DEVICE), []);
    assert.deepEqual(await device.answersTo(receive('2'), DEVICE), []);
    assert.equal(server.storageFailure, disk.failure);
    const healed = nextStorage(server, 'healed');
    disk.failure = undefined;
    await healed;
    assert.equal(server.storageFailure, undefined);
    assert.equal(await device.ask(receive('1')), ack('1'));
    assert.deepEqual(texts, ['text 1']);
    assert.deepEqual([server.dropped.unsaved, told], [3, ['failing', 'healed']]);
    assert.equal(server.lines()[0]?.counters.received, 1);
  });

  it('takes a delivery report that could not be saved when it comes again, and delivers it to takers that waited', async () => {
    const { disk, server, device } = await scene();
    const told: string[] = [];
    server.takeEvents({ kinds: ['deliver'], wants: () => true, take: ({ event }) => told.push(event) });
    server.takeReports('flow', ({ state }, context) => told.push(`${state} ${String(context)}`));
    server.takeJobs('flow', ({ id }) => told.push(id));
    await device.ask(`req:1;id:${DEVICE.id};pass:${DEVICE.password};`);
    server.hold();
    const job = await server.send({ to: '+1', text: 'hello', id: 'job', origin: 'flow', context: 'mine' });
    const [, sendid = ''] = (await device.nextNew()).split(' ');
    for (const answer of ['PASSWORD', 'SEND', 'OK'])
      await device.askNew(`${answer} ${sendid}${answer === 'OK' ? ' 1 17' : ''}\n`);
    device.send(`DONE ${sendid}\n`);
    await job.result;

    const report = `DELIVER:9;id:${DEVICE.id};password:${DEVICE.password};sms_no:17;state:0;num:+1\n`;
    disk.failure = new Error('EIO: i/o error');
    assert.deepEqual(await device.answersTo(report, DEVICE), []);
    while (server.dropped.unsaved === 0) await turn();
    const healed = nextStorage(server, 'healed');
    disk.failure = undefined;
    await healed;
    assert.deepEqual(told, []);
    for (let copy = 0; copy < 2; copy += 1) assert.equal(await device.ask(report), 'DELIVER 9 OK\n');

    disk.failure = new Error('EIO: i/o error');
    const failing = nextStorage(server, 'failing');
    device.send(receive('1'));
    await failing;
    server.release();
    assert.deepEqual(told, ['deliver', 'job'], 'its context cannot be read');
    const healedAgain = nextStorage(server, 'healed');
    disk.failure = undefined;
    await healedAgain;
    assert.deepEqual(told, ['deliver', 'job', 'job', 'delivered mine']);
  });

  it('refuses jobs that it cannot save, and goes on with keepalives', async () => {
    const { disk, server, device } = await scene();
    disk.failure = new Error('EIO: i/o error');
    await assert.rejects(server.send({ to: '1', text: 'x' }), { code: 'GOIP_STORAGE' });
    assert.deepEqual(server.jobs(), []);
    assert.equal(await device.ask('req:1;id:goipid1;pass:password1;'), 'reg:1;status:0;');
  });

  it('loses, doubles and forgets nothing over a crash', async () => {
    const disk = new Disk();
    const lives = await stage.lives(disk);
    await lives.begin(undefined, { clock: hurried });
    const device = await stage.device(lives.address);
    for (const recvid of ['1', '2', '3']) assert.equal(await device.ask(receive(recvid)), ack(recvid));
    const taken: Sms[] = [];
    const server = await lives.crashAndBegin((sms) => taken.push(sms));
    while (taken.length < 3) await once(server, 'sms');
    assert.deepEqual(
      taken.map(({ text, redelivered }) => [text, redelivered]),
      ['1', '2', '3'].map((recvid) => [`text ${recvid}`, true]),
    );
    assert.equal(await device.ask(receive('3')), ack('3'), 'the copy of one whose ack got lost');
    assert.equal(await device.ask(receive('4')), ack('4'));
    assert.deepEqual([taken.length, taken[3]?.redelivered], [4, undefined]);
    while ((await disk.keys('in/')).length > 0) await once(disk, 'written');
    await lives.crashAndBegin((sms) => taken.push(sms));
    assert.equal(await device.ask(receive('4')), ack('4'));
    assert.equal(await device.ask(receive('5')), ack('5'));
    assert.deepEqual([taken.length, taken[4]?.text], [5, 'text 5']);
  });
});

describe('server: a journal in a directory', () => {
  const stage = new Stage();
  const temporary = new Temporary();
  afterEach(async () => {
    await stage.close();
    await temporary.remove();
  });

  const place = async (): Promise<string> => path.join(await temporary.directory(), 'goip', 'journal');

  async function listening(storage: string): Promise<{ server: GoipServer; device: WireDevice; told: StorageEvent[] }> {
    const server = stage.unstarted({ storage }, { clock: hurried });
    const told: StorageEvent[] = [];
    server.on('storage', (event) => told.push(event));
    const device = await stage.device(await server.start());
    // The jobs are read when it listens already.
    await server.adopt('nobody');
    return { server, device, told };
  }

  /** A journal with so many SMS that they are in a table; nobody has taken those that are `held`. */
  async function used(storage: string, { held }: { readonly held: boolean }): Promise<void> {
    const { server, device } = await listening(storage);
    if (!held) server.on('sms', () => undefined);
    // No more at a time than a socket's buffer holds.
    for (let burst = 0; burst < 500; burst += 100) {
      const recvids = Array.from({ length: 100 }, (_, n) => String(burst + n));
      for (const recvid of recvids) device.send(receive(recvid));
      for (const recvid of recvids) assert.equal(await device.next(), ack(recvid));
    }
    await server.stop();
    // What an opening finds in the log goes into a table.
    await (await LevelStore.open(storage)).close();
  }

  async function damageTables(storage: string, damage: (bytes: Buffer) => Buffer): Promise<void> {
    for (const file of await readdir(storage)) {
      if (!file.endsWith('.ldb')) continue;
      const table = path.join(storage, file);
      await writeFile(table, damage(await readFile(table)));
    }
  }

  it('belongs to one server: a second one does not start, and does when the first has stopped', async () => {
    const storage = await place();
    const { server } = await listening(storage);
    const second = stage.unstarted({ storage });
    await assert.rejects(
      second.start(),
      (error: Error) => /in use/.test(error.message) && error.message.includes(storage),
    );
    await server.stop();
    await second.start();
  });

  for (const [what, damage] of [
    ['garbage', (bytes: Buffer) => bytes.fill(0xa5)],
    ['a damaged block', (bytes: Buffer) => spoil(bytes, 0.05, 0.2)],
    ['its first half', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
  ] as const) {
    it(`is rescued at the start if a table is ${what}: reported with numbers, kept, and the server works`, async () => {
      const storage = await place();
      await used(storage, { held: true });
      await damageTables(storage, damage);
      const { server, device, told } = await listening(storage);
      const [event, ...more] = told;
      assert.ok(event?.state === 'damaged' && more.length === 0, JSON.stringify(told));
      assert.match(event.error.message, /\.ldb: .*Lost: \d+ received SMS/);
      assert.ok(event.place !== null && (await stat(event.place)).isDirectory() && event.place.startsWith(storage));
      const taken: Sms[] = [];
      server.takeSms({ take: (sms) => taken.push(sms) });
      assert.equal(taken.length + (event.sms ?? NaN), 500, 'what is not lost is delivered');
      assert.equal(server.storageDamage, event);
      assert.equal(server.storageFailure, undefined);
      assert.equal(await device.ask(receive('new')), ack('new'));
      await server.send({ to: '1', text: 'x' });
      await server.stop();
      const next = await listening(storage);
      assert.deepEqual([next.told, next.server.jobs().length], [[], 1]);
    });
  }

  it('is rescued while the server runs, if the damage shows then: one duplicate is not acked, the next one is', async () => {
    const storage = await place();
    await used(storage, { held: false });
    const { server, device, told } = await listening(storage);
    assert.deepEqual(told, []);
    // The start reads no memory of duplicates.
    await damageTables(storage, (bytes) => spoil(bytes, 0.7, 0.85));
    const damaged = nextStorage(server, 'damaged');
    let recvid = 0;
    while (await isTaken(server, device, receive(String(recvid)))) recvid += 1;
    assert.ok(recvid < 500);
    await damaged;
    while (!(await isTaken(server, device, receive('new'))));
    assert.equal(server.storageFailure, undefined);
  });

  it('is not opened where a file is in its place; the start can be tried again', async () => {
    const storage = await place();
    await mkdir(path.dirname(storage));
    await writeFile(storage, 'mine');
    const server = stage.unstarted({ storage });
    await assert.rejects(server.start(), (error: Error) => error.message.includes(storage));
    await assert.rejects(server.send({ to: '1', text: 'x' }), { code: 'GOIP_STORAGE' });
    await rm(storage);
    await server.start();
  });

  it('survives a full disk: nothing is acked that is not saved, and it heals when there is room', async function () {
    const small = await temporary.fileSystem('size=1m');
    // Not allowed to mount: the disk behind the store interface is full instead, in the tests above.
    if (small === undefined) skipTest(this, NO_MOUNT);
    const storage = path.join(small, 'journal');
    const filler = path.join(small, 'filler');
    const { server, device, told } = await listening(storage);
    const taken: string[] = [];
    server.on('sms', ({ text }) => taken.push(text));
    assert.equal(await device.ask(receive('before')), ack('before'));
    await fillUp(filler);
    const failing = nextStorage(server, 'failing');
    // What the file system had allocated for the log takes some more.
    let recvid = 0;
    while (await isTaken(server, device, receive(String(recvid), 'x'.repeat(1000) + String(recvid)))) recvid += 1;
    assert.ok(recvid < 1000);
    await failing;
    assert.match(server.storageFailure?.message ?? '', /No space left/);
    await assert.rejects(server.send({ to: '1', text: 'x' }), { code: 'GOIP_STORAGE' });
    const healed = nextStorage(server, 'healed');
    await rm(filler);
    await healed;
    while (!(await isTaken(server, device, receive('after'))));
    assert.ok(taken.includes('text after') && taken.includes('text before'));
    const last = await server.send({ id: 'last', to: '1', text: 'x' });
    await server.stop();
    const next = await listening(storage);
    assert.deepEqual([next.told, next.server.jobs().map(({ id }) => id)], [[], [last.id]]);
    assert.equal(await next.device.ask(receive('after')), ack('after'), 'known, after all that');
    assert.deepEqual(
      told.map(({ state }) => state),
      ['failing', 'healed'],
    );
  });

  it('does not start in a directory that cannot be written to', async function () {
    const readOnly = await temporary.readOnlyDirectory();
    if (readOnly === undefined) skipTest(this, NO_MOUNT);
    const server = stage.unstarted({ storage: path.join(readOnly, 'goip', 'journal') });
    await assert.rejects(server.start(), /EROFS|EACCES|ENOENT/);
  });
});

/** Overwrites a part of a file, from one fraction of its length to another. */
const spoil = (bytes: Buffer, from: number, to: number): Buffer =>
  bytes.fill(0xa5, Math.floor(bytes.length * from), Math.floor(bytes.length * to));

/** Writes until there is no room for one byte more. */
async function fillUp(file: string): Promise<void> {
  for (let size = 65_536; size >= 1; size = Math.floor(size / 2)) {
    for (;;) {
      const done = await writeFile(file, Buffer.alloc(size), { flag: 'a' }).then(
        () => true,
        () => false,
      );
      if (!done) break;
    }
  }
}
