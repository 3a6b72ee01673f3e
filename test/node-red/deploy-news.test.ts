/** Events and steps of numbers during a deploy: the node that follows sends each of them, once and in order. */
import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import type { JobResult, RecipientStatus } from '../../src/index.js';
import type { GoipSimulator } from '../../src/simulator/index.js';
import { recorder, useNodeRed, type DeployType, type FlowNode, type Message, type NodeRed } from './harness.js';
import { flowNode, IDS, startFlow } from './stage.js';

const TYPES = ['nodes', 'flows', 'full'] as const;

const stateOf = ({ payload }: Message): string => (payload as { state: string }).state;

/** A node that a deploy waits for, because it takes its time to close. */
class SlowNode {
  readonly node = recorder('slow');
  #release: () => void = () => undefined;
  #closing: () => void = () => undefined;
  readonly #released = new Promise<void>((resolve) => (this.#release = resolve));
  readonly #whenClosing = new Promise<void>((resolve) => (this.#closing = resolve));

  /** Begins a deploy, which goes on when {@link release} is called. Resolves when the nodes are stopped. */
  async deploy(nodeRed: NodeRed, flow: readonly FlowNode[], type: DeployType): Promise<{ deployed: Promise<void> }> {
    nodeRed.node('slow').on('close', (_removed: boolean, done: () => void) => {
      this.#closing();
      void this.#released.then(done);
    });
    const deployed = nodeRed.deploy(flow, type);
    await this.#whenClosing;
    return { deployed };
  }

  release(): void {
    this.#release();
  }
}

const renamed = (flow: readonly FlowNode[], ...ids: readonly string[]): FlowNode[] =>
  flow.map((node) => (ids.includes(node.id) ? { ...node, name: 'renamed' } : node));

describe('an event during a deploy', () => {
  const nodeRed = useNodeRed();
  let slow: SlowNode;
  beforeEach(() => (slow = new SlowNode()));
  afterEach(() => slow.release());

  const inFlow = (...more: FlowNode[]): FlowNode[] => [
    ...flowNode('goip in', 'in', ['sms', 'event'], { events: ['state'] }),
    ...more,
    slow.node,
  ];

  /** Compares all that came, as soon as the last of it is there. */
  async function assertStates(...states: string[]): Promise<void> {
    if (states.length > 0) await nodeRed.nextMessage('event', (message) => stateOf(message) === states.at(-1));
    assert.deepEqual(nodeRed.messages('event').map(stateOf), states);
  }

  async function report(gateway: GoipSimulator, state: string): Promise<void> {
    const { acked } = await gateway.line(IDS[0]).notify({ kind: 'STATE', state, number: null });
    assert(acked, 'the server did not take the report');
  }

  /** Keeps the server that is replaced at work until the event has come to it. */
  async function occupy(gateway: GoipSimulator): Promise<void> {
    nodeRed.receive('send', { payload: 'hello', to: '1', device: IDS[1] });
    await nodeRed.nextMessage('status', (message) => stateOf(message) === 'waiting');
    assert.equal(gateway.onAir.length, 0);
  }

  for (const type of TYPES) {
    it(`comes once, from the new node: ${type}`, async () => {
      const send = flowNode('goip send', 'send', ['result', 'status']);
      const { flow, gateway } = await startFlow(nodeRed, inFlow(...send), { gateway: { lineTime: 1 } });
      await nodeRed.whenStatus('in', '2/2');
      await report(gateway, 'before');
      await assertStates('before');
      if (type === 'full') await occupy(gateway);
      const { deployed } = await slow.deploy(nodeRed, renamed(flow, 'in', 'slow'), type);
      for (const state of ['one', 'two']) await report(gateway, state);
      await turn();
      assert.equal(nodeRed.messages('event').length, 1);
      slow.release();
      await deployed;
      await nodeRed.whenStatus('in', '2/2');
      await report(gateway, 'after');
      await assertStates('before', 'one', 'two', 'after');
    });
  }

  it('comes once from a node that stays, when all nodes behind it are there', async () => {
    const { flow, gateway } = await startFlow(nodeRed, inFlow());
    await nodeRed.whenStatus('in', '2/2');
    const { deployed } = await slow.deploy(nodeRed, renamed(flow, 'event', 'slow'), 'nodes');
    await report(gateway, 'one');
    await turn();
    assert.equal(nodeRed.messages('event').length, 0);
    slow.release();
    await deployed;
    await report(gateway, 'after');
    await assertStates('one', 'after');
  });

  it('is not kept for a node that does not come back', async () => {
    const { flow, gateway } = await startFlow(nodeRed, inFlow(...flowNode('goip status', 'other', ['line'])));
    await nodeRed.whenStatus('in', '2/2');
    const without = renamed(flow, 'slow').filter(({ id }) => id !== 'in');
    const { deployed } = await slow.deploy(nodeRed, without, 'nodes');
    await report(gateway, 'nobody');
    slow.release();
    await deployed;
    await nodeRed.deploy(renamed(flow, 'in'), 'nodes');
    await nodeRed.whenStatus('in', '2/2');
    await report(gateway, 'after');
    await assertStates('after');
  });
});

describe('the steps of a number during a deploy', () => {
  const nodeRed = useNodeRed();
  let slow: SlowNode;
  beforeEach(() => (slow = new SlowNode()));
  afterEach(() => slow.release());

  const NUMBERS = ['1', '2', '3', '4'];
  const sendFlow = (): FlowNode[] => [...flowNode('goip send', 'send', ['result', 'status']), slow.node];

  function assertAllSteps(): void {
    const steps = nodeRed.messages('status').map(({ payload, order }) => {
      const { to, state } = payload as RecipientStatus;
      return `${to} ${state} ${String(order)}`;
    });
    for (const number of NUMBERS) {
      const own = steps.filter((step) => step.startsWith(`${number} `));
      assert.deepEqual(
        own,
        ['queued', 'submitted', 'waiting', 'sent'].map((state) => `${number} ${state} 7`),
      );
    }
  }

  for (const type of TYPES) {
    for (const storage of ['disk', 'memory']) {
      it(`come once each, before the result: ${type}, ${storage}`, async () => {
        const options = { server: { storage }, gateway: { lineTime: 0.1 } };
        const { flow, gateway } = await startFlow(nodeRed, sendFlow(), options);
        await nodeRed.whenStatus('send', '2/2');
        nodeRed.receive('send', { payload: 'hello', to: NUMBERS, device: IDS[0], order: 7 });
        await nodeRed.nextMessage('status', (message) => stateOf(message) === 'waiting');
        const { deployed } = await slow.deploy(nodeRed, renamed(flow, 'send', 'slow'), type);
        // A message is one turn on its way.
        await turn();
        const stepsBefore = nodeRed.messages('status').length;
        await gateway.whenOnAir(type === 'full' ? 1 : NUMBERS.length);
        await turn();
        assert.equal(nodeRed.messages('status').length, stepsBefore);
        slow.release();
        await deployed;
        const { payload } = await nodeRed.nextMessage('result');
        assert.equal((payload as JobResult).sent, NUMBERS.length);
        assertAllSteps();
        assert.equal(nodeRed.messages('result').length, 1);
      });
    }
  }

  it('come from a node that stays, before the result', async () => {
    const { flow, gateway } = await startFlow(nodeRed, sendFlow(), { gateway: { lineTime: 0.1 } });
    await nodeRed.whenStatus('send', '2/2');
    nodeRed.receive('send', { payload: 'hello', to: NUMBERS, device: IDS[0], order: 7 });
    await nodeRed.nextMessage('status', (message) => stateOf(message) === 'waiting');
    const { deployed } = await slow.deploy(nodeRed, renamed(flow, 'slow'), 'nodes');
    await gateway.whenOnAir(NUMBERS.length);
    assert.deepEqual(nodeRed.messages('result'), []);
    slow.release();
    await deployed;
    await nodeRed.nextMessage('result');
    assertAllSteps();
    assert.equal(nodeRed.messages('result').length, 1);
  });
});
