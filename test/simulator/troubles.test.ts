/** What goes wrong with a line by itself: SIM, network, power, sessions. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { play, START_TIME, type Stage } from './stage.js';

/** One SMS in session 11, to a number of its own; gives back what the line says in the end. */
async function sendSms({ line, server, pass }: Stage, telid: number): Promise<string> {
  await server.expect(line, `SEND 11 ${telid} +86${telid}\n`, `WAIT 11 ${telid}\n`);
  pass(3);
  return server.next();
}

/** `OK`, or the errorstatus, of each of these SMS. */
async function sendAll(stage: Stage, ...telids: readonly number[]): Promise<(string | number)[]> {
  const results: (string | number)[] = [];
  for (const telid of telids) {
    const result = await sendSms(stage, telid);
    const errorstatus = /^ERROR 11 \d+ errorstatus:(\d+)\n$/.exec(result)?.[1];
    results.push(errorstatus === undefined ? (result.split(' ')[0] ?? '') : Number(errorstatus));
  }
  return results;
}

/** Like `expectSilence`, of a line that does not answer in sessions. */
async function expectNothingElse({ line, server }: Stage): Promise<void> {
  await server.expect(line, 'CURCELL 1 password1', 'CURCELL 1 1');
}

describe('simulator: a blocked SIM', () => {
  it('has every SMS refused until it is free', () =>
    play({ blocked: true }, async (stage) => {
      const { gateway, line, server } = stage;
      const told: boolean[] = [];
      gateway.on('sim', ({ blocked }) => told.push(blocked));
      await server.openSession(line);
      assert.deepEqual(await sendAll(stage, 1, 2), [8, 8]);
      line.configure({ blockedErrorstatus: 21 });
      assert.deepEqual(await sendAll(stage, 3), [21]);
      line.configure({ blocked: false });
      assert.deepEqual(await sendAll(stage, 4, 5), ['OK', 'OK']);
      line.configure({ blocked: true });
      assert.deepEqual(await sendAll(stage, 6), [21]);
      assert.deepEqual(told, [false, true]);
      assert.deepEqual(
        gateway.failed.map(({ device, to, errorstatus, sendid, telid }) => [device, to, errorstatus, sendid, telid]),
        [
          ['goipid1', '+861', 8, 11, 1],
          ['goipid1', '+862', 8, 11, 2],
          ['goipid1', '+863', 21, 11, 3],
          ['goipid1', '+866', 21, 11, 6],
        ],
      );
      assert.equal(gateway.counters.failed, 4);
    }));

  it('is blocked by the operator after so many SMS, and again when it was free for as many', () =>
    play({ blockAfter: 2 }, async (stage) => {
      const { gateway, line, server } = stage;
      const told: boolean[] = [];
      gateway.on('sim', ({ blocked }) => told.push(blocked));
      await server.openSession(line);
      assert.deepEqual(await sendAll(stage, 1), ['OK']);
      assert.equal(line.settings.blocked, false);
      assert.deepEqual(await sendAll(stage, 2), ['OK']);
      assert.equal(line.settings.blocked, true);
      assert.deepEqual(await sendAll(stage, 3, 4), [8, 8]);
      line.configure({ blocked: false });
      assert.deepEqual(await sendAll(stage, 5, 6, 7), ['OK', 'OK', 8]);
      assert.deepEqual(told, [true, false, true]);
    }));

  it('is blocked whatever the line does: a restart neither frees it nor begins the count anew', () =>
    play({ blockAfter: 2 }, async (stage) => {
      const { line, server } = stage;
      await server.openSession(line);
      assert.deepEqual(await sendAll(stage, 1), ['OK']);
      await line.restart();
      await server.openSession(line);
      assert.deepEqual(await sendAll(stage, 1, 2), ['OK', 8]);
      await line.restart();
      await server.openSession(line);
      assert.deepEqual(await sendAll(stage, 1), [8]);
    }));
});

describe('simulator: a failing line', () => {
  it('fails after the first SMS', () =>
    play({ failAfter: 2 }, async (stage) => {
      await stage.server.openSession(stage.line);
      assert.deepEqual(await sendAll(stage, 1, 2, 3, 4, 5, 6), ['OK', 'OK', 38, 38, 38, 38]);
    }));

  it('recovers for good after so many failures', () =>
    play({ failAfter: 2, recoverAfter: 3, failErrorstatus: 50 }, async (stage) => {
      await stage.server.openSession(stage.line);
      assert.deepEqual(await sendAll(stage, 1, 2, 3, 4, 5, 6, 7, 8), ['OK', 'OK', 50, 50, 50, 'OK', 'OK', 'OK']);
    }));

  it('counts neither the numbers that the network refuses anyway, nor what came before the habit was set', () =>
    play({ failNumbers: { '+862': 1, '+866': 1 } }, async (stage) => {
      const { line, server } = stage;
      await server.openSession(line);
      assert.deepEqual(await sendAll(stage, 1), ['OK']);
      line.configure({ failAfter: 1, recoverAfter: 2 });
      assert.deepEqual(await sendAll(stage, 2, 3, 4, 6, 5, 7), [1, 'OK', 38, 1, 38, 'OK']);
      line.configure({ failAfter: 0 });
      assert.deepEqual(await sendAll(stage, 8, 9, 10), [38, 38, 'OK']);
    }));

  it('counts on after a restart', () =>
    play({ failAfter: 1, recoverAfter: 2 }, async (stage) => {
      const { line, server } = stage;
      await server.openSession(line);
      assert.deepEqual(await sendAll(stage, 1, 2), ['OK', 38]);
      await line.restart();
      await server.openSession(line);
      assert.deepEqual(await sendAll(stage, 1, 2), [38, 'OK']);
    }));
});

describe('simulator: a slow line', () => {
  /** How long each of eight SMS took, in milliseconds; the line restarts after four. */
  async function timesOf(seed: number): Promise<number[]> {
    let times: number[] = [];
    await play({ seed, lineTime: [10, 60], sessionIdle: 1000 }, async ({ gateway, line, server, pass }) => {
      for (let life = 0; life < 2; life += 1) {
        await server.openSession(line);
        for (let telid = 1; telid <= 4; telid += 1) {
          await server.expect(line, `SEND 11 ${telid} +861\n`, `WAIT 11 ${telid}\n`);
        }
        pass(300);
        for (let telid = 1; telid <= 4; telid += 1) assert.equal(await server.next(), `OK 11 ${telid}\n`);
        await line.restart();
      }
      const ends = gateway.onAir.map(({ at }) => at - START_TIME);
      times = ends.map((end, index) => end - (index % 4 === 0 ? index * 75_000 : (ends[index - 1] ?? NaN)));
    });
    return times;
  }

  it('takes a random time, the same in every run', async () => {
    const times = await timesOf(1);
    assert.equal(times.length, 8);
    assert(
      times.every((time) => time >= 10_000 && time <= 60_000),
      times.join(),
    );
    assert.equal(new Set(times).size, 8, times.join());
    assert.deepEqual(await timesOf(1), times);
    assert.notDeepEqual(await timesOf(2), times);
  });

  it('takes the time that its function says for the number', () =>
    play({ lineTime: (to) => (to === '+861' ? 30 : 1) }, async ({ line, server, pass }) => {
      await server.openSession(line);
      await server.expect(line, 'SEND 11 1 +861\n', 'WAIT 11 1\n');
      await server.expect(line, 'SEND 11 2 +862\n', 'WAIT 11 2\n');
      pass(29.9);
      await server.expectSilence(line);
      pass(0.1);
      assert.equal(await server.next(), 'OK 11 1\n');
      pass(1);
      assert.equal(await server.next(), 'OK 11 2\n');
    }));
});

describe('simulator: lines that come and go by themselves', () => {
  it('the SIM loses the network after every so many SMS, for a while', () =>
    play({ logoutAfter: 2, logoutTime: 40, keepaliveFields: 'seed' }, async (stage) => {
      const { gateway, line, server, pass } = stage;
      await server.nextKeepalive();
      await server.openSession(line);
      assert.deepEqual(await sendAll(stage, 1), ['OK']);
      await server.expect(line, 'SEND 11 2 +862\n', 'WAIT 11 2\n');
      await server.expect(line, 'SEND 11 3 +863\n', 'WAIT 11 3\n');
      pass(3);
      assert.equal(await server.next(), 'OK 11 2\n');
      pass(3);
      assert.equal(await server.next(), 'ERROR 11 3 errorstatus:331\n');
      await server.expect(line, 'SEND 11 4 +864\n', 'ERROR 11 GSM_LOGOUT\n');
      line.keepalive();
      assert.match(await server.nextKeepalive(), /;gsm_status:LOGOUT;/);
      pass(36.9);
      await server.expect(line, 'SEND 11 4 +864\n', 'ERROR 11 GSM_LOGOUT\n');
      pass(0.1);
      assert.deepEqual(await sendAll(stage, 4, 5), ['OK', 'OK']);
      await server.expect(line, 'SEND 11 6 +866\n', 'ERROR 11 GSM_LOGOUT\n');
      assert.deepEqual([gateway.counters.sent, gateway.counters.failed], [4, 1]);
    }));

  it('a logout can be limited, and ends early with a login', () =>
    play({}, ({ line, pass }) => {
      line.logout(10);
      pass(9.9);
      assert.equal(line.gsmStatus, 'LOGOUT');
      pass(0.1);
      assert.equal(line.gsmStatus, 'LOGIN');
      line.logout(10);
      line.login();
      line.logout();
      pass(1000);
      assert.equal(line.gsmStatus, 'LOGOUT');
      return Promise.resolve();
    }));

  it('the line loses its power after every so many SMS, before it can tell of the last one', () =>
    play({ offlineAfter: 2, offlineTime: 40 }, async (stage) => {
      const { gateway, line, server, pass } = stage;
      const off: string[] = [];
      gateway.on('off', ({ line: id }) => off.push(id));
      await server.openSession(line);
      assert.deepEqual(await sendAll(stage, 1), ['OK']);
      await server.expect(line, 'SEND 11 2 +862\n', 'WAIT 11 2\n');
      await server.expect(line, 'SEND 11 3 +863\n', 'WAIT 11 3\n');
      const port = line.port;
      assert.deepEqual(off, []);
      pass(3);
      assert.deepEqual(off, ['goipid1']);
      const back = once(gateway, 'restarted');
      pass(39.9);
      server.send({ port }, 'DONE 1\n');
      pass(0.1);
      await back;
      assert.notEqual(line.port, port);
      await server.expect(line, 'SEND 11 2 +862\n', 'ERROR 11 SENDID\n');
      pass(60);
      assert.deepEqual(
        gateway.onAir.map(({ to }) => to),
        ['+861', '+862'],
      );
    }));

  it('a line that lost its power in the middle of an SMS does not go on through the next one', () =>
    play({ deliveryReports: true, deliveryFirst: true }, async ({ gateway, line, server, pass }) => {
      await server.openSession(line);
      await server.expect(line, 'SEND 11 1 +861\n', 'WAIT 11 1\n');
      await server.expect(line, 'SEND 11 2 +862\n', 'WAIT 11 2\n');
      gateway.once('air', () => void line.restart({ newPort: false }));
      pass(60);
      await server.expectSilence(line);
      assert.deepEqual(
        gateway.onAir.map(({ to }) => to),
        ['+861'],
      );
      assert.deepEqual(gateway.reports, []);
    }));
});

describe('simulator: lines that do not work with the server', () => {
  it('refuses new sessions for a while; those that are open go on', () =>
    play({}, async (stage) => {
      const { gateway, line, server } = stage;
      await server.openSession(line);
      line.configure({ sessionError: 'busy' });
      await server.expect(line, 'MSG 12 5 hello\n', 'ERROR 12 busy\n');
      await server.expect(line, 'MSG 13 5 hello\n', 'ERROR 13 busy\n');
      assert.deepEqual(await sendAll(stage, 1), ['OK']);
      line.configure({ sessionError: null });
      await server.expect(line, 'MSG 12 5 hello\n', 'PASSWORD 12\n');
      assert.equal(gateway.counters.sessionsRefused, 2);
    }));

  it('refuses the right password in sessions only', () =>
    play({ refusePassword: true }, async ({ line, server }) => {
      await server.expect(line, 'MSG 11 5 hello\n', 'PASSWORD 11\n');
      await server.expect(line, 'PASSWORD 11 password1\n', 'ERROR 11 PASSWORD\n');
      await server.expect(line, 'SEND 11 1 +861\n', 'ERROR 11 PASSWORD\n');
      await server.expect(line, 'get_gsm_state 1 password1', 'get_gsm_state 1 IDLE');
      line.configure({ refusePassword: false });
      await server.expect(line, 'PASSWORD 11 password1\n', 'SEND 11\n');
    }));

  it('silent: hears nothing of sessions, while keepalives, commands and SMS go on', () =>
    play({ silent: true, keepaliveFields: 'minimal' }, async (stage) => {
      const { gateway, line, server, pass } = stage;
      await server.expect(line, 'set_base_cell 1 1 password1', 'set_base_cell 1 1 ok');
      server.send(
        line,
        'MSG 11 5 hello\n',
        'MSG 12 9 wrong\n',
        'PASSWORD 11 password1\n',
        'SEND 11 1 +861\n',
        'DONE 11\n',
      );
      await expectNothingElse(stage);
      assert.deepEqual([line.sessions, line.queue, gateway.counters.sessionsRefused], [0, 0, 0]);
      await server.nextKeepalive();
      pass(30);
      assert.match(await server.nextKeepalive(), /^req:2;/);
      void line.receiveSms({ from: '+862', text: 'hi' });
      assert.match(await server.next(), /^RECEIVE:/);
    }));

  it('silent in the middle of a session: the SMS goes out, its result comes when the line is asked later', () =>
    play({}, async (stage) => {
      const { gateway, line, server, pass } = stage;
      await server.expect(line, 'set_base_cell 1 1 password1', 'set_base_cell 1 1 ok');
      await server.openSession(line);
      await server.expect(line, 'SEND 11 1 +861\n', 'WAIT 11 1\n');
      line.configure({ silent: true });
      server.send(line, 'SEND 11 1 +861\n', 'SEND 11 2 +862\n');
      await expectNothingElse(stage);
      pass(10);
      await expectNothingElse(stage);
      assert.deepEqual(
        gateway.onAir.map(({ to }) => to),
        ['+861'],
      );
      line.configure({ silent: false });
      await server.expect(line, 'SEND 11 1 +861\n', 'OK 11 1\n');
    }));
});
