/** What a server takes over from the one that it replaces. */
import assert from 'node:assert/strict';
import { systemClock, type Clock } from '../../src/time/clock.js';
import type { GoipServer, LineState, ServerOptions } from '../../src/index.js';
import { DEVICE, Stage } from './stage.js';

const KEEPALIVE = `id:${DEVICE.id};pass:${DEVICE.password};num:+49151;signal:17;gsm_status:LOGIN;`;

describe('server: what it inherits', () => {
  const stage = new Stage();
  afterEach(() => stage.close());

  /** The state of the line in a server, and in the next one, which has not heard of the line. */
  async function before(options: ServerOptions = {}): Promise<{ server: GoipServer; state: LineState }> {
    const { server, address } = await stage.server(options);
    const device = await stage.device(address);
    await device.ask(`req:7;${KEEPALIVE}`);
    server.takeSms({ take: () => undefined });
    await device.ask(`RECEIVE:1;id:${DEVICE.id};password:${DEVICE.password};srcnum:+1;msg:hello`);
    const [state] = server.lines();
    assert(state);
    return { server, state };
  }

  /** Each row: a part of the state of a line, and what a new line has. */
  const NEW: Partial<LineState> = {
    online: false,
    since: null,
    lastSeen: null,
    address: null,
    port: null,
    number: null,
    signal: null,
    gsmStatus: null,
    counters: { received: 0, sent: 0, failed: 0, unknown: 0 },
    raw: {},
  };
  const names = Object.keys(NEW) as (keyof LineState)[];
  const rows = (state: LineState | undefined): unknown[] => names.map((name) => [name, state?.[name]]);

  it('is all that is known of its lines', async () => {
    const { server, state } = await before();
    const next = stage.unstarted({}, { predecessor: server });
    const [inherited] = next.lines();
    assert.deepEqual(rows(inherited), rows(state));
    // The test sees each of them: none is as in a new line.
    for (const name of names) assert.notDeepEqual(state[name], NEW[name], name);
  });

  for (const [what, options] of [
    ['a line whose password is another one', { devices: [{ ...DEVICE, password: 'another' }] }],
    ['any line, on another host', { host: '127.0.0.2' }],
    ['any line, on another port', { port: 1 }],
  ] as const) {
    it(`is nothing of ${what}`, async () => {
      const { server } = await before();
      const next = stage.unstarted(options, { predecessor: server });
      const [inherited] = next.lines();
      assert.deepEqual(
        rows(inherited),
        names.map((name) => [name, NEW[name]]),
      );
    });
  }

  it('is which reports have come, so that a duplicate is acked and is no event', async () => {
    const report = `STATE:7;id:${DEVICE.id};password:${DEVICE.password};gsm_remain_state:IDLE`;
    const { server, address } = await stage.server();
    const events: string[] = [];
    const kinds = ['state'] as const;
    const takeEvents = (from: GoipServer): unknown =>
      from.takeEvents({ kinds, wants: () => true, take: ({ event }) => events.push(event) });
    takeEvents(server);
    await (await stage.device(address)).ask(report);
    const next = await stage.server({}, { predecessor: server });
    takeEvents(next.server);
    assert.equal(await (await stage.device(next.address)).ask(report), 'STATE 7 OK\n');
    assert.deepEqual(events, ['state']);
  });

  it('is what was held for takers, and how much was dropped', async () => {
    const { server, address } = await stage.server();
    const device = await stage.registeredDevice(address);
    const isEvery = { wants: () => true, kinds: ['keepalive'] } as const;
    server.takeEvents({ ...isEvery, id: 'a', take: () => assert.fail('held') });
    server.takeStatuses('a', () => assert.fail('held'));
    server.hold();
    const job = await server.send({ to: '+1', text: 'hello', origin: 'a', context: 'mine' });
    job.on('status', ({ state }) => statuses.push(`listener ${state}`));
    const statuses: string[] = [];
    await device.nextNew();
    for (let count = 2; count <= 1003; count += 1)
      assert.match(await device.askNew(`req:${count};id:${DEVICE.id};pass:${DEVICE.password};`), /^reg:/);
    const next = stage.unstarted({}, { predecessor: server });
    next.hold();
    let events = 0;
    next.takeEvents({ ...isEvery, id: 'a', take: () => (events += 1) });
    next.takeStatuses('a', ({ state }, context) => statuses.push(`taker ${state} ${String(context)}`));
    next.release();
    assert.deepEqual(statuses, ['listener queued', 'taker queued mine']);
    assert.deepEqual([events, next.dropped.held], [1000, 2]);
  });

  it('is which ids of sessions were used, also if no time has passed and the journal is another one', async () => {
    const wall = Date.now();
    const clock: Clock = {
      now: () => systemClock.now(),
      wall: () => wall,
      after: (ms, callback) => systemClock.after(ms, callback),
      soon: (callback) => systemClock.soon(callback),
    };
    const { server, address } = await stage.server({}, { clock });
    const next = await stage.server({}, { clock, predecessor: server });
    const ids: number[] = [];
    for (const [from, to] of [
      [server, address],
      [next.server, next.address],
    ] as const) {
      const device = await stage.registeredDevice(to);
      await from.send({ to: '+1', text: 'hello' });
      ids.push(Number((await device.nextNew()).split(' ')[1]));
    }
    assert.equal(ids[1], (ids[0] ?? 0) + 1);
  });

  it('is not that a line was told to be online twice', async () => {
    const { server } = await before();
    await server.stop();
    const next = stage.unstarted({}, { predecessor: server });
    const told: string[] = [];
    next.on('event', ({ event }) => told.push(event));
    await next.start();
    assert.deepEqual(told, []);
  });
});
