import assert from 'node:assert/strict';
import type { JobResult } from '../../src/index.js';
import { useNodeRed } from '../node-red/harness.js';
import { startExample } from './stage.js';

const id = (name: string): string => `goip-receive-and-answer-${name}`;

describe('the example 02-receive-and-answer', () => {
  const nodeRed = useNodeRed();

  const keywords: [string, RegExp][] = [
    ['HELP', /^Send TIME for the time of the server\.$/],
    ['  help me', /^Send TIME for the time of the server\.$/],
    ['Time', /^It is \d\d:\d\d UTC\.$/],
    ['helpless in Köln, 你好 👋', /^Sorry, I do not know “helpless in Köln, 你好”\. Send HELP\.$/],
  ];
  for (const [text, answer] of keywords) {
    it(`answers ${JSON.stringify(text)} from the line on which it came`, async () => {
      const { startGateway } = await startExample(nodeRed, '02-receive-and-answer');
      const gateway = await startGateway();
      await gateway.line('goip-02').receiveSms({ from: '+12025550123', text });
      const { payload } = await nodeRed.nextMessage(id('result'));
      assert.equal((payload as JobResult).ok, true);
      await nodeRed.whenStatus(id('result'), 'answered');
      const [sms, ...more] = gateway.onAir;
      assert.deepEqual([sms?.device, sms?.to, more], ['goip-02', '+12025550123', []]);
      assert.match(sms?.text ?? '', answer);
    });
  }

  it('answers no sender without a number', async () => {
    const { startGateway } = await startExample(nodeRed, '02-receive-and-answer');
    const gateway = await startGateway();
    const line = gateway.line('goip-01');
    await line.receiveSms({ from: 'MyBank', text: 'HELP' });
    await line.receiveSms({ from: '', text: 'HELP' });
    await line.receiveSms({ from: '80800', text: 'HELP' });
    await nodeRed.whenStatus(id('result'), 'answered');
    assert.deepEqual(
      gateway.onAir.map(({ to }) => to),
      ['80800'],
    );
    assert.deepEqual(nodeRed.logged('error'), []);
  });
});
