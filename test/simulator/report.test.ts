/** What the simulator prints, and what it must never print. */
import assert from 'node:assert/strict';
import { describeEvents, startTraffic } from '../../src/simulator/index.js';
import { mulberry32 } from '../../src/simulator/random.js';
import { quote } from '../../src/simulator/report.js';
import { inventSms } from '../../src/simulator/traffic.js';
import { play } from './stage.js';

describe('simulator: reports', () => {
  it('tells in one line each what goes on, without passwords', () =>
    play({ failNumbers: { '+862': 1 } }, async ({ gateway, line, server, pass }) => {
      const lines: string[] = [];
      const stop = describeEvents(gateway, (text) => lines.push(text));
      server.send(line, 'reg:1;status:0;');
      await gateway.whenRegistered();
      await server.openSession(line, 11, 'two\nlines\u001b[31m');
      await server.expect(line, 'SEND 11 1 +861\n', 'WAIT 11 1\n');
      await server.expect(line, 'SEND 11 2 +862\n', 'WAIT 11 2\n');
      pass(6);
      await server.next();
      await server.next();
      await server.expect(line, 'DONE 11\n', 'DONE 11\n');
      await server.expect(line, 'MSG 12 9 x\n', 'ERROR 12 msg_length_error\n');
      const outcome = line.receiveSms({ from: 'Sim;Bank', text: 'hi' });
      await server.next();
      server.send(line, 'RECEIVE 1270197307 OK\n');
      await outcome;
      await server.expect(line, 'get_gsm_state 1 password1', 'get_gsm_state 1 IDLE');
      line.logout();
      stop();
      line.login();
      assert.deepEqual(lines, [
        `goipid1  registered, UDP port ${line.port}`,
        'goipid1  session 11 opened',
        'goipid1  SMS on air to +861: "two\\nlines\\u001b[31m"',
        'goipid1  SMS to +862 failed, errorstatus 1: "two\\nlines\\u001b[31m"',
        'goipid1  session 12 refused: msg_length_error',
        'goipid1  SMS in from "Sim;Bank" acked: "hi"',
        'goipid1  get_gsm_state answered "get_gsm_state 1 IDLE"',
        'goipid1  GSM LOGOUT',
      ]);
    }));

  it('tells of what was not acked', () =>
    play({ resendCount: 0 }, async ({ gateway, line, pass }) => {
      const lines: string[] = [];
      describeEvents(gateway, (text) => lines.push(text));
      const sms = line.receiveSms({ from: '+861', text: 'hi' });
      pass(3);
      await sms;
      line.configure({ resendCount: 1 });
      const state = line.notify({ kind: 'STATE', state: 'IDLE', number: null });
      pass(6);
      await state;
      assert.deepEqual(lines, [
        'goipid1  SMS in from +861 NOT acked (no answer, 1 datagram): "hi"',
        'goipid1  STATE 1270197306 NOT acked (no answer, 2 datagrams)',
      ]);
    }));

  it('tells of what goes wrong with a line, and of delivery reports', () =>
    play({ blockAfter: 1, deliveryReports: true, lineTime: 1 }, async ({ gateway, line, server, pass }) => {
      const lines: string[] = [];
      describeEvents(gateway, (text) => lines.push(text));
      await server.openSession(line);
      await server.expect(line, 'SEND 11 1 +861\n', 'WAIT 11 1\n');
      pass(2);
      assert.equal(await server.next(), 'OK 11 1\n');
      await server.next();
      await server.deliver(line, 'DELIVER 1270197307 OK\n');
      line.configure({ blocked: false });
      await line.restart();
      assert.deepEqual(lines, [
        'goipid1  session 11 opened',
        'goipid1  SMS on air to +861: "hello"',
        'goipid1  SIM blocked',
        'goipid1  delivery report on +861, state 0, acked',
        'goipid1  SIM works again',
        'goipid1  without power',
        `goipid1  restarted, UDP port ${line.port}`,
      ]);
    }));

  it('lets no character through that a terminal acts on', () => {
    const text = Array.from({ length: 0x3000 }, (_, code) => String.fromCharCode(code)).join('') + '\ufeff\ud800';
    const quoted = quote(text);
    // eslint-disable-next-line no-control-regex -- they are what must not be there
    assert.doesNotMatch(quoted, /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/);
    assert.equal(JSON.parse(quoted), text);
  });

  it('invents SMS of all kinds, the same ones with the same seed', () => {
    const invent = (seed: number) => {
      const random = mulberry32(seed);
      return Array.from({ length: 200 }, () => inventSms(random));
    };
    assert.deepEqual(invent(1), invent(1));
    assert.notDeepEqual(invent(1), invent(2));
    const texts = invent(1).map(({ text }) => text);
    for (const kind of [/;id:/, /\n/, /[\u4e00-\u9fff]/, /[\u0600-\u06ff]/, /👋/]) {
      assert(texts.some((text) => kind.test(text)));
    }
  });

  it('sends invented SMS until it is told to stop', () =>
    play({ lines: ['a', 'b'].map((id) => ({ id, password: 'p' })) }, async ({ gateway, pass }) => {
      // The clock of the stage drives the gateway only, so this one is driven here.
      const alarms: (() => void)[] = [];
      const timers = {
        setTimeout: (ring: () => void) => alarms.push(ring),
        clearTimeout: () => (alarms.length = 0),
        now: () => 0,
      };
      const stop = startTraffic(gateway, { interval: 5, timers });
      for (let count = 0; count < 20; count += 1) alarms.shift()?.();
      assert.equal(gateway.received.length, 20);
      assert.deepEqual(new Set(gateway.received.map(({ device }) => device)), new Set(['a', 'b']));
      stop();
      assert.deepEqual(alarms, []);
      pass(1);
      return Promise.resolve();
    }));
});
