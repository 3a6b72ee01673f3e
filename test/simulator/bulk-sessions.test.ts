/** The device's rules of a bulk session. */
import assert from 'node:assert/strict';
import { play } from './stage.js';

describe('simulator: bulk sessions', () => {
  it('keeps five sessions at a time', () =>
    play({}, async ({ line, server }) => {
      for (const sendid of [1, 2, 3, 4, 5]) await server.openSession(line, sendid);
      await server.expect(line, 'MSG 6 5 hello\n', 'ERROR 6 too_many_sends_in_server\n');
      assert.equal(line.sessions, 5);
      await server.expect(line, 'DONE 3\n', 'DONE 3\n');
      await server.expect(line, 'MSG 6 5 hello\n', 'PASSWORD 6\n');
    }));

  it('waits for another PASSWORD after a wrong one, or for DONE', () =>
    play({}, async ({ line, server }) => {
      await server.expect(line, 'MSG 11 5 hello\n', 'PASSWORD 11\n');
      await server.expect(line, 'PASSWORD 11 wrong\n', 'ERROR 11 PASSWORD\n');
      await server.expect(line, 'SEND 11 1 +861\n', 'ERROR 11 PASSWORD\n');
      await server.expect(line, 'PASSWORD 11 password1\n', 'SEND 11\n');
      await server.expect(line, 'MSG 12 5 hello\n', 'PASSWORD 12\n');
      await server.expect(line, 'PASSWORD 12 wrong\n', 'ERROR 12 PASSWORD\n');
      await server.expect(line, 'DONE 12\n', 'DONE 12\n');
      assert.equal(line.sessions, 1);
    }));

  it('repeats the answer that fits the state for a repeated MSG', () =>
    play({}, async ({ line, server }) => {
      await server.expect(line, 'MSG 11 5 hello\n', 'PASSWORD 11\n');
      await server.expect(line, 'MSG 11 5 hello\n', 'PASSWORD 11\n');
      await server.expect(line, 'PASSWORD 11 password1\n', 'SEND 11\n');
      await server.expect(line, 'MSG 11 5 hello\n', 'SEND 11\n');
      await server.expect(line, 'PASSWORD 11 password1\n', 'SEND 11\n');
      assert.equal(line.sessions, 1);
    }));

  it('knows only the sessions that are open', () =>
    play({}, async ({ line, server }) => {
      await server.expect(line, 'PASSWORD 11 password1\n', 'ERROR 11 SENDID\n');
      await server.expect(line, 'SEND 11 1 +861\n', 'ERROR 11 SENDID\n');
      await server.expect(line, 'DONE 11\n', 'DONE 11\n');
    }));

  it('refuses a text whose length counts characters instead of bytes', () =>
    play({}, async ({ gateway, line, server }) => {
      await server.expect(line, 'MSG 11 5 hällo\n', 'ERROR 11 msg_length_error\n');
      await server.expect(line, 'MSG 11 6 hällo\n', 'PASSWORD 11\n');
      await server.expect(line, 'MSG 12 2 👋\n', 'ERROR 12 msg_length_error\n');
      await server.expect(line, 'MSG 12 4 👋\n', 'PASSWORD 12\n');
      assert.equal(gateway.counters.sessionsRefused, 2);
    }));

  it('takes 3000 bytes and not one more', () =>
    play({}, async ({ line, server }) => {
      await server.expect(line, `MSG 11 3000 ${'é'.repeat(1500)}\n`, 'PASSWORD 11\n');
      await server.expect(line, `MSG 12 3001 ${'x'.repeat(3001)}\n`, 'ERROR 12 msg_too_long\n');
    }));

  it('releases a session after 90 s without traffic of that session', () =>
    play({}, async ({ gateway, line, server, pass }) => {
      await server.openSession(line, 11);
      await server.openSession(line, 12);
      pass(60);
      await server.expect(line, 'PASSWORD 12 password1\n', 'SEND 12\n');
      const released: number[] = [];
      gateway.on('session', ({ change, sendid, reason }) => {
        if (change === 'released' && reason === 'idle') released.push(sendid);
      });
      pass(29.9);
      assert.deepEqual(released, []);
      pass(0.1);
      assert.deepEqual(released, [11]);
      await server.expect(line, 'SEND 11 1 +861\n', 'ERROR 11 SENDID\n');
      pass(59.9);
      assert.deepEqual(released, [11]);
      pass(0.1);
      assert.deepEqual(released, [11, 12]);
    }));

  it('does not take its own results for traffic', () =>
    play({ lineTime: 50 }, async ({ line, server, pass }) => {
      await server.openSession(line);
      await server.expect(line, 'SEND 11 1 +861\n', 'WAIT 11 1\n');
      pass(50);
      assert.equal(await server.next(), 'OK 11 1\n');
      pass(40);
      await server.expect(line, 'SEND 11 1 +861\n', 'ERROR 11 SENDID\n');
    }));

  it('remembers the last ten numbers of a session; an older one is a new SMS', () =>
    play({}, async ({ gateway, line, server, pass }) => {
      await server.openSession(line);
      for (let telid = 1; telid <= 11; telid += 1) {
        await server.expect(line, `SEND 11 ${telid} +86${telid}\n`, `WAIT 11 ${telid}\n`);
        pass(3);
        assert.equal(await server.next(), `OK 11 ${telid}\n`);
      }
      for (let telid = 2; telid <= 11; telid += 1) {
        await server.expect(line, `SEND 11 ${telid} +86${telid}\n`, `OK 11 ${telid}\n`);
      }
      assert.equal(gateway.onAir.length, 11);
      await server.expect(line, 'SEND 11 1 +861\n', 'WAIT 11 1\n');
      pass(3);
      assert.equal(await server.next(), 'OK 11 1\n');
      assert.deepEqual(
        gateway.onAir
          .filter(({ to }) => to === '+861')
          .map(({ device, text, sendid, telid }) => [device, text, sendid, telid]),
        [
          ['goipid1', 'hello', 11, 1],
          ['goipid1', 'hello', 11, 1],
        ],
      );
    }));

  it('keeps the results of each session apart', () =>
    play({}, async ({ gateway, line, server, pass }) => {
      await server.openSession(line, 11, 'first');
      await server.openSession(line, 12, 'second');
      await server.expect(line, 'SEND 11 1 +861\n', 'WAIT 11 1\n');
      await server.expect(line, 'SEND 12 1 +862\n', 'WAIT 12 1\n');
      pass(6);
      assert.deepEqual([await server.next(), await server.next()], ['OK 11 1\n', 'OK 12 1\n']);
      assert.deepEqual(
        gateway.onAir.map(({ to, text }) => [to, text]),
        [
          ['+861', 'first'],
          ['+862', 'second'],
        ],
      );
    }));

  it('refuses sessions on demand', () =>
    play({}, async ({ line, server }) => {
      line.rejectSessions(2, 'busy now');
      await server.expect(line, 'MSG 11 5 hello\n', 'ERROR 11 busy now\n');
      await server.expect(line, 'MSG 11 5 hello\n', 'ERROR 11 busy now\n');
      await server.expect(line, 'MSG 11 5 hello\n', 'PASSWORD 11\n');
    }));

  it('forgets what it had in the queue for a session that is done', () =>
    play({}, async ({ gateway, line, server, pass }) => {
      await server.openSession(line);
      await server.expect(line, 'SEND 11 1 +861\n', 'WAIT 11 1\n');
      await server.expect(line, 'SEND 11 2 +862\n', 'WAIT 11 2\n');
      await server.expect(line, 'DONE 11\n', 'DONE 11\n');
      pass(10);
      await server.expectSilence(line);
      assert.deepEqual(
        gateway.onAir.map(({ to }) => to),
        ['+861'],
      );
    }));

  it('gets over datagrams that make no sense', () =>
    play({}, async ({ gateway, line, server }) => {
      server.send(
        line,
        '',
        '\0',
        'MSG',
        'MSG x 5 hello',
        'SEND 11 1\n',
        'reg:;',
        'constructor:1',
        'PASSWORD\n',
        'DONE 0\n',
      );
      await server.expectSilence(line);
      assert.equal(gateway.counters.ignored, 9);
      await server.openSession(line);
    }));
});
