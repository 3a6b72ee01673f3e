import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import type { GoipServer, Job, RecipientStatus, Sms } from '../../src/index.js';
import { DEVICE, Stage } from './stage.js';
import type { WireDevice } from './wire-device.js';

describe('server whose listeners throw', () => {
  let stage: Stage;
  let server: GoipServer;
  let device: WireDevice;
  let faults: Error[];
  beforeEach(async () => {
    stage = new Stage();
    const started = await stage.server();
    server = started.server;
    faults = [];
    server.on('fault', (error) => faults.push(error));
    device = await stage.registeredDevice(started.address);
  });
  afterEach(() => stage.close());

  const thrower =
    (what: string): (() => never) =>
    () => {
      throw new Error(what);
    };
  const messages = (): string[] => faults.map(({ message }) => message);

  /** Plays the device of a job with one number, which is sent. */
  async function play(job: Job): Promise<void> {
    const [, sendid = ''] = (await device.nextNew()).split(' ');
    await device.askNew(`PASSWORD ${sendid}\n`);
    await device.askNew(`SEND ${sendid}\n`);
    device.send(`WAIT ${sendid} 1\n`);
    const done = device.askNew(`OK ${sendid} 1 7\n`);
    assert.equal(await done, `DONE ${sendid}\n`);
    device.send(`DONE ${sendid}\n`);
    await job.result;
  }

  it('sends an SMS though each status makes the first listener throw, and the others hear all', async () => {
    const job = await server.send({ to: '+1', text: 'hello' });
    const states: string[] = [];
    job.on('status', thrower('thrown by a status listener'));
    job.on('status', ({ state }: RecipientStatus) => states.push(state));
    await play(job);
    assert.equal((await job.result).sent, 1);
    assert.deepEqual(states, ['queued', 'submitted', 'waiting', 'sent']);
    assert.deepEqual(messages(), ['thrown by a status listener'], 'reported once');
    const next = await server.send({ to: '+2', text: 'hello' });
    await play(next);
    assert.equal((await next.result).sent, 1);
  });

  it('sends an SMS though a listener returns a promise that is rejected', async () => {
    const job = await server.send({ to: '+1', text: 'hello' });
    const rejecting: (status: RecipientStatus) => unknown = () =>
      Promise.reject(new Error('rejected by a status listener'));
    job.on('status', rejecting);
    await play(job);
    await turn();
    assert.deepEqual(messages(), ['rejected by a status listener']);
  });

  it('acks and delivers SMS though one taker throws', async () => {
    const taken: Sms[] = [];
    server.takeSms({ take: thrower('thrown by a taker') });
    server.takeSms({ take: (sms) => taken.push(sms) });
    const receive = (recvid: number): string =>
      `RECEIVE:${recvid};id:${DEVICE.id};password:${DEVICE.password};srcnum:+1;msg:hello`;
    assert.equal(await device.ask(receive(1)), 'RECEIVE 1 OK\n');
    assert.equal(await device.ask(receive(2)), 'RECEIVE 2 OK\n');
    assert.deepEqual(
      taken.map(({ recvid }) => recvid),
      ['1', '2'],
    );
    assert.deepEqual(messages(), ['thrown by a taker']);
  });

  it('acks keepalives though takers and listeners of events throw', async () => {
    server.takeEvents({ wants: thrower('thrown by wants'), take: () => undefined });
    server.takeEvents({ wants: () => true, take: thrower('thrown by take') });
    server.on('event', thrower('thrown by a listener'));
    for (let count = 2; count < 5; count += 1)
      assert.equal(await device.ask(`req:${count};id:${DEVICE.id};pass:${DEVICE.password};`), `reg:${count};status:0;`);
    assert.deepEqual(messages().sort(), ['thrown by a listener', 'thrown by take', 'thrown by wants']);
  });

  it('takes a delivery report though who asked for the job throws', async () => {
    const job = await server.send({ to: '+1', text: 'hello', origin: 'program' });
    await play(job);
    server.takeReports('program', thrower('thrown by a taker of reports'));
    const report = `DELIVER:9;id:${DEVICE.id};password:${DEVICE.password};sms_no:7;state:0;num:+1\n`;
    assert.equal(await device.ask(report), 'DELIVER 9 OK\n');
    assert.deepEqual(messages(), ['thrown by a taker of reports']);
  });

  it('offers jobs and statuses to an owner that throws', async () => {
    server.takeJobs('program', thrower('thrown by an owner'));
    server.takeStatuses('program', thrower('thrown by a taker of statuses'));
    const job = await server.send({ to: '+1', text: 'hello', origin: 'program' });
    await play(job);
    assert.equal((await job.result).sent, 1);
    server.hold();
    server.release();
    assert.deepEqual(messages().sort(), ['thrown by a taker of statuses', 'thrown by an owner']);
  });

  it('reports what is thrown, whatever it is, and what throws while it is reported', async () => {
    server.on('fault', thrower('thrown by a listener of faults'));
    server.takeEvents({
      wants: () => true,
      take: () => {
        // eslint-disable-next-line @typescript-eslint/only-throw-error -- anything can be thrown
        throw null;
      },
    });
    const warned = once(process, 'warning') as Promise<[Error]>;
    await device.ask(`req:2;id:${DEVICE.id};pass:${DEVICE.password};`);
    assert.deepEqual(messages(), ['object was thrown']);
    assert.equal((await warned)[0].message, 'thrown by a listener of faults');
  });

  it('warns the process if nobody listens for faults', async () => {
    server.removeAllListeners('fault');
    server.on('event', thrower('thrown and nobody listens'));
    const warned = once(process, 'warning') as Promise<[Error & { code?: string }]>;
    await device.ask(`req:2;id:${DEVICE.id};pass:${DEVICE.password};`);
    const [{ message, name, code }] = await warned;
    assert.deepEqual([name, code, message], ['GoipWarning', 'GOIP_FAULT', 'thrown and nobody listens']);
  });
});
