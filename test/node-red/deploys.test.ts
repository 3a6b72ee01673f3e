/** Deploys at the wrong instant: what is on its way when its nodes are replaced reaches the new ones. */
import assert from 'node:assert/strict';
import { useNodeRed, recorder, type FlowNode, type Message } from './harness.js';
import { flowNode, IDS, startFlow } from './stage.js';

/** Seconds that a message stays in the flow before anybody sees it. */
const LONG = '600';

/** *goip in*, a delay that is longer than the test, and a recorder. */
function slowFlow(delay = LONG): FlowNode[] {
  const [input] = flowNode('goip in', 'in', ['slow', 'event']);
  assert(input);
  const slow = { id: 'slow', type: 'delay', z: 'tab', pauseType: 'delay', timeout: delay, timeoutUnits: 'seconds' };
  return [input, { ...slow, wires: [['sms']] }, recorder('sms'), recorder('event')];
}

const goipOf = ({ goip }: Message): { readonly redelivered?: boolean } => goip as { readonly redelivered?: boolean };

describe('a deploy in the instant of a delivery', () => {
  const nodeRed = useNodeRed();

  for (const [type, storage] of [
    ['full', 'disk'],
    ['full', 'memory'],
    ['flows', 'disk'],
    ['nodes', 'disk'],
    ['nodes', 'memory'],
  ] as const) {
    it(`delivers an SMS again that the flow had not dealt with: ${type}, ${storage}`, async () => {
      const { flow, gateway } = await startFlow(nodeRed, slowFlow(), { server: { storage } });
      const received = gateway.line(IDS[0]).receiveSms({ from: '+1', text: 'in the flow' });
      await nodeRed.whenReceived('slow', 1);
      // Only the node behind goip in is replaced by a partial deploy: goip in itself is not aware of it.
      const changed = flow.map((node) => (node.id === 'slow' ? { ...node, timeout: '0.001' } : node));
      await nodeRed.deploy(changed, type);
      const { payload, goip } = await nodeRed.nextMessage('sms');
      assert.deepEqual([payload, goipOf({ goip }).redelivered], ['in the flow', true]);
      assert.equal((await received).acked, true);
      await gateway.line(IDS[0]).receiveSms({ from: '+1', text: 'the next' });
      const next = await nodeRed.nextMessage('sms');
      assert.deepEqual([next.payload, goipOf(next).redelivered], ['the next', undefined]);
    });
  }
});
