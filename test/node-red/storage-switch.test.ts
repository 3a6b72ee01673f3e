/** What waits in a server moves along when its storage is changed. */
import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { encodeIdentity } from '../../src/journal/identity.js';
import { WireDevice } from '../server/wire-device.js';
import { freeUdpPort } from './free-port.js';
import { useNodeRed, type FlowNode } from './harness.js';
import { CREDENTIALS, flowNode, IDS, PASSWORD, serverNode, startGateway, TAB } from './stage.js';

const send = flowNode('goip send', 'send', ['result', 'step']);

describe('a change of the storage', () => {
  const nodeRed = useNodeRed();
  const inGoip = (): Promise<string[]> => readdir(path.join(nodeRed.userDir, 'goip')).catch(() => []);

  for (const [from, to] of [
    ['disk', 'memory'],
    ['memory', 'disk'],
  ] as const) {
    it(`carries jobs from ${from} to ${to}, and sends them once`, async () => {
      const port = await freeUdpPort();
      const flow = (storage: string): FlowNode[] => [TAB, serverNode(port, { storage }), ...send];
      await nodeRed.loadFlow(flow(from), CREDENTIALS);
      await nodeRed.whenStatus('send', 'listening');
      nodeRed.receive('send', { payload: 'important', to: '+4915112345' });
      await nodeRed.nextMessage('step', ({ payload }) => (payload as { state: string }).state === 'queued');
      await nodeRed.deploy(flow(to));
      const gateway = await startGateway(nodeRed, port, { keepaliveInterval: 0.05 });
      await nodeRed.nextMessage('result');
      assert.deepEqual(
        gateway.onAir.map(({ text }) => text),
        ['important'],
      );
      await nodeRed.deploy(flow(from));
      await nodeRed.whenStatus('send', '2/2');
      assert.equal(gateway.onAir.length, 1);
    });

    it(`carries received SMS from ${from} to ${to}`, async () => {
      const port = await freeUdpPort();
      const flow = (storage: string, nodes: FlowNode[]): FlowNode[] => [TAB, serverNode(port, { storage }), ...nodes];
      await nodeRed.loadFlow(flow(from, send), CREDENTIALS);
      await nodeRed.whenStatus('send', 'listening');
      const gateway = await startGateway(nodeRed, port, { keepaliveInterval: 0.05 });
      const { acked } = await gateway.line(IDS[0]).receiveSms({ from: '+491', text: 'alarm' });
      assert.ok(acked);
      await nodeRed.deploy(flow(to, flowNode('goip in', 'in', ['sms', 'event'])));
      assert.equal((await nodeRed.nextMessage('sms')).payload, 'alarm');
      if (to === 'memory') assert.deepEqual(await inGoip(), []);
    });

    it(`knows a repeated SMS after a change from ${from} to ${to}`, async () => {
      const port = await freeUdpPort();
      const goipIn = flowNode('goip in', 'in', ['sms', 'event']);
      const flow = (storage: string): FlowNode[] => [TAB, serverNode(port, { storage }), ...goipIn];
      const device = await WireDevice.open({ address: '127.0.0.1', port });
      try {
        const receive = async (recvid: string): Promise<void> => {
          const sms = `RECEIVE:${recvid};id:${IDS[0]};password:${PASSWORD};srcnum:+1;msg:hello ${recvid}`;
          assert.equal(await device.ask(sms), `RECEIVE ${recvid} OK\n`);
        };
        await nodeRed.loadFlow(flow(from), CREDENTIALS);
        await nodeRed.whenStatus('in', 'listening');
        await receive('1');
        assert.equal((await nodeRed.nextMessage('sms')).payload, 'hello 1');
        await nodeRed.deploy(flow(to));
        await nodeRed.whenStatus('in', 'listening');
        await receive('1');
        await receive('2');
        for (;;) {
          const { payload, goip } = await nodeRed.nextMessage('sms');
          if (payload === 'hello 2') break;
          // What was delivered in the last moment before a deploy comes again.
          assert.equal((goip as { redelivered?: true }).redelivered, true, 'and is flagged');
        }
      } finally {
        await device.close();
      }
    });
  }

  it('names a journal that cannot be carried over, with what is in it, and goes on with it later', async () => {
    const port = await freeUdpPort();
    const flow = (storage: string): FlowNode[] => [TAB, serverNode(port, { storage }), ...send];
    await nodeRed.loadFlow(flow('disk'), CREDENTIALS);
    await nodeRed.whenStatus('send', 'listening');
    nodeRed.receive('send', { payload: 'important', to: '+4915112345' });
    await nodeRed.nextMessage('step', ({ payload }) => (payload as { state: string }).state === 'queued');
    await nodeRed.deploy([TAB, ...send]);
    const identity = path.join(nodeRed.userDir, 'goip', 'server', 'goip-journal.json');
    const own = encodeIdentity({ format: 99, id: '00000000-0000-4000-8000-000000000000' });
    const before = await readFile(identity);
    await writeFile(identity, own);
    await nodeRed.deploy(flow('memory'), 'full', CREDENTIALS);
    const logged = (pattern: RegExp): boolean =>
      [...nodeRed.logged('error'), ...nodeRed.logged('warn')].some(({ msg }) => pattern.test(String(msg)));
    await nodeRed.until(
      () => logged(/with 0 received SMS, 1 jobs and 0 results .*cannot be carried over/),
      'the error',
    );
    await nodeRed.until(() => logged(/no goip-server of the flows has the journal .* removed after/), 'the warning');
    await writeFile(identity, before);
    await nodeRed.deploy(flow('disk'));
    await startGateway(nodeRed, port, { keepaliveInterval: 0.05 });
    await nodeRed.nextMessage('result');
  });
});
