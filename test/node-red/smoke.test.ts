/** All four nodes run in Node-RED, and an SMS goes each way. */
import assert from 'node:assert/strict';
import { freeUdpPort } from './free-port.js';
import { recorder, useNodeRed } from './harness.js';

describe(`the nodes in Node-RED ${process.env.NODE_RED_MAJOR ?? '4'}`, () => {
  const nodeRed = useNodeRed();

  it('receive an SMS, send one and tell the state of the line', async () => {
    const port = await freeUdpPort();
    await nodeRed.loadFlow(
      [
        { id: 'tab', type: 'tab', label: 'smoke' },
        { id: 'server', type: 'goip-server', port, devices: [{ key: 'row', id: 'goipid1', name: 'Office' }] },
        { id: 'in', type: 'goip in', z: 'tab', server: 'server', wires: [['sms'], ['event']] },
        { id: 'send', type: 'goip send', z: 'tab', server: 'server', wires: [['result'], ['progress']] },
        { id: 'status', type: 'goip status', z: 'tab', server: 'server', emit: 'request', wires: [['lines']] },
        ...['sms', 'event', 'result', 'progress', 'lines'].map(recorder),
      ],
      { server: { passwords: { row: 'password1' } } },
    );
    await nodeRed.whenStatus('in', 'listening');

    const gateway = await nodeRed.startGateway({
      server: { host: '127.0.0.1', port },
      lines: [{ id: 'goipid1', password: 'password1' }],
      lineTime: 0.01,
    });
    await nodeRed.whenStatus('in', '1/1');
    const online = await nodeRed.nextMessage('event');
    assert.deepEqual((online.goip as { event: string }).event, 'online');

    const outcome = await gateway.line('goipid1').receiveSms({ from: '+8613513415667', text: 'just a test' });
    assert.equal(outcome.acked, true);
    const { payload, topic, from } = await nodeRed.nextMessage('sms');
    assert.deepEqual({ payload, topic, from }, { payload: 'just a test', topic: 'goipid1', from: '+8613513415667' });

    nodeRed.receive('send', { payload: 'hello', to: '+8613800138000' });
    const result = await nodeRed.nextMessage('result');
    assert.equal((result.payload as { sent: number }).sent, 1);
    assert.deepEqual(
      gateway.onAir.map(({ to, text }) => [to, text]),
      [['+8613800138000', 'hello']],
    );

    nodeRed.receive('status', {});
    const lines = await nodeRed.nextMessage('lines');
    assert.deepEqual(
      (lines.payload as { device: string; online: boolean }[]).map(({ device, online }) => [device, online]),
      [['goipid1', true]],
    );
    assert.deepEqual(nodeRed.logged('error'), []);
  });
});
