/** Each example, as a user imports it: it deploys without a complaint, and the gateway's lines can register. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { freeUdpPort } from '../node-red/free-port.js';
import { GoipSimulator } from '../../src/simulator/index.js';
import { NodeRedProcess, type FlowNode } from './node-red-process.js';
import { PACKAGE, ROOT, temporaryDirectory } from './pack.js';

const folder = path.join(ROOT, 'examples');
const all = readdirSync(folder);
const DASHBOARD = '15-control-room-dashboard.json';
/** The one with MQTT needs a broker. */
const names = all.filter((name) => !name.includes('mqtt') && name !== DASHBOARD);

describe(`the examples in a node-red ${process.env.NODE_RED_MAJOR ?? '4'} process`, function () {
  this.timeout(60_000);
  let nodeRed: NodeRedProcess;
  // Before the directory goes: an example may write there until the end.
  after(async () => {
    assert.equal(await nodeRed.stop('SIGINT'), 0);
  });
  const directory = temporaryDirectory();
  before(async () => {
    nodeRed = await NodeRedProcess.start(directory.path);
  });

  it('are in the Import menu', async () => {
    const menu = JSON.parse(await nodeRed.get(`/library/examples/flows/${PACKAGE}/`)) as { fn?: string }[];
    const entries = menu.map((entry) => entry.fn);
    assert.deepEqual(entries.sort(), all.map((name) => path.basename(name, '.json')).sort());
  });

  for (const name of names) {
    it(name, async () => {
      const port = await freeUdpPort();
      const password = 'simulated';
      const flow = (JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as FlowNode[]).map((node) =>
        node.type === 'goip-server' ? { ...node, host: '127.0.0.1', port, credentials: { password } } : node,
      );
      const log = await nodeRed.deploy(flow);
      const devices = flow.find(({ type }) => type === 'goip-server')?.devices as { id: string }[];
      const gateway = new GoipSimulator({
        server: { host: '127.0.0.1', port },
        lines: devices.map(({ id }) => ({ id, password })),
        // The deploy is acknowledged before the port is bound.
        keepaliveInterval: 0.2,
      });
      await gateway.start();
      await gateway.whenRegistered();
      await gateway.stop();
      assert.deepEqual(
        log.filter((line) => /\[(error|warn)\]|missing types/.test(line)),
        [],
      );
    });
  }

  it(`${DASHBOARD} names what is missing, without the dashboard`, async () => {
    const flow = JSON.parse(readFileSync(path.join(folder, DASHBOARD), 'utf8')) as FlowNode[];
    const about = flow.find(({ type }) => type === 'comment')?.info;
    assert.match(String(about), /needs `@flowfuse\/node-red-dashboard`/);
    await nodeRed.deploy(flow);
    for (const type of ['ui-form', 'ui-table', 'ui-chart', 'ui-notification']) {
      assert(
        nodeRed.log.some((line) => line.includes(`- ${type}`)),
        type,
      );
    }
    // Everything else goes on when the flow is deleted.
    const log = await nodeRed.deploy([{ id: 'empty', type: 'tab', label: 'empty' }]);
    assert(log.some((line) => line.includes('Started flows')));
  });
});
