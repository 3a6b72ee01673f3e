/** What people see of journals that are damaged or that no server uses, and of two devices with one id. */
import assert from 'node:assert/strict';
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { storeOnDisk } from '../../src/journal/open-store.js';
import { put } from '../../src/journal/store.js';
import { freeUdpPort } from './free-port.js';
import { useNodeRed } from './harness.js';
import { CREDENTIALS, flowNode, IDS, PASSWORD, serverNode, startFlow, TAB } from './stage.js';

const SMS = {
  ...{ event: 'sms', device: 'goip-01', name: '', from: '+1', text: 'kept', recvid: '1' },
  ...{ receivedAt: '2026-11-22T10:00:00.000Z', remote: { address: '127.0.0.1', port: 1 } },
};

describe('journals in node-red', () => {
  const nodeRed = useNodeRed();
  const goipIn = flowNode('goip in', 'in', ['sms', 'event']);

  /** A journal with received SMS. Returns its folder. */
  async function journalOf(id: string, count = 3): Promise<string> {
    const directory = path.join(nodeRed.userDir, 'goip', id);
    const store = await storeOnDisk(directory, ({ error }) => assert.fail(error))();
    const keys = Array.from({ length: count }, (_, index) => (index + 1).toString(36).padStart(11, '0'));
    await store.write(keys.map((key) => put(`in/${key}`, SMS)));
    await store.close();
    return directory;
  }

  const warned = (pattern: RegExp): boolean => nodeRed.logged('warn').some(({ msg }) => pattern.test(String(msg)));

  it('that no server uses are named in the log after a deploy, with what is in them', async () => {
    const directory = await journalOf('gone');
    await startFlow(nodeRed, goipIn);
    await nodeRed.until(() => warned(/with 3 received SMS, 0 jobs and 0 results .* To take it over/), 'the warning');
    assert.ok(warned(new RegExp(`no goip-server of the flows has the journal in ${directory},`)));
  });

  it('of a server that is removed are named in the log', async () => {
    await journalOf('server');
    const port = await freeUdpPort();
    await nodeRed.loadFlow([TAB, serverNode(port), ...flowNode('goip status', 'status', ['lines'])], CREDENTIALS);
    await nodeRed.whenStatus('status', 'listening');
    assert.ok(!warned(/no goip-server of the flows/));
    await nodeRed.deploy([TAB, ...goipIn]);
    await nodeRed.until(() => warned(/journal in \S+server, with 3 received SMS/), 'the warning');
  });

  it('of a server that is removed are kept as long as the results of the servers that are left', async () => {
    process.env['GOIP_TEST_DAYS'] = '90';
    await journalOf('gone');
    const port = await freeUdpPort();
    const retention = '${GOIP_TEST_DAYS}';
    await nodeRed.loadFlow([TAB, serverNode(port, { retention }), ...goipIn], CREDENTIALS);
    await nodeRed.until(() => warned(/journal in \S+gone/), 'the warning');
    delete process.env['GOIP_TEST_DAYS'];
    const text = nodeRed
      .logged('warn')
      .map(({ msg }) => String(msg))
      .join();
    const end = Date.parse(/removed after (\S+Z)/.exec(text)?.[1] ?? '');
    assert.ok(end > Date.now() + 89 * 86_400_000, text);
  });

  for (const [count, shown, written] of [
    [3, '3', '3'],
    [1001, '1001+', 'at least 1001'],
  ] as const) {
    it(`that are damaged show what is lost, until the next start: ${written} SMS`, async () => {
      const directory = await journalOf('server', count);
      for (const file of await readdir(directory)) if (/\.(log|ldb)$/.test(file)) await rm(path.join(directory, file));
      const port = await freeUdpPort();
      const flow = [TAB, serverNode(port), ...goipIn];
      await nodeRed.loadFlow(flow, CREDENTIALS);
      const status = await nodeRed.whenStatus('in', `0/2 ⚠ ${shown}`);
      assert.deepEqual([status.fill, status.shape], ['yellow', 'ring']);
      const [error] = nodeRed.logged('error').map(({ msg }) => String(msg));
      assert.match(error ?? '', new RegExp(`is damaged: .* Lost: ${written} received SMS`));
      await nodeRed.deploy(flow, 'full');
      await nodeRed.whenStatus('in', 'listening');
    });
  }

  it('have a folder of their own for each id, whatever it holds', async () => {
    const ids = ['a\ud83d', 'a\ud83c', '%ud83d', '../a', 'ü/👍'];
    const nodes = await Promise.all(
      ids.map(async (id, index) => [
        { ...serverNode(await freeUdpPort()), id },
        ...flowNode('goip in', `in ${index}`, ['sms', 'event'], { server: id }),
      ]),
    );
    await nodeRed.loadFlow([TAB, ...nodes.flat()]);
    for (const index of ids.keys()) await nodeRed.whenStatus(`in ${index}`, 'listening');
    const folders = await readdir(path.join(nodeRed.userDir, 'goip'));
    assert.deepEqual(folders.sort(), ['%25ud83d', '%2E%2E%2Fa', '%C3%BC%2F%F0%9F%91%8D', 'a%ud83c', 'a%ud83d']);
  });

  it('are not all that is reported: two gateways with one id are a warning with both addresses', async () => {
    const { port, gateway } = await startFlow(nodeRed, goipIn, { gateway: { keepaliveInterval: 0.02 } });
    const [id] = IDS;
    const other = await nodeRed.startGateway({
      server: { host: '127.0.0.1', port },
      lines: [{ id, password: PASSWORD }],
      keepaliveInterval: 0.03,
    });
    await nodeRed.until(() => warned(/send keepalives with the id/), 'the warning');
    const warnings = nodeRed.logged('warn').map(({ msg }) => String(msg));
    const about = warnings.filter((text) => text.includes(`with the id "${id}"`));
    assert.equal(about.length, 1, warnings.join('\n'));
    for (const { port: own } of [gateway.line(id), other.line(id)]) assert.ok(about[0]?.includes(`127.0.0.1:${own}`));
  });
});
