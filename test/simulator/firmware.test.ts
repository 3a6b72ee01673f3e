/** What firmware does differently, and what happens to SIM, network and power. */
import assert from 'node:assert/strict';
import { play } from './stage.js';

describe('simulator: firmware habits', () => {
  it('push: the result comes by itself, and again when asked', () =>
    play({ firmware: 'push' }, async ({ line, server, pass }) => {
      await server.openSession(line);
      await server.expect(line, 'SEND 11 1 +861\n', 'WAIT 11 1\n');
      pass(2.999);
      await server.expectSilence(line);
      pass(0.001);
      assert.equal(await server.next(), 'OK 11 1\n');
      await server.expect(line, 'SEND 11 1 +861\n', 'OK 11 1\n');
    }));

  it('poll: the result comes only when asked', () =>
    play({ firmware: 'poll' }, async ({ gateway, line, server, pass }) => {
      await server.openSession(line);
      await server.expect(line, 'SEND 11 1 +861\n', 'WAIT 11 1\n');
      pass(30);
      await server.expectSilence(line);
      await server.expect(line, 'SEND 11 1 +861\n', 'OK 11 1\n');
      assert.equal(gateway.onAir.length, 1);
    }));

  it('direct: nothing until the result, WAIT only when asked meanwhile', () =>
    play({ firmware: 'direct' }, async ({ gateway, line, server, pass }) => {
      await server.openSession(line);
      await server.deliver(line, 'SEND 11 1 +861\n');
      await server.expect(line, 'SEND 11 1 +861\n', 'WAIT 11 1\n');
      pass(3);
      assert.equal(await server.next(), 'OK 11 1\n');
      assert.equal(gateway.onAir.length, 1);
    }));

  it('the modem sends one SMS at a time, whatever the session', () =>
    play({}, async ({ gateway, line, server, pass }) => {
      for (const sendid of [1, 2, 3]) {
        await server.openSession(line, sendid);
        await server.expect(line, `SEND ${sendid} 1 +86${sendid}\n`, `WAIT ${sendid} 1\n`);
      }
      assert.equal(line.queue, 3);
      const start = gateway.onAir.length;
      for (const sendid of [1, 2, 3]) {
        pass(3);
        assert.equal(await server.next(), `OK ${sendid} 1\n`);
        assert.equal(gateway.onAir.length, start + sendid);
      }
      const [first, second, third] = gateway.onAir;
      assert.deepEqual([(second?.at ?? 0) - (first?.at ?? 0), (third?.at ?? 0) - (second?.at ?? 0)], [3000, 3000]);
    }));

  it('the SMS number comes again after 256', () =>
    play({ smsNo: true, firstSmsNo: 255 }, async ({ line, server, pass }) => {
      await server.openSession(line);
      await server.expect(line, 'SEND 11 1 +861\n', 'WAIT 11 1\n');
      await server.expect(line, 'SEND 11 2 +862\n', 'WAIT 11 2\n');
      pass(6);
      assert.equal(await server.next(), 'OK 11 1 255\n');
      assert.equal(await server.next(), 'OK 11 2 0\n');
      await server.expect(line, 'SEND 11 1 +861\n', 'OK 11 1 255\n');
    }));

  it('old firmware sends an SMS again when it is asked during WAIT', () =>
    play({ duplicatesOnQuery: true }, async ({ gateway, line, server, pass }) => {
      await server.openSession(line);
      await server.expect(line, 'SEND 11 1 +861\n', 'WAIT 11 1\n');
      await server.expect(line, 'SEND 11 1 +861\n', 'WAIT 11 1\n');
      pass(6);
      assert.deepEqual([await server.next(), await server.next()], ['OK 11 1\n', 'OK 11 1\n']);
      assert.equal(gateway.onAir.length, 2);
      await server.expect(line, 'SEND 11 1 +861\n', 'OK 11 1\n');
      pass(6);
      assert.equal(gateway.onAir.length, 2);
    }));

  it('the network refuses numbers, given as a table or as a function', () =>
    play({ failNumbers: { '+861': 38 } }, async ({ gateway, line, server, pass }) => {
      await server.openSession(line);
      await server.expect(line, 'SEND 11 1 +861\n', 'WAIT 11 1\n');
      pass(3);
      assert.equal(await server.next(), 'ERROR 11 1 errorstatus:38\n');
      await server.expect(line, 'SEND 11 1 +861\n', 'ERROR 11 1 errorstatus:38\n');
      line.configure({ failNumbers: (to) => (to === '+862' ? 1 : null) });
      await server.expect(line, 'SEND 11 2 +862\n', 'WAIT 11 2\n');
      await server.expect(line, 'SEND 11 3 +861\n', 'WAIT 11 3\n');
      pass(6);
      assert.equal(await server.next(), 'ERROR 11 2 errorstatus:1\n');
      assert.equal(await server.next(), 'OK 11 3\n');
      assert.deepEqual(
        gateway.onAir.map(({ telid }) => telid),
        [3],
      );
      assert.deepEqual([gateway.counters.sent, gateway.counters.failed], [1, 2]);
    }));

  it('some numbers stay at WAIT for ever and hold nobody up', () =>
    play({ stuckNumbers: ['+861'] }, async ({ gateway, line, server, pass }) => {
      await server.openSession(line);
      await server.expect(line, 'SEND 11 1 +861\n', 'WAIT 11 1\n');
      await server.expect(line, 'SEND 11 2 +862\n', 'WAIT 11 2\n');
      pass(3);
      assert.equal(await server.next(), 'OK 11 2\n');
      pass(80);
      await server.expect(line, 'SEND 11 1 +861\n', 'WAIT 11 1\n');
      assert.equal(gateway.onAir.length, 1);
    }));

  it('a delivery report follows the OK', () =>
    play(
      {
        smsNo: true,
        firstSmsNo: 7,
        deliveryReports: true,
        deliveryDelay: 10,
        deliveryState: (to) => (to === '+861' ? 0 : 48),
      },
      async ({ line, server, pass }) => {
        await server.openSession(line);
        await server.expect(line, 'SEND 11 1 +861\n', 'WAIT 11 1\n');
        pass(3);
        assert.equal(await server.next(), 'OK 11 1 7\n');
        pass(10);
        assert.equal(await server.next(), `DELIVER:1270197307;id:goipid1;password:password1;sms_no:7;state:0;num:+861`);
        await server.deliver(line, 'DELIVER 1270197307 OK\n');
        pass(30);
        await server.expectSilence(line);
      },
    ));
});

describe('simulator: SIM and power', () => {
  it('logged out: says so in keepalives, takes no new number, still knows the old ones', () =>
    play({ keepaliveFields: 'seed' }, async ({ line, server, pass }) => {
      assert.match(await server.nextKeepalive(), /;gsm_status:LOGIN;/);
      await server.openSession(line);
      await server.expect(line, 'SEND 11 1 +861\n', 'WAIT 11 1\n');
      pass(3);
      assert.equal(await server.next(), 'OK 11 1\n');
      line.logout();
      line.keepalive();
      assert.match(await server.nextKeepalive(), /;gsm_status:LOGOUT;/);
      await server.expect(line, 'SEND 11 2 +862\n', 'ERROR 11 GSM_LOGOUT\n');
      await server.expect(line, 'SEND 11 1 +861\n', 'OK 11 1\n');
      line.login();
      await server.expect(line, 'SEND 11 2 +862\n', 'WAIT 11 2\n');
    }));

  it('an SMS in the queue fails when the SIM loses the network', () =>
    play({}, async ({ gateway, line, server, pass }) => {
      await server.openSession(line);
      await server.expect(line, 'SEND 11 1 +861\n', 'WAIT 11 1\n');
      line.logout();
      pass(3);
      assert.equal(await server.next(), 'ERROR 11 1 errorstatus:331\n');
      assert.deepEqual(gateway.onAir, []);
    }));

  it('a restart forgets sessions and queue, counts from 1, and comes back on another port', () =>
    play({ keepaliveFields: 'minimal' }, async ({ gateway, line, server, pass }) => {
      await server.nextKeepalive();
      pass(30);
      assert.match(await server.nextKeepalive(), /^req:2;/);
      await server.openSession(line);
      await server.expect(line, 'SEND 11 1 +861\n', 'WAIT 11 1\n');
      await server.expect(line, 'SEND 11 2 +862\n', 'WAIT 11 2\n');
      pass(3);
      assert.equal(await server.next(), 'OK 11 1\n');
      pass(2.9);
      const port = line.port;
      const back = line.restart({ downtime: 5 });
      assert.equal(line.registered, false);
      server.send(line, 'DONE 1\n');
      pass(5);
      await back;
      assert.notEqual(line.port, port);
      assert.match(await server.nextKeepalive(), /^req:1;/);
      await server.expect(line, 'SEND 11 2 +862\n', 'ERROR 11 SENDID\n');
      pass(20);
      assert.deepEqual(
        gateway.onAir.map(({ telid }) => telid),
        [1],
      );
    }));

  it('a restart can keep the port, and gives up what the server has not acked', () =>
    play({}, async ({ line, server }) => {
      const port = line.port;
      const outcome = line.receiveSms({ from: '+861', text: 'x', recvid: 5 });
      assert.match(await server.next(), /^RECEIVE:5;/);
      await line.restart({ newPort: false });
      assert.deepEqual(await outcome, { acked: false, error: 'restarted', copies: 1, recvid: '5' });
      assert.equal(line.port, port);
    }));

  it('a line without power takes no SMS', () =>
    play({}, async ({ line, server, pass }) => {
      const back = line.restart({ downtime: 1 });
      const outcome = await line.receiveSms({ from: '+861', text: 'x' });
      assert.deepEqual([outcome.acked, outcome.copies], [false, 0]);
      pass(1);
      await back;
      await server.expectSilence(line);
    }));

  it('of two restarts, the last one says when the line is back', () =>
    play({ keepaliveFields: 'minimal' }, async ({ gateway, line, server, pass }) => {
      await server.nextKeepalive();
      let restarts = 0;
      gateway.on('restarted', () => (restarts += 1));
      await Promise.race([line.restart({ downtime: 60 }), line.restart({ downtime: 5 })]);
      assert.equal(restarts, 0);
      const back = line.restart({ downtime: 10 });
      pass(9.9);
      assert.equal(restarts, 0);
      pass(0.1);
      await back;
      assert.equal(restarts, 1);
      assert.equal(await server.nextKeepalive(), 'req:1;id:goipid1;pass:password1;');
    }));

  it('stops in the middle of a restart', () =>
    play({}, async ({ gateway, line }) => {
      const backs = [line.restart({ downtime: 5 }), line.restart({ downtime: 0 })];
      await gateway.stop();
      await Promise.all(backs);
      assert.equal(line.port, 0);
      await line.restart();
      assert.equal(line.port, 0);
    }));
});
