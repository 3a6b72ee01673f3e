/** What the network reports of SMS after they were sent, through goip send. */
import assert from 'node:assert/strict';
import type { JobResult, RecipientResult, RecipientStatus } from '../../src/index.js';
import type { GoipSimulator } from '../../src/simulator/index.js';
import { useNodeRed, type FlowNode, type Message } from './harness.js';
import { flowNode, IDS, outcomeNodes, startFlow } from './stage.js';

const goipSend = (properties: object = {}) => [
  ...flowNode('goip send', 'send', ['result', 'progress'], properties),
  ...outcomeNodes('send'),
];
const GATEWAY = { smsNo: true, firstSmsNo: 17 };
const statusIn = ({ payload }: Message) => payload as RecipientStatus;

/** A report of the network about an SMS. Resolves when the server has taken it. */
async function report(gateway: GoipSimulator, { device, smsNo, to }: RecipientResult, state: number): Promise<void> {
  assert(device !== null && smsNo !== null);
  const { acked } = await gateway.line(device).notify({ kind: 'DELIVER', smsNo, state, number: to });
  assert(acked, 'the server did not take the report');
}

describe('delivery reports', () => {
  const nodeRed = useNodeRed();

  async function sendOne(message: object = {}): Promise<RecipientResult> {
    nodeRed.receive('send', { payload: 'x', to: '+491', device: IDS[0], topic: 'kept', ...message });
    const { results } = (await nodeRed.nextMessage('result')).payload as JobResult;
    return results[0] ?? assert.fail('no result');
  }

  const isDelivery = (message: Message): boolean => /deliver/.test(statusIn(message).state);

  it('come out as statuses after the job has ended, each with its meaning', async () => {
    const { gateway } = await startFlow(nodeRed, goipSend(), { gateway: GATEWAY });
    const sent = await sendOne({ goip: { jobId: 'mine' } });
    assert.deepEqual([sent.state, sent.smsNo, sent.delivery], ['sent', 17, null]);
    const told: [unknown, RecipientStatus][] = [];
    for (const state of [48, 0]) {
      await report(gateway, sent, state);
      const message = await nodeRed.nextMessage('progress', isDelivery);
      told.push([message.topic, statusIn(message)]);
    }
    assert.deepEqual(
      told.map(([topic, { id, to, state, device, smsNo, delivery }]) => [
        ...[topic, id, to, state, device, smsNo],
        ...[delivery?.state, delivery?.status, delivery?.reason],
      ]),
      [
        [
          'kept',
          'mine',
          '+491',
          'delivery-pending',
          IDS[0],
          17,
          'delivery-pending',
          48,
          'status 48 of the operator; the network keeps trying',
        ],
        ['kept', 'mine', '+491', 'delivered', IDS[0], 17, 'delivered', 0, 'received by the recipient'],
      ],
    );
    assert.equal(nodeRed.messages('result').length, 1);
  });

  it('tell of an SMS that did not arrive, and of the right one', async () => {
    const { gateway } = await startFlow(nodeRed, goipSend(), { gateway: GATEWAY });
    const first = await sendOne();
    await sendOne({ to: '+492' });
    await report(gateway, first, 70);
    const { to, state, delivery } = statusIn(await nodeRed.nextMessage('progress', isDelivery));
    assert.deepEqual([to, state, delivery?.reason], ['+491', 'undelivered', 'validity period expired']);
  });

  const renamed = (flow: readonly FlowNode[]) =>
    flow.map((node) => (node.id === 'send' ? { ...node, name: 'renamed' } : node));
  for (const [what, type, server] of [
    ['a deploy of the node', 'nodes', {}],
    ['a full deploy', 'full', {}],
    ['a full deploy, with storage in memory', 'full', { storage: 'memory' }],
  ] as const) {
    it(`come out of the new node after ${what}`, async () => {
      const { flow, gateway } = await startFlow(nodeRed, goipSend(), { server, gateway: GATEWAY });
      const sent = await sendOne({ goip: { mine: 1 } });
      await nodeRed.deploy(renamed(flow), type);
      await nodeRed.whenStatus('send', ({ fill }) => fill === 'green');
      await report(gateway, sent, 0);
      const { topic, goip, payload } = await nodeRed.nextMessage('progress', isDelivery);
      assert.deepEqual([topic, goip, (payload as RecipientStatus).to], ['kept', { mine: 1 }, '+491']);
      // The result came right before the deploy, so it may come again, and then it is flagged.
      const results = nodeRed.messages('result').map((result) => result['goip'] as { redelivered?: true });
      assert.equal(results.filter(({ redelivered }) => !redelivered).length, 1);
    });
  }

  describe('that the result waits for', () => {
    for (const [what, properties, message] of [
      ['by the node', { waitForReport: '60', waitForReportType: 'num' }, {}],
      ['by msg.waitForReport', {}, { waitForReport: 60 }],
    ] as const) {
      it(`(${what}) are in it`, async () => {
        const { gateway } = await startFlow(nodeRed, goipSend(properties), { gateway: GATEWAY });
        const result = sendOne(message);
        const sent = statusIn(await nodeRed.nextMessage('progress', (step) => statusIn(step).state === 'sent'));
        await report(gateway, sent as RecipientResult, 32);
        await nodeRed.nextMessage('progress', isDelivery);
        assert.deepEqual([nodeRed.messages('result'), nodeRed.messages('completed')], [[], []]);
        assert.equal((await nodeRed.whenStatus('send', '1/1')).fill, 'blue');
        await report(gateway, sent as RecipientResult, 0);
        const { state, delivery } = await result;
        assert.deepEqual([state, delivery?.state], ['sent', 'delivered']);
        await nodeRed.nextMessage('completed');
      });
    }

    it('are not, when the time is over', async () => {
      await startFlow(nodeRed, goipSend({ waitForReport: '0.05', waitForReportType: 'num' }), { gateway: GATEWAY });
      const { state, delivery } = await sendOne();
      assert.deepEqual([state, delivery], ['sent', null]);
    });

    it('are not waited for where the device does not number its SMS', async () => {
      await startFlow(nodeRed, goipSend({ waitForReport: '3600', waitForReportType: 'num' }));
      const { state, smsNo } = await sendOne();
      assert.deepEqual([state, smsNo], ['sent', null]);
    });
  });
});
