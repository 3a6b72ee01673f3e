import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { systemClock, type Clock } from '../../src/time/clock.js';
import type { GoipServer, Job, JobResult, ServerOptions } from '../../src/index.js';
import { Disk } from '../journal/disk.js';
import { Temporary } from '../journal/temporary.js';
import { freeUdpPort } from '../node-red/free-port.js';
import { hurried } from './hurried.js';
import type { Lives } from './lives.js';
import { DEVICE, Stage } from './stage.js';
import type { WireDevice } from './wire-device.js';

const JOB = { id: 'alarm-1', to: ['1', '2', '3'], text: 'x' };

/** A machine whose wall clock is ahead of this one's, milliseconds. */
const clockAt = (ahead: number): Clock => ({
  ...systemClock,
  now: () => systemClock.now() + ahead,
  wall: () => Date.now() + ahead,
});

interface Scene {
  readonly disk: Disk;
  readonly lives: Lives;
  readonly server: GoipServer;
  readonly device: WireDevice;
}

async function sendidOf(device: WireDevice): Promise<number> {
  const datagram = await device.nextNew();
  const match = /^MSG (\d+) /.exec(datagram);
  assert.ok(match, `MSG was expected, not ${datagram}`);
  return Number(match[1]);
}

async function openSession(device: WireDevice): Promise<number> {
  const sendid = await sendidOf(device);
  assert.equal(await device.askNew(`PASSWORD ${sendid}\n`), `PASSWORD ${sendid} password1\n`);
  device.send(`SEND ${sendid}\n`);
  return sendid;
}

/** The keepalive by which a new server hears of the line. */
const keepalive = async (device: WireDevice, count: number): Promise<void> =>
  assert.equal(await device.askNew(`req:${count};id:goipid1;pass:password1;`), `reg:${count};status:0;`);

const statesOf = ({ results }: JobResult): string[] =>
  results.map(({ to, state, code }) => [to, state, code].filter(Boolean).join(' '));

/** Resolves when a number of a job has ended. */
const whenEnded = (job: Job, number: string): Promise<void> =>
  new Promise((resolve) => job.on('status', ({ to, code }) => to === number && code !== null && resolve()));

/** The job of an earlier life: a request with its id is that one. */
const sameJob = (server: GoipServer): Promise<Job> => server.send(JOB);

describe('server: jobs after a crash', () => {
  const stage = new Stage();
  afterEach(() => stage.close());

  async function scene(options: ServerOptions = {}): Promise<Scene> {
    const disk = new Disk();
    const lives = await stage.lives(disk, { resendInterval: 0.2, resendCount: 20, ...options });
    const server = await lives.begin(undefined, { clock: hurried });
    const device = await stage.device(lives.address);
    await keepalive(device, 20);
    return { disk, lives, server, device };
  }

  /** The first number is sent, the second is with the device. */
  async function inTheMiddle(options: ServerOptions = {}): Promise<Scene & { readonly sendid: number }> {
    const all = await scene(options);
    const { server, device } = all;
    await server.send(JOB);
    const sendid = await openSession(device);
    assert.equal(await device.nextNew(), `SEND ${sendid} 1 1\n`);
    assert.equal(await device.askNew(`OK ${sendid} 1\n`), `SEND ${sendid} 2 2\n`);
    return { ...all, sendid };
  }

  it('go on by themselves: results stand, and the number in doubt is asked for in its session with its ids', async () => {
    const { lives, device, sendid } = await inTheMiddle();
    const server = await lives.crashAndBegin();
    await keepalive(device, 21);
    assert.equal(await device.nextNew(), `SEND ${sendid} 2 2\n`, 'the very same datagram');
    assert.equal(await device.askNew(`OK ${sendid} 2\n`), `SEND ${sendid} 3 3\n`, 'and on in that session');
    assert.equal(await device.askNew(`OK ${sendid} 3\n`), `DONE ${sendid}\n`);
    device.send(`DONE ${sendid}\n`);
    const result = await (await sameJob(server)).result;
    assert.deepEqual(statesOf(result), ['1 sent', '2 sent', '3 sent']);
    assert.deepEqual(
      result.results.map(({ attempts }) => attempts),
      [1, 1, 1],
    );
  });

  it('survive one crash after the other', async () => {
    const { lives, device, sendid } = await inTheMiddle();
    for (let count = 21; count < 26; count += 1) {
      await lives.crashAndBegin();
      await keepalive(device, count);
      assert.equal(await device.nextNew(), `SEND ${sendid} 2 2\n`);
    }
    const server = await lives.crashAndBegin();
    await keepalive(device, 30);
    assert.equal(await device.nextNew(), `SEND ${sendid} 2 2\n`);
    assert.equal(await device.askNew(`ERROR ${sendid} 2 errorstatus:38\n`), `SEND ${sendid} 3 3\n`);
    device.send(`OK ${sendid} 3\n`);
    const { result } = await sameJob(server);
    assert.deepEqual(statesOf(await result), ['1 sent', '2 failed GOIP_SEND_FAILED', '3 sent']);
  });

  it('ask for nothing where status queries are forbidden, and take the result that comes by itself', async () => {
    const { lives, device, sendid } = await inTheMiddle({ statusQuery: 'never' });
    const server = await lives.crashAndBegin();
    await keepalive(device, 21);
    assert.deepEqual(await device.answersTo('', DEVICE), []);
    assert.equal(await device.askNew(`OK ${sendid} 2\n`), `SEND ${sendid} 3 3\n`);
    device.send(`OK ${sendid} 3\n`);
    assert.deepEqual(statesOf(await (await sameJob(server)).result), ['1 sent', '2 sent', '3 sent']);
  });

  it('give a number up as unknown where the device restarted meanwhile, and end its session', async () => {
    const { lives, device, sendid } = await inTheMiddle();
    const server = await lives.crashAndBegin();
    device.send('req:1;id:goipid1;pass:password1;');
    assert.equal(await device.nextNew(), 'reg:1;status:0;');
    assert.equal(await device.nextNew(), `DONE ${sendid}\n`);
    const next = await openSession(device);
    assert.ok(next > sendid);
    assert.equal(await device.nextNew(), `SEND ${next} 1 3\n`);
    device.send(`OK ${next} 1\n`);
    const { result } = await sameJob(server);
    assert.deepEqual(statesOf(await result), ['1 sent', '2 unknown GOIP_TIMEOUT', '3 sent']);
  });

  it('give it up where the device does not know the session any more', async () => {
    const { lives, device, sendid } = await inTheMiddle({ resendInterval: 0.02 });
    const server = await lives.crashAndBegin();
    await keepalive(device, 21);
    assert.equal(await device.nextNew(), `SEND ${sendid} 2 2\n`);
    assert.equal(await device.askNew(`ERROR ${sendid} SENDID\n`), `DONE ${sendid}\n`);
    const next = await openSession(device);
    assert.equal(await device.nextNew(), `SEND ${next} 1 3\n`);
    device.send(`OK ${next} 1\n`);
    const { result } = await sameJob(server);
    assert.deepEqual(statesOf(await result), ['1 sent', '2 unknown GOIP_TIMEOUT', '3 sent']);
  });

  it('give it up where the line is not heard of in the time in which the device forgets, and never send it again', async () => {
    const { lives, device, sendid } = await inTheMiddle({ sessionIdle: 0.3 });
    const server = await lives.crashAndBegin(undefined, { clock: hurried });
    const job = await sameJob(server);
    await whenEnded(job, '2');
    await keepalive(device, 21);
    assert.equal(await device.nextNew(), `DONE ${sendid}\n`);
    const next = await openSession(device);
    assert.equal(await device.nextNew(), `SEND ${next} 1 3\n`);
    device.send(`OK ${next} 1\n`);
    assert.deepEqual(statesOf(await job.result), ['1 sent', '2 unknown GOIP_TIMEOUT', '3 sent']);
  });

  it('do not ask after that time even if the line comes back right then', async () => {
    const { lives, device, sendid } = await inTheMiddle({ sessionIdle: 5 });
    const late = { ...systemClock, now: () => Date.now() + 5000 };
    const server = await lives.crashAndBegin(undefined, { clock: late });
    await keepalive(device, 21);
    assert.equal(await device.nextNew(), `DONE ${sendid}\n`, 'and no SEND');
    assert.equal(server.jobs()[0]?.unknown, 1);
  });

  for (const [what, reachedDisk] of [
    ['the result of a number and the next one got to the disk', true],
    ['neither the result of a number nor the next one got to the disk', false],
  ] as const) {
    it(`go on where the disk knows of them: ${what}`, async () => {
      const { disk, lives, server, device } = await scene();
      await server.send(JOB);
      const sendid = await openSession(device);
      assert.equal(await device.nextNew(), `SEND ${sendid} 1 1\n`);
      disk.holdBack();
      const said = await device.answersTo(`OK ${sendid} 1\n`, DEVICE);
      assert.deepEqual(
        said.filter((datagram) => datagram !== `SEND ${sendid} 1 1\n`),
        [],
        'nothing leaves before it is saved',
      );
      await disk.whenWriting();
      disk.luck = () => reachedDisk;
      const next = await lives.crashAndBegin();
      await keepalive(device, 1_000_000);
      if (!reachedDisk) {
        assert.equal(await device.nextNew(), `SEND ${sendid} 1 1\n`);
        device.send(`OK ${sendid} 1\n`);
      }
      assert.equal(await device.nextNew(), `SEND ${sendid} 2 2\n`);
      assert.equal(await device.askNew(`OK ${sendid} 2\n`), `SEND ${sendid} 3 3\n`);
      device.send(`OK ${sendid} 3\n`);
      const { result } = await sameJob(next);
      assert.deepEqual(statesOf(await result), ['1 sent', '2 sent', '3 sent']);
    });
  }

  it('begin with a session that is saved: MSG does not leave before, and after a crash nothing is left of it', async () => {
    const { disk, lives, server, device } = await scene();
    disk.holdBack();
    const accepted = server.send(JOB);
    await disk.whenWriting();
    disk.release();
    await accepted;
    disk.holdBack();
    await disk.whenWriting();
    assert.deepEqual(await device.answersTo('', DEVICE), []);
    await lives.crashAndBegin();
    await keepalive(device, 1_000_000);
    const sendid = await openSession(device);
    assert.equal(await device.nextNew(), `SEND ${sendid} 1 1\n`);
  });

  it('end sessions that were opened and had no number out, and open new ones with higher sendids', async () => {
    const { lives, server, device } = await scene();
    await server.send(JOB);
    const sendid = await sendidOf(device);
    await lives.crashAndBegin();
    device.send('req:21;id:goipid1;pass:password1;');
    assert.equal(await device.nextNew(), 'reg:21;status:0;');
    assert.equal(await device.nextNew(), `DONE ${sendid}\n`);
    const next = await openSession(device);
    assert.ok(next > sendid);
    assert.equal(await device.nextNew(), `SEND ${next} 1 1\n`);
  });

  it('have rising sendids even where the clock went back', async () => {
    const { lives, server, device } = await scene();
    await server.send(JOB);
    const sendid = await sendidOf(device);
    const yesterday = clockAt(-86_400_000);
    await lives.crashAndBegin(undefined, { clock: yesterday });
    device.send('req:21;id:goipid1;pass:password1;');
    assert.equal(await device.nextNew(), 'reg:21;status:0;');
    assert.equal(await device.nextNew(), `DONE ${sendid}\n`);
    assert.ok((await sendidOf(device)) > sendid);
  });

  it('are the same for the same id: while they run, when they have ended, and over restarts', async () => {
    const { lives, server, device, sendid } = await inTheMiddle({ resendInterval: 2 });
    assert.equal(await sameJob(server), await sameJob(server));
    const next = await lives.crashAndBegin();
    const running = await sameJob(next);
    assert.deepEqual([running.id, running.total], [JOB.id, 3]);
    await keepalive(device, 21);
    for (const telid of [2, 3]) {
      assert.equal(await device.nextNew(), `SEND ${sendid} ${telid} ${telid}\n`);
      device.send(`OK ${sendid} ${telid}\n`);
    }
    const result = await running.result;
    const last = await lives.crashAndBegin();
    device.send('req:22;id:goipid1;pass:password1;');
    assert.deepEqual(await (await sameJob(last)).result, result);
    assert.deepEqual(last.jobs(), []);
    // The session is left over, and there is nothing to send.
    const said = await device.answersTo('', DEVICE);
    assert.deepEqual(
      said.filter((datagram) => /^(MSG|SEND)/.test(datagram)),
      [],
    );
  });

  it('are the same for the same id also where both come at once, and a job that was not saved never was', async () => {
    const { disk, server } = await scene();
    disk.holdBack();
    const both = [sameJob(server), sameJob(server)];
    await disk.whenWriting();
    disk.failure = new Error('ENOSPC: no space left on device');
    disk.release();
    for (const refused of both) await assert.rejects(refused, { code: 'GOIP_STORAGE' });
    assert.deepEqual(server.jobs(), []);
    disk.failure = undefined;
    await once(server, 'storage');
    assert.equal((await sameJob(server)).total, 3);
  });

  it('are found again by who asked for them, with what he gave along, until he was told', async () => {
    const { lives, server, device } = await scene();
    const context = { topic: 'alarm', nested: [1, { a: null }] };
    await server.send({ id: 'mine', to: '1', text: 'x', origin: 'node-1', context });
    await server.send({ id: 'other', to: '1', text: 'y', origin: 'node-2' });
    const next = await lives.crashAndBegin();
    const [job, ...more] = await next.adopt('node-1');
    assert.ok(job && more.length === 0);
    assert.deepEqual([job.id, job.context], ['mine', context]);
    device.send('req:21;id:goipid1;pass:password1;');
    assert.equal(await device.nextNew(), 'reg:21;status:0;');
    assert.match(await device.nextNew(), /^DONE /);
    const sendid = await openSession(device);
    assert.equal(await device.nextNew(), `SEND ${sendid} 1 1\n`);
    device.send(`OK ${sendid} 1\n`);
    const result = await job.result;
    const last = await lives.crashAndBegin();
    const [ended] = await last.adopt('node-1');
    assert.deepEqual([ended?.id, ended?.context, await ended?.result], ['mine', context, result]);
    last.told('mine');
    assert.deepEqual(await last.adopt('node-1'), []);
  });

  it('expire while nobody is there to send them', async () => {
    const { lives, server, device } = await scene();
    await server.send({ ...JOB, expire: 60, device: 'goipid1' });
    await sendidOf(device);
    const later = clockAt(61_000);
    const next = await lives.crashAndBegin(undefined, { clock: later });
    const result = await (await sameJob(next)).result;
    assert.deepEqual(statesOf(result), ['1 expired GOIP_EXPIRED', '2 expired GOIP_EXPIRED', '3 expired GOIP_EXPIRED']);
  });

  it('stay paused until somebody says otherwise, and cancelled for ever', async () => {
    const { lives, server, device } = await scene({ resendInterval: 2 });
    assert.deepEqual(await server.pause({ jobId: JOB.id }), []);
    const { device: id, ...rest } = { device: 'goipid1', ...JOB };
    await server.send({ ...rest, device: id, origin: 'node' });
    await sendidOf(device);
    await server.send({ id: 'second', to: '9', text: 'y', origin: 'node' });
    assert.deepEqual(await server.pause({ origin: 'node' }), [JOB.id, 'second']);
    assert.deepEqual(await server.cancel({ jobId: 'second' }), ['second']);

    const next = await lives.crashAndBegin();
    device.send('req:21;id:goipid1;pass:password1;');
    assert.equal(await device.nextNew(), 'reg:21;status:0;');
    assert.match(await device.nextNew(), /^DONE /);
    assert.deepEqual(await device.answersTo('', DEVICE), []);
    assert.deepEqual(
      next.jobs().map(({ id: job, state }) => [job, state]),
      [
        ['second', 'ended'],
        [JOB.id, 'paused'],
      ],
    );
    const cancelled = await (await next.send({ id: 'second', to: '9', text: 'y' })).result;
    assert.deepEqual(statesOf(cancelled), ['9 cancelled GOIP_CANCELLED']);
    assert.deepEqual(await next.resume({ jobId: JOB.id }), [JOB.id]);
    const sendid = await openSession(device);
    assert.equal(await device.nextNew(), `SEND ${sendid} 1 1\n`);
    assert.deepEqual(await next.cancel({ origin: 'node' }), [JOB.id]);
    device.send(`OK ${sendid} 1\n`);
    const { result } = await sameJob(next);
    assert.deepEqual(statesOf(await result), ['1 sent', '2 cancelled GOIP_CANCELLED', '3 cancelled GOIP_CANCELLED']);
  });

  it('are not accepted by half where the queue is full, also over a restart', async () => {
    const { lives, server } = await scene({ queueLimit: 4 });
    await server.pause({ origin: 'none' });
    await sameJob(server);
    const next = await lives.crashAndBegin();
    await assert.rejects(next.send({ to: ['7', '8'], text: 'x' }), { code: 'GOIP_QUEUE_FULL' });
    assert.deepEqual(
      next.jobs().map(({ id }) => id),
      [JOB.id],
    );
    await next.send({ to: '7', text: 'x' });
    const last = await lives.crashAndBegin();
    await last.adopt('nobody');
    assert.equal(last.jobs().length, 2);
    await assert.rejects(last.send({ to: '8', text: 'x' }), { code: 'GOIP_QUEUE_FULL' });
  });
});

describe('server: where jobs and SMS are kept', () => {
  const stage = new Stage();
  const temporary = new Temporary();
  afterEach(async () => {
    await stage.close();
    await temporary.remove();
  });

  it('goes on after an orderly stop with the journal of a directory', async () => {
    const storage = path.join(await temporary.directory(), 'goip', 'node-1');
    const options = { storage, port: await freeUdpPort(), resendInterval: 0.2, resendCount: 20 };
    const { server, address } = await stage.server(options);
    const device = await stage.registeredDevice(address);
    const job = await server.send(JOB);
    const sendid = await openSession(device);
    assert.equal(await device.nextNew(), `SEND ${sendid} 1 1\n`);
    assert.equal(await device.askNew(`OK ${sendid} 1\n`), `SEND ${sendid} 2 2\n`);
    await server.stop();
    await assert.rejects(job.result, { code: 'GOIP_CLOSED' });
    const next = await stage.server(options);
    device.send('req:2;id:goipid1;pass:password1;');
    assert.equal(await device.nextNew(), 'reg:2;status:0;', 'the session was left as it was, without a DONE');
    assert.equal(await device.nextNew(), `SEND ${sendid} 2 2\n`);
    assert.equal(await device.askNew(`OK ${sendid} 2\n`), `SEND ${sendid} 3 3\n`);
    device.send(`OK ${sendid} 3\n`);
    const { result } = await sameJob(next.server);
    assert.deepEqual(statesOf(await result), ['1 sent', '2 sent', '3 sent']);
  });

  it('leaves nothing on disk by default, and nothing for the next one', async () => {
    const before = await readdir('.');
    const { server, address } = await stage.server();
    const device = await stage.registeredDevice(address);
    await sameJob(server);
    assert.match(await device.nextNew(), /^MSG /);
    assert.equal(await device.askNew('RECEIVE:1;id:goipid1;password:password1;srcnum:1;msg:x'), 'RECEIVE 1 OK\n');
    await server.stop();
    assert.deepEqual(await readdir('.'), before);
    const next = await stage.server();
    assert.deepEqual(next.server.jobs(), []);
  });
});
