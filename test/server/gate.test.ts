import assert from 'node:assert/strict';
import type { GoipEvent, GoipServer, ServerOptions } from '../../src/index.js';
import { MemoryStore } from '../../src/journal/memory-store.js';
import { ERROR_ANSWERS, FAILURES_FORGIVEN, GUESSES_FORGIVEN } from '../../src/parameters.js';
import { DEVICE, nextEvent, Stage } from './stage.js';

const KEEPALIVE = `req:7;id:${DEVICE.id};pass:${DEVICE.password};`;
const ACK = 'reg:7;status:0;';
const SISTER = { id: 'goipid2', password: 'password2' };

const receive = (recvid: string, password: string): string =>
  `RECEIVE:${recvid};id:${DEVICE.id};password:${password};srcnum:+1;msg:hello`;

/** All `rejected` events from now on. */
function rejectionsOf(server: GoipServer): GoipEvent[] {
  const events: GoipEvent[] = [];
  server.on('event', (event) => event.event === 'rejected' && events.push(event));
  return events;
}

describe('server: who may talk', () => {
  const stage = new Stage();
  afterEach(() => stage.close());

  for (const [whose, options] of [
    ['server', { allow: ['127.0.0.2'] }],
    ['device', { devices: [{ ...DEVICE, allow: ['127.0.0.2'] }] }],
  ] as const satisfies readonly (readonly [string, ServerOptions])[]) {
    it(`hears only those of the allow list of the ${whose}, and tells of the others`, async () => {
      const { server, address } = await stage.server(options);
      const refused = await stage.device(address, '127.0.0.3');
      const rejected = nextEvent(server, 'rejected');
      refused.send(KEEPALIVE);
      const { payload } = await rejected;
      assert.deepEqual(
        { ...payload, since: '', lastSeen: '' },
        {
          id: whose === 'server' ? '' : DEVICE.id,
          address: '127.0.0.3',
          port: refused.port,
          reason: 'address not allowed',
          count: 1,
          since: '',
          lastSeen: '',
        },
      );
      assert.deepEqual(server.rejected, [payload]);
      assert.equal(server.dropped.unauthorized, 1);
      assert.equal(server.lines()[0]?.online, false);
      const allowed = await stage.device(address, '127.0.0.2');
      assert.equal(await allowed.ask(KEEPALIVE), ACK);
    });
  }

  it('sends those that it does not hear not even an error', async () => {
    const { server, address } = await stage.server({ allow: ['127.0.0.2'] });
    const refused = await stage.device(address, '127.0.0.3');
    const rejected = nextEvent(server, 'rejected');
    refused.send(receive('1', 'wrong'));
    await rejected;
    // Had it been answered, the answer would have been on its way before this one.
    const allowed = await stage.device(address, '127.0.0.2');
    assert.equal(await allowed.ask(KEEPALIVE), ACK);
    assert.equal(refused.waiting, 0);
  });

  it('says on one event per source who knocks with what, without the password', async () => {
    const { server, address } = await stage.server();
    const told = rejectionsOf(server);
    const device = await stage.device(address);
    for (let n = 0; n < 3; n += 1) {
      await device.answersTo(`req:1;id:${DEVICE.id};pass:hunter2;`, DEVICE);
      await device.answersTo('req:1;id:some\tbody;pass:hunter2;', DEVICE);
    }
    assert.deepEqual(
      told.map(({ device: id, name, payload }) => [id, name, (payload as { reason?: string }).reason]),
      [
        [DEVICE.id, '', 'wrong password'],
        ['some\\u0009body', '', 'unknown id'],
      ],
    );
    assert.deepEqual(
      server.rejected.map(({ id, count }) => [id, count]),
      [
        ['some\\u0009body', 3],
        [DEVICE.id, 3],
      ],
    );
    assert.ok(!JSON.stringify([told, server.rejected]).includes('hunter2'));
  });

  it('refuses a device that is switched off, says why, and gives it no jobs', async () => {
    const off = { id: 'off', password: 'password-of-it', disabled: true };
    const routes = [{ prefix: '+49', device: 'off' }];
    const { server, address } = await stage.server({ devices: [DEVICE, off], routes });
    const told = rejectionsOf(server);
    const device = await stage.device(address);
    await device.answersTo(`req:1;id:off;pass:${off.password};`, DEVICE);
    assert.deepEqual(
      told.map(({ device: id, payload }) => [id, (payload as { reason?: string }).reason]),
      [['off', 'disabled']],
    );
    assert.deepEqual(
      server.lines().map((line) => line.device),
      [DEVICE.id],
    );
    await assert.rejects(server.send({ to: '+1', text: 'hello', device: 'off' }), {
      code: 'GOIP_UNKNOWN_DEVICE',
      message: '"off" is switched off',
    });
    await assert.rejects(server.send({ to: '+491', text: 'hello' }), {
      code: 'GOIP_OFFLINE',
      message: 'the routing rule +49 has no line: "off" is switched off',
    });
    assert.ok(!JSON.stringify([told, server.rejected, server.diagnostics()]).includes(off.password));
  });

  it('names the unknown device of a routing rule when it refuses its numbers', async () => {
    const { server } = await stage.server({ routes: [{ prefix: '+49', device: ['nobody', DEVICE.password] }] });
    await assert.rejects(server.send({ to: '+491', text: 'hello' }), {
      code: 'GOIP_OFFLINE',
      message:
        'the routing rule +49 has no line: there is no device or group "nobody", there is no device or group "••••"',
    });
  });

  it('answers wrong credentials a few times, and then no more', async () => {
    const { address } = await stage.server();
    const device = await stage.device(address);
    const answers: string[] = [];
    for (let n = 1; n <= 3 * ERROR_ANSWERS; n += 1) {
      answers.push(...(await device.answersTo(receive(String(n), 'wrong'), DEVICE)));
    }
    assert.deepEqual(
      answers,
      Array.from({ length: ERROR_ANSWERS }, (_, n) => `RECEIVE ${n + 1} ERROR unauthorized\n`),
    );
  });

  it('never sends a stranger more than it has got from it', async () => {
    const { address } = await stage.server();
    const device = await stage.device(address);
    assert.deepEqual(await device.answersTo('USSN:1;id:a;pass:;msg:', DEVICE), []);
    assert.deepEqual(await device.answersTo('USSN:1;id:a;pass:;msg:12345', DEVICE), ['USSN 1 ERROR unauthorized\n']);
    // Each of these bytes would come back as three.
    const recvid = Buffer.alloc(60, 0xff);
    const bytes = Buffer.concat([Buffer.from('USSN:'), recvid, Buffer.from(';id:a;pass:;msg:')]);
    assert.deepEqual(await device.answersTo(bytes, DEVICE), []);
  });

  it('lets a line pause that fails too often, but not where it is at home, and not its sisters', async () => {
    const { server, address } = await stage.server({ devices: [DEVICE, SISTER] });
    const home = await stage.registeredDevice(address);
    const other = await stage.device(address);
    for (let n = 0; n <= FAILURES_FORGIVEN; n += 1) {
      await other.answersTo(`req:1;id:${DEVICE.id};pass:wrong;`, SISTER);
    }
    assert.deepEqual(await other.answersTo(KEEPALIVE, SISTER), []);
    assert.equal(server.rejected.find(({ id }) => id === DEVICE.id)?.reason, 'paused');
    assert.equal(await home.ask(KEEPALIVE), ACK);
  });
});

describe('server: a flood of wrong passwords in the name of a line', () => {
  const stage = new Stage();
  afterEach(() => stage.close());

  async function flooded(device: { answersTo: (text: string, sister: typeof SISTER) => Promise<string[]> }) {
    for (let n = 0; n <= FAILURES_FORGIVEN; n += 1) await device.answersTo(`req:1;id:${DEVICE.id};pass:wrong;`, SISTER);
  }

  it('does not keep the line out after a start of Node-RED', async () => {
    const store = new MemoryStore();
    const parts = { openStore: () => Promise.resolve(store) };
    const first = await stage.server({ devices: [DEVICE, SISTER] }, parts);
    // Whoever forges the address of a line sends from its port, too.
    const line = await stage.registeredDevice(first.address);
    await first.server.stop();

    const second = await stage.server({ port: first.address.port, devices: [DEVICE, SISTER] }, parts);
    await flooded(line);
    assert.equal(second.server.rejected.find(({ id }) => id === DEVICE.id)?.reason, 'wrong password');
    assert.equal(await line.ask(KEEPALIVE), ACK);
    await second.server.stop();
  });

  it('keeps a line out that was never there before, until it is over', async () => {
    const { address } = await stage.server({ devices: [DEVICE, SISTER] });
    const line = await stage.device(address);
    await flooded(line);
    assert.deepEqual(await line.answersTo(KEEPALIVE, SISTER), []);
  });

  it('is not made easier by the address of a device that was removed', async () => {
    const store = new MemoryStore();
    const parts = { openStore: () => Promise.resolve(store) };
    const first = await stage.server({ devices: [DEVICE, SISTER] }, parts);
    await stage.registeredDevice(first.address);
    await first.server.stop();
    assert.ok(store.get(`home/${DEVICE.id}`));
    const second = await stage.server({ devices: [SISTER] }, parts);
    await second.server.stop();
    assert.equal(store.get(`home/${DEVICE.id}`), undefined);
  });
});

describe('server: pinned addresses', () => {
  const stage = new Stage();
  afterEach(() => stage.close());

  it('keep a line where its first keepalive came from, over a restart, until they are switched off', async () => {
    const store = new MemoryStore();
    const life = (pinAddress: boolean) => stage.server({ pinAddress }, { openStore: () => Promise.resolve(store) });

    const first = await life(true);
    assert.equal(await (await stage.device(first.address)).ask(KEEPALIVE), ACK);
    assert.equal(await (await stage.device(first.address)).ask(KEEPALIVE), ACK, 'from another port of that address');
    await refuses(first, '127.0.0.2');
    assert.equal(first.server.lines()[0]?.address, '127.0.0.1');
    await first.server.stop();

    const second = await life(true);
    await refuses(second, '127.0.0.2');
    assert.equal(second.server.lines()[0]?.online, false);
    await second.server.stop();

    const third = await life(false);
    assert.equal(await (await stage.device(third.address, '127.0.0.2')).ask(KEEPALIVE), ACK);
    await third.server.stop();

    const fourth = await life(true);
    assert.equal(await (await stage.device(fourth.address, '127.0.0.3')).ask(KEEPALIVE), ACK);
    await refuses(fourth, '127.0.0.1');
  });

  /** A keepalive from there is refused, and people are told why. */
  async function refuses({ server, address }: Awaited<ReturnType<Stage['server']>>, local: string): Promise<void> {
    const rejected = nextEvent(server, 'rejected');
    (await stage.device(address, local)).send(KEEPALIVE);
    const { device, payload } = await rejected;
    assert.deepEqual([device, (payload as { reason?: string }).reason], [DEVICE.id, 'address changed']);
  }

  it('go for SMS, too', async () => {
    const { server, address } = await stage.server({ pinAddress: true, devices: [DEVICE, SISTER] });
    server.on('sms', () => assert.fail('delivered'));
    await stage.registeredDevice(address);
    const stranger = await stage.device(address, '127.0.0.2');
    assert.deepEqual(await stranger.answersTo(receive('1', DEVICE.password), SISTER), [
      'RECEIVE 1 ERROR unauthorized\n',
    ]);
  });
});

describe('server: replies that no session expects', () => {
  const stage = new Stage();
  afterEach(() => stage.close());

  it('are reported as an attack if they come in a row with ids that were not used', async () => {
    const { server, address } = await stage.server({ devices: [DEVICE, SISTER] });
    const told = rejectionsOf(server);
    const device = await stage.registeredDevice(address);
    await server.send({ to: ['1'], text: 'hello' });
    const sendid = (await device.next()).split(' ')[1] ?? '';
    assert.equal(await device.askNew(`PASSWORD ${sendid}\n`), `PASSWORD ${sendid} ${DEVICE.password}\n`);
    assert.equal(await device.askNew(`SEND ${sendid}\n`), `SEND ${sendid} 1 1\n`);
    for (let guess = 1; guess <= GUESSES_FORGIVEN; guess += 1) device.send(`OK ${sendid} ${1000 + guess}\n`);
    await device.answersTo('', DEVICE);
    assert.deepEqual(told, [], 'a few are forgiven');
    for (let guess = 1; guess <= 30; guess += 1) device.send(`OK ${Number(sendid) + guess} 1\n`);
    await device.answersTo('', DEVICE);
    const [{ id, reason, address: from, port, count } = assert.fail('nothing is reported')] = server.rejected;
    assert.deepEqual([id, reason, from, port], ['', 'unexpected replies', '127.0.0.1', device.port]);
    assert.equal(count, 30);
    assert.equal(told.length, 1);
  });

  it('are no attack if they are copies of answers, however many', async () => {
    const { server, address } = await stage.server({ devices: [DEVICE, SISTER] });
    const device = await stage.registeredDevice(address);
    const job = await server.send({ to: ['1'], text: 'hello' });
    const sendid = (await device.next()).split(' ')[1] ?? '';
    const answers = [`PASSWORD ${sendid}\n`, `SEND ${sendid}\n`, `OK ${sendid} 1\n`, `DONE ${sendid}\n`];
    for (const answer of answers.slice(0, -1)) assert.match(await device.askNew(answer), new RegExp(` ${sendid}\\b`));
    for (let copy = 0; copy < 20; copy += 1) device.send(`OK ${sendid} 1\n`);
    for (let copy = 0; copy < 20; copy += 1) for (const answer of answers.toReversed()) device.send(answer);
    await job.result;
    await device.answersTo('', DEVICE);
    assert.deepEqual(server.rejected, []);
  });

  it('are counted, and those from elsewhere are told', async () => {
    const { server, address } = await stage.server({ devices: [DEVICE, SISTER] });
    const told = rejectionsOf(server);
    const device = await stage.registeredDevice(address);
    const stranger = await stage.device(address, '127.0.0.2');
    const samePlace = await stage.device(address);

    const job = await server.send({ to: ['1'], text: 'hello' });
    const sendid = (await device.next()).split(' ')[1] ?? '';
    for (const foreign of [stranger, samePlace]) {
      for (const reply of ['PASSWORD', 'SEND', 'DONE', 'ERROR']) {
        assert.deepEqual(await foreign.answersTo(`${reply} ${sendid} no\n`, SISTER), []);
      }
    }
    assert.equal(server.dropped.foreign, 8);
    assert.deepEqual(
      told.map(({ device: id, payload }) => [id, payload]),
      [
        [DEVICE.id, { ...told[0]?.payload, address: '127.0.0.2', reason: 'foreign reply', count: 1 }],
        [DEVICE.id, { ...told[1]?.payload, address: '127.0.0.1', port: samePlace.port, reason: 'foreign reply' }],
      ],
    );

    assert.equal(server.dropped.unexpected, 0);
    device.send(`OK ${sendid} 1\n`);
    device.send(`OK ${Number(sendid) + 1} 1\n`);
    assert.equal(await device.askNew(`PASSWORD ${sendid}\n`), `PASSWORD ${sendid} ${DEVICE.password}\n`);
    assert.equal(await device.askNew(`SEND ${sendid}\n`), `SEND ${sendid} 1 1\n`);
    assert.equal(await device.askNew(`OK ${sendid} 1\n`), `DONE ${sendid}\n`);
    device.send(`DONE ${sendid}\n`);
    await job.result;
    // On a busy machine, copies of DONE are under way.
    await device.answersTo('', DEVICE);
    assert.deepEqual(await device.answersTo(`OK ${sendid} 1\n`, DEVICE), []);
    assert.equal(server.dropped.unexpected, 3, 'too early, unknown, and too late');
    assert.equal(server.dropped.foreign, 8);
  });
});
