import assert from 'node:assert/strict';
import type { JobResult } from '../../src/index.js';
import { errorIn } from '../node-red/stage.js';
import { useNodeRed } from '../node-red/harness.js';
import { onAir, startExample } from './stage.js';

const id = (name: string): string => `goip-errors-${name}`;

/** Instead of a minute. */
const SOON = { [id('wait')]: { timeout: '20', timeoutUnits: 'milliseconds' } };

describe('the example 06-errors-to-catch', () => {
  const nodeRed = useNodeRed();

  it('tells complete of a message that was sent to someone', async () => {
    const { startGateway } = await startExample(nodeRed, '06-errors-to-catch', SOON);
    const gateway = await startGateway({ failNumbers: { '+12025550102': 38 } });
    nodeRed.inject(id('start'));
    await nodeRed.nextMessage(id('done'));
    await nodeRed.whenStatus(id('result'), '1 of 2 sent');
    assert.deepEqual(
      onAir(gateway).map((sms) => sms.slice('goip-01 → '.length)),
      ['+12025550101: Hello'],
    );
    assert.deepEqual(nodeRed.messages(id('give-up')), []);
  });

  it('gives up at once on what cannot be sent', async () => {
    const { startGateway } = await startExample(nodeRed, '06-errors-to-catch', SOON);
    await startGateway();
    nodeRed.inject(id('wrong'));
    const givenUp = await nodeRed.nextMessage(id('give-up'));
    assert.deepEqual([errorIn(givenUp).code, givenUp.tries], ['GOIP_BAD_NUMBER', 1]);
    await nodeRed.whenStatus(id('give-up'), 'GOIP_BAD_NUMBER');
    assert.deepEqual(nodeRed.messages(id('done')), []);
  });

  it('gives up after three tries when no line is online', async () => {
    await startExample(nodeRed, '06-errors-to-catch', { ...SOON, [id('send')]: { expire: '0.05' } });
    nodeRed.inject(id('start'));
    const givenUp = await nodeRed.nextMessage(id('give-up'));
    assert.deepEqual([errorIn(givenUp).code, givenUp.tries], ['GOIP_EXPIRED', 3]);
  });

  it('sends at the next try when a line has come online', async () => {
    const { startGateway } = await startExample(nodeRed, '06-errors-to-catch', {
      [id('wait')]: { timeout: '10', timeoutUnits: 'seconds' },
      [id('send')]: { expire: '1.5' },
    });
    nodeRed.inject(id('start'));
    await nodeRed.whenStatus(id('send'), 'error');
    const gateway = await startGateway({ keepaliveInterval: 0.1 });
    // The message may still be on its way to the node that waits.
    nodeRed.receive(id('wait'), { flush: true });
    const [first, second] = await nodeRed.nextMessages(id('result'), 2);
    assert.deepEqual([(first?.payload as JobResult).expired, first?.tries], [2, 1]);
    assert.deepEqual([(second?.payload as JobResult).sent, second?.tries], [2, 2]);
    assert.deepEqual(
      // Each on a line of its own, whichever is the first on air.
      onAir(gateway)
        .map((sms) => sms.slice('goip-01 → '.length))
        .sort(),
      ['+12025550101: Hello', '+12025550102: Hello'],
    );
    await nodeRed.nextMessage(id('done'));
    assert.deepEqual(nodeRed.messages(id('give-up')), []);
  });
});
