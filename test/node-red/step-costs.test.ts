/** What the steps of a job's numbers cost in a real Node-RED: copies of the input message. */
import assert from 'node:assert/strict';
import type { NodeMessage } from 'node-red';
import type { RecipientStatus } from '../../src/index.js';
import { useNodeRed, type FlowNode } from './harness.js';
import { requireBesideNodeRed } from './release.js';
import { flowNode, startFlow } from './stage.js';

const NUMBERS = 40;

/** Larger than what each step has a copy of its own of. */
const LIST = Array.from({ length: 300 }, (_, index) => ({ index }));

const { util } = requireBesideNodeRed('@node-red/util') as {
  util: { cloneMessage: (message: NodeMessage) => NodeMessage };
};

describe('goip send: copies of the input message', () => {
  const nodeRed = useNodeRed();
  const original = util.cloneMessage;
  let copies = 0;
  beforeEach(() => {
    copies = 0;
    util.cloneMessage = (message) => {
      copies += 1;
      return original(message);
    };
  });
  afterEach(() => (util.cloneMessage = original));

  async function sendAll(nodes: readonly FlowNode[]): Promise<void> {
    await startFlow(nodeRed, nodes);
    await nodeRed.whenStatus('send', '2/2');
    const to = Array.from({ length: NUMBERS }, (_, index) => `+4917${index + 100}`);
    copies = 0;
    nodeRed.receive('send', { payload: 'hello', to, topic: 'small', list: LIST });
    const { payload } = await nodeRed.nextMessage('result');
    assert.equal((payload as { sent: number }).sent, NUMBERS);
  }

  it('are not made if nothing is wired to output 2', async () => {
    const [send, result] = flowNode('goip send', 'send', ['result']);
    assert(send && result);
    await sendAll([{ ...send, wires: [['result'], []] }, result]);
    assert.equal(copies, 0);
  });

  it('are one for each step that is sent, and all steps share what is large', async () => {
    await sendAll(flowNode('goip send', 'send', ['result', 'status']));
    const steps = nodeRed.messages('status');
    const statesOf = new Map<string, string[]>();
    for (const { payload } of steps) {
      const { to, state } = payload as RecipientStatus;
      statesOf.set(to, [...(statesOf.get(to) ?? []), state]);
    }
    assert.equal(statesOf.size, NUMBERS);
    for (const states of statesOf.values()) assert.deepEqual([states[0], states.at(-1)], ['queued', 'sent']);
    const lists = new Set(steps.map(({ list }) => list));
    assert.equal(lists.size, 1);
    assert(Object.isFrozen([...lists][0]) && !lists.has(LIST));
    assert.equal(new Set(steps.map(({ to }) => to)).size, steps.length, 'a small list is a copy of its own');
    const properties = Object.keys(steps[0] ?? {}).length;
    assert(copies <= steps.length + properties, `${copies} copies for ${steps.length} steps`);
  });
});
