import assert from 'node:assert/strict';
import type { JobResult } from '../../src/index.js';
import { useNodeRed } from '../node-red/harness.js';
import { describeWithBroker, type Json } from './broker.js';
import { onAir, PASSWORD, startExample, type Stage } from './stage.js';

const id = (name: string): string => `goip-sms-mqtt-${name}`;

describeWithBroker('the example 05-sms-mqtt, with a real MQTT broker', (broker) => {
  const nodeRed = useNodeRed({ mqttReconnectTime: 50 });
  afterEach(() => broker.forget());

  async function startBridge(changes: Readonly<Record<string, object>> = {}): Promise<Stage> {
    const stage = await startExample(nodeRed, '05-sms-mqtt', {
      ...changes,
      'goip-mqtt-broker-example': { broker: '127.0.0.1', port: String(broker.port) },
    });
    await whenConnected();
    return stage;
  }

  async function whenConnected(): Promise<void> {
    for (const name of ['request', 'mqtt']) await nodeRed.whenStatus(id(name), ({ fill }) => fill === 'green');
  }

  it('publishes each SMS on the topic of its line', async () => {
    const { startGateway } = await startBridge();
    const gateway = await startGateway();
    const text = 'a "quoted" text;\nwith 你好';
    await gateway.line('goip-04').receiveSms({ from: '+12025550123', text });
    const { receivedAt, recvid, ...sms } = await broker.next('goip/goip-04/sms');
    assert.deepEqual(sms, { device: 'goip-04', from: '+12025550123', text, redelivered: false });
    assert.match(String(receivedAt), /^20\d\d-.*Z$/);
    assert.match(String(recvid), /^\d+$/);
    assert.deepEqual(nodeRed.logged('error'), []);
  });

  it('sends what is published to goip/send, and publishes each step and the result', async () => {
    const { startGateway } = await startBridge();
    const gateway = await startGateway();
    const order = { id: 'order-1', to: ['+12025550101', '+12025550102'], device: 'goip-02', text: 'by MQTT' };
    await broker.publish('goip/send', order);
    const result = (await broker.next('goip/result')) as unknown as JobResult;
    assert.deepEqual([result.id, result.ok, result.total], ['order-1', true, 2]);
    assert.deepEqual(onAir(gateway), ['goip-02 → +12025550101: by MQTT', 'goip-02 → +12025550102: by MQTT']);
    for (const state of ['queued', 'submitted', 'sent']) {
      const isStep = (step: Json): boolean => step.to === '+12025550102' && step.state === state;
      assert.equal((await broker.next('goip/status', isStep)).id, 'order-1');
    }
  });

  it('sends once what is delivered twice, and answers both', async () => {
    const { startGateway } = await startBridge();
    const gateway = await startGateway({ lineTime: 0.1 });
    const order = { id: 4711, to: '+12025550101', text: 'Only once, please.' };
    await broker.publish('goip/send', order);
    await broker.publish('goip/send', order);
    const results = [await broker.next('goip/result'), await broker.next('goip/result')];
    // Also when the first one has long ended.
    await broker.publish('goip/send', order);
    results.push(await broker.next('goip/result'));
    assert.deepEqual(
      results.map((result) => [result.id, result.sent]),
      Array(3).fill(['4711', 1]),
    );
    assert.deepEqual(
      gateway.onAir.map(({ text }) => text),
      ['Only once, please.'],
    );
  });

  it('publishes what could not be sent, with the reason', async () => {
    const { startGateway } = await startBridge();
    const gateway = await startGateway();
    for (const [request, code] of [
      [{ id: 'a', to: 'nobody', text: 'x' }, 'GOIP_BAD_NUMBER'],
      [{ id: 'b', to: '+12025550101' }, 'GOIP_TEXT_EMPTY'],
      [{ id: 'c', to: '+12025550101', text: 'x', device: 'attic' }, 'GOIP_UNKNOWN_DEVICE'],
    ] as const) {
      await broker.publish('goip/send', request);
      const error = await broker.next('goip/error');
      assert.deepEqual([error.id, error.to, error.code], [request.id, request.to, code]);
    }
    await broker.publish('goip/send', '{"to": "+1202555');
    assert.match(String((await broker.next('goip/error')).message), /JSON/i);
    assert.deepEqual(onAir(gateway), []);
  });

  it('loses nothing when the broker is away for a while', async () => {
    const { startGateway } = await startBridge();
    const gateway = await startGateway();
    await broker.stop();
    await nodeRed.whenStatus(id('mqtt'), ({ fill }) => fill !== 'green');
    for (const text of ['one', 'two', 'three'])
      await gateway.line('goip-01').receiveSms({ from: '+12025550123', text });
    await nodeRed.whenStatus(id('outbox'), '3');
    await broker.start();
    for (const text of ['one', 'two', 'three']) await broker.next('goip/goip-01/sms', (sms) => sms.text === text);
    await nodeRed.whenStatus(id('outbox'), ({ text }) => text === undefined);
    assert.deepEqual(broker.waiting('goip/goip-01/sms'), [], 'published twice');
  });

  it('sends what was published while Node-RED was away, even if the broker was restarted', async () => {
    await startBridge();
    await nodeRed.unload();
    await broker.publish('goip/send', { id: 'kept', to: '+12025550101', text: 'The broker has kept me.' });
    await broker.stop();
    await broker.start();
    const { startGateway } = await startBridge();
    const gateway = await startGateway();
    assert.equal((await broker.next('goip/result')).id, 'kept');
    assert.deepEqual(
      gateway.onAir.map(({ text }) => text),
      ['The broker has kept me.'],
    );
  });

  it('publishes SMS of a line whose id no topic can have', async () => {
    const line = { id: 'gw/1+2#', password: PASSWORD };
    const { startGateway } = await startBridge({ 'goip-server-example': { devices: [{ key: 'key', id: line.id }] } });
    const gateway = await startGateway({ lines: [line] });
    await gateway.line(line.id).receiveSms({ from: '+12025550123', text: 'hello' });
    assert.equal((await broker.next('goip/gw_1_2_/sms')).device, line.id);
  });
});
