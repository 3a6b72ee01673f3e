import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import type { NodeMessage } from 'node-red';
import { StepMessages } from '../../nodes/shared/step-messages.js';

const { util } = createRequire(require.resolve('node-red'))('@node-red/util') as {
  readonly util: { cloneMessage(message: NodeMessage): NodeMessage };
};

/** Counts the values that are copied. */
function stepsOf(message: object): { readonly steps: StepMessages; readonly copies: object[] } {
  const copies: object[] = [];
  const cloneMessage = (properties: NodeMessage): NodeMessage => {
    copies.push(properties);
    return util.cloneMessage(properties);
  };
  return { steps: new StepMessages(cloneMessage, message as NodeMessage), copies };
}

const numbers = (count: number): string[] => Array.from({ length: count }, (_, index) => `+49${index}`);

describe('messages for the steps of numbers', () => {
  it('have the properties of the input message and the payload of the step', () => {
    const { steps } = stepsOf({ _msgid: 'm', topic: 't', to: ['1', '2'], payload: 'text' });
    assert.deepEqual(steps.next({ state: 'queued' }), {
      ...{ _msgid: 'm', topic: 't', to: ['1', '2'] },
      payload: { state: 'queued' },
    });
  });

  it('are independent of one another and of the input message while it is small', () => {
    const message = { to: numbers(100), mine: { a: [1] } };
    const { steps } = stepsOf(message);
    const [one, other] = [steps.next(1), steps.next(2)] as unknown as [typeof message, typeof message];
    one.to.push('+1');
    one.mine.a.push(2);
    assert.deepEqual([other.to.length, other.mine.a, message.to.length, message.mine.a], [100, [1], 100, [1]]);
  });

  it('share one frozen copy of a list of numbers', () => {
    const message = { to: numbers(300).map((number) => ({ number })), topic: 't' };
    const { steps } = stepsOf(message);
    const [one, other] = [steps.next(1), steps.next(2)] as unknown as [typeof message, typeof message];
    assert.deepEqual(one.to, message.to);
    assert.equal(one.to, other.to);
    assert(Object.isFrozen(one.to) && Object.isFrozen(one.to[0]));
    assert.notEqual(one.to, message.to);
    assert(!Object.isFrozen(message.to) && !Object.isFrozen(message.to[0]), 'the input message becomes the result');
  });

  it('leave out what is larger, and copy nothing of it', () => {
    const message = { to: numbers(100_000), csv: 'x'.repeat(1_000_000), data: Buffer.alloc(1_000_000), topic: 't' };
    const { steps, copies } = stepsOf(message);
    assert.deepEqual(steps.next(1), { topic: 't', payload: 1 });
    assert(copies.every((copied) => JSON.stringify(copied).length < 100));
  });

  it('lose properties that cannot be read or copied', () => {
    const nested = JSON.parse('['.repeat(3000) + ']'.repeat(3000)) as unknown;
    const message = {
      nested,
      topic: 't',
      get broken(): never {
        throw new Error('not this one');
      },
    };
    assert.deepEqual(stepsOf(message).steps.next(1), { topic: 't', payload: 1 });
  });

  it('keep a circular property, and pass on the request and response of an HTTP node', () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    const res = { socket: numbers(10_000) };
    const step = stepsOf({ circle, res }).steps.next(1) as unknown as { circle: typeof circle; res: typeof res };
    assert.equal(step.circle.self, step.circle);
    assert.equal(step.res, res);
  });
});
