import assert from 'node:assert/strict';
import type { JobResult, RecipientStatus } from '../../src/index.js';
import { useNodeRed } from '../node-red/harness.js';
import { LINES, onAir, startExample } from './stage.js';

const id = (name: string): string => `goip-quick-start-${name}`;

describe('the example 01-quick-start', () => {
  const nodeRed = useNodeRed();

  it('shows each SMS and answers one that begins with INFO, from the line on which it came', async () => {
    const { startGateway } = await startExample(nodeRed, '01-quick-start');
    const gateway = await startGateway();
    const line = gateway.line('goip-03');
    await line.receiveSms({ from: '+12025550199', text: 'no information wanted' });
    await line.receiveSms({ from: '+12025550123', text: ' info please' });

    const shown = await nodeRed.nextMessages(id('received'), 2);
    assert.deepEqual(
      shown.map(({ topic, from, payload }) => ({ topic, from, payload })),
      [
        { topic: 'goip-03', from: '+12025550199', payload: 'no information wanted' },
        { topic: 'goip-03', from: '+12025550123', payload: ' info please' },
      ],
    );
    const { payload } = await nodeRed.nextMessage(id('answered'));
    assert.equal((payload as JobResult).ok, true);
    await nodeRed.whenStatus(id('answered'), 'sent');
    assert.deepEqual(onAir(gateway), ['goip-03 → +12025550123: We are open from 9 to 17.']);
    assert.deepEqual(nodeRed.logged('error'), []);
  });

  it('tells when a line comes online and when its device restarts', async () => {
    const { startGateway } = await startExample(nodeRed, '01-quick-start');
    const gateway = await startGateway();
    const isEvent = (kind: string) => (message: object) =>
      'goip' in message && (message.goip as { event: string }).event === kind;
    for (const device of LINES) {
      assert.equal((await nodeRed.nextMessage(id('event'), isEvent('online'))).topic, device);
    }
    // A restart is known by the counter of the keepalives, which begins anew.
    const line = gateway.line('goip-02');
    for (let count = 0; count < 5; count += 1) line.keepalive();
    await line.restart();
    assert.equal((await nodeRed.nextMessage(id('event'), isEvent('restarted'))).topic, 'goip-02');
    await nodeRed.whenStatus(id('in'), '4/4');
  });

  it('sends to five numbers at a click, with the progress of each and the result of all', async () => {
    const { startGateway } = await startExample(nodeRed, '01-quick-start');
    const gateway = await startGateway();
    nodeRed.inject(id('start'));

    const { payload } = await nodeRed.nextMessage(id('result'));
    const { ok, total, sent } = payload as JobResult;
    assert.deepEqual({ ok, total, sent }, { ok: true, total: 5, sent: 5 });
    await nodeRed.whenStatus(id('result'), '5 of 5 sent');

    const numbers = [1, 2, 3, 4, 5].map((last) => `+1202555010${last}`);
    const steps = nodeRed.messages(id('progress')).map((message) => message.payload as RecipientStatus);
    for (const number of numbers) {
      const states = steps.filter(({ to }) => to === number).map(({ state }) => state);
      assert.deepEqual([states[0], states.at(-1)], ['queued', 'sent'], number);
    }
    assert.deepEqual(
      gateway.onAir.map(({ to, text }) => `${to}: ${text}`).sort(),
      numbers.map((number) => `${number}: Hello from Node-RED`),
    );
    // In the end the node shows its lines again. Its progress is shown a few times per second: five SMS may be quicker.
    await nodeRed.whenStatus(id('send-all'), '4/4');
    assert.deepEqual(nodeRed.logged('error'), []);
  });

  it('tells the state of a line when it changes, and of all at a click', async () => {
    const { startGateway } = await startExample(nodeRed, '01-quick-start');
    const gateway = await startGateway({ keepaliveValues: { signal: '17' } });
    for (const device of LINES) {
      assert.equal((await nodeRed.nextMessage(id('line-states'))).payload, `${device}: online, signal 17`);
    }
    gateway.line('goip-04').configure({ keepaliveValues: { signal: '3' } });
    gateway.line('goip-04').keepalive();
    assert.equal((await nodeRed.nextMessage(id('line-states'))).payload, 'goip-04: online, signal 3');

    nodeRed.inject(id('ask'));
    const { payload } = await nodeRed.nextMessage(id('line-states'));
    // An array of JSONata carries a mark of its own.
    assert.deepEqual(
      [...(payload as string[])],
      [
        'goip-01: online, signal 17',
        'goip-02: online, signal 17',
        'goip-03: online, signal 17',
        'goip-04: online, signal 3',
      ],
    );
  });
});
