/** A machine for which the native module of the journal has no binary, and nobody has built one. */
import assert from 'node:assert/strict';
import { mkdir, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { GoipSimulator } from '../../src/simulator/index.js';
import { freeUdpPort } from '../node-red/free-port.js';
import { NodeRedProcess } from './node-red-process.js';
import { ROOT, temporaryDirectory } from './pack.js';

const PASSWORD = 'password1';

describe('without the native module of the journal', function () {
  this.timeout(60_000);
  const directory = temporaryDirectory();
  let nodeRed: NodeRedProcess;
  let ports: { readonly memory: number; readonly disk: number };

  before(async () => {
    ports = { memory: await freeUdpPort(), disk: await freeUdpPort() };
    // Where the module looks for its binary.
    const environment = { CLASSIC_LEVEL_PREBUILD: path.join(directory.path, 'binaries') };
    nodeRed = await NodeRedProcess.startIn(directory.path, { nodesDir: [ROOT] }, environment);
    const servers = (['memory', 'disk'] as const).map((storage) => {
      const devices = [{ key: 'row', id: 'goip-01', name: '' }];
      const credentials = { password: PASSWORD };
      return {
        id: `server-${storage}`,
        type: 'goip-server',
        host: '127.0.0.1',
        port: ports[storage],
        storage,
        devices,
        credentials,
      };
    });
    const users = servers.map(({ id }) => ({
      id: `in-of-${id}`,
      z: 'tab',
      type: 'goip in',
      server: id,
      wires: [[], []],
    }));
    await nodeRed.deploy([{ id: 'tab', type: 'tab', label: 'test' }, ...servers, ...users]);
  });
  const gateways: GoipSimulator[] = [];
  afterEach(async () => {
    for (const gateway of gateways.splice(0)) await gateway.stop();
  });
  after(() => nodeRed.stop('SIGKILL'));

  it('a server with its storage in memory works', () => worksWith('memory'));

  it('a server with its storage on disk shows a storage error that names the platform and the remedy', async () => {
    await nodeRed.logged(/needs the native module/);
    const log = nodeRed.log.filter((line) => line.includes('needs the native module'));
    assert.equal(log.length, 1, log.join('\n'));
    const { storage } = JSON.parse(await nodeRed.get('/goip/servers/server-disk/diagnostics')) as Diagnostics;
    const answer = await order('disk');
    for (const text of [log[0], storage.failure, await answer.text()]) {
      assert.match(
        String(text),
        new RegExp(`cannot be loaded on ${process.platform} ${process.arch}.*npm rebuild classic-level`),
      );
    }
    assert.equal(await stateOf('disk'), 'storage error');
  });

  it('a server with its storage on disk listens as soon as the module can be loaded', async () => {
    const source = path.dirname(createRequire(path.join(ROOT, 'package.json')).resolve('classic-level'));
    await mkdir(path.join(directory.path, 'binaries'));
    await symlink(path.join(source, 'prebuilds'), path.join(directory.path, 'binaries', 'prebuilds'));
    await worksWith('disk');
  });

  /** Registers a line, receives an SMS and sends one. */
  async function worksWith(storage: 'memory' | 'disk'): Promise<void> {
    const gateway = new GoipSimulator({
      server: { host: '127.0.0.1', port: ports[storage] },
      lines: [{ id: 'goip-01', password: PASSWORD }],
      keepaliveInterval: 0.2,
      lineTime: 0.01,
    });
    gateways.push(gateway);
    await gateway.start();
    await gateway.whenRegistered();
    const { acked } = await gateway.line('goip-01').receiveSms({ from: '+1', text: 'in' });
    const answer = await order(storage);
    assert.deepEqual([acked, answer.status], [true, 200]);
    assert.equal(((await answer.json()) as { state: string }).state, 'sent');
    assert.equal(await stateOf(storage), 'listening');
  }

  /** As the test SMS of the dialog. */
  function order(storage: string): Promise<Response> {
    const headers = { 'Content-Type': 'application/json' };
    const body = JSON.stringify({ to: '+8613800138000', text: 'hello', device: 'goip-01' });
    return fetch(`${nodeRed.url}/goip/servers/server-${storage}/sms`, { method: 'POST', headers, body });
  }

  async function stateOf(storage: string): Promise<string> {
    return (JSON.parse(await nodeRed.get(`/goip/servers/server-${storage}`)) as { state: string }).state;
  }
});

interface Diagnostics {
  readonly storage: { readonly failure: string | null };
}
