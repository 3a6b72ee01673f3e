import assert from 'node:assert/strict';
import type { GoipSimulator } from '../../src/simulator/index.js';
import { useNodeRed } from '../node-red/harness.js';
import { LINES, startExample } from './stage.js';

const id = (name: string): string => `goip-offline-${name}`;

const ADMIN = '+12025550100';

describe('the example 13-gateway-offline-alert', () => {
  const nodeRed = useNodeRed();

  /** With milliseconds until a loss is told, instead of five minutes, and others in which news are collected. */
  async function startWatch(tellAfter: number, collectFor = 20): Promise<GoipSimulator> {
    const { startGateway } = await startExample(nodeRed, '13-gateway-offline-alert', {
      'goip-server-example': { offlineAfter: 2 },
      [id('wait')]: { duration: String(tellAfter), units: 'ms' },
      [id('collect')]: { duration: String(collectFor), units: 'ms' },
    });
    return startGateway({ keepaliveInterval: 0.1 });
  }

  it('tells that a line is lost through another one, and that it is back', async () => {
    const gateway = await startWatch(20);
    gateway.partition('goip-02');
    await nodeRed.nextMessage(id('sent'));
    gateway.heal('goip-02');
    await nodeRed.nextMessage(id('sent'));
    await nodeRed.whenStatus(id('sent'), '1 of 1 told');
    const [lost, back, ...more] = gateway.onAir;
    assert.deepEqual([lost?.to, back?.to, more], [ADMIN, ADMIN, []]);
    assert.notEqual(lost?.device, 'goip-02');
    assert.match(lost?.text ?? '', /^GoIP: Line 2 is offline since \d\d:\d\d:\d\d\.$/);
    assert.equal(back?.text, 'GoIP: Line 2 is back after 0 min.');
    assert.deepEqual(nodeRed.logged('error'), []);
  });

  it('tells nothing of a line that is soon back', async () => {
    const gateway = await startWatch(60_000);
    gateway.partition('goip-02');
    await nodeRed.whenStatus(id('wait'), ({ fill }) => fill === 'blue');
    gateway.heal('goip-02');
    await nodeRed.whenStatus(id('wait'), ({ fill }) => fill === undefined);
    // Once for each line that has come online, and for this one again.
    await nodeRed.whenReceived(id('back'), 5);
    assert.deepEqual([nodeRed.messages(id('sent')), gateway.onAir], [[], []]);
  });

  it('makes one SMS of a whole group that is lost', async () => {
    const gateway = await startWatch(20, 60_000);
    gateway.partition('goip-02', 'goip-03', 'goip-04');
    await newsAreCollected(3);
    const { payload } = await nodeRed.nextMessage(id('sent'));
    assert(payload);
    const [sms, ...more] = gateway.onAir;
    assert.deepEqual([sms?.device, more], ['goip-01', []]);
    const lines = (sms?.text ?? '').match(/Line \d is offline/g);
    assert.deepEqual(
      lines?.sort(),
      [2, 3, 4].map((line) => `Line ${line} is offline`),
    );
  });

  it('asks for another way if no line is left', async () => {
    const gateway = await startWatch(20, 60_000);
    gateway.partition(...LINES);
    await newsAreCollected(4);
    const { payload } = await nodeRed.nextMessage(id('otherwise'));
    assert.match(String(payload), /^GoIP: Line \d is offline/);
    await nodeRed.whenStatus(id('otherwise'), 'GOIP_OFFLINE');
  });

  /** As if the time were over in which they are collected. */
  async function newsAreCollected(count: number): Promise<void> {
    await nodeRed.whenReceived(id('note'), count);
    nodeRed.receive(id('text'), {});
  }
});
