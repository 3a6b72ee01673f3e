import assert from 'node:assert/strict';
import { useNodeRed } from '../node-red/harness.js';
import { onAir, startExample, type Stage } from './stage.js';

const id = (name: string): string => `goip-auto-reply-${name}`;
const ANN = '+12025550123';

describe('the example 10-auto-reply-and-keywords', () => {
  const nodeRed = useNodeRed();

  function startReplies(seconds: number): Promise<Stage> {
    const env = [{ name: 'REPLY_EVERY', value: String(seconds), type: 'num' }];
    return startExample(nodeRed, '10-auto-reply-and-keywords', { 'goip-auto-reply': { env } });
  }

  it('answers each keyword from the line that was written to', async () => {
    const { startGateway } = await startReplies(0);
    const gateway = await startGateway();
    for (const text of [' help', 'Info please', 'Stop!', 'START', 'Stopping by?']) {
      await gateway.line('goip-02').receiveSms({ from: ANN, text });
      await nodeRed.nextMessage(id('sent'));
    }
    assert(gateway.onAir.every(({ device, to }) => device === 'goip-02' && to === ANN));
    assert.deepEqual(
      gateway.onAir.map(({ text }) => text.slice(0, 12)),
      ['We are there', 'We are there', 'You will get', 'Welcome back', 'Thank you. S'],
    );
    assert.deepEqual(nodeRed.logged('error'), []);
  });

  it('does not begin an endless conversation with a machine that answers, too', async () => {
    const { startGateway } = await startReplies(60);
    const gateway = await startGateway();
    const line = gateway.line('goip-01');
    await line.receiveSms({ from: ANN, text: 'I am on holiday.' });
    await nodeRed.nextMessage(id('sent'));
    await line.receiveSms({ from: ANN, text: 'I am on holiday.' });
    await nodeRed.whenStatus(id('none'), 'was answered a moment ago');
    assert.equal(gateway.onAir.length, 1);
    // Others are answered all the same.
    await line.receiveSms({ from: '+12025550124', text: 'Hello' });
    await nodeRed.whenStatus(id('sent'), '+12025550124: sent');
  });

  it('answers no names and no services', async () => {
    const { startGateway } = await startReplies(60);
    const gateway = await startGateway();
    for (const from of ['MyBank', '', '80800']) await gateway.line('goip-01').receiveSms({ from, text: 'HELP' });
    const unanswered = await nodeRed.nextMessages(id('none'), 3);
    assert.deepEqual(
      unanswered.map(({ from, reason }) => [from, reason]),
      ['MyBank', '', '80800'].map((from) => [from, 'a name or a service']),
    );
    assert.deepEqual(onAir(gateway), []);
  });

  it('keeps quiet after STOP until START, and lets other flows know', async () => {
    const { startGateway } = await startReplies(60);
    const gateway = await startGateway();
    const line = gateway.line('goip-01');
    await line.receiveSms({ from: ANN, text: 'Hello' });
    await nodeRed.nextMessage(id('sent'));
    // Obeyed and confirmed, although the last answer was a moment ago; but once only.
    await line.receiveSms({ from: ANN, text: 'stop' });
    await nodeRed.nextMessage(id('sent'));
    const stopped = (): object => nodeRed.node(id('stop')).context().global.get('goipStopped') as object;
    assert.deepEqual(Object.keys(stopped()), [ANN]);
    for (const text of ['STOP', 'Hello?']) await line.receiveSms({ from: ANN, text });
    const unanswered = await nodeRed.nextMessages(id('none'), 2);
    assert.deepEqual(
      unanswered.map(({ reason }) => reason),
      ['has sent STOP', 'has sent STOP'],
    );
    await line.receiveSms({ from: ANN, text: 'start' });
    await nodeRed.nextMessage(id('sent'));
    assert.deepEqual(Object.keys(stopped()), []);
    assert.deepEqual(
      gateway.onAir.map(({ text }) => text.slice(0, 12)),
      ['Thank you. S', 'You will get', 'Welcome back'],
    );
  });

  it('shows what could not be sent', async () => {
    const { startGateway } = await startReplies(60);
    const gateway = await startGateway({ failNumbers: { [ANN]: 38 } });
    await gateway.line('goip-01').receiveSms({ from: ANN, text: 'HELP' });
    await nodeRed.whenStatus(id('failed'), 'GOIP_SEND_FAILED');
  });
});
