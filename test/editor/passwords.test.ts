import assert from 'node:assert/strict';
import type { FlowNode } from '../packaging/node-red-process.js';
import { freeUdpPort } from '../node-red/free-port.js';
import { describeInEditor } from './editor.js';
import { useGateways, useNodeSets, type NodeSet } from './flows.js';

describeInEditor('passwords', (editor) => {
  const startGateway = useGateways();
  const nextSet = useNodeSets(editor, 10, { password: 'common', passwords: { 'key-1': 'own-1', 'key-2': 'own-2' } });
  let set: NodeSet;
  beforeEach(async () => {
    set = nextSet();
    await editor.editServer(set.server);
  });

  const password = (row: number) => editor.page.locator('.goip-device-password').nth(row);
  const id = (row: number) => editor.page.locator('.goip-device-id').nth(row);
  const forget = (row: number) => editor.page.locator('.goip-device-forget').nth(row);
  const placeholders = () =>
    editor.page
      .locator('.goip-device-password')
      .evaluateAll((all) => all.map((field) => field.getAttribute('placeholder')));

  /** Deploys; returns what the editor has posted of the server. */
  async function deploy(): Promise<FlowNode> {
    const server = (await editor.deploy()).find((node) => node.id === set.server);
    return server ?? assert.fail('no server was posted');
  }

  /** Whether lines can register with these passwords. */
  async function assertRegister(
    passwords: Readonly<Record<string, string>>,
    wrong: Readonly<Record<string, string>> = {},
    port = set.port,
  ): Promise<void> {
    const linesOf = (all: object) =>
      Object.entries(all).map(([line, value]) => ({ id: line, password: String(value) }));
    // Their keepalives come before those of the right ones, and are refused.
    const refused = await startGateway(port, linesOf(wrong));
    const gateway = await startGateway(port, linesOf(passwords));
    await gateway.whenRegistered();
    assert.deepEqual(
      refused.lines.filter(({ registered }) => registered).map((line) => line.id),
      [],
    );
    await Promise.all([gateway.stop(), refused.stop()]);
  }

  it('of devices are posted only where they were touched, and reach the runtime', async () => {
    assert.deepEqual(await placeholders(), ['••••••••', '••••••••', 'common password']);
    await password(0).fill('new-1');
    await editor.okServer();
    assert.deepEqual((await deploy()).credentials, { changes: { 'key-1': 'new-1' } });
    await assertRegister(
      { 'goip-01': 'new-1', 'goip-02': 'own-2', 'goip-03': 'common' },
      { 'goip-01': 'own-1', 'goip-02': 'common' },
    );
  });

  it('stay as they are when the dialog is cancelled', async () => {
    await password(0).fill('new-1');
    await forget(1).click();
    await editor.page.fill('#node-config-input-password', 'new-common');
    await editor.cancelServer();
    assert.equal(await editor.isChanged(set.server), false);
    // Another change, so that there is something to deploy.
    await editor.edit(set.in);
    await editor.page.fill('#node-input-name', 'inbox');
    await editor.ok();
    assert.equal((await deploy()).credentials, undefined);
    await assertRegister({ 'goip-01': 'own-1', 'goip-02': 'own-2', 'goip-03': 'common' });
  });

  it('of two edits before a deploy come together', async () => {
    await password(0).fill('first');
    await password(2).fill('new-3');
    await editor.okServer();
    await editor.editServer(set.server);
    assert.equal(await password(0).inputValue(), 'first');
    assert.equal(await password(1).inputValue(), '');
    await password(0).fill('new-1');
    await editor.page.fill('#node-config-input-password', 'new-common');
    await editor.okServer();
    assert.deepEqual((await deploy()).credentials, {
      password: 'new-common',
      changes: { 'key-1': 'new-1', 'key-3': 'new-3' },
    });
    await assertRegister({ 'goip-01': 'new-1', 'goip-02': 'own-2', 'goip-03': 'new-3' });
  });

  it('of one deploy are kept by the next', async () => {
    await password(0).fill('new-1');
    await editor.okServer();
    await deploy();
    await editor.editServer(set.server);
    assert.equal(await password(0).inputValue(), '');
    await password(2).fill('new-3');
    await editor.okServer();
    assert.deepEqual((await deploy()).credentials, { changes: { 'key-3': 'new-3' } });
    await assertRegister({ 'goip-01': 'new-1', 'goip-02': 'own-2', 'goip-03': 'new-3' });
  });

  it('can be removed where the editor does not know whether the device has one', async () => {
    await editor.cancelServer();
    // Between a deploy and the start of the server, Node-RED only knows that there are some.
    const credentials = { has_password: true, has_passwords: true };
    await editor.page.route('**/credentials/goip-server/*', (route) => route.fulfill({ json: credentials }));
    await editor.reload();
    await editor.editServer(set.server);
    assert.deepEqual(await placeholders(), ['unchanged', 'unchanged', 'unchanged']);
    await forget(0).click();
    assert.deepEqual(await placeholders(), ['removed', 'unchanged', 'unchanged']);
    await editor.okServer();
    assert.deepEqual((await deploy()).credentials, { changes: { 'key-1': null } });
    await editor.page.unrouteAll();
    await assertRegister({ 'goip-01': 'common', 'goip-02': 'own-2' }, { 'goip-01': 'own-1' });
  });

  it('of a device can be removed: then it has the common one', async () => {
    await forget(0).click();
    assert.deepEqual(await placeholders(), ['removed', '••••••••', 'common password']);
    await forget(1).click();
    await forget(1).click();
    await editor.okServer();
    assert.deepEqual((await deploy()).credentials, { changes: { 'key-1': null } });
    await assertRegister({ 'goip-01': 'common', 'goip-02': 'own-2', 'goip-03': 'common' }, { 'goip-01': 'own-1' });
  });

  it('stay with their rows when those are renamed, moved or deleted', async () => {
    const { page } = editor;
    await id(0).fill('renamed');
    await page.locator('.goip-device-delete').nth(2).click();
    await editor.dragToTop(page.locator('#goip-server-devices'), 1);
    await editor.okServer();
    const { devices, credentials } = await deploy();
    assert.deepEqual(
      (devices as { key: string; id: string }[]).map((device) => [device.key, device.id]),
      [
        ['key-2', 'goip-02'],
        ['key-1', 'renamed'],
      ],
    );
    assert.equal(credentials, undefined);
    await assertRegister({ renamed: 'own-1', 'goip-02': 'own-2' });
  });

  it('of a new device and a new server reach the runtime', async () => {
    const { page } = editor;
    await editor.cancelServer();
    await editor.edit(set.in);
    await editor.addServer();
    const newPort = await freeUdpPort();
    await page.fill('#node-config-input-host', '127.0.0.1');
    await page.fill('#node-config-input-port', String(newPort));
    await page.click('.red-ui-editableList-addButton');
    await id(0).fill('attic');
    assert.deepEqual(await placeholders(), ['no password']);
    await password(0).fill('of the attic');
    await editor.okServer();
    await editor.ok();
    const posted = (await editor.deploy()).find((node) => node.port === newPort);
    const { credentials, id: serverId } = posted ?? assert.fail('no new server was posted');
    assert.deepEqual(Object.values((credentials as { changes: object }).changes), ['of the attic']);
    assert.equal((await editor.saved(set.in)).server, serverId);
    await assertRegister({ attic: 'of the attic' }, {}, newPort);
  });

  it('taken back by undo are not posted', async () => {
    await password(0).fill('typo');
    await editor.okServer();
    await editor.undo();
    await editor.edit(set.in);
    await editor.page.fill('#node-input-name', 'inbox');
    await editor.ok();
    assert.equal((await deploy()).credentials, undefined);
    await assertRegister({ 'goip-01': 'own-1' }, { 'goip-01': 'typo' });
  });

  it('are nowhere to be seen: not in flows, exports, answers, files or the log', async () => {
    const { page, nodeRed } = editor;
    await password(0).fill('new-1-secret');
    await page.fill('#node-config-input-password', 'new-common-secret');
    await editor.okServer();

    await editor.node(set.in).click();
    const exported = async (): Promise<string> => {
      await page.evaluate(`RED.actions.invoke('core:show-export-dialog')`);
      await page.click('#red-ui-tab-red-ui-clipboard-dialog-export-tab-clipboard-json');
      const text = await page.inputValue('#red-ui-clipboard-dialog-export-text');
      await page.click('#red-ui-clipboard-dialog-cancel');
      return text;
    };
    const beforeDeploy = await exported();
    assert.match(beforeDeploy, /"goip-server"/);
    await deploy();
    // Node-RED answers before the nodes are made, and they put the changes where they belong.
    await assertRegister({ 'goip-01': 'new-1-secret' });
    const places: Record<string, string> = {
      'the export before the deploy': beforeDeploy,
      'GET /flows': await nodeRed.get('/flows'),
      'GET /credentials': await nodeRed.get(`/credentials/goip-server/${set.server}`),
      'the flow file': nodeRed.readFile('flows.json'),
      'the credentials file': nodeRed.readFile('flows_cred.json'),
      'the log': nodeRed.log.join('\n'),
    };
    for (const [place, text] of Object.entries(places)) {
      assert.doesNotMatch(text, /secret|own-\d|changes":\{/, place);
    }
    assert.deepEqual(JSON.parse(places['GET /credentials'] ?? ''), {
      ...{ has_password: true, has_passwords: true, has_changes: false, own: '["key-1","key-2"]' },
    });
  });
});
