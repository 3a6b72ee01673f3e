/** The gateway as a whole: lines, clock, addresses, books. */
import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { GoipSimulator, makeLines } from '../../src/simulator/index.js';
import { BareServer, play } from './stage.js';

describe('simulator: gateway', () => {
  it('makes many lines', () => {
    const lines = makeLines({ count: 3, prefix: 'gw1-', password: 'secret', firmware: 'poll' });
    assert.deepEqual(lines, [
      { id: 'gw1-01', password: 'secret', firmware: 'poll' },
      { id: 'gw1-02', password: 'secret', firmware: 'poll' },
      { id: 'gw1-03', password: 'secret', firmware: 'poll' },
    ]);
    assert.equal(makeLines({ count: 100, password: 'x' })[99]?.id, 'goip-100');
  });

  it('gives each line a port, a password and a counter of its own', () =>
    play(
      { lines: ['a', 'b', 'c'].map((id) => ({ id, password: `pass-${id}` })), keepaliveFields: 'minimal' },
      async ({ gateway, server, pass }) => {
        pass(30);
        const keepalives = [];
        for (let index = 0; index < 6; index += 1) keepalives.push(await server.nextKeepalive());
        assert.deepEqual(
          keepalives,
          [1, 2].flatMap((counter) => ['a', 'b', 'c'].map((id) => `req:${counter};id:${id};pass:pass-${id};`)),
        );
        assert.equal(new Set(gateway.lines.map(({ port }) => port)).size, 3);
        await server.openSession(gateway.line('b'), 11, 'hello', 'pass-b');
      },
    ));

  it('settings of the gateway are defaults, those of a line win, and both can change', () =>
    play(
      {
        firmware: 'poll',
        lines: [
          { id: 'a', password: 'p' },
          { id: 'b', password: 'p', firmware: 'direct' },
        ],
      },
      async ({ gateway, server, pass }) => {
        const [a, b] = [gateway.line('a'), gateway.line('b')];
        await server.openSession(a, 1, 'x', 'p');
        await server.openSession(b, 2, 'x', 'p');
        await server.expect(a, 'SEND 1 1 +1\n', 'WAIT 1 1\n');
        await server.deliver(b, 'SEND 2 1 +2\n');
        pass(3);
        assert.equal(await server.next(), 'OK 2 1\n');
        a.configure({ firmware: 'push', lineTime: 1 });
        await server.expect(a, 'SEND 1 2 +3\n', 'WAIT 1 2\n');
        pass(1);
        assert.equal(await server.next(), 'OK 1 2\n');
      },
    ));

  it('knows no other lines than its own', () =>
    play({}, async ({ gateway }) => {
      assert.throws(() => gateway.line('nobody'), RangeError);
      const twins = [gateway, gateway].map(() => ({ id: 'twin', password: 'p' }));
      assert.throws(() => new GoipSimulator({ server: { host: '127.0.0.1', port: 1 }, lines: twins }), RangeError);
      return Promise.resolve();
    }));

  it('notices that the server is gone, and that it is back', () =>
    play({}, async ({ gateway, line, server, pass }) => {
      server.send(line, 'reg:1;status:0;');
      await gateway.whenRegistered();
      pass(60);
      assert.equal(line.registered, true);
      pass(60);
      assert.equal(line.registered, false);
      server.send(line, 'reg:1;status:0;');
      await gateway.whenRegistered();
    }));

  it('believes no ack of a keepalive that it never sent', () =>
    play({}, async ({ line, server }) => {
      await server.deliver(line, 'reg:2;status:0;');
      assert.equal(line.registered, false);
      await server.deliver(line, 'reg:1;status:0;');
      assert.equal(line.registered, true);
    }));

  it('listens to nobody but the server, as behind a NAT', () =>
    play({}, async ({ gateway, line, server }) => {
      const stranger = dgram.createSocket('udp4');
      const ignored = once(gateway, 'ignored');
      stranger.send('DONE 1\n', line.port, '127.0.0.1');
      assert.deepEqual(await ignored, [{ line: 'goipid1', reason: 'not from the server' }]);
      await new Promise<void>((resolve) => stranger.close(resolve));
      await server.expectSilence(line);
    }));

  it('does not start where the host is unknown, and can still be stopped', async () => {
    const gateway = new GoipSimulator({
      server: { host: 'no such host', port: 1 },
      lines: makeLines({ count: 2, password: 'x' }),
    });
    await assert.rejects(gateway.start());
    await gateway.stop();
  });

  it('can be stopped before it has started', async () => {
    const gateway = new GoipSimulator({
      server: { host: '127.0.0.1', port: 9 },
      lines: makeLines({ count: 2, password: 'x' }),
    });
    const started = gateway.start();
    await gateway.stop();
    await started;
    assert.deepEqual(
      gateway.lines.map(({ port }) => port),
      [0, 0],
    );
  });

  it('runs on the real clock, down to milliseconds', async () => {
    const server = await BareServer.open();
    const gateway = new GoipSimulator({
      server: { host: 'localhost', port: server.port },
      lines: makeLines({ count: 2, password: 'p' }),
      keepaliveInterval: 0.005,
      lineTime: 0.002,
      resendInterval: 0.003,
    });
    try {
      await gateway.start();
      const [line] = gateway.lines;
      assert(line);
      for (let keepalive = 0; keepalive < 10; keepalive += 1) await server.nextKeepalive();
      await server.openSession(line, 11, 'hello', 'p');
      await server.expect(line, 'SEND 11 1 +861\n', 'WAIT 11 1\n');
      const [sms] = await gateway.whenOnAir(1);
      assert.equal(sms?.to, '+861');
      const outcome = await line.receiveSms({ from: '+861', text: 'x' });
      assert.equal(outcome.copies, 4);
    } finally {
      await gateway.stop();
      await server.close();
    }
  });
});
