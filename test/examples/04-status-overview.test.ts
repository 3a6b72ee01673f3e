import assert from 'node:assert/strict';
import { useNodeRed } from '../node-red/harness.js';
import { startExample } from './stage.js';

const id = (name: string): string => `goip-status-overview-${name}`;

describe('the example 04-status-overview', () => {
  const nodeRed = useNodeRed();

  it('tells which line came and which is lost', async () => {
    const { startGateway } = await startExample(nodeRed, '04-status-overview', {
      'goip-server-example': { offlineAfter: 2 },
    });
    const gateway = await startGateway({ keepaliveInterval: 0.1, keepaliveValues: { signal: '21' } });
    const news = await nodeRed.nextMessages(id('event'), 4);
    assert.deepEqual(
      news.map(({ payload }) => payload),
      [1, 2, 3, 4].map((line) => `Line ${line} is online, signal 21`),
    );
    gateway.partition('goip-02');
    assert.match(String((await nodeRed.nextMessage(id('event'))).payload), /^Line 2 is offline since 20\d\d-/);
    gateway.heal('goip-02');
    assert.equal((await nodeRed.nextMessage(id('event'))).payload, 'Line 2 is online, signal 21');
    await nodeRed.whenStatus(id('event'), 'Line 2 is online, signal 21');
    assert.deepEqual(nodeRed.logged('error'), []);
  });

  it('gives an overview of all lines', async () => {
    const { startGateway } = await startExample(nodeRed, '04-status-overview', {
      // Instead of three seconds after the deploy and every minute: when the test clicks.
      [id('minute')]: { once: false, repeat: '' },
    });
    nodeRed.inject(id('minute'));
    assert.equal((await nodeRed.nextMessage(id('summary'))).payload, '0 of 4 lines online');

    await startGateway({ keepaliveValues: { signal: '21', pro: 'T-Mobile' } });
    nodeRed.inject(id('minute'));
    assert.equal((await nodeRed.nextMessage(id('summary'))).payload, '4 of 4 lines online');
    await nodeRed.whenStatus(id('summary'), '4 of 4 lines online');
    const [, { payload } = assert.fail('only one overview')] = await nodeRed.nextMessages(id('overview'), 2);
    const table = payload as Record<string, unknown>[];
    assert.deepEqual(
      table.map(({ line, online, signal, operator, waiting, sent, failed }) => [
        ...[line, online, signal, operator, waiting, sent, failed],
      ]),
      [1, 2, 3, 4].map((line) => [`Line ${line}`, true, 21, 'T-Mobile', 0, 0, 0]),
    );
    assert.deepEqual(nodeRed.logged('error'), []);
  });

  it('asks by itself soon after the deploy', async () => {
    await startExample(nodeRed, '04-status-overview', { [id('minute')]: { onceDelay: '0.01' } });
    assert.equal((await nodeRed.nextMessage(id('summary'))).payload, '0 of 4 lines online');
  });
});
