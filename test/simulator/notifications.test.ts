/** Resends, acks and errors of what a device reports by itself (protocol §3). */
import assert from 'node:assert/strict';
import type { GoipSimulator } from '../../src/simulator/index.js';
import { play } from './stage.js';

const SMS = 'RECEIVE:1270197307;id:goipid1;password:password1;srcnum:+861;msg:hi';

const outcomes = (gateway: GoipSimulator) => gateway.received.map(({ outcome }) => outcome?.acked);

describe('simulator: notifications', () => {
  it('sends an unanswered SMS again after 3 s, three times, then gives up', () =>
    play({}, async ({ gateway, line, server, pass }) => {
      const outcome = line.receiveSms({ from: '+861', text: 'hi' });
      assert.equal(await server.next(), SMS);
      assert.deepEqual(outcomes(gateway), [undefined]);
      for (const resend of [1, 2, 3]) {
        pass(2.999);
        await server.expectSilence(line);
        pass(0.001);
        assert.equal(await server.next(), SMS, `resend ${resend}`);
      }
      pass(3);
      assert.deepEqual(await outcome, { acked: false, error: 'no answer', copies: 4, recvid: '1270197307' });
      pass(60);
      await server.expectSilence(line);
      assert.deepEqual(outcomes(gateway), [false]);
      assert.equal(gateway.counters.unacked, 1);
    }));

  it('stops as soon as the ack is there, even after the last copy', () =>
    play({}, async ({ line, server, pass }) => {
      const outcome = line.receiveSms({ from: '+861', text: 'hi' });
      pass(9);
      for (let copy = 1; copy <= 4; copy += 1) assert.equal(await server.next(), SMS);
      server.send(line, 'RECEIVE 1270197307 OK\n');
      assert.deepEqual(await outcome, { acked: true, copies: 4, recvid: '1270197307' });
      pass(60);
      await server.expectSilence(line);
    }));

  it('takes an error for an answer', () =>
    play({}, async ({ line, server, pass }) => {
      const outcome = line.receiveSms({ from: '+861', text: 'hi' });
      await server.next();
      server.send(line, 'RECEIVE 1270197307 ERROR wrong password\n');
      assert.deepEqual(await outcome, { acked: false, error: 'wrong password', copies: 1, recvid: '1270197307' });
      pass(60);
      await server.expectSilence(line);
    }));

  it('does not take the ack of another verb or recvid', () =>
    play({}, async ({ line, server, pass }) => {
      const outcome = line.notify({ kind: 'STATE', recvid: 7, state: 'IDLE', number: null });
      await server.next();
      await server.deliver(line, 'STATE 8 OK\n');
      await server.deliver(line, 'RECEIVE 7 OK\n');
      pass(3);
      assert.equal(await server.next(), 'STATE:7;id:goipid1;password:password1;gsm_remain_state:IDLE');
      server.send(line, 'STATE 7 OK');
      assert.equal((await outcome).copies, 2);
    }));

  it('counts recvids down from the time of power-up, so they come again after a restart', () =>
    play({}, async ({ line, server, pass }) => {
      const receive = async (recvid: number) => {
        void line.receiveSms({ from: '+861', text: 'hi' });
        assert.match(await server.next(), new RegExp(`^RECEIVE:${recvid};`));
      };
      for (const recvid of [1270197307, 1270197306, 1270197305]) await receive(recvid);
      pass(1);
      await line.restart();
      for (const recvid of [1270197308, 1270197307, 1270197306]) await receive(recvid);
    }));

  it('can have a clock that was never set', () =>
    play({ firstRecvid: 1 }, async ({ line, server }) => {
      for (const recvid of [1, 0, -1]) {
        const outcome = line.receiveSms({ from: '+861', text: 'hi' });
        assert.match(await server.next(), new RegExp(`^RECEIVE:${recvid};`));
        server.send(line, `RECEIVE ${recvid} OK\n`);
        assert.equal((await outcome).acked, true);
      }
    }));

  it('ends with `stopped` when the gateway stops', () =>
    play({}, async ({ gateway, line, server }) => {
      const outcome = line.receiveSms({ from: '+861', text: 'hi' });
      await server.next();
      await gateway.stop();
      assert.equal((await outcome).error, 'stopped');
    }));

  it('sends raw datagrams as they are', () =>
    play({}, async ({ line, server }) => {
      line.sendRaw('RECEIVE:1;id:goipid1;pass:wrong;srcnum:1;msg:x');
      assert.equal(await server.next(), 'RECEIVE:1;id:goipid1;pass:wrong;srcnum:1;msg:x');
      line.sendRaw(Buffer.from([0x66, 0xff]));
      assert.equal(await server.next(), 'f\ufffd');
    }));
});
