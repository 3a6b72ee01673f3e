import assert from 'node:assert/strict';
import { once } from 'node:events';
import { systemClock, type Clock } from '../../src/time/clock.js';
import type { ServerOptions, ServerParts, Sms } from '../../src/index.js';
import { BRACKETS, CYRILLIC, EMOJI, LATIN, partsOf, textOf } from '../inbox/long-sms.js';
import { Disk } from '../journal/disk.js';
import { DEVICE, nextSms, Stage } from './stage.js';
import type { WireDevice } from './wire-device.js';

/** Seconds; no other time of a server is as long. */
const WAIT = 77;

/** The real clock, but {@link WAIT} is over when the test says so. */
class WaitingClock implements Clock {
  readonly #waits = new Set<() => void>();

  now(): number {
    return systemClock.now();
  }

  soon(callback: () => void): void {
    systemClock.soon(callback);
  }

  after(ms: number, callback: () => void): () => void {
    if (ms !== WAIT * 1000) return systemClock.after(ms, callback);
    this.#waits.add(callback);
    return () => this.#waits.delete(callback);
  }

  get waiting(): number {
    return this.#waits.size;
  }

  endWait(): void {
    for (const callback of [...this.#waits]) if (this.#waits.delete(callback)) callback();
  }
}

const LONG = textOf(LATIN, 400);
const [ONE = '', TWO = '', THREE = ''] = partsOf(LONG);

async function receive(device: WireDevice, recvid: string, text: string): Promise<void> {
  const ack = await device.ask(`RECEIVE:${recvid};id:goipid1;password:password1;srcnum:+1;msg:${text}`);
  assert.equal(ack, `RECEIVE ${recvid} OK\n`);
}

const shown = ({ text, recvid, parts, redelivered }: Sms) => ({ text, recvid, parts, redelivered });

describe('server: long SMS that come in parts', () => {
  const stage = new Stage();
  afterEach(() => stage.close());

  async function scene(options: ServerOptions = {}, parts: ServerParts = {}) {
    const clock = new WaitingClock();
    const { server, address } = await stage.server({ joinParts: WAIT, ...options }, { clock, ...parts });
    const taken: Sms[] = [];
    server.on('sms', (sms) => taken.push(sms));
    return { clock, server, taken, device: await stage.device(address) };
  }

  it('are joined to the character that was cut in two', async () => {
    const { taken, device } = await scene();
    const half = (recvid: string, before: string, bytes: readonly number[], after: string): Buffer =>
      Buffer.concat([
        Buffer.from(`RECEIVE:${recvid};id:goipid1;password:password1;srcnum:+1;msg:${before}`),
        Buffer.from(bytes),
        Buffer.from(after),
      ]);
    const beginning = 'ж'.repeat(66);
    device.send(half('21', beginning, [0xed, 0xa0, 0xbd], ''));
    assert.equal(await device.next(), 'RECEIVE 21 OK\n');
    device.send(half('22', '', [0xed, 0xb8, 0x83], ' end'));
    assert.equal(await device.next(), 'RECEIVE 22 OK\n');
    assert.deepEqual(taken.map(shown), [
      { text: `${beginning}\u{1f603} end`, recvid: '21', parts: ['21', '22'], redelivered: undefined },
    ]);
  });

  it('are acked part by part and delivered as one; others do not wait', async () => {
    const { clock, server, taken, device } = await scene();
    await receive(device, '11', ONE);
    await receive(device, '12', TWO);
    await receive(device, '12', TWO);
    const other = 'RECEIVE:13;id:goipid1;password:password1;srcnum:INFO;msg:ordinary';
    assert.equal(await device.ask(other), 'RECEIVE 13 OK\n');
    await receive(device, '14', THREE);
    await receive(device, '15', 'the next');
    assert.deepEqual(taken.map(shown), [
      { text: 'ordinary', recvid: '13', parts: undefined, redelivered: undefined },
      { text: LONG, recvid: '11', parts: ['11', '12', '14'], redelivered: undefined },
      { text: 'the next', recvid: '15', parts: undefined, redelivered: undefined },
    ]);
    assert.equal(server.lines()[0]?.counters.received, 5, 'of the air');
    assert.equal(clock.waiting, 0);
  });

  for (const [what, text] of Object.entries({
    LATIN: textOf(LATIN, 1000),
    BRACKETS: textOf(BRACKETS, 400),
    CYRILLIC: textOf(CYRILLIC, 400),
    EMOJI: textOf(EMOJI, 400),
  })) {
    it(`arrive to the last byte, from a gateway: ${what}`, async () => {
      const { server, address } = await stage.server({ joinParts: WAIT }, { clock: new WaitingClock() });
      const texts: string[] = [];
      server.on('sms', (sms) => texts.push(sms.text));
      const gateway = await stage.gateway(address, { lines: [DEVICE] });
      for (const part of partsOf(text)) await gateway.line(DEVICE.id).receiveSms({ from: '+1', text: part });
      await gateway.line(DEVICE.id).receiveSms({ from: '+1', text: 'the next' });
      assert.deepEqual(texts, [text, 'the next']);
    });
  }

  it('are delivered as they are when the wait is over', async () => {
    const { clock, taken, device } = await scene();
    await receive(device, '1', ONE);
    await receive(device, '2', TWO);
    assert.deepEqual(taken, []);
    clock.endWait();
    assert.deepEqual(taken.map(shown), [{ text: ONE + TWO, recvid: '1', parts: ['1', '2'], redelivered: undefined }]);
    await receive(device, '3', THREE);
    assert.deepEqual(
      taken.slice(1).map(({ text }) => text),
      [THREE],
    );
  });

  it('are delivered by themselves as they are, by the real clock', async () => {
    const { server, address } = await stage.server({ joinParts: 0.05 });
    const device = await stage.device(address);
    const arrived = nextSms(server);
    await receive(device, '1', ONE);
    assert.equal((await arrived).text, ONE);
  });

  it('are delivered one by one where nobody wants them joined', async () => {
    const { taken, device } = await scene({ joinParts: undefined });
    for (const [index, part] of [ONE, TWO, THREE].entries()) await receive(device, String(index), part);
    assert.deepEqual(
      taken.map(({ text, parts }) => [text, parts]),
      [ONE, TWO, THREE].map((text) => [text, undefined]),
    );
  });

  it('are held while nobody takes SMS', async () => {
    const { server, address } = await stage.server({ joinParts: WAIT }, { clock: new WaitingClock() });
    const device = await stage.device(address);
    for (const [index, part] of [ONE, TWO, THREE].entries()) await receive(device, String(index), part);
    const arrived = nextSms(server);
    assert.deepEqual(shown(await arrived), { text: LONG, recvid: '0', parts: ['0', '1', '2'], redelivered: true });
  });

  it('that are there are delivered before the server stops, where nothing is kept', async () => {
    const { clock, server, taken, device } = await scene();
    await receive(device, '1', ONE);
    await receive(device, '2', TWO);
    await server.stop();
    assert.deepEqual(
      taken.map(({ text }) => text),
      [ONE + TWO],
    );
    assert.equal(clock.waiting, 0);
  });

  it('stay in the journal when the server stops, and come as they are where the next one joins nothing', async () => {
    const disk = new Disk();
    const { clock, server, taken, device } = await scene({}, { openStore: disk.open });
    await receive(device, '1', ONE);
    await receive(device, '2', TWO);
    await server.stop();
    assert.deepEqual([taken, clock.waiting], [[], 0]);
    const next = stage.unstarted({}, { openStore: disk.open });
    const later: Sms[] = [];
    next.on('sms', (sms) => later.push(sms));
    await next.start();
    assert.deepEqual(later.map(shown), [
      { text: ONE, recvid: '1', parts: undefined, redelivered: true },
      { text: TWO, recvid: '2', parts: undefined, redelivered: true },
    ]);
  });

  it('are joined over a crash', async () => {
    const disk = new Disk();
    const lives = await stage.lives(disk, { joinParts: WAIT });
    const taken: Sms[] = [];
    const take = (sms: Sms): void => void taken.push(sms);
    await lives.begin(take, { clock: new WaitingClock() });
    const device = await stage.device(lives.address);
    await receive(device, '1', ONE);
    await receive(device, '2', TWO);
    const server = await lives.crashAndBegin(take, { clock: new WaitingClock() });
    await receive(device, '2', TWO);
    assert.deepEqual(taken, []);
    const arrived = once(server, 'sms');
    await receive(device, '3', THREE);
    await arrived;
    assert.deepEqual(taken.map(shown), [{ text: LONG, recvid: '1', parts: ['1', '2', '3'], redelivered: true }]);
  });
});
