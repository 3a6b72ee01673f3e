/** Passwords of servers that are copied, imported, in a subflow, or deleted and brought back. */
import assert from 'node:assert/strict';
import { freeUdpPort } from '../node-red/free-port.js';
import type { FlowNode } from '../packaging/node-red-process.js';
import { describeInEditor } from './editor.js';
import { makeNodeSet, TAB, useGateways, type NodeSet } from './flows.js';

const CREDENTIALS = { password: 'common-secret', passwords: { 'key-1': 'own-secret-1', 'key-2': 'own-secret-2' } };

describeInEditor('passwords of servers that move', (editor) => {
  const startGateway = useGateways();
  let set: NodeSet;
  let inSubflow: NodeSet;
  before(async () => {
    set = makeNodeSet(0, await freeUdpPort(), CREDENTIALS);
    inSubflow = makeNodeSet(1, await freeUdpPort(), CREDENTIALS);
    const [server, receiver] = inSubflow.nodes;
    const subflow = [
      { id: 'sf', type: 'subflow', name: 'gateway', in: [], out: [] },
      { ...server, z: 'sf' },
      { ...receiver, z: 'sf' },
      { id: 'instance', type: 'subflow:sf', z: TAB.id, x: 100, y: 300, wires: [] },
    ] as FlowNode[];
    await editor.open([TAB, ...set.nodes, ...subflow]);
  });

  const password = (row: number) => editor.page.locator('.goip-device-password').nth(row);
  const placeholders = () =>
    editor.page
      .locator('.goip-device-password')
      .evaluateAll((all) => all.map((field) => field.getAttribute('placeholder')));

  async function open(node = set.in): Promise<void> {
    await editor.edit(node);
    await editor.editServer();
  }
  async function done(): Promise<void> {
    await editor.okServer();
    await editor.ok();
  }
  async function close(): Promise<void> {
    await editor.cancelServer();
    await editor.cancel();
  }
  async function assertRegister(passwords: Readonly<Record<string, string>>, port = set.port): Promise<void> {
    const lines = Object.entries(passwords).map(([id, value]) => ({ id, password: value }));
    const gateway = await startGateway(port, lines);
    await gateway.whenRegistered();
    await gateway.stop();
  }
  /** No password in what everybody with the editor can read. */
  async function assertNothingLeaks(): Promise<void> {
    const { nodeRed } = editor;
    const nodes = JSON.parse(await nodeRed.get('/flows')) as FlowNode[];
    const servers = nodes.filter(({ type }) => type === 'goip-server');
    const credentials = await Promise.all(servers.map(({ id }) => nodeRed.get(`/credentials/goip-server/${id}`)));
    const places = [JSON.stringify(nodes), ...credentials, nodeRed.readFile('flows.json'), nodeRed.log.join('\n')];
    for (const text of [...places, nodeRed.readFile('flows_cred.json')]) assert.doesNotMatch(text, /secret/);
  }
  async function imports(nodes: readonly object[]): Promise<void> {
    await editor.page.evaluate(
      `void RED.view.importNodes(${JSON.stringify(nodes)}, { generateIds: true, addFlow: false, notify: false })`,
    );
    // What is imported hangs on the mouse.
    await editor.page.mouse.move(700, 500);
    await editor.page.mouse.click(700, 500);
  }

  it('stay with the original when its nodes are copied, and are not taken along', async () => {
    const { page } = editor;
    await page.evaluate(`
      RED.view.select('${set.in}');
      RED.actions.invoke('core:copy-selection-to-internal-clipboard');
      RED.actions.invoke('core:paste-from-internal-clipboard');
    `);
    await page.mouse.move(700, 500);
    await page.mouse.click(700, 500);
    const copies = await page.evaluate<string[]>(
      `RED.nodes.filterNodes({ type: 'goip in' }).map(({ id, server }) => id !== '${set.in}' && server === '${set.server}' && id).filter(Boolean)`,
    );
    assert.equal(copies.length, 1, 'the copy has the same server');
    await editor.deploy();
    await assertRegister({ 'goip-01': 'own-secret-1', 'goip-02': 'own-secret-2', 'goip-03': 'common-secret' });

    // A copy of the server itself, as an export and import makes it.
    const port = await freeUdpPort();
    const [server, receiver] = set.nodes;
    const { credentials, ...exported } = server as FlowNode & { credentials: object };
    const made = { ...exported, id: 'copied', name: 'copy', port };
    await imports([made, { ...receiver, id: 'copied-in', server: 'copied' }]);
    const copy = await page.evaluate<string>(
      `(() => { let id; RED.nodes.eachConfig((node) => { if (node.name === 'copy') id = node.id }); return id })()`,
    );
    const user = await page.evaluate<string>(
      `RED.nodes.filterNodes({ type: 'goip in' }).find((node) => node.server === '${copy}').id`,
    );
    await open(user);
    assert.deepEqual(await placeholders(), ['no password', 'no password', 'no password']);
    await password(0).fill('secret-of-the-copy');
    await done();
    const posted = (await editor.deploy()).find(({ id }) => id === copy);
    assert.deepEqual(posted?.credentials, { password: '', changes: { 'key-1': 'secret-of-the-copy' } });
    await assertRegister({ 'goip-01': 'secret-of-the-copy' }, port);
    await assertRegister({ 'goip-01': 'own-secret-1', 'goip-02': 'own-secret-2', 'goip-03': 'common-secret' });
    await assertNothingLeaks();
  });

  it('that an imported flow brings along are kept, also when another one is changed before the deploy', async () => {
    const { page } = editor;
    const port = await freeUdpPort();
    const [server, receiver] = set.nodes;
    await imports([
      { ...server, id: 'brought', name: 'brought', port, credentials: CREDENTIALS },
      { ...receiver, id: 'brought-in', server: 'brought' },
    ]);
    const user = await page.evaluate<string>(
      `RED.nodes.filterNodes({ type: 'goip in' }).find(({ server }) => RED.nodes.node(server).name === 'brought').id`,
    );
    await open(user);
    assert.deepEqual(await placeholders(), ['••••••••', '••••••••', 'common password']);
    assert.deepEqual(await Promise.all([0, 1, 2].map((row) => password(row).inputValue())), ['', '', '']);
    await password(2).fill('secret-3');
    await done();
    await editor.deploy();
    const passwords = { 'goip-01': 'own-secret-1', 'goip-02': 'own-secret-2', 'goip-03': 'secret-3' };
    await assertRegister(passwords, port);
    await open(user);
    assert.deepEqual(await placeholders(), Array(3).fill('••••••••'));
    await close();
    await assertNothingLeaks();
  });

  it('of a server in a subflow are changed and kept like others', async () => {
    const { page } = editor;
    await assertRegister({ 'goip-01': 'own-secret-1', 'goip-03': 'common-secret' }, inSubflow.port);
    await page.evaluate(`RED.workspaces.show('sf')`);
    await open(inSubflow.in);
    assert.deepEqual(await placeholders(), ['••••••••', '••••••••', 'common password']);
    await password(2).fill('secret-3');
    await editor.page.locator('.goip-device-forget').nth(1).click();
    await done();
    await editor.deploy();
    const passwords = { 'goip-01': 'own-secret-1', 'goip-02': 'common-secret', 'goip-03': 'secret-3' };
    await assertRegister(passwords, inSubflow.port);
    await open(inSubflow.in);
    assert.deepEqual(await placeholders(), ['••••••••', 'common password', '••••••••']);
    await close();
    await page.evaluate(`RED.workspaces.show('${TAB.id}')`);
    await assertNothingLeaks();
  });

  it('come back with a device whose deletion is taken back after the deploy', async () => {
    await open();
    await editor.page.locator('.goip-device-delete').nth(1).click();
    await done();
    await editor.deploy();
    await editor.undo();
    await open();
    assert.deepEqual(await placeholders(), ['••••••••', '••••••••', 'common password']);
    await done();
    await editor.deploy();
    await assertRegister({ 'goip-02': 'own-secret-2' });
  });

  it('of a switched off device are kept, and a duplicate has none of them', async () => {
    const { page } = editor;
    await open();
    await page.getByLabel('Enabled', { exact: true }).nth(1).uncheck();
    await password(0).fill('secret-new');
    await page.locator('.goip-device-more').nth(1).click();
    await page.getByLabel('Duplicate').click();
    await done();
    await editor.deploy();
    await open();
    assert.deepEqual(await placeholders(), ['••••••••', '••••••••', 'common password', 'common password']);
    await page.getByLabel('Enabled', { exact: true }).nth(1).check();
    await done();
    await editor.deploy();
    await assertRegister({ 'goip-01': 'secret-new', 'goip-02': 'own-secret-2' });
    await assertNothingLeaks();
  });
});
