import assert from 'node:assert/strict';
import { DeviceList } from '../../src/lines/devices.js';
import { displayAddress } from '../../src/net/addresses.js';
import { Line } from '../../src/lines/line.js';
import type { DeviceOptions } from '../../src/config/settings.js';
import { ADDRESS, keepaliveOf, NOW } from './keepalives.js';

const newLine = (options: Partial<DeviceOptions> = {}): Line => {
  const [device] = new DeviceList([{ id: 'goipid1', name: 'Office', password: 'password1', ...options }]);
  assert.ok(device);
  return new Line(device);
};

/** The state of a line after one keepalive with these fields. */
function stateAfter(fields: string) {
  const line = newLine();
  line.heard(keepaliveOf(fields), ADDRESS, NOW);
  return line.state(0, 0);
}

describe('line: state (contract, goip status)', () => {
  it('knows nothing before the first keepalive', () => {
    assert.deepEqual(newLine().state(2, 0), {
      device: 'goipid1',
      name: 'Office',
      group: null,
      online: false,
      since: null,
      lastSeen: null,
      address: null,
      port: null,
      number: null,
      signal: null,
      gsmStatus: null,
      voipStatus: null,
      voipState: null,
      operator: null,
      imei: null,
      imsi: null,
      iccid: null,
      queue: { waiting: 2, sending: 0 },
      counters: { received: 0, sent: 0, failed: 0, unknown: 0 },
      usage: { hour: 0, day: 0 },
      hold: null,
      failing: false,
      lastError: null,
      raw: {},
    });
  });

  it('shows what the keepalive says', () => {
    const fields =
      'num:13800138000;signal:21;gsm_status:LOGIN;voip_status:LOGOUT;voip_state:IDLE;remain_time:-1;imei:86;imsi:460;' +
      'iccid:8986;pro:CHINA MOBILE;idle:10;disable_status:0;SMS_LOGIN:N;CELLINFO:LAC:FFFF,CELL ID:FFFF;CGATT:Y;';
    const line = newLine();
    line.heard(keepaliveOf(fields, { count: '17' }), ADDRESS, NOW);
    for (let number = 0; number < 4; number += 1) line.numberSubmitted();
    for (let number = 0; number < 3; number += 1) line.numberEnded('sent');
    assert.deepEqual(line.state(4, 0), {
      device: 'goipid1',
      name: 'Office',
      group: null,
      online: true,
      since: '2026-11-22T10:00:00.000Z',
      lastSeen: '2026-11-22T10:00:00.000Z',
      address: '192.0.2.7',
      port: 9991,
      number: '13800138000',
      signal: 21,
      gsmStatus: 'LOGIN',
      voipStatus: 'LOGOUT',
      voipState: 'IDLE',
      operator: 'CHINA MOBILE',
      imei: '86',
      imsi: '460',
      iccid: '8986',
      queue: { waiting: 4, sending: 1 },
      counters: { received: 0, sent: 3, failed: 0, unknown: 0 },
      usage: { hour: 0, day: 0 },
      hold: null,
      failing: false,
      lastError: null,
      raw: {
        req: '17',
        id: 'goipid1',
        num: '13800138000',
        signal: '21',
        gsm_status: 'LOGIN',
        voip_status: 'LOGOUT',
        voip_state: 'IDLE',
        remain_time: '-1',
        imei: '86',
        imsi: '460',
        iccid: '8986',
        pro: 'CHINA MOBILE',
        idle: '10',
        disable_status: '0',
        SMS_LOGIN: 'N',
        CELLINFO: 'LAC:FFFF,CELL ID:FFFF',
        CGATT: 'Y',
      },
    });
  });

  it('is null where the device has no value, and raw keeps how it says so', () => {
    for (const none of ['', ' ', '(null)', '<NULL>', '(NULL)', 'null']) {
      const { number, signal, operator, imei, raw } = stateAfter(
        `num:${none};signal:${none};pro:${none};imei:${none};`,
      );
      assert.deepEqual([number, signal, operator, imei], [null, null, null, null], JSON.stringify(none));
      assert.equal(raw['num'], none);
    }
  });

  it('knows the signal as a number, or not at all', () => {
    const signals = ['21', '0', '99', '-71', '2.5', '0x10', 'good', ''].map(
      (text) => stateAfter(`signal:${text};`).signal,
    );
    assert.deepEqual(signals, [21, 0, 99, -71, null, null, null, null]);
  });

  it('trims values, and leaves raw as it came', () => {
    const { operator, raw } = stateAfter('pro: CHINA MOBILE ;');
    assert.deepEqual([operator, raw['pro']], ['CHINA MOBILE', ' CHINA MOBILE ']);
  });

  it('forgets fields that the next keepalive does not have any more', () => {
    const line = newLine();
    line.heard(keepaliveOf('num:1;signal:5;'), ADDRESS, NOW);
    line.heard(keepaliveOf('signal:6;', { count: '2' }), ADDRESS, NOW);
    assert.deepEqual([line.state(0, 0).number, line.state(0, 0).signal], [null, 6]);
  });

  it('never shows a password, whatever the keepalive calls it', () => {
    const shown = JSON.stringify([stateAfter('password:secret2;PASS:secret3;Password:secret4;num:1;')]);
    assert.doesNotMatch(shown, /password1|secret/);
  });

  it('shows no password in a field that it knows', () => {
    const state = stateAfter('num:password1;pro:xpassword1y;gsm_status:password1;imei:password1;signal:21;');
    assert.doesNotMatch(JSON.stringify(state), /password1/);
    assert.deepEqual([state.operator, state.number, state.signal], ['x••••y', '••••', 21]);
    assert.deepEqual([state.raw['pro'], state.raw['num']], ['x••••y', '••••']);
  });

  it('takes fields with the names of what objects have, as plain data', () => {
    const { raw } = stateAfter('__proto__:x;constructor:y;toString:z;');
    assert.deepEqual(Object.getOwnPropertyDescriptor(raw, '__proto__')?.value, 'x');
    assert.deepEqual(Object.keys(raw), ['req', 'id', '__proto__', 'constructor', 'toString']);
    assert.equal(Object.getPrototypeOf(raw), Object.prototype);
    assert.equal('polluted' in {}, false);
  });

  it('is a picture of the moment: what changes later does not change it', () => {
    const line = newLine();
    line.heard(keepaliveOf('num:1;'), ADDRESS, NOW);
    const before = line.state(0, 0);
    line.numberEnded('sent');
    line.heard(keepaliveOf('num:2;', { count: '2' }), { ...ADDRESS, port: 1 }, NOW + 30_000);
    assert.deepEqual([before.counters.sent, before.number, before.port, before.raw['num']], [0, '1', 9991, '1']);
  });

  it('shows the last error, and that of the line before it, too', () => {
    const line = newLine();
    line.recordError({ code: 'GOIP_SEND_FAILED', reason: 'no credit' }, NOW);
    const error = { code: 'GOIP_SEND_FAILED', reason: 'no credit', at: '2026-11-22T10:00:00.000Z' };
    assert.deepEqual(line.state(0, 0).lastError, error);
    const next = newLine();
    next.inherit(line);
    assert.deepEqual(next.state(0, 0).lastError, error);
  });

  it('shows an IPv4 device on a dual-stack socket by its IPv4 address', () => {
    assert.equal(displayAddress('::ffff:192.0.2.7'), '192.0.2.7');
    for (const address of ['192.0.2.7', '::1', '2001:db8::1', '::ffff:1'])
      assert.equal(displayAddress(address), address);
  });
});

describe('line: online and offline', () => {
  it('is online since the keepalive after which it was so all the time', () => {
    const line = newLine();
    line.heard(keepaliveOf(), ADDRESS, NOW);
    line.heard(keepaliveOf('', { count: '2' }), ADDRESS, NOW + 30_000);
    const { since, lastSeen } = line.state(0, 0);
    assert.deepEqual([since, lastSeen], ['2026-11-22T10:00:00.000Z', '2026-11-22T10:00:30.000Z']);
  });

  it('keeps what it knew when it goes offline', () => {
    const line = newLine();
    line.heard(keepaliveOf('num:1;'), ADDRESS, NOW);
    line.wentOffline(NOW + 92_000);
    const { online, since, lastSeen, number, address } = line.state(0, 0);
    assert.deepEqual(
      [online, since, lastSeen, number, address],
      [false, '2026-11-22T10:01:32.000Z', '2026-11-22T10:00:00.000Z', '1', '192.0.2.7'],
    );
  });
});

describe('line: readiness for a session', () => {
  const readinessAfter = (fields: string, change: (line: Line) => void = () => undefined): string => {
    const line = newLine();
    line.heard(keepaliveOf(fields), ADDRESS, NOW);
    change(line);
    return line.readiness;
  };

  it('takes a keepalive', () => assert.equal(newLine().readiness, 'offline'));

  it('takes a SIM that is logged in, or a device that does not tell', () => {
    assert.equal(readinessAfter('gsm_status:LOGIN;'), 'ready');
    assert.equal(readinessAfter(''), 'ready');
    assert.equal(readinessAfter('gsm_status:;'), 'ready');
    assert.equal(readinessAfter('gsm_status:LOGOUT;'), 'logged-out');
    assert.equal(readinessAfter('voip_status:LOGOUT;'), 'ready', 'calls are another matter');
  });

  it('ends when the line is parked, until a keepalive does not say LOGOUT', () => {
    assert.equal(
      readinessAfter('', (line) => line.park()),
      'logged-out',
    );
    const line = newLine();
    line.heard(keepaliveOf('gsm_status:LOGIN;'), ADDRESS, NOW);
    line.park();
    line.heard(keepaliveOf('gsm_status:LOGOUT;'), ADDRESS, NOW);
    assert.equal(line.readiness, 'logged-out');
    line.heard(keepaliveOf('gsm_status:LOGIN;'), ADDRESS, NOW);
    assert.equal(line.readiness, 'ready');
  });

  it('is put off by a rest, and by the longest of several', () => {
    const line = newLine();
    line.heard(keepaliveOf(), ADDRESS, NOW);
    line.rest(0);
    line.rest(0);
    assert.equal(line.readiness, 'resting');
    line.endRest();
    assert.equal(line.readiness, 'resting');
    line.endRest();
    assert.equal(line.readiness, 'ready');
  });
});

describe('line: how a device tells results', () => {
  const habitAfter = (...observed: ('push' | 'poll')[]): string => {
    const line = newLine();
    for (const habit of observed) line.resultObserved(habit);
    return line.habit;
  };

  it('is unknown at first, then what was seen', () => {
    assert.equal(habitAfter(), 'unknown');
    assert.equal(habitAfter('push'), 'push');
    assert.equal(habitAfter('poll'), 'poll');
  });

  it('is not forgotten because of one lost push', () => {
    assert.equal(habitAfter('push', 'push', 'push', 'poll'), 'push');
    assert.equal(habitAfter('poll', 'poll', 'push'), 'poll');
  });

  it('is learnt anew after a firmware update, soon enough', () => {
    const pushedForYears = Array.from({ length: 1000 }, () => 'push' as const);
    assert.equal(habitAfter(...pushedForYears, 'poll', 'poll', 'poll', 'poll'), 'poll');
  });
});
