/** What a user puts into a message beside the SMS must cost neither the SMS, nor its result, nor Node-RED. */
import assert from 'node:assert/strict';
import type { JobResult } from '../../src/index.js';
import { recorder, useNodeRed, type FlowNode } from './harness.js';
import { errorIn, flowNode, outcomeNodes, startFlow } from './stage.js';

function nested(levels: number): object {
  let value = {};
  for (let level = 0; level < levels; level += 1) value = { value };
  return value;
}

const fails = (): never => {
  throw new Error('a message of the test');
};

const circular: Record<string, unknown> = {};
circular['self'] = circular;

/** By name, the property `extra` of the message. */
const EXTRAS: Readonly<Record<string, () => PropertyDescriptor>> = {
  'a value nested 2 300 levels deep': () => ({ value: nested(2300) }),
  'a value nested 100 000 levels deep': () => ({ value: nested(100_000) }),
  'a getter that throws': () => ({ get: fails }),
  'a value whose toJSON throws': () => ({ value: { toJSON: fails } }),
  'a value with a getter that throws': () => ({
    value: Object.defineProperty({}, 'x', { get: fails, enumerable: true }),
  }),
  'a proxy that throws': () => ({ value: new Proxy({}, { get: fails, ownKeys: fails, getPrototypeOf: fails }) }),
  'a circular value': () => ({ value: circular }),
  'a BigInt': () => ({ value: 1n }),
  'a function and a symbol': () => ({ value: { f: fails, s: Symbol('s') } }),
};

describe('goip send: messages that cannot be copied or kept', () => {
  const nodeRed = useNodeRed();
  const [send, ...recorders] = flowNode('goip send', 'send', ['result', 'status']);
  assert(send);
  // Two wires from an output: Node-RED has to copy the message.
  const twoWires = ['result', 'status'].map((id) => [id, `${id} 2`]);
  const nodes: FlowNode[] = [{ ...send, wires: twoWires }, ...recorders, recorder('result 2'), recorder('status 2')];

  for (const [what, extra] of Object.entries(EXTRAS)) {
    it(`sends the SMS and the result of a message with ${what}`, async () => {
      const { flow, gateway } = await startFlow(nodeRed, nodes);
      await nodeRed.whenStatus('send', '2/2');
      const message = Object.defineProperty({ payload: 'hello', to: '1', topic: 'kept' }, 'extra', {
        ...extra(),
        enumerable: true,
      });
      nodeRed.receive('send', message);
      for (const id of ['result', 'result 2']) {
        const { payload, topic } = await nodeRed.nextMessage(id);
        assert.deepEqual([(payload as JobResult).sent, topic], [1, 'kept']);
      }
      const states = nodeRed.messages('status 2').map(({ payload }) => (payload as { state: string }).state);
      assert.deepEqual([states[0], states.at(-1)], ['queued', 'sent']);
      // The job's context is read again by the next server.
      await nodeRed.deploy(flow, 'full');
      await nodeRed.whenStatus('send', ({ fill }) => fill === 'green');
      assert.equal(gateway.onAir.length, 1);
    });
  }

  it('sends the result of a message whose payload cannot be replaced', async () => {
    await startFlow(nodeRed, nodes);
    await nodeRed.whenStatus('send', '2/2');
    nodeRed.receive('send', Object.freeze({ _msgid: 'x', payload: 'hello', to: '1', topic: 'kept' }));
    const { payload, topic } = await nodeRed.nextMessage('result');
    assert.deepEqual([(payload as JobResult).sent, topic], [1, 'kept']);
  });
});

/** What an object of a user throws when it is looked at: a Proxy throws again when the error is. */
const THROWN: Readonly<Record<string, unknown>> = {
  'an error': new Error('a message of the test'),
  'a text': 'a message of the test',
  'a proxy that throws': new Proxy({}, { get: fails, ownKeys: fails, getPrototypeOf: fails, has: fails }),
};

describe('goip nodes: messages that are rejected, and whose errors and answers cannot be copied', () => {
  const nodeRed = useNodeRed();

  for (const [what, thrown] of Object.entries(THROWN)) {
    for (const name of ['to', 'payload', 'device']) {
      it(`goip send rejects a message whose ${name} throws ${what}`, async () => {
        await startFlow(nodeRed, [...flowNode('goip send', 'send', ['result', 'status']), ...outcomeNodes('send')]);
        const throws = (): never => {
          throw thrown;
        };
        const hostile = new Proxy({}, { get: throws, ownKeys: throws, getPrototypeOf: throws, has: throws });
        nodeRed.receive('send', { payload: 'hello', to: '1', topic: 'kept', [name]: hostile });
        const caught = await nodeRed.nextMessage('caught');
        assert.ok(!errorIn(caught).message.includes('of the test'), 'what is thrown is not quoted');
        assert.equal(caught['topic'], 'kept');
      });
    }
  }

  it('goip send rejects JSON nested 20 000 levels deep without a text', async () => {
    await startFlow(nodeRed, [...flowNode('goip send', 'send', ['result', 'status']), ...outcomeNodes('send')]);
    nodeRed.receive('send', { payload: '', to: '1', extra: nested(20_000), topic: 'kept' });
    const caught = await nodeRed.nextMessage('caught');
    assert.deepEqual([errorIn(caught).code, caught['topic']], ['GOIP_TEXT_EMPTY', 'kept']);
  });

  it('goip status answers a message nested 20 000 levels deep on two wires', async () => {
    const [status, ...recorders] = flowNode('goip status', 'status', ['answer', 'answer 2'], { emit: 'request' });
    assert(status);
    await startFlow(nodeRed, [{ ...status, wires: [['answer', 'answer 2']] }, ...recorders, ...outcomeNodes('status')]);
    nodeRed.receive('status', { extra: nested(20_000), topic: 'kept' });
    for (const id of ['answer', 'answer 2']) assert.equal((await nodeRed.nextMessage(id))['topic'], 'kept');
  });
});
