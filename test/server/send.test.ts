import assert from 'node:assert/strict';
import { systemClock, type Clock } from '../../src/time/clock.js';
import type { GoipServer, Job, JobResult, ServerOptions, ServerParts } from '../../src/index.js';
import { DEVICE, nextEvent, Stage } from './stage.js';
import type { WireDevice } from './wire-device.js';

/** Fast where a test waits for a retransmission, patient where it must not come. */
const FAST: ServerOptions = { resendInterval: 0.03, queryInterval: 0.03 };

async function readSendid(device: WireDevice): Promise<number> {
  const match = /^MSG (\d+) /.exec(await device.nextNew());
  assert.ok(match, 'MSG was expected');
  return Number(match[1]);
}

/** Opens the session for the device: reads MSG, asks for the password, accepts it. Returns the sendid. */
async function openSession(device: WireDevice): Promise<number> {
  const sendid = await readSendid(device);
  assert.equal(await device.askNew(`PASSWORD ${sendid}\n`), `PASSWORD ${sendid} password1\n`);
  device.send(`SEND ${sendid}\n`);
  return sendid;
}

function statesOf(job: Job): string[] {
  const states: string[] = [];
  job.on('status', ({ state }) => states.push(state));
  return states;
}

const summary = ({ sent, failed, unknown }: JobResult): number[] => [sent, failed, unknown];

describe('server: bulk SMS', () => {
  const stage = new Stage();
  afterEach(() => stage.close());

  async function registered(
    options: ServerOptions = {},
    parts: ServerParts = {},
  ): Promise<{ server: GoipServer; device: WireDevice }> {
    const { server, address } = await stage.server(options, parts);
    return { server, device: await stage.registeredDevice(address) };
  }

  it('goes through a session byte for byte as devices do (protocol §4)', async () => {
    const { server, device } = await registered({ queryInterval: 0.03 });
    const job = await server.send({ to: '+8613800138000, +8613800138001', text: 'hello' });
    const states = statesOf(job);

    const request = await device.nextNew();
    const sendid = Number(/^MSG (\d+) 5 hello\n$/.exec(request)?.[1]);
    assert.ok(sendid > 0);
    assert.equal(await device.askNew(`PASSWORD ${sendid}\n`), `PASSWORD ${sendid} password1\n`);
    assert.equal(await device.askNew(`SEND ${sendid}\n`), `SEND ${sendid} 1 +8613800138000\n`);
    assert.equal(await device.askNew(`OK ${sendid} 1 160 \n`), `SEND ${sendid} 2 +8613800138001\n`);
    device.send(`WAIT ${sendid} 2\n`);
    assert.equal(await device.next(), `SEND ${sendid} 2 +8613800138001\n`, 'the status query');
    assert.equal(await device.askNew(`OK ${sendid} 2 161 \n`), `DONE ${sendid}\n`);
    device.send(`DONE ${sendid} \n`);

    const { id, results, ...totals } = await job.result;
    assert.equal(id, job.id);
    assert.deepEqual(totals, { ok: true, total: 2, sent: 2, failed: 0, unknown: 0, expired: 0, cancelled: 0 });
    assert.deepEqual(
      results.map(({ at, ...result }) => result),
      [160, 161].map((smsNo, index) => ({
        to: `+861380013800${index}`,
        state: 'sent',
        device: 'goipid1',
        code: null,
        reason: null,
        smsNo,
        errorstatus: null,
        attempts: 1,
        tried: [],
        parts: 1,
        encoding: 'GSM-7',
        delivery: null,
      })),
    );
    assert.deepEqual(states, ['queued', 'queued', 'submitted', 'sent', 'submitted', 'waiting', 'sent']);
    assert.equal(server.lines()[0]?.counters.sent, 2);
  });

  it('counts the length in bytes of UTF-8, and sends newlines as they are', async () => {
    const { server, device } = await registered();
    await server.send({ to: '10086', text: 'Grüße 🎉\n你好' });
    assert.match(await device.nextNew(), /^MSG \d+ 19 Grüße 🎉\n你好\n$/);
  });

  it('sends everything from the socket that it listens on', async () => {
    const { server, address } = await stage.server();
    const device = await stage.registeredDevice(address);
    await server.send({ to: '1', text: 'x' });
    assert.equal((await device.datagram()).from.port, address.port);
  });

  it('begins telids at a random number, so that a result cannot be forged by counting', async () => {
    const { server, device } = await registered({}, { firstTelid: undefined });
    const telids: number[] = [];
    for (const text of ['one', 'two']) {
      const job = await server.send({ to: '1, 2', text });
      const sendid = await openSession(device);
      for (const to of ['1', '2']) {
        const telid = Number(new RegExp(`^SEND ${sendid} (\\d+) ${to}\n$`).exec(await device.nextNew())?.[1]);
        telids.push(telid);
        for (let guess = 1; guess <= 40; guess += 1) device.send(`OK ${sendid} ${guess}\n`);
        assert.match(await device.askNew('STATE:1;id:goipid1;password:password1;gsm_remain_state:IDLE'), /^STATE/);
        device.send(`OK ${sendid} ${telid} 7\n`);
      }
      assert.equal(await device.nextNew(), `DONE ${sendid}\n`);
      device.send(`DONE ${sendid}\n`);
      assert.deepEqual(
        (await job.result).results.map(({ state, smsNo }) => [state, smsNo]),
        [
          ['sent', 7],
          ['sent', 7],
        ],
        'the device itself told the results',
      );
    }
    const [first = 0, second = 0, third = 0, fourth = 0] = telids;
    assert.deepEqual([second, fourth], [first + 1, third + 1]);
    assert.ok(first > 1000 && third > 1000 && first !== third, telids.join());
  });

  it('accepts session datagrams from no other address than the line has', async () => {
    const { server, address } = await stage.server();
    const device = await stage.registeredDevice(address);
    const stranger = await stage.device(address);
    const job = await server.send({ to: '1', text: 'x' });
    const sendid = await openSession(device);
    assert.equal(await device.nextNew(), `SEND ${sendid} 1 1\n`);
    stranger.send(`OK ${sendid} 1
`);
    // Its answer tells that the datagram before it has been dealt with.
    await stranger.ask('STATE:1;id:nobody;password:x;gsm_remain_state:IDLE');
    device.send(`ERROR ${sendid} 1 errorstatus:38\n`);
    const { results } = await job.result;
    assert.deepEqual([results[0]?.state, results[0]?.errorstatus], ['failed', 38]);
    assert.equal(server.dropped.foreign, 1);
  });

  it('reports an error of one number and goes on with the next', async () => {
    const { server, device } = await registered();
    const job = await server.send({ to: ['1', '2'], text: 'x' });
    const sendid = await openSession(device);
    assert.equal(await device.nextNew(), `SEND ${sendid} 1 1\n`);
    assert.equal(await device.askNew(`ERROR ${sendid} 1 errorstatus:1\n`), `SEND ${sendid} 2 2\n`);
    device.send(`OK ${sendid} 2\n`);
    const { results } = await job.result;
    assert.deepEqual(
      results.map(({ state, code, errorstatus }) => [state, code, errorstatus]),
      [
        ['failed', 'GOIP_SEND_FAILED', 1],
        ['sent', null, null],
      ],
    );
  });

  it('never sends the next number before the result of the one before, however often WAIT comes', async () => {
    const { server, device } = await registered({ statusQuery: 'never' });
    await server.send({ to: ['1', '2'], text: 'x' });
    const sendid = await openSession(device);
    assert.equal(await device.nextNew(), `SEND ${sendid} 1 1\n`);
    for (let copy = 0; copy < 3; copy += 1) {
      assert.deepEqual(await device.answersTo(`WAIT ${sendid} 1\n`, DEVICE), []);
    }
    assert.deepEqual(await device.answersTo(`OK ${sendid} 2\n`, DEVICE), []);
    assert.equal(await device.askNew(`OK ${sendid} 1\n`), `SEND ${sendid} 2 2\n`);
  });

  it('retransmits what gets no answer with the same ids, and then gives up: GOIP_TIMEOUT', async () => {
    const { server, device } = await registered({ resendInterval: 0.01, resendCount: 2 });
    const job = await server.send({ to: '1', text: 'x' });
    const first = await device.next();
    assert.deepEqual([await device.next(), await device.next()], [first, first]);
    const { results } = await job.result;
    assert.deepEqual([results[0]?.state, results[0]?.code], ['failed', 'GOIP_TIMEOUT']);
  });

  it('reports a number that was submitted and never answered as unknown, and does not send it again', async () => {
    let haste = 1;
    const after: Clock['after'] = (ms, callback) => systemClock.after(ms / haste, callback);
    const clock = { ...systemClock, after };
    const { server, device } = await registered({ resendInterval: 1, resendCount: 2 }, { clock });
    const job = await server.send({ to: '1', text: 'x' });
    const sendid = await openSession(device);
    haste = 100;
    const send = `SEND ${sendid} 1 1\n`;
    assert.deepEqual([await device.nextNew(), await device.next(), await device.next()], [send, send, send]);
    assert.equal(await device.nextNew(), `DONE ${sendid}\n`);
    const { results, unknown } = await job.result;
    assert.equal(unknown, 1);
    assert.equal(results[0]?.code, 'GOIP_TIMEOUT');
  });

  it('fails with GOIP_AUTH where the device refuses the password, and ends the session with DONE', async () => {
    const { server, device } = await registered();
    const job = await server.send({ to: ['1', '2'], text: 'x' });
    const sendid = await readSendid(device);
    await device.askNew(`PASSWORD ${sendid}\n`);
    assert.equal(await device.askNew(`ERROR ${sendid} PASSWORD\n`), `DONE ${sendid}\n`);
    device.send(`DONE ${sendid}\n`);
    const { results } = await job.result;
    assert.deepEqual(
      results.map(({ code }) => code),
      ['GOIP_AUTH', 'GOIP_AUTH'],
    );
    assert.ok(!JSON.stringify(results).includes(DEVICE.password));
  });

  it('tries again later, with a higher sendid, when the device has too many sessions', async () => {
    const { server, device } = await registered(FAST);
    const job = await server.send({ to: '1', text: 'x' });
    const first = await readSendid(device);
    assert.equal(await device.askNew(`ERROR ${first} too_many_sends_in_server\n`), `DONE ${first}\n`);
    const second = await openSession(device);
    assert.ok(second > first);
    assert.equal(await device.nextNew(), `SEND ${second} 1 1\n`);
    device.send(`OK ${second} 1\n`);
    assert.deepEqual(summary(await job.result), [1, 0, 0]);
  });

  it('goes on in a new session when the device lost the old one; the number in hand is unknown', async () => {
    const { server, device } = await registered(FAST);
    const job = await server.send({ to: ['1', '2', '3'], text: 'x' });
    const first = await openSession(device);
    assert.equal(await device.nextNew(), `SEND ${first} 1 1\n`);
    assert.equal(await device.askNew(`OK ${first} 1\n`), `SEND ${first} 2 2\n`);
    assert.equal(await device.askNew(`ERROR ${first} SENDID\n`), `DONE ${first}\n`);
    const second = await openSession(device);
    assert.ok(second > first);
    assert.equal(await device.nextNew(), `SEND ${second} 1 3\n`);
    device.send(`OK ${second} 1\n`);
    const { results } = await job.result;
    assert.deepEqual(
      results.map(({ to, state }) => [to, state]),
      [
        ['1', 'sent'],
        ['2', 'unknown'],
        ['3', 'sent'],
      ],
    );
  });

  it('notices by the keepalive that the device restarted, and goes on at its new address', async () => {
    const { server, address } = await stage.server(FAST);
    const before = await stage.device(address);
    await before.askNew('req:20;id:goipid1;pass:password1;');
    const job = await server.send({ to: ['1', '2'], text: 'x' });
    const first = await openSession(before);
    assert.equal(await before.nextNew(), `SEND ${first} 1 1\n`);

    const after = await stage.device(address);
    after.send('req:1;id:goipid1;pass:password1;');
    const came = [await after.nextNew(), await after.nextNew()];
    assert.ok(came.includes('reg:1;status:0;') && came.includes(`DONE ${first}\n`), JSON.stringify(came));
    const second = await openSession(after);
    assert.equal(await after.nextNew(), `SEND ${second} 1 2\n`);
    after.send(`OK ${second} 1\n`);
    assert.deepEqual(summary(await job.result), [1, 0, 1]);
  });

  it('parks a line without network, and goes on when a keepalive says LOGIN', async () => {
    const { server, device } = await registered(FAST);
    const job = await server.send({ to: ['1', '2'], text: 'x' });
    const first = await openSession(device);
    assert.equal(await device.nextNew(), `SEND ${first} 1 1\n`);
    assert.equal(await device.askNew(`ERROR ${first} GSM_LOGOUT\n`), `DONE ${first}\n`);
    device.send(`DONE ${first}\n`);
    assert.equal(await device.askNew('req:2;id:goipid1;pass:password1;gsm_status:LOGOUT;'), 'reg:2;status:0;');
    device.send('req:3;id:goipid1;pass:password1;gsm_status:LOGIN;');
    assert.equal(await device.nextNew(), 'reg:3;status:0;');
    const second = await openSession(device);
    assert.equal(await device.nextNew(), `SEND ${second} 1 2\n`);
    device.send(`OK ${second} 1\n`);
    const { results } = await job.result;
    assert.deepEqual(
      results.map(({ state, code }) => [state, code]),
      [
        ['failed', 'GOIP_GSM_LOGOUT'],
        ['sent', null],
      ],
    );
  });

  it('waits for lines that were not heard of yet, and lets the job expire if none comes in time', async () => {
    const { server, address } = await stage.server();
    await server.send({ to: '1', text: 'x' });
    const device = await stage.registeredDevice(address);
    assert.match(await device.nextNew(), /^MSG /);
    const other = await stage.server({ offlineAfter: 0.5 });
    const lost = await other.server.send({ to: '1', text: 'x', expire: 0.02 });
    const { results, expired } = await lost.result;
    assert.deepEqual([expired, results[0]?.state, results[0]?.code], [1, 'expired', 'GOIP_EXPIRED']);
  });

  it('refuses at once what would go to a line that is known to be offline', async () => {
    const { server, address } = await stage.server({ offlineAfter: 0.03 });
    const offline = nextEvent(server, 'offline');
    await stage.registeredDevice(address);
    await offline;
    await assert.rejects(server.send({ to: '1', text: 'x' }), { code: 'GOIP_OFFLINE' });
  });

  it('ends its sessions with DONE when it stops; what was in hand is unknown, what was not submitted fails', async () => {
    const { server, device } = await registered();
    const job = await server.send({ to: ['1', '2'], text: 'x' });
    const sendid = await openSession(device);
    assert.equal(await device.nextNew(), `SEND ${sendid} 1 1\n`);
    await server.stop();
    assert.equal(await device.nextNew(), `DONE ${sendid}\n`);
    const { results } = await job.result;
    assert.deepEqual(
      results.map(({ state, code }) => [state, code]),
      [
        ['unknown', 'GOIP_CLOSED'],
        ['failed', 'GOIP_CLOSED'],
      ],
    );
    await assert.rejects(server.send({ to: '1', text: 'x' }), { code: 'GOIP_CLOSED' });
  });

  it('waits when it stops for an SMS that a device has in hand', async () => {
    const { server, device } = await registered();
    const job = await server.send({ to: ['1', '2'], text: 'x' });
    const sendid = await openSession(device);
    assert.equal(await device.nextNew(), `SEND ${sendid} 1 1\n`);
    const stopped = server.stop({ graceSeconds: 10 });
    assert.equal(await device.askNew(`OK ${sendid} 1\n`), `DONE ${sendid}\n`);
    device.send(`DONE ${sendid}\n`);
    await stopped;
    assert.deepEqual(summary(await job.result), [1, 1, 0]);
  });

  it('gives an any-line job to all lines that are free', async () => {
    const devices = ['a', 'b'].map((id) => ({ id, password: 'password1' }));
    const { server, address } = await stage.server({ devices });
    const [one, two] = [await stage.device(address), await stage.device(address)];
    await one.askNew('req:1;id:a;pass:password1;');
    await two.askNew('req:1;id:b;pass:password1;');
    await server.send({ to: ['1', '2', '3'], text: 'x' });
    const ids = [await openSession(one), await openSession(two)];
    assert.equal(new Set(ids).size, 2);
    const first = [await one.nextNew(), await two.nextNew()];
    assert.deepEqual(first, [`SEND ${ids[0] ?? 0} 1 1\n`, `SEND ${ids[1] ?? 0} 1 2\n`]);
  });

  it('opens one session per line by default, and the jobs of a line go out one after the other', async () => {
    const { server, device } = await registered();
    await server.send({ to: '1', text: 'one' });
    const second = await server.send({ to: '2', text: 'two', device: 'goipid1' });
    const first = await openSession(device);
    assert.equal(await device.nextNew(), `SEND ${first} 1 1\n`);
    assert.deepEqual(server.lines()[0]?.queue, { waiting: 1, sending: 1 });
    assert.equal(await device.askNew(`OK ${first} 1\n`), `DONE ${first}\n`);
    device.send(`DONE ${first}\n`);
    assert.match(await device.nextNew(), /^MSG \d+ 3 two\n$/);
    assert.equal(second.total, 1);
  });
});
