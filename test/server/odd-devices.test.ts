/** What the simulator shows of odd devices and networks, over real UDP. */
import assert from 'node:assert/strict';
import { makeLines } from '../../src/simulator/index.js';
import { DEVICE, nextEvent, nextSms, Stage } from './stage.js';

const LINE = { id: DEVICE.id, password: DEVICE.password, lineTime: 0.01 };
const FAST = { resendInterval: 0.05, resendCount: 1, queryInterval: 0.05 };

describe('server: odd devices', () => {
  const stage = new Stage();
  afterEach(() => stage.close());

  it('reports two gateways with the same id, with both addresses', async () => {
    const { server, address } = await stage.server();
    const warned = nextEvent(server, 'duplicate-device');
    const gateways = [];
    for (const keepaliveInterval of [0.02, 0.03])
      gateways.push(await stage.gateway(address, { lines: [{ ...LINE, keepaliveInterval }] }));
    const { device, payload } = await warned;
    assert.equal(device, DEVICE.id);
    const expected = gateways.map((gateway) => `127.0.0.1:${gateway.line(DEVICE.id).port}`);
    const { duplicate } = payload as { duplicate: { addresses: string[] } };
    assert.deepEqual(duplicate.addresses.toSorted(), expected.toSorted());
    assert.deepEqual(server.lines()[0]?.duplicate?.addresses.toSorted(), expected.toSorted());
  });

  it('takes SMS of firmware that writes everything in its own way, and sends through it', async () => {
    const { server, address } = await stage.server({ joinParts: 5 });
    const odd = { lowerCaseVerbs: true, beforeVerb: '\ufeff \n', senderName: 'num', surrogates: true } as const;
    const gateway = await stage.gateway(address, { lines: [{ ...LINE, ...odd, longSms: 'parts', partGap: 0 }] });
    await gateway.whenRegistered();
    const text = `${'ж'.repeat(66)}\u{1f603} and ${'\u{1f389}'.repeat(50)} \u{1f680}`;
    const arrived = nextSms(server);
    assert.equal((await gateway.line(DEVICE.id).receiveSms({ from: '+4915112345678', text })).acked, true);
    const sms = await arrived;
    assert.deepEqual([sms.from, sms.text], ['+4915112345678', text]);
    assert.ok((sms.parts?.length ?? 0) > 1, 'it came in parts');
    assert.equal((await (await server.send({ to: '1', text: 'x' })).result).sent, 1);
  });

  it('sends short texts past a long one where the network drops fragments', async () => {
    const { server, address } = await stage.server(FAST);
    const gateway = await stage.gateway(address, {
      lines: [{ ...LINE, keepaliveInterval: 0.02 }],
      faults: { longest: 1472 },
    });
    await gateway.whenRegistered();
    const long = await server.send({ to: '1', text: 'x'.repeat(2000) });
    for (let alarm = 0; alarm < 3; alarm += 1) {
      const { result } = await server.send({ to: '2', text: `alarm ${alarm}` });
      assert.equal((await result).sent, 1);
    }
    const { results } = await long.result;
    assert.match(results[0]?.reason ?? '', /2000 bytes.*fragments/);
    assert.deepEqual(
      gateway.onAir.map(({ text }) => text),
      ['alarm 0', 'alarm 1', 'alarm 2'],
    );
    assert.equal(server.lines()[0]?.failing, false);
  });

  it('sends what others can although two lines refused dead numbers', async () => {
    const devices = makeLines({ count: 2, password: 'p' });
    const { server, address } = await stage.server({ ...FAST, devices, cooldownAfter: 3, cooldown: 300 });
    const gateway = await stage.gateway(address, {
      lines: devices,
      lineTime: 0.01,
      failNumbers: (to) => (to.startsWith('9') ? 1 : null),
    });
    await gateway.whenRegistered();
    const dead = await server.send({ to: ['91', '92', '93', '94', '95', '96', '97', '98'], text: 'x' });
    assert.equal((await dead.result).failed, 8);
    const alive = await server.send({ to: ['11', '12'], text: 'x' });
    assert.equal((await alive.result).sent, 2);
    assert.deepEqual(
      server.lines().map(({ failing, hold }) => [failing, hold]),
      [
        [false, null],
        [false, null],
      ],
    );
  });
});
