import assert from 'node:assert/strict';
import type { JobResult } from '../../src/index.js';
import { useNodeRed } from '../node-red/harness.js';
import { startBroker, type Broker } from './broker.js';
import { onAir, startExample, type Stage } from './stage.js';

describe('the example 05-sms-mqtt, with a real MQTT broker', () => {
  const nodeRed = useNodeRed();
  let broker: Broker;
  before(async () => {
    broker = await startBroker();
  });
  after(() => broker.close());

  async function startBridge(): Promise<Stage> {
    const subscribed = broker.whenSubscribed('goip/send');
    const stage = await startExample(nodeRed, '05-sms-mqtt', {
      'goip-mqtt-broker-example': { broker: '127.0.0.1', port: String(broker.port) },
    });
    await subscribed;
    return stage;
  }

  it('publishes each SMS on the topic of its line', async () => {
    const { startGateway } = await startBridge();
    const gateway = await startGateway();
    const published = broker.next('goip/goip-04/sms');
    const text = 'a "quoted" text;\nwith 你好';
    await gateway.line('goip-04').receiveSms({ from: '+12025550123', text });
    const { receivedAt, ...sms } = (await published) as Record<string, unknown>;
    assert.deepEqual(sms, { device: 'goip-04', from: '+12025550123', text });
    assert.match(String(receivedAt), /^20\d\d-.*Z$/);
    assert.deepEqual(nodeRed.logged('error'), []);
  });

  it('sends what is published to goip/send and publishes the result', async () => {
    const { startGateway } = await startBridge();
    const gateway = await startGateway();
    const published = broker.next('goip/result');
    await broker.publish('goip/send', { to: ['+12025550101', '+12025550102'], device: 'goip-02', text: 'by MQTT' });
    const { ok, total, results } = (await published) as JobResult;
    assert.deepEqual({ ok, total }, { ok: true, total: 2 });
    assert.deepEqual(
      results.map(({ to, state }) => [to, state]),
      [
        ['+12025550101', 'sent'],
        ['+12025550102', 'sent'],
      ],
    );
    assert.deepEqual(onAir(gateway), ['goip-02 → +12025550101: by MQTT', 'goip-02 → +12025550102: by MQTT']);
  });

  it('publishes what could not be sent, with the reason', async () => {
    const { startGateway } = await startBridge();
    const gateway = await startGateway();
    for (const [request, code] of [
      [{ to: 'nobody', text: 'x' }, 'GOIP_BAD_NUMBER'],
      [{ to: '+12025550101' }, 'GOIP_TEXT_EMPTY'],
      [{ to: '+12025550101', text: 'x', device: 'attic' }, 'GOIP_UNKNOWN_DEVICE'],
    ] as const) {
      const published = broker.next('goip/error');
      await broker.publish('goip/send', request);
      const error = (await published) as Record<string, unknown>;
      assert.deepEqual({ to: error.to, code: error.code }, { to: request.to, code });
    }
    assert.deepEqual(onAir(gateway), []);
  });
});
