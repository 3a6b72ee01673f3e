import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  systemClock,
  type Clock,
  type GoipEvent,
  type GoipServer,
  type Job,
  type LineState,
  type RecipientStatus,
  type ServerOptions,
} from '../../src/index.js';
import { makeLines, type GoipSimulator, type SimulatorOptions } from '../../src/simulator/index.js';
import { Disk } from '../outbox/disk.js';
import { DEVICE, Stage } from './stage.js';

/** Times are a hundredth of those in the field. */
const SERVER: ServerOptions = { resendInterval: 0.05, queryInterval: 0.03, sessionIdle: 0.9 };
const GATEWAY: Partial<SimulatorOptions> = { lineTime: 0.03, keepaliveInterval: 0.3, smsNo: true };

const numbers = (count: number): string[] => Array.from({ length: count }, (_, index) => `+49171${index + 1000000}`);

/** All events of a server, and all steps of a job. */
function eventsOf(server: GoipServer): GoipEvent[] {
  const events: GoipEvent[] = [];
  server.on('event', (event) => events.push(event));
  return events;
}

function statusesOf(job: Job): RecipientStatus[] {
  const statuses: RecipientStatus[] = [];
  job.on('status', (status) => statuses.push(status));
  return statuses;
}

describe('server: many lines', () => {
  const stage = new Stage();
  afterEach(() => stage.close());

  async function site(
    lines: SimulatorOptions['lines'],
    options: ServerOptions = {},
    gateway: Partial<SimulatorOptions> = {},
  ): Promise<{ server: GoipServer; gateway: GoipSimulator }> {
    const devices = lines.map(({ id, password }) => ({ id, password }));
    const { server, address } = await stage.server({ ...SERVER, devices, ...options });
    return { server, gateway: await stage.gateway(address, { ...GATEWAY, lines, ...gateway }) };
  }

  it('states of thousands of lines are made in several turns of the event loop, those of a few at once', async () => {
    const devices = Array.from({ length: 1600 }, (_, index) => ({ id: `line-${index + 1}`, password: 'secret' }));
    const turns: (() => void)[] = [];
    let isByHand = true;
    const clock: Clock = {
      ...systemClock,
      soon: (callback) => (isByHand ? turns.push(callback) : systemClock.soon(callback)),
    };
    const server = stage.unstarted({ devices }, { clock });
    let states: readonly LineState[] | undefined;
    const made = server.linesInTurns().then((lines) => (states = lines));
    for (let turn = 1; turn <= 3; turn += 1) {
      await nextTurn();
      assert.equal(states, undefined, `after ${turn} turns`);
      turns.shift()?.();
    }
    await made;
    assert.deepEqual(states, server.lines());
    isByHand = false;
    turns.shift()?.();
    const few = await server.linesInTurns(['line-7', 'unknown', 'line-3']);
    assert.deepEqual(
      few.map(({ device }) => device),
      ['line-7', 'line-3'],
    );
  });

  it('diagnostics of hundreds of lines are made in several turns of the event loop, and say the same', async () => {
    const devices = Array.from({ length: 250 }, (_, index) => ({ id: `line-${index + 1}`, password: 'secret' }));
    let turns = 0;
    const clock: Clock = {
      ...systemClock,
      now: () => 0,
      soon: (callback) => {
        turns += 1;
        systemClock.soon(callback);
      },
    };
    const server = stage.unstarted({ devices }, { clock });
    const made = await server.diagnosticsInTurns();
    assert.deepEqual(made, server.diagnostics());
    assert.equal(turns, 3);
  });

  it('a blocked SIM: its numbers go out on other lines, and it is set aside', async () => {
    const [blocked, ...others] = makeLines({ count: 3, password: 'secret' });
    assert.ok(blocked);
    const { server, gateway } = await site([{ ...blocked, blocked: true, blockedErrorstatus: 8 }, ...others]);
    const events = eventsOf(server);
    const { results, ok } = await (await server.send({ to: numbers(40), text: 'hello' })).result;
    assert.equal(ok, true);
    assert.equal(gateway.onAir.length, 40);
    const refused = results.filter(({ tried }) => tried.length > 0);
    assert.equal(refused.length, 3, 'then it is left alone');
    for (const { device, tried, attempts } of refused) {
      assert.notEqual(device, blocked.id);
      assert.equal(attempts, 2);
      assert.deepEqual(
        tried.map((attempt) => [attempt.device, attempt.code, attempt.errorstatus, attempt.reason]),
        [[blocked.id, 'GOIP_SEND_FAILED', 8, 'barred by the operator (errorstatus 8)']],
      );
    }
    const failing = events.filter(({ event }) => event === 'line-failing');
    assert.deepEqual(
      failing.map(({ device, payload }) => [device, (payload as LineState).failing]),
      [[blocked.id, true]],
    );
    assert.deepEqual(
      server.lines().map((line) => line.failing),
      [true, false, false],
    );
  });

  it('delivery reports before the OK of their SMS: the job ends with them', async () => {
    const { server } = await site(
      makeLines({ count: 2, password: 'secret' }),
      {},
      {
        deliveryReports: true,
        deliveryFirst: true,
        deliveryInterval: 0.03,
        deliveryState: (to) => (to.endsWith('1') ? [48, 0] : to.endsWith('2') ? 70 : 0),
      },
    );
    const job = await server.send({ to: numbers(4), text: 'hello', waitForReport: 5 });
    const statuses = statusesOf(job);
    const { results } = await job.result;
    assert.deepEqual(
      results.map(({ state, delivery }) => [state, delivery?.state, delivery?.status]),
      [
        ['sent', 'delivered', 0],
        ['sent', 'delivered', 0],
        ['sent', 'undelivered', 70],
        ['sent', 'delivered', 0],
      ],
    );
    const steps = statuses.filter(({ to }) => to === numbers(2)[1]).map(({ state }) => state);
    assert.deepEqual(steps.slice(-3), ['sent', 'delivery-pending', 'delivered']);
  });

  it('groups work side by side, and an urgent SMS overtakes at the next number', async () => {
    const lines = makeLines({ count: 4, password: 'secret' });
    const devices = lines.map(({ id, password }, index) => ({ id, password, group: index < 2 ? 'north' : 'south' }));
    const { server, gateway } = await site(lines, { devices, routes: [{ prefix: '+44', device: 'south' }] });
    const bulk = await server.send({ to: numbers(60), text: 'bulk', device: 'north' });
    await gateway.whenOnAir(10);
    const urgent = await server.send({ to: '+49301', text: 'now', device: 'north', priority: 'high' });
    const before = gateway.onAir.length;
    const routed = await server.send({ to: '+44201', text: 'hello' });
    await urgent.result;
    const place = gateway.onAir.findIndex(({ text }) => text === 'now');
    const overtaken = gateway.onAir.slice(before, place).filter(({ text }) => text === 'bulk').length;
    assert.ok(overtaken <= 2 + 1, `${overtaken} SMS of the bulk job went out before it`);
    const [result] = (await routed.result).results;
    assert.ok(['goip-03', 'goip-04'].includes(result?.device ?? ''));
    assert.equal((await bulk.result).ok, true);
    const ofBulk = new Set((await bulk.result).results.map(({ device }) => device));
    assert.deepEqual([...ofBulk].sort(), ['goip-01', 'goip-02']);
  });

  it('tells that a limit is reached, with the line as it is then', async () => {
    const { server, gateway } = await site(makeLines({ count: 1, password: 'secret' }), { dayLimit: 3 });
    const told = new Promise<GoipEvent>((resolve) =>
      server.on('event', (event) => event.event === 'limit-reached' && resolve(event)),
    );
    await server.send({ to: numbers(5), text: 'hello' });
    const { device, payload } = await told;
    const { usage, hold } = payload as LineState;
    assert.deepEqual([device, usage.day, hold?.reason], ['goip-01', 3, 'day-limit']);
    await gateway.whenOnAir(3);
    assert.equal(server.lines()[0]?.queue.waiting, 2);
  });
});

describe('server: copies of a delivery report', () => {
  const stage = new Stage();
  afterEach(() => stage.close());

  it('that come while the first is being saved are acked when it is, and told once', async () => {
    const disk = new Disk();
    const { server, address } = await stage.server({ devices: [DEVICE] }, { openStore: disk.storeFor(() => true) });
    const device = await stage.registeredDevice(address);
    const job = await server.send({ to: '+4917112345', text: 'hello' });
    const statuses = statusesOf(job);
    const [, sendid = ''] = (await device.nextNew()).split(' ');
    await device.askNew(`PASSWORD ${sendid}\n`);
    await device.askNew(`SEND ${sendid}\n`);
    await device.askNew(`OK ${sendid} 1 7\n`);
    device.send(`DONE ${sendid}\n`);
    await job.result;
    // On a busy machine, copies of DONE are under way.
    await device.answersTo('', DEVICE);

    const events = eventsOf(server);
    let letGo = (): void => undefined;
    disk.delay = () => new Promise<void>((resolve) => (letGo = resolve));
    const report = `DELIVER:9;id:${DEVICE.id};password:${DEVICE.password};sms_no:7;state:0;num:+4917112345\n`;
    const isBegun = new Promise<void>((resolve) => (disk.onStep = (what) => what.includes('report/') && resolve()));
    device.send(report);
    await isBegun;
    assert.deepEqual(await device.answersTo(report, DEVICE), [], 'nothing is acked yet');
    disk.delay = () => undefined;
    letGo();
    assert.equal(await device.next(), 'DELIVER 9 OK\n');
    assert.equal(await device.next(), 'DELIVER 9 OK\n');
    assert.deepEqual(await device.answersTo(report, DEVICE), ['DELIVER 9 OK\n'], 'and so is a later one');
    assert.equal(events.filter(({ event }) => event === 'deliver').length, 1);
    assert.equal(statuses.filter(({ state }) => state === 'delivered').length, 1);
  });
});
