import assert from 'node:assert/strict';
import { systemClock, type Clock, type GoipServer } from '../../src/index.js';
import { DEVICE, Stage } from './stage.js';

const KEEPALIVE = `req:1;id:${DEVICE.id};pass:${DEVICE.password};signal:21;`;

describe('server: the trace', () => {
  const stage = new Stage();
  afterEach(() => stage.close());

  const texts = (server: GoipServer): (string | undefined)[] | undefined =>
    server.trace?.entries.map(({ direction, text }) => `${direction} ${text}`);

  it('is there while somebody wants it', async () => {
    const { server, address } = await stage.server();
    const device = await stage.registeredDevice(address);
    assert.deepEqual([server.trace, server.diagnostics().trace], [null, null]);
    server.startTrace();
    assert.deepEqual(texts(server), []);
    await device.ask(KEEPALIVE);
    assert.deepEqual(texts(server), [`in req:1;id:${DEVICE.id};pass:••••;signal:21;`, 'out reg:1;status:0;']);
    assert.deepEqual(server.diagnostics().trace, server.trace);
    server.stopTrace();
    await device.ask(KEEPALIVE);
    assert.equal(server.trace, null);
    server.startTrace();
    assert.deepEqual(texts(server), []);
  });

  it('tells what came from whom and went to whom, when, and how large it was', async () => {
    const { server, address } = await stage.server({ devices: [DEVICE, { id: 'other', password: 'x' }] });
    const device = await stage.registeredDevice(address);
    const stranger = await stage.device(address);
    const { lastSeen } = server.lines([DEVICE.id])[0] ?? assert.fail();
    server.startTrace();
    stranger.send('-'.repeat(5000));
    await stranger.ask('req:2;id:other;pass:x;');
    const sms = `RECEIVE:7;id:${DEVICE.id};password:${DEVICE.password};srcnum:+491701234567;msg:for your eyes only`;
    await device.ask(sms);
    const { since, until, entries } = server.trace ?? assert.fail();
    // By the server's own time: the wall clock is read at another moment.
    assert(lastSeen !== null && lastSeen <= since && Date.parse(until) - Date.parse(since) === 900_000);
    for (const { at, address: from } of entries) assert(since <= at && at < until && from === '127.0.0.1');
    assert.deepEqual(
      entries.map(({ number, direction, device: id, port, bytes }) => [number, direction, id, port, bytes]),
      [
        // By the time that somebody looks it is known who is there.
        [1, 'in', 'other', stranger.port, 5000],
        [2, 'in', 'other', stranger.port, 22],
        [3, 'out', 'other', stranger.port, 15],
        [4, 'in', DEVICE.id, device.port, sms.length],
        [5, 'out', DEVICE.id, device.port, 13],
      ],
    );
    assert.equal(entries[0]?.text, '-'.repeat(300));
    assert.match(entries[3]?.text ?? '', /;password:••••;srcnum:\+…567;msg:••••$/);
  });

  it('has no password, no text and no whole number in it, whatever is said', async () => {
    const common = 'common secret';
    const { server, address } = await stage.server({
      password: common,
      devices: [DEVICE, { id: 'lazy' }, { id: 'wrong' }],
    });
    server.startTrace();
    const gateway = await stage.gateway(address, {
      lines: [
        { ...DEVICE, number: '+8613800138000' },
        { id: 'lazy', password: common },
        { id: 'wrong', password: 'a wrong one' },
      ],
      keepaliveInterval: 0.1,
      lineTime: 0.01,
    });
    const [first] = (
      await server
        .send({ to: '+8613513415667', text: 'for your eyes only', device: DEVICE.id })
        .then((job) => job.result)
    ).results;
    assert.equal(first?.state, 'sent');
    await gateway.line(DEVICE.id).receiveSms({ from: '+8613513415667', text: 'and mine' });
    const device = await stage.device(address);
    for (const datagram of [
      DEVICE.password,
      `req:1;id:${DEVICE.password};pass:${common};`,
      `ERROR 17 wrong PASSWORD ${common}`,
      `\u0000${common}\r\n${DEVICE.password};pass:a wrong one`,
      `${'x'.repeat(295)}${common}`,
      `PASSWORD 17 ${DEVICE.password}`,
    ]) {
      device.send(datagram);
    }
    await device.ask(KEEPALIVE);
    const shown = texts(server)?.join('\n') ?? '';
    for (const verb of [
      'in req:',
      'out MSG ',
      'in PASSWORD ',
      'out PASSWORD ',
      'out SEND ',
      'in RECEIVE:',
      'out reg:',
    ]) {
      assert(shown.includes(verb), verb);
    }
    for (const text of [shown, JSON.stringify(server.trace), JSON.stringify(server.diagnostics())]) {
      assert.doesNotMatch(text, new RegExp(`${DEVICE.password}|secret|wrong one|eyes only|and mine|135134|138001`));
    }
    // eslint-disable-next-line no-control-regex -- control characters are what it looks for
    assert.doesNotMatch(shown.replaceAll('\n', ''), /[\u0000-\u001f]/);
  });

  it('holds the last two hundred datagrams', async () => {
    const { server, address } = await stage.server();
    const device = await stage.device(address);
    server.startTrace();
    for (let count = 1; count <= 150; count += 1) await device.ask(KEEPALIVE.replace('req:1', `req:${count}`));
    const { entries } = server.trace ?? assert.fail();
    assert.deepEqual([entries.length, entries[0]?.number, entries.at(-1)?.number], [200, 101, 300]);
    assert.deepEqual(
      entries.map(({ number }) => number),
      Array.from({ length: 200 }, (_, index) => 101 + index),
    );
    assert.match(entries.at(-1)?.text ?? '', /^reg:150;/);
  });

  it('ends by itself after a quarter of an hour, and with the server', async () => {
    let ahead = 0;
    const clock: Clock = { ...systemClock, now: () => Date.now() + ahead };
    const { server, address } = await stage.server({ offlineAfter: 10_000 }, { clock });
    const device = await stage.registeredDevice(address);
    server.startTrace();
    ahead += 600_000;
    server.startTrace();
    await device.ask(KEEPALIVE);
    ahead += 890_000;
    assert.equal(server.trace?.entries.length, 2);
    ahead += 10_000;
    await device.ask(KEEPALIVE);
    assert.equal(server.trace, null);
    server.startTrace();
    assert.deepEqual(texts(server), []);
    await server.stop();
    assert.equal(server.trace, null);
  });
});
