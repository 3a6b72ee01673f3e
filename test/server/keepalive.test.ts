import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import type { LineState } from '../../src/index.js';
import { NO_IPV6, skipTest } from '../skipped.js';
import { DEVICE, nextEvent, Stage } from './stage.js';

const FULL =
  'req:3;id:goipid1;pass:password1;num:+8613800138000;signal:23;gsm_status:LOGIN;voip_status:LOGOUT;voip_state:IDLE;' +
  'remain_time:-1;imei:490154203237518;imsi:(null);iccid:<NULL>;pro:CHINA UNICOM GSM;idle:1;' +
  'CELLINFO:LAC:FFFF,CELL ID:FFFF;CGATT:Y;__proto__:polluted;';

describe('server: registration and keepalive', () => {
  const stage = new Stage();
  afterEach(() => stage.close());

  it('acks a keepalive with its count as text and status 0', async () => {
    const { address } = await stage.server();
    const device = await stage.device(address);
    assert.equal(await device.ask('req:10;id:goipid1;pass:password1;'), 'reg:10;status:0;');
    assert.equal(await device.ask('req:0011;id:goipid1;password:password1;'), 'reg:0011;status:0;');
  });

  it('acks with status 200 if told so', async () => {
    const { address } = await stage.server({ keepaliveStatus: 200 });
    const device = await stage.device(address);
    assert.equal(await device.ask('req:10;id:goipid1;pass:password1;'), 'reg:10;status:200;');
  });

  it('answers nothing to a wrong id or a wrong password', async () => {
    const { server, address } = await stage.server();
    const device = await stage.device(address);
    for (const wrong of [
      'req:1;id:goipid2;pass:password1;',
      'req:1;id:goipid1;pass:wrong;',
      'req:1;id:goipid1;pass:;',
    ]) {
      assert.deepEqual(await device.answersTo(wrong, DEVICE), []);
    }
    assert.equal(server.dropped.unauthorized, 3);
  });

  it('answers nothing to a wrong password after many right ones from the same place', async () => {
    const { server, address } = await stage.server();
    const device = await stage.device(address);
    for (let count = 1; count <= 5; count += 1) {
      assert.equal(await device.ask(`req:${count};id:goipid1;pass:password1;signal:9;`), `reg:${count};status:0;`);
    }
    for (const wrong of ['password2', 'Password1', 'password', 'password11']) {
      assert.deepEqual(await device.answersTo(`req:6;id:goipid1;pass:${wrong};signal:9;`, DEVICE), []);
    }
    assert.equal(server.dropped.unauthorized, 4);
  });

  it('knows devices by their own password, others by the common one, and refuses those that have none', async () => {
    const { address } = await stage.server({
      password: 'common',
      devices: [{ id: 'own', password: 'secret' }, { id: 'plain' }],
    });
    const device = await stage.device(address);
    assert.equal(await device.ask('req:1;id:own;pass:secret;'), 'reg:1;status:0;');
    assert.equal(await device.ask('req:1;id:plain;pass:common;'), 'reg:1;status:0;');
    assert.deepEqual(await device.answersTo('req:1;id:own;pass:common;', { id: 'plain', password: 'common' }), []);

    const without = await stage.server({ devices: [{ id: 'nobody' }, DEVICE] });
    const other = await stage.device(without.address);
    assert.deepEqual(await other.answersTo('req:1;id:nobody;pass:;', DEVICE), []);
    assert.deepEqual(await other.answersTo('req:1;id:nobody;pass:undefined;', DEVICE), []);
  });

  it('shows all that a keepalive says, and never the password', async () => {
    const { server, address } = await stage.server({ devices: [{ ...DEVICE, name: 'Office' }] });
    const device = await stage.device(address);
    assert.deepEqual(server.lines()[0]?.lastSeen, null);
    await device.ask(FULL);

    const [line] = server.lines() as [LineState];
    const { since, lastSeen, raw, ...known } = line;
    assert.deepEqual(known, {
      device: 'goipid1',
      name: 'Office',
      group: null,
      online: true,
      address: '127.0.0.1',
      port: device.port,
      number: '+8613800138000',
      signal: 23,
      gsmStatus: 'LOGIN',
      voipStatus: 'LOGOUT',
      voipState: 'IDLE',
      operator: 'CHINA UNICOM GSM',
      imei: '490154203237518',
      imsi: null,
      iccid: null,
      queue: { waiting: 0, sending: 0 },
      counters: { received: 0, sent: 0, failed: 0, unknown: 0 },
      usage: { hour: 0, day: 0 },
      hold: null,
      failing: false,
      lastError: null,
    });
    assert.equal(since, lastSeen);
    assert.equal(raw['CELLINFO'], 'LAC:FFFF,CELL ID:FFFF');
    assert.equal(Object.getOwnPropertyDescriptor(raw, '__proto__')?.value, 'polluted');
    assert.ok(!JSON.stringify(line).includes(DEVICE.password));
  });

  it('tells when a line comes online, and when it was silent for offlineAfter', async () => {
    const { server, address } = await stage.server({ offlineAfter: 0.05 });
    const device = await stage.device(address);
    const online = nextEvent(server, 'online');
    const offline = nextEvent(server, 'offline');
    device.send('req:1;id:goipid1;pass:password1;');
    assert.equal(((await online).payload as LineState).online, true);
    const { device: id, payload } = await offline;
    assert.equal(id, 'goipid1');
    assert.equal((payload as LineState).online, false);
    assert.equal(server.lines()[0]?.online, false);
  });

  it('tells when the counter fell: the device restarted', async () => {
    const { server, address } = await stage.server();
    const device = await stage.device(address);
    await device.ask('req:40;id:goipid1;pass:password1;');
    const restarted = nextEvent(server, 'restarted');
    device.send('req:1;id:goipid1;pass:password1;');
    assert.equal((await restarted).device, 'goipid1');
  });

  it('follows a line to the address of its last keepalive, and acks one that was overtaken without following it', async () => {
    const { server, address } = await stage.server();
    const before = await stage.device(address);
    await before.ask('req:7;id:goipid1;pass:password1;');
    const after = await stage.device(address);
    await after.ask('req:9;id:goipid1;pass:password1;');
    assert.equal(server.lines()[0]?.port, after.port);
    assert.equal(await before.ask('req:8;id:goipid1;pass:password1;'), 'reg:8;status:0;');
    assert.equal(server.lines()[0]?.port, after.port);
  });

  it('keeps the lines of one box apart: state goes by id, never by address', async () => {
    const devices = [1, 2, 3].map((n) => ({ id: `line${n}`, password: 'p' }));
    const { server, address } = await stage.server({ devices });
    const box = await stage.device(address);
    for (const { id } of devices) await box.ask(`req:1;id:${id};pass:p;signal:${id.at(-1) ?? ''};`);
    assert.deepEqual(
      server.lines().map(({ device, signal }) => [device, signal]),
      [
        ['line1', 1],
        ['line2', 2],
        ['line3', 3],
      ],
    );
  });

  it('works over IPv6', async function () {
    if (!hasIpv6()) skipTest(this, NO_IPV6);
    const { server, address } = await stage.server({ host: '::1' });
    const device = await stage.device(address);
    assert.equal(await device.ask('req:1;id:goipid1;pass:password1;'), 'reg:1;status:0;');
    assert.equal(server.lines()[0]?.address, '::1');
  });

  it('shows an IPv4 device on a dual-stack socket by its IPv4 address', async function () {
    if (!hasIpv6()) skipTest(this, NO_IPV6);
    const { server, address } = await stage.server({ host: '::' });
    const device = await stage.device({ address: '127.0.0.1', port: address.port });
    assert.equal(await device.ask('req:1;id:goipid1;pass:password1;'), 'reg:1;status:0;');
    assert.equal(server.lines()[0]?.address, '127.0.0.1');
  });

  it('answers nothing to what is no message of the protocol', async () => {
    const { server, address } = await stage.server();
    const device = await stage.device(address);
    const garbage = [
      '',
      'hello',
      'req:',
      'req:1',
      'req:1;id:goipid1',
      'constructor:1;id:a',
      '__proto__ 1',
      'OK',
      'OK 5 1\n',
    ];
    for (const datagram of garbage) assert.deepEqual(await device.answersTo(datagram, DEVICE), [], datagram);
    assert.deepEqual(await device.answersTo(Buffer.from([0xff, 0x00, 0xc3, 0x28]), DEVICE), []);
    assert.equal(
      server.dropped.malformed + server.dropped.unexpected + server.dropped.unauthorized,
      garbage.length + 1,
    );
  });
});

function hasIpv6(): boolean {
  return Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === '::1'));
}
