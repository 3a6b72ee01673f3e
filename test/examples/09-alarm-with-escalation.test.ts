import assert from 'node:assert/strict';
import type { GoipSimulator, SimulatorOptions } from '../../src/simulator/index.js';
import { useNodeRed } from '../node-red/harness.js';
import { startExample } from './stage.js';

const id = (name: string): string => `goip-escalation-${name}`;

const [ANN, BOB, ZOE] = ['+12025550101', '+12025550102', '+12025550103'];
const ALARM = 'Pump 2 has stopped. Please answer OK.';
const OVER = 'takes care of it: Pump 2 has stopped.';

describe('the example 09-alarm-with-escalation', () => {
  const nodeRed = useNodeRed();

  /** With so many seconds to answer, instead of five minutes. */
  async function startAlarm(answerWithin: number, settings: Partial<SimulatorOptions> = {}): Promise<GoipSimulator> {
    const people = JSON.stringify([
      { name: 'Ann', number: ANN },
      { name: 'Bob', number: BOB },
      { name: 'Zoë', number: ZOE },
    ]);
    const env = [
      { name: 'PEOPLE', value: people, type: 'json' },
      { name: 'ANSWER_WITHIN', value: String(answerWithin), type: 'num' },
    ];
    const { startGateway } = await startExample(nodeRed, '09-alarm-with-escalation', { 'goip-escalation': { env } });
    return startGateway(settings);
  }

  it('tells the first person only, if an OK comes', async () => {
    const gateway = await startAlarm(60);
    nodeRed.inject(id('alarm'));
    await nodeRed.whenStatus(id('sent'), `${ANN}: sent`);
    // As the network may write it; and what is no OK is none.
    await gateway.line('goip-03').receiveSms({ from: '2025550101', text: 'Oklahoma? Who is that?' });
    await gateway.line('goip-03').receiveSms({ from: '2025550101', text: ' ok!' });
    await nodeRed.whenStatus(id('told'), '1 of 1 told');
    assert.deepEqual(sms(gateway), [`${ANN}: ${ALARM}`, `${ANN}: Ann ${OVER}`]);
    await nodeRed.whenStatus(id('ok'), 'taken by Ann');
    assert.deepEqual(nodeRed.logged('error'), []);
  });

  it('asks the next person when nobody has answered in time, and tells all who were asked who has it', async () => {
    const gateway = await startAlarm(60);
    nodeRed.inject(id('alarm'));
    await nodeRed.whenReceived(id('wait'), 1);
    letTimePass();
    await nodeRed.whenStatus(id('sent'), `${BOB}: sent`);
    await gateway.line('goip-01').receiveSms({ from: BOB, text: 'OK, I go there' });
    await nodeRed.whenStatus(id('told'), '2 of 2 told');
    assert.deepEqual(sms(gateway).slice(0, 2), [`${ANN}: ${ALARM}`, `${BOB}: ${ALARM}`]);
    assert.deepEqual(sms(gateway).slice(2).sort(), [`${ANN}: Bob ${OVER}`, `${BOB}: Bob ${OVER}`]);
    // When Bob's time is over, too.
    letTimePass();
    await nodeRed.whenReceived(id('next'), 3);
    assert.equal(gateway.onAir.length, 4);
  });

  it('asks the next person at once if the SMS cannot be sent, and ends when all were asked', async () => {
    const gateway = await startAlarm(0.05, { failNumbers: { [ANN]: 38, [ZOE]: 38 } });
    nodeRed.inject(id('alarm'));
    assert.equal((await nodeRed.nextMessage(id('nobody'))).payload, 'Pump 2 has stopped.');
    await nodeRed.whenStatus(id('next'), 'nobody has answered');
    assert.deepEqual(sms(gateway), [`${BOB}: ${ALARM}`]);
    // Too late: the alarm is over.
    await gateway.line('goip-01').receiveSms({ from: BOB, text: 'OK' });
    assert.deepEqual(nodeRed.messages(id('told')), []);
  });

  it('takes an OK for all alarms that this person was asked about, and for no other', async () => {
    const gateway = await startAlarm(60);
    nodeRed.receive(id('new'), { payload: 'Door open.', _msgid: 'door' });
    nodeRed.receive(id('new'), { payload: 'Fire!', _msgid: 'fire' });
    await nodeRed.nextMessages(id('sent'), 2);
    await gateway.line('goip-01').receiveSms({ from: BOB, text: 'OK' });
    await gateway.line('goip-01').receiveSms({ from: ANN, text: 'OK' });
    await nodeRed.nextMessages(id('told'), 2);
    assert.deepEqual(sms(gateway).slice(2).sort(), [
      `${ANN}: Ann takes care of it: Door open.`,
      `${ANN}: Ann takes care of it: Fire!`,
    ]);
  });

  /** What the delay node waits with is due. */
  function letTimePass(): void {
    nodeRed.receive(id('wait'), { flush: true });
  }

  function sms(gateway: GoipSimulator): string[] {
    return gateway.onAir.map(({ to, text }) => `${to}: ${text}`);
  }
});
