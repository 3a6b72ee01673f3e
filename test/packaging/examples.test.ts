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
/** The one with MQTT needs a broker. */
const names = all.filter((name) => !name.includes('mqtt'));

describe(`the examples in a node-red ${process.env.NODE_RED_MAJOR ?? '4'} process`, function () {
  this.timeout(60_000);
  const directory = temporaryDirectory();
  let nodeRed: NodeRedProcess;
  before(async () => {
    nodeRed = await NodeRedProcess.start(directory.path);
  });
  after(async () => {
    assert.equal(await nodeRed.stop('SIGINT'), 0);
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
});
