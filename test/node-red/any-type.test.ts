/** Every type of value in every field of a message, of a flow and of the credentials, through the nodes in a real Node-RED. */
import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import fc from 'fast-check';
import type { JobResult } from '../../src/index.js';
import { SEED } from '../protocol/property.js';
import { anyRecipe, anySetting, isReadByNodeRed, setProperty, type Recipe } from './any-value.js';
import type { GoipServerNode } from '../../nodes/shared/connection.js';
import { WireDevice } from '../server/wire-device.js';
import { recorder, useNodeRed, type FlowNode } from './harness.js';
import { deviceRows, flowNode, IDS, outcomeNodes, PASSWORD, serverNode, startFlow } from './stage.js';

const [ID] = IDS;

/** Fields of a message that *goip send* reads, with values that mean something there. Ids of jobs are shown as they are. */
const SEND_FIELDS: Readonly<Record<string, readonly unknown[]>> = {
  to: ['1', ['1', '2'], [{ number: '1', name: 'x' }], '+49 170 1234567; 2'],
  payload: ['hello', 'Dear {{name}}', '{{#number}}x', 'x'.repeat(3001)],
  device: [ID, [ID], 'office', '1', 'off'],
  priority: ['high', 'low'],
  expire: [0, 1, '5', 1e9],
  maxParts: [1, '0'],
  waitForReport: [0, 1, 86_400],
  action: ['cancel', 'pause', 'resume', 'retry', 'diagnostics', 'jobs'],
};
const ID_FIELDS = ['goip', 'jobId'];
/** Fields that nobody reads, or only Node-RED, or JavaScript itself. */
const OTHER_FIELDS = ['topic', 'error', 'req', 'res', '__proto__', 'constructor', 'hasOwnProperty', 'then'];

const STATUS_FIELDS = { action: ['diagnostics', 'jobs', 'messages'], payload: [], topic: [], jobs: [], rejected: [] };

describe('nodes: any type of value at any field', function () {
  this.timeout(120_000);
  const nodeRed = useNodeRed();

  it('of a message ends the input of goip send once, and keeps the next message working', async () => {
    const [send, ...recorders] = flowNode('goip send', 'send', ['result', 'status']);
    assert(send);
    // Two wires from an output: Node-RED has to copy the message.
    const wires = ['result', 'status'].map((id) => [id, `${id} 2`]);
    const others = [recorder('result 2'), recorder('status 2'), ...outcomeNodes('send')];
    await startFlow(nodeRed, [{ ...send, wires }, ...recorders, ...others], { server: SERVER });
    await nodeRed.whenStatus('send', '2/2');
    let inputs = 0;
    const input = (message: object): number => {
      nodeRed.receive('send', message);
      return (inputs += 1);
    };
    await forAll(anyMessage(SEND_FIELDS, ID_FIELDS), 400, async (fields) => {
      const steps = nodeRed.messages('status').length;
      const count = input(messageWith({ payload: 'hello', to: '1' }, fields));
      const isEnded = (): boolean => nodeRed.ends('send').length >= count;
      await nodeRed.until(() => isEnded() || nodeRed.messages('status').length > steps, 'the job, or an error');
      // A job may wait for a line, or for a report.
      if (!isEnded()) input({ action: 'cancel' });
      await nodeRed.until(() => nodeRed.ends('send').length >= inputs, 'the end of the input');
    });
    const sent = input({ payload: 'hello', to: '1', topic: 'good' });
    const { payload } = await nodeRed.nextMessage('result', ({ topic }) => topic === 'good');
    assert.equal((payload as JobResult).sent, 1);
    await nodeRed.until(() => nodeRed.ends('send').length >= sent, 'the end of the good input');
    assert.equal(nodeRed.ends('send').length, inputs);
    const isSameAs = (one: string, other: string): boolean =>
      nodeRed.messages(one).length === nodeRed.messages(other).length;
    await nodeRed.until(() => isSameAs('result', 'result 2') && isSameAs('status', 'status 2'), 'as many on each wire');
    const failed = nodeRed.ends('send').filter((end) => end !== undefined).length;
    await nodeRed.until(() => nodeRed.messages('caught').length === failed, 'as many caught as failed');
    await assertNothingSecret('send', ['result', 'status']);
  });

  it('of a message ends the input of goip status once, and keeps the next message working', async () => {
    for (const devices of [[], [ID]]) {
      const [status, answer] = flowNode('goip status', 'ask', ['answer'], { devices, emit: 'request' });
      assert(status && answer);
      const others = [recorder('answer 2'), ...outcomeNodes('ask')];
      await startFlow(nodeRed, [{ ...status, wires: [['answer', 'answer 2']] }, answer, ...others], { server: SERVER });
      let inputs = nodeRed.ends('ask').length;
      await forAll(anyMessage(STATUS_FIELDS, ID_FIELDS), 150, async (fields) => {
        nodeRed.receive('ask', messageWith({}, fields));
        inputs += 1;
        await nodeRed.until(() => nodeRed.ends('ask').length >= inputs, 'the end of the input');
      });
      nodeRed.receive('ask', { topic: 'good' });
      const { payload } = await nodeRed.nextMessage('answer', ({ topic }) => topic === 'good');
      assert.match(JSON.stringify(payload), /"online":true/);
      await nodeRed.until(() => nodeRed.ends('ask').length >= inputs + 1, 'the end of the good input');
      assert.equal(nodeRed.ends('ask').length, inputs + 1);
      const answers = (): number[] => ['answer', 'answer 2'].map((id) => nodeRed.messages(id).length);
      await nodeRed.until(() => new Set(answers()).size === 1, 'as many on each wire');
      await assertNothingSecret('ask', ['answer']);
      await nodeRed.unload();
    }
  });

  it('of a setting of a flow node ends its inputs once, and keeps the good node working', async () => {
    const { flow } = await startFlow(nodeRed, GOOD_NODES, { server: SERVER });
    await nodeRed.whenStatus('good', '2/2');
    const names = ['to', 'text', 'device', 'jobId', 'expire', 'priority', 'maxParts', 'waitForReport'];
    const settings = fc.tuple(fc.constantFrom(...names), anyType, anyInput).map(([name, type, value]) => {
      return { [name]: value, ...(type !== undefined && { [`${name}Type`]: type }) };
    });
    const lists = fc.dictionary(fc.constantFrom('server', 'devices', 'emit', 'events'), anySetting(PASSWORD));
    await forAll(fc.tuple(settings, lists), 120, async ([send, others]) => {
      const written = [
        { id: 'send', type: 'goip send', z: 'tab', server: 'server', wires: [], ...send },
        { id: 'ask', type: 'goip status', z: 'tab', server: 'server', wires: [[]], ...others },
        { id: 'in', type: 'goip in', z: 'tab', server: 'server', wires: [[], []], ...others },
      ];
      await nodeRed.deploy([...flow, ...written], 'nodes');
      const counts = { send: nodeRed.ends('send').length, ask: nodeRed.ends('ask').length };
      nodeRed.receive('send', { payload: 'hello', to: '1' });
      nodeRed.receive('ask', {});
      const server = (nodeRed.node('server') as GoipServerNode).connection?.server;
      const isEnded = (): boolean => nodeRed.ends('send').length > counts.send;
      await nodeRed.until(() => isEnded() || (server?.jobs().length ?? 0) > 0, 'the job, or an error');
      if (!isEnded()) nodeRed.receive('send', { action: 'cancel' });
      await nodeRed.until(() => isEnded() && nodeRed.ends('ask').length > counts.ask, 'the ends of the inputs');
    });
    nodeRed.receive('good', { payload: 'hello', to: '1', topic: 'good' });
    const { payload } = await nodeRed.nextMessage('result', ({ topic }) => topic === 'good');
    assert.equal((payload as JobResult).sent, 1);
    await assertNothingSecret('send', ['result', 'status']);
    await assertNothingSecret('ask', []);
  });

  it('of the credentials leaves a device with a right password a line that registers', async () => {
    const { flow, port } = await startFlow(nodeRed, GOOD_NODES, { server: SERVER });
    const device = await WireDevice.open({ address: '127.0.0.1', port });
    const ids = ['a', '1', 'constructor', '__proto__'];
    const rows = [...ids, 'good'].map((id) => ({ key: id, id, name: PASSWORD, group: PASSWORD }));
    const json = anySetting(PASSWORD);
    const byKey = fc.oneof(json, fc.dictionary(fc.constantFrom(...ids, ''), json, { noNullPrototype: true }));
    const anything = fc.record({ password: json, passwords: byKey, changes: byKey, own: json }, { requiredKeys: [] });
    const withGood = anything.chain(({ passwords, ...rest }) => {
      const own = { ...rest, passwords: { ...(passwords as object | null), good: PASSWORD } };
      return fc.constantFrom(own, { ...rest, passwords, password: PASSWORD });
    });
    await forAll(withGood.filter(isReadByNodeRed), 60, async (credentials) => {
      const server = serverNode(port, { ...SERVER, devices: rows });
      await nodeRed.deploy([...flow.filter(({ id }) => id !== 'server'), server], 'full', { server: credentials });
      const { connection } = nodeRed.node('server') as GoipServerNode;
      await nodeRed.until(() => connection?.state === 'listening', 'listening');
      assert.match(await device.ask(`req:1;id:good;pass:${PASSWORD};`), /^reg:1;/);
      found.push(JSON.stringify(connection?.server.problems), JSON.stringify(connection?.server.lines()));
    });
    await device.close();
    await assertNothingSecret('good', ['result', 'status']);
  });

  const found: string[] = [];
  beforeEach(() => void found.splice(0));

  /** What came out of Node-RED, but for the properties of messages, which are the user's own. */
  async function assertNothingSecret(id: string, outputs: readonly string[]): Promise<void> {
    for (const error of nodeRed.ends(id).filter((end) => end !== undefined)) {
      assert.match((error as { code?: string }).code ?? '', /^GOIP_/, inspect(error));
      found.push(inspect(error));
    }
    for (const { error } of nodeRed.messages('caught')) found.push(inspect(error, { depth: 5 }));
    for (const output of outputs)
      for (const { payload } of nodeRed.messages(output)) found.push(JSON.stringify(payload));
    for (const level of ['error', 'warn', 'info'] as const)
      for (const { msg } of nodeRed.logged(level)) found.push(inspect(msg));
    for (const node of ['send', 'ask', 'good', 'in']) found.push(JSON.stringify(nodeRed.statuses(node)));
    for (const path of ['/goip/servers/server', '/goip/servers/server/diagnostics']) {
      const { status, text } = await nodeRed.request().get(path);
      assert.equal(status, 200);
      found.push(text);
    }
    for (const text of found) {
      const at = text.indexOf(PASSWORD);
      assert.equal(at, -1, `…${text.slice(Math.max(0, at - 200), at + 40)}…`);
    }
  }
});

const SERVER = {
  storage: 'memory',
  devices: [...deviceRows({ [ID]: { group: 'office' } }), { key: 'off', id: 'off', disabled: true }],
};

const GOOD_NODES: readonly FlowNode[] = flowNode('goip send', 'good', ['result', 'status']);

const TYPES = ['msg', 'str', 'env', 'flow', 'global', 'jsonata', 'num', 'bool', 'json', 'bin', 'date', 're', 'node'];
const anyType = fc.oneof(fc.constantFrom<unknown>(undefined, ...TYPES), anySetting(PASSWORD));
/** Values of a typed input: properties, expressions that can be evaluated or not, and anything else. */
const anyInput = fc.oneof(
  anySetting(PASSWORD),
  fc.constantFrom<unknown>('payload', 'to', 'a.b', 'a[', '#:(none)::x', '{', '(', '[1]', 'function($x){$x}'),
  fc.constantFrom<unknown>(`"${PASSWORD}" + 1`, `$number("x ${PASSWORD}")`, `$error("${PASSWORD}")`, `$nothing()`),
);

type Fields = Readonly<Record<string, Recipe>>;

/** Messages in which some of the fields hold anything. */
function anyMessage(usual: Readonly<Record<string, readonly unknown[]>>, ids: readonly string[]): fc.Arbitrary<Fields> {
  const fieldOf = (name: string, secret: string, values: readonly unknown[] = []): fc.Arbitrary<[string, Recipe]> =>
    anyRecipe(secret, values).map((recipe) => [name, recipe]);
  const read = Object.entries(usual).map(([name, values]) => fieldOf(name, PASSWORD, values));
  const idOf = ids.map((name) => fieldOf(name, 'no secret', ['x', 1, { jobId: 'x' }]));
  const others = OTHER_FIELDS.map((name) => fieldOf(name, PASSWORD));
  const field = fc.oneof(...read, ...idOf, ...others);
  return fc.array(field, { minLength: 1, maxLength: 3 }).map((fields) => Object.fromEntries(fields));
}

function messageWith(message: object, fields: Fields): object {
  const made = { ...message };
  for (const [name, recipe] of Object.entries(fields)) setProperty(made, name, recipe);
  return made;
}

async function forAll<T>(arbitrary: fc.Arbitrary<T>, numRuns: number, holds: (value: T) => Promise<void>) {
  await fc.assert(fc.asyncProperty(arbitrary, holds), { seed: SEED, numRuns, endOnFailure: true });
}
