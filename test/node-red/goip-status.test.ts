import assert from 'node:assert/strict';
import type { NodeDiagnostics } from '../../nodes/diagnostics.js';
import type { LineState, Rejection } from '../../src/index.js';
import { useNodeRed } from './harness.js';
import { errorIn, flowNode, IDS, outcomeNodes, PASSWORD, startFlow, TAB } from './stage.js';

const goipStatus = (properties: object = {}) => flowNode('goip status', 'status', ['line'], properties);

describe('goip status', () => {
  const nodeRed = useNodeRed();

  it('answers any message with itself and the states of all lines', async () => {
    await startFlow(nodeRed, goipStatus({ emit: 'request' }));
    nodeRed.receive('status', { payload: 'anything', topic: 'kept', _msgid: 'abc' });
    const { payload, topic, _msgid } = await nodeRed.nextMessage('line');
    assert.deepEqual([topic, _msgid], ['kept', 'abc']);
    const lines = payload as LineState[];
    assert.deepEqual(
      lines.map(({ device, name, online }) => [device, name, online]),
      IDS.map((id) => [id, `Line ${id}`, true]),
    );
    assert.equal(nodeRed.messages('line').length, 1);
  });

  it('answers with who was refused and what was dropped, too', async () => {
    const { gateway } = await startFlow(nodeRed, goipStatus({ emit: 'request', devices: [IDS[1]] }));
    const line = gateway.line(IDS[0]);
    line.sendRaw('req:1;id:stranger;pass:x;');
    line.sendRaw('nonsense');
    // What a socket sends stays in order.
    await line.notify({ kind: 'EXPIRY', minutes: 1 });
    nodeRed.receive('status', {});
    const { jobs, rejected, dropped } = await nodeRed.nextMessage('line');
    assert.deepEqual(jobs, []);
    const [rejection, ...more] = rejected as Rejection[];
    assert.deepEqual([rejection?.id, rejection?.reason, rejection?.count, more], ['stranger', 'unknown id', 1, []]);
    assert.deepEqual(dropped, { malformed: 1, unauthorized: 1, unexpected: 0, foreign: 0, unsaved: 0 });
  });

  it('answers msg.action "diagnostics" with what is fit for a bug report', async () => {
    const { gateway } = await startFlow(nodeRed, goipStatus({ emit: 'request', devices: [IDS[1]] }));
    gateway.line(IDS[0]).sendRaw(`nonsense ${PASSWORD}`);
    await gateway.line(IDS[0]).notify({ kind: 'EXPIRY', minutes: 1 });
    nodeRed.receive('status', { action: 'diagnostics', topic: 'kept' });
    const { payload, topic, ...rest } = await nodeRed.nextMessage('line');
    const { state, versions, lines, protocolErrors } = payload as NodeDiagnostics;
    assert.deepEqual([state, versions.nodeRed, topic], ['listening', nodeRed.version, 'kept']);
    assert.deepEqual(
      lines?.map(({ device, habit }) => [device, habit]),
      IDS.map((id) => [id, 'unknown']),
    );
    assert.deepEqual(
      protocolErrors?.map(({ kind, text }) => [kind, text]),
      [['malformed', 'nonsense ••••']],
    );
    assert.doesNotMatch(JSON.stringify(payload), new RegExp(`Line ${IDS[0]}|${PASSWORD}`));
    assert.deepEqual(Object.keys(rest).sort(), ['_msgid', 'action']);
  });

  it('answers with one object if exactly one device was chosen', async () => {
    await startFlow(nodeRed, goipStatus({ emit: 'request', devices: [IDS[1]] }));
    nodeRed.receive('status', {});
    assert.equal(((await nodeRed.nextMessage('line')).payload as LineState).device, IDS[1]);
  });

  it('tells changes once, as single line states with the device as topic', async () => {
    const { gateway } = await startFlow(nodeRed, goipStatus({ devices: [IDS[0]] }), {
      gateway: { keepaliveInterval: 0.02 },
    });
    const first = await nodeRed.nextMessage('line');
    assert.equal(first.topic, IDS[0]);
    assert.equal((first.payload as LineState).gsmStatus, 'LOGIN');
    gateway.line(IDS[0]).logout();
    const second = await nodeRed.nextMessage('line');
    assert.equal((second.payload as LineState).gsmStatus, 'LOGOUT');
    gateway.line(IDS[0]).configure({ keepaliveValues: { signal: '5' } });
    const third = await nodeRed.nextMessage('line');
    assert.equal((third.payload as LineState).signal, 5);
    // Many keepalives came in between, and none of them was news.
    assert.equal(nodeRed.messages('line').length, 3);
  });

  it('tells every keepalive if asked to', async () => {
    await startFlow(nodeRed, goipStatus({ emit: 'keepalive', devices: [IDS[0]] }), {
      gateway: { keepaliveInterval: 0.01 },
    });
    const [one, two] = await nodeRed.nextMessages('line', 2);
    const counts = [one, two].map((message) => Number((message?.payload as LineState).raw['req']));
    assert.deepEqual(counts, [1, 2]);
  });

  it('fails with GOIP_NO_SERVER without a server', async () => {
    await nodeRed.loadFlow([TAB, ...goipStatus({ server: 'nowhere' }), ...outcomeNodes('status')]);
    nodeRed.receive('status', {});
    assert.equal(errorIn(await nodeRed.nextMessage('caught')).code, 'GOIP_NO_SERVER');
    assert.deepEqual(nodeRed.messages('line'), []);
  });

  it('shows how many of its lines are online, and when all are gone', async () => {
    const { gateway } = await startFlow(nodeRed, goipStatus(), {
      server: { offlineAfter: 0.2 },
      gateway: { keepaliveInterval: 0.02 },
    });
    assert.deepEqual(await nodeRed.whenStatus('status', '2/2'), { fill: 'green', shape: 'dot', text: '2/2' });
    gateway.partition(IDS[0]);
    await nodeRed.whenStatus('status', '1/2');
    gateway.partition();
    assert.deepEqual(await nodeRed.whenStatus('status', 'disconnected'), {
      fill: 'red',
      shape: 'ring',
      text: 'disconnected',
    });
    gateway.heal();
    await nodeRed.whenStatus('status', '2/2');
  });
});
