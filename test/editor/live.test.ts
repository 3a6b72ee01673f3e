import assert from 'node:assert/strict';
import type { Socket } from 'node:dgram';
import { freeUdpPort } from '../node-red/free-port.js';
import { occupy } from '../node-red/stage.js';
import { describeInEditor } from './editor.js';
import { IDS, makeNodeSet, TAB, useGateways, type NodeSet } from './flows.js';

const CREDENTIALS = { password: 'common' };

describeInEditor('the status under the nodes', (editor) => {
  const startGateway = useGateways();
  const lines = IDS.map((id) => ({ id, ...CREDENTIALS }));
  let watched: NodeSet;
  let sending: NodeSet;
  let blocked: NodeSet;
  let blocker: Socket | undefined;
  before(async () => {
    watched = makeNodeSet(0, await freeUdpPort(), CREDENTIALS);
    sending = makeNodeSet(1, await freeUdpPort(), CREDENTIALS);
    blocked = makeNodeSet(2, await freeUdpPort(), CREDENTIALS);
    blocker = await occupy(blocked.port);
    // Silence is noticed soon, and a busy machine is not taken for a silent line.
    const [server, ...users] = watched.nodes;
    assert(server);
    await editor.open([
      ...[TAB, { ...server, offlineAfter: 2 }, ...users, ...sending.nodes, ...blocked.nodes],
      { id: 'lost', type: 'goip in', z: 'tab', server: '', x: 120, y: 400, wires: [[], []] },
      { id: 'go', type: 'inject', z: 'tab', props: SMS, x: 320, y: 400, wires: [[sending.send]] },
    ]);
  });
  after(() => blocker?.close());

  it('tells in words how the server and its lines are', async () => {
    const users = [watched.in, watched.send, watched.status];
    for (const id of users) await editor.whenStatus(id, 'listening');
    const gateway = await startGateway(watched.port, lines.slice(0, 2));
    for (const id of users) await editor.whenStatus(id, '2/3');
    await gateway.stop();
    for (const id of users) await editor.whenStatus(id, 'disconnected');
  });

  it('tells that a node has no server', async () => {
    await editor.whenStatus('lost', 'no server');
  });

  it('tells that another program has the port, until it is free', async () => {
    await editor.whenStatus(blocked.in, 'port in use');
    blocker?.close();
    blocker = undefined;
    await editor.whenStatus(blocked.in, 'listening');
  });

  it('counts the recipients of a job', async () => {
    await editor.whenStatus(sending.send, 'listening');
    await editor.node('go').locator('.red-ui-flow-node-button-button').click();
    await editor.whenStatus(sending.send, 'queued 3');
    const gateway = await startGateway(sending.port, [{ id: 'goip-01', ...CREDENTIALS, lineTime: 1.5 }]);
    for (const text of ['0/3', '1/3', '2/3', '1/3']) await editor.whenStatus(sending.send, text);
    assert.equal(gateway.onAir.length, 3);
  });
});

const SMS = [
  { p: 'payload', v: 'Hello', vt: 'str' },
  { p: 'to', v: '["+12025550101", "+12025550102", "+12025550103"]', vt: 'json' },
];
