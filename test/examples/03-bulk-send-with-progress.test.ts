import assert from 'node:assert/strict';
import type { JobResult, RecipientStatus } from '../../src/index.js';
import { useNodeRed } from '../node-red/harness.js';
import { LINES, onAir, startExample } from './stage.js';

const id = (name: string): string => `goip-bulk-send-${name}`;

describe('the example 03-bulk-send-with-progress', () => {
  const nodeRed = useNodeRed();

  it('shares five numbers among all lines and tells of each who sent it', async () => {
    const { startGateway } = await startExample(nodeRed, '03-bulk-send-with-progress');
    const gateway = await startGateway({ lineTime: 0.1 });
    nodeRed.inject(id('any'));
    const { payload } = await nodeRed.nextMessage(id('all-sent'));
    assert.deepEqual([(payload as JobResult).ok, (payload as JobResult).sent], [true, 5]);
    await nodeRed.whenStatus(id('all-sent'), '5 sent');

    const used = new Set(gateway.onAir.map(({ device }) => device));
    assert.deepEqual([...used].sort(), LINES);
    assert(gateway.onAir.every(({ text }) => text === 'The meeting starts at 10.\nRoom 4.'));
    const told = (await nodeRed.nextMessages(id('progress'), 5)).map((message) => message.payload as string);
    assert.deepEqual(told.sort(), gateway.onAir.map(({ to, device }) => `${to}: sent by ${device}`).sort());
    const states = nodeRed.messages(id('steps')).map(({ payload: step }) => (step as RecipientStatus).state);
    assert.deepEqual([...new Set(states)], ['queued', 'submitted', 'waiting', 'sent']);
    assert.deepEqual(nodeRed.logged('error'), []);
  });

  it('sends from two of the lines only', async () => {
    const { startGateway } = await startExample(nodeRed, '03-bulk-send-with-progress');
    const gateway = await startGateway({ lineTime: 0.1 });
    nodeRed.inject(id('two'));
    await nodeRed.nextMessage(id('all-sent'));
    const used = new Set(gateway.onAir.map(({ device }) => device));
    assert.deepEqual([...used].sort(), ['goip-01', 'goip-02']);
    assert.equal(gateway.onAir.length, 3);
  });

  it('lists those that were not sent, with the reason', async () => {
    const { startGateway } = await startExample(nodeRed, '03-bulk-send-with-progress');
    const gateway = await startGateway({ failNumbers: { '+12025550102': 38, '+12025550103': 500 } });
    nodeRed.inject(id('two'));
    const { payload } = await nodeRed.nextMessage(id('list'));
    const [first, second, ...more] = [...(payload as string[])];
    assert.match(first ?? '', /^\+12025550102: failed, .*38/);
    assert.match(second ?? '', /^\+12025550103: failed, .*500/);
    assert.deepEqual(more, []);
    assert.deepEqual(
      onAir(gateway).map((sms) => sms.slice('goip-01 → '.length)),
      ['+12025550101: The meeting starts at 11.\nRoom 5.'],
    );
    assert.deepEqual(nodeRed.messages(id('all-sent')), []);
  });
});
