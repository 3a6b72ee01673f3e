/** What happens to a device or to the time reaches every part of the server that has to know. */
import assert from 'node:assert/strict';
import { MemoryStore, type Address, type GoipServer, type ServerOptions, type Sms } from '../../src/index.js';
import { VirtualClock } from '../sessions/virtual-clock.js';
import { DEVICE, Stage } from './stage.js';
import type { WireDevice } from './wire-device.js';

const MINUTES = 60;
const HOURS = 60 * MINUTES;
const OTHER: Credentials = { id: 'other', password: 'password2' };

interface Credentials {
  readonly id: string;
  readonly password: string;
}

describe('server: wires', () => {
  let stage: Stage;
  let clock: VirtualClock;
  let store: MemoryStore;
  const sms: Sms[] = [];
  beforeEach(() => {
    stage = new Stage();
    clock = new VirtualClock();
    store = new MemoryStore();
    sms.length = 0;
  });
  afterEach(() => settled(stage.close()));

  /** Goes on until the promise settles, without a step of the clock. */
  async function settled<T>(promise: Promise<T>): Promise<T> {
    const state = { isSettled: false };
    const end = (): void => void (state.isSettled = true);
    promise.then(end, end);
    while (!state.isSettled) await clock.settle();
    return promise;
  }

  async function start(
    options: ServerOptions = {},
  ): Promise<{ server: GoipServer; address: Address; device: WireDevice }> {
    const parts = { clock, openStore: () => Promise.resolve(store) };
    const { server, address } = await settled(stage.server({ offlineAfter: 10 * HOURS, ...options }, parts));
    server.takeSms({ take: (received) => sms.push(received) });
    return { server, address, device: await stage.device(address) };
  }

  const keepalive = (device: WireDevice, count: number, { id, password }: Credentials = DEVICE): Promise<string> =>
    settled(device.askNew(`req:${count};id:${id};pass:${password};gsm_status:LOGIN;`));
  const receive = (device: WireDevice): Promise<string> =>
    settled(device.ask(`RECEIVE:1;id:${DEVICE.id};password:${DEVICE.password};srcnum:+1;msg:hello`));

  async function keysIn(prefix: string): Promise<string[]> {
    const keys: string[] = [];
    for await (const [key] of store.entries(prefix)) keys.push(key);
    return keys;
  }

  it('takes an SMS that is equal to an earlier one for new only after a restart of the device', async () => {
    const { device } = await start();
    await keepalive(device, 100);
    await receive(device);
    await clock.pass({ seconds: 11 * MINUTES });
    await keepalive(device, 122);
    assert.equal(await receive(device), 'RECEIVE 1 OK\n');
    assert.equal(sms.length, 1, 'a duplicate');
    await keepalive(device, 1);
    assert.equal(await receive(device), 'RECEIVE 1 OK\n');
    assert.equal(sms.length, 2, 'another SMS');
  });

  it('learns from the first keepalive of a run whether the device has restarted meanwhile', async () => {
    const { server, device } = await start();
    await keepalive(device, 100);
    await receive(device);
    await settled(server.stop());
    await clock.pass({ seconds: 11 * MINUTES });
    const { server: second, device: same } = await start();
    await keepalive(same, 122);
    await receive(same);
    assert.equal(sms.length, 1, 'a duplicate');
    await settled(second.stop());
    await clock.pass({ seconds: 2 * MINUTES });
    const { device: restarted } = await start();
    await keepalive(restarted, 2);
    await receive(restarted);
    assert.equal(sms.length, 2, 'another SMS');
  });

  it('brings a number that waits for its line to another one when the line goes offline', async () => {
    const limits = { pauseMin: 10 * HOURS };
    const devices = [{ ...DEVICE, limits }, OTHER];
    const { server, address, device: first } = await start({ devices, sticky: true, offlineAfter: 92 });
    const second = await stage.device(address);
    await keepalive(first, 1);
    await send(server, first, 1);
    await keepalive(second, 1, OTHER);
    const job = await settled(server.send({ to: '+1', text: 'again' }));
    await clock.pass({ seconds: 60 });
    assert.equal(second.waiting, 0, 'it waits for its line');
    await keepalive(second, 2, OTHER);
    await clock.pass({ seconds: 60 });
    assert.match(await settled(second.nextNew()), /^MSG /);
    assert.equal(job.total, 1);
  });

  for (const [kind, secondsBefore] of [
    ['online', 5],
    ['offline', 95],
  ] as const) {
    it(`reports a line that went ${kind} within the event delay before its server was replaced`, async () => {
      const options = { eventDelay: 10, offlineAfter: 92 };
      const { server, device } = await start(options);
      const told: string[] = [];
      const listen = (to: GoipServer): unknown => to.on('event', ({ event }) => event === kind && told.push(event));
      listen(server);
      await keepalive(device, 1);
      await clock.pass({ seconds: secondsBefore });
      await settled(server.stop());
      assert.deepEqual(told, []);
      const parts = { clock, openStore: () => Promise.resolve(store), predecessor: server };
      const next = stage.unstarted(options, parts);
      listen(next);
      await settled(next.start());
      await clock.pass({ seconds: 9 });
      assert.deepEqual(told, []);
      await clock.pass({ seconds: 60 });
      assert.deepEqual(told, [kind]);
    });
  }

  it('forgets what is too old soon after a start, but not at once', async () => {
    const { server, device } = await start();
    await keepalive(device, 1);
    await receive(device);
    await send(server, device, 1);
    await settled(server.stop());
    const kept = async (): Promise<number[]> =>
      Promise.all(['seen/', 'ended/'].map(async (prefix) => (await keysIn(prefix)).length));
    assert.deepEqual(await kept(), [1, 1]);
    await start({ retention: 1 / 24 / 60 });
    await clock.pass({ seconds: 50 });
    assert.deepEqual(await kept(), [1, 1], 'not while everything else starts');
    await clock.pass({ seconds: 30 });
    assert.deepEqual(await kept(), [0, 0]);
  });

  it('rejects the keepalive with the old password after a change, though it was accepted last', async () => {
    const { server, device } = await start();
    const wrong = { ...DEVICE, password: 'another' };
    assert.equal(await keepalive(device, 1), 'reg:1;status:0;');
    const parts = { clock, predecessor: server };
    await settled(server.stop());
    const next = await settled(stage.server({ devices: [wrong] }, parts));
    const again = await stage.device(next.address);
    assert.deepEqual(
      await settled(again.answersTo(`req:2;id:${DEVICE.id};pass:${DEVICE.password};gsm_status:LOGIN;`, wrong)),
      [],
    );
    assert.equal(next.server.dropped.unauthorized, 1);
    assert.equal(next.server.lines()[0]?.online, true);
  });

  /** Sends an SMS to +1 by the first number of a session. */
  async function send(server: GoipServer, device: WireDevice, telid: number): Promise<void> {
    const job = await settled(server.send({ to: '+1', text: 'hello' }));
    const [, sendid = ''] = (await settled(device.nextNew())).split(' ');
    await settled(device.askNew(`PASSWORD ${sendid}\n`));
    await settled(device.askNew(`SEND ${sendid}\n`));
    await settled(device.askNew(`OK ${sendid} ${telid}\n`));
    device.send(`DONE ${sendid}\n`);
    assert.equal((await settled(job.result)).sent, 1);
  }
});
