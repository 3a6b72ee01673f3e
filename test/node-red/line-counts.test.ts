/** What stands under the nodes of a server with lines that come and go, and what that costs. */
import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { Line } from '../../src/lines/line.js';
import { freeUdpPort } from './free-port.js';
import { useNodeRed } from './harness.js';
import { CREDENTIALS, deviceRows, flowNode, IDS, PASSWORD, serverNode, startFlow, TAB } from './stage.js';

const [FIRST, SECOND] = IDS;

const NODES = [
  ...flowNode('goip in', 'in', ['sms', 'event'], { events: [] }),
  ...flowNode('goip send', 'send', ['result', 'progress']),
  ...flowNode('goip status', 'first', ['line'], { emit: 'request', devices: [FIRST] }),
  ...flowNode('goip status', 'second', ['line2'], { emit: 'request', devices: [SECOND, SECOND, 'unknown'] }),
];

describe('the lines under the nodes', () => {
  const nodeRed = useNodeRed();
  afterEach(() => mock.restoreAll());

  /** Waits until the nodes show these texts. */
  async function showing(texts: Readonly<Record<string, string>>): Promise<void> {
    for (const [id, text] of Object.entries(texts)) await nodeRed.whenStatus(id, text);
  }

  it('are those that each node has chosen, as they come and go', async () => {
    const { gateway } = await startFlow(nodeRed, NODES, {
      server: { offlineAfter: 0.3 },
      gateway: { keepaliveInterval: 0.05 },
    });
    await showing({ in: '2/2', send: '2/2', first: '1/1', second: '1/1' });
    gateway.partition(FIRST);
    await showing({ in: '1/2', send: '1/2', first: 'disconnected', second: '1/1' });
    gateway.partition();
    await showing({ in: 'disconnected', send: 'disconnected', first: 'disconnected', second: 'disconnected' });
    gateway.heal();
    await showing({ in: '2/2', send: '2/2', first: '1/1', second: '1/1' });
  });

  it('are not those that are switched off', async () => {
    const port = await freeUdpPort();
    const devices = deviceRows({ [SECOND]: { disabled: true } });
    await nodeRed.loadFlow([TAB, serverNode(port, { devices }), ...NODES], CREDENTIALS);
    await nodeRed.whenStatus('in', 'listening');
    await nodeRed.startGateway({ server: { host: '127.0.0.1', port }, lines: [{ id: FIRST, password: PASSWORD }] });
    await showing({ in: '1/1', send: '1/1', first: '1/1', second: 'listening' });
  });

  it('are known at once after a deploy of the server, but for lines that are new', async () => {
    const { flow } = await startFlow(nodeRed, NODES);
    await showing({ in: '2/2' });
    const rows = [...deviceRows(), { key: 'new', id: 'new', name: 'New' }];
    await nodeRed.deploy(flow.map((node) => (node.id === 'server' ? { ...node, devices: rows } : node)));
    await showing({ in: '2/3', send: '2/3', first: '1/1', second: '1/1' });
  });

  it('cost as many states as lines are reported, and few statuses', async () => {
    const ids = Array.from({ length: 200 }, (_, index) => `line-${index + 1}`);
    const port = await freeUdpPort();
    const devices = ids.map((id) => ({ key: id, id, name: id }));
    const status = { emit: 'change', devices: [] };
    const nodes = [
      ...Array.from({ length: 4 }, (_, index) => flowNode('goip in', `in-${index}`, ['sms', 'event'], { events: [] })),
      ...Array.from({ length: 4 }, (_, index) => flowNode('goip send', `send-${index}`, ['result', 'progress'])),
      ...flowNode('goip status', 'status', ['line'], status),
    ].flat();
    await nodeRed.loadFlow([TAB, serverNode(port, { devices }), ...nodes], CREDENTIALS);
    await nodeRed.whenStatus('in-0', 'listening');
    const states = mock.method(Line.prototype, 'state');
    const begin = performance.now();
    const gateway = await nodeRed.startGateway({
      server: { host: '127.0.0.1', port },
      lines: ids.map((id) => ({ id, password: PASSWORD })),
    });
    await gateway.whenRegistered();
    await nodeRed.nextMessages('line', 200);
    await nodeRed.whenStatus('in-0', '200/200');
    await nodeRed.whenStatus('send-3', '200/200');
    assert.equal(states.mock.callCount(), 200);
    // Connecting, listening, and four more per second at most.
    const most = 3 + Math.ceil((4 * (performance.now() - begin)) / 1000);
    for (const id of ['in-0', 'send-3', 'status']) assert(nodeRed.statuses(id).length <= most, id);
  });
});
