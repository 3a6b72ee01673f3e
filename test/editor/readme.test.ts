import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { freeUdpPort } from '../node-red/free-port.js';
import { describeInEditor } from './editor.js';
import { IDS, makeNodeSet, TAB, useGateways } from './flows.js';

const README = pageOf('README.md');
const SERVER_PAGE = pageOf('docs', 'goip-server.md');

describeInEditor('a new user who follows the README', (editor) => {
  const startGateway = useGateways();

  it('sets up a gateway, receives an SMS and sends one', async () => {
    await editor.open([TAB]);
    const { page } = editor;

    step('Add the nodes', 'click the **+** beside _Server_');
    const receiver = await dragIn('goip in', 150, 100);
    const received = await dragIn('debug', 400, 100);
    await wire(receiver, received);
    await editor.edit(receiver);
    await editor.addServer();

    step('Add your lines', 'click _+ device_', 'Click _Add_, then _Done_');
    const port = await freeUdpPort();
    await page.fill('#node-config-input-port', String(port));
    await page.locator('#node-config-dialog-edit-form').getByText('device', { exact: true }).click();
    await page.getByLabel('Id', { exact: true }).fill('goip-01');
    await page.getByLabel('Name', { exact: true }).last().fill('Office');
    await page.getByLabel('Password', { exact: true }).last().fill('my password');
    assert.equal(await page.locator('#node-config-dialog-ok').innerText(), 'Add');
    await editor.okServer();
    assert.equal(await page.locator('#node-dialog-ok').innerText(), 'Done');
    await editor.ok();

    step('Deploy', 'is _listening_ (green ring)');
    await editor.deploy();
    await receiver.locator('.red-ui-flow-node-status-label').getByText('listening', { exact: true }).waitFor();

    step('Configure the gateway');
    const gateway = await startGateway(port, [{ id: 'goip-01', password: 'my password' }]);

    step('Check', 'the node shows `1/1` (green dot)');
    await receiver.locator('.red-ui-flow-node-status-label').getByText('1/1', { exact: true }).waitFor();

    step('Receive', 'it appears in the debug sidebar');
    await page.evaluate(`RED.actions.invoke('core:show-debug-tab')`);
    await gateway.line('goip-01').receiveSms({ from: '+4915112345678', text: 'Grüße; from a phone' });
    const shown = page.locator('.red-ui-debug-msg');
    await shown.filter({ hasText: 'Grüße; from a phone' }).waitFor();

    step('Send', 'Wire _inject → goip send → debug_');
    const inject = await dragIn('inject', 150, 250);
    const sender = await dragIn('goip send', 400, 250);
    const result = await dragIn('debug', 650, 250);
    await wire(inject, sender);
    await wire(sender, result);
    await editor.edit(inject);
    await fillRow(0, 'payload', 'Hello from the README');
    await fillRow(1, 'to', '+4915112345678');
    await editor.ok();
    await editor.edit(sender);
    await page.locator('#node-input-server').selectOption({ label: `GoIP server, port ${port}` });
    await editor.ok();
    await editor.deploy();
    await sender.locator('.red-ui-flow-node-status-label').getByText('1/1', { exact: true }).waitFor();
    await inject.locator('.red-ui-flow-node-button-button').click();
    await shown.filter({ hasText: 'sent: 1' }).waitFor();
    assert.deepEqual(
      gateway.onAir.map(({ to, text }) => [to, text]),
      [['+4915112345678', 'Hello from the README']],
    );
  });

  it('builds a first flow, in the demo: it answers every SMS', async () => {
    const { port, nodes } = makeNodeSet(0, await freeUdpPort(), { password: 'simulated' });
    await editor.open([TAB, ...nodes.slice(0, 1)]);
    const { page } = editor;

    firstStep('A new flow', 'Click the **+**');
    await page.click('.red-ui-tab-button .fa-plus');
    await page.locator('.red-ui-workspace-chart-grid').waitFor();

    firstStep('Four nodes', 'Drag _goip in_, _change_, _goip send_ and _debug_');
    const receiver = await dragIn('goip in', 100, 100);
    const change = await dragIn('change', 300, 100);
    const sender = await dragIn('goip send', 500, 100);
    const result = await dragIn('debug', 700, 100);
    await wire(receiver, change);
    await wire(change, sender);
    await wire(sender, result);

    firstStep('The server', 'choose the _Server_ of the demo');
    for (const node of [receiver, sender]) {
      await editor.edit(node);
      await page.locator('#node-input-server').selectOption({ label: 'Gateway 0' });
      await editor.ok();
    }

    firstStep('The answer', 'Its rule sets `msg.payload`', 'Click _add_', 'sets `msg.to` to the value `msg.from`');
    await editor.edit(change);
    const rules = page.locator('#node-input-rule-container > li');
    const value = (rule: number) => rules.nth(rule).locator('.red-ui-typedInput-container:visible').last();
    await value(0).locator('input.red-ui-typedInput-input').fill('Thank you for your SMS');
    await page.locator('#dialog-form').getByText('add', { exact: true }).click();
    await rules.nth(1).locator('.red-ui-typedInput-container input.red-ui-typedInput-input').first().fill('to');
    await editor.fillTyped(value(1), 'msg', 'from');
    await editor.ok();

    firstStep('Deploy', 'An SMS comes in every few seconds', '`sent: 1`');
    await editor.deploy();
    const gateway = await startGateway(
      port,
      IDS.map((id) => ({ id, password: 'simulated' })),
    );
    await receiver.locator('.red-ui-flow-node-status-label').getByText('3/3', { exact: true }).waitFor();
    await page.evaluate(`RED.actions.invoke('core:show-debug-tab'); RED.actions.invoke('core:clear-debug-messages')`);
    await gateway.line(IDS[0]).receiveSms({ from: '+4915112345678', text: 'Is anybody there?' });
    await page.locator('.red-ui-debug-msg').filter({ hasText: 'sent: 1' }).waitFor();
    assert.deepEqual(
      gateway.onAir.map(({ to, text }) => [to, text]),
      [['+4915112345678', 'Thank you for your SMS']],
    );
  });

  it('finds the settings of goip-server under the names that its page uses', async () => {
    await editor.open([TAB]);
    const { page } = editor;
    await editor.edit(await dragIn('goip in', 150, 100));
    await editor.addServer();
    for (const section of await page.locator('.goip-server-advanced summary').all()) await section.click();
    const labels = (await page.locator('#node-config-dialog-edit-form .form-row > label').allInnerTexts()).map((text) =>
      text.trim(),
    );
    const rows = [...SERVER_PAGE.matchAll(/^\| Setting .*\n\|[-| ]+\n((?:\|.*\n)+)/gm)].flatMap(([, table = '']) =>
      table.trimEnd().split('\n'),
    );
    const names = rows.map((row) => (row.split('|')[1] ?? '').trim()).filter((name) => !name.startsWith('('));
    assert.deepEqual(names.sort(), labels.sort());
  });

  function firstStep(title: string, ...words: readonly string[]): void {
    stepOf('## First flow', '## Set up a gateway', title, words);
  }

  /** A step of the README by its title, and words in it that this test stands for. */
  function step(title: string, ...words: readonly string[]): void {
    stepOf('## Set up a gateway', '## Compatibility', title, words);
  }

  function stepOf(from: string, to: string, title: string, words: readonly string[]): void {
    const section = README.slice(README.indexOf(from), README.indexOf(to)).replace(/\s+/g, ' ');
    for (const text of [`**${title}`, ...words]) assert(section.includes(text), `the README has no "${text}"`);
  }

  /** Finds a node in the palette and drags it into the flow. */
  async function dragIn(type: string, x: number, y: number): Promise<Locator> {
    const { page } = editor;
    const search = page.locator('#red-ui-palette-search input');
    await search.fill(type);
    const entry = editor.palette(type);
    const nodes = page.locator('.red-ui-flow-node-group');
    const before = await nodes.count();
    await entry.hover();
    const workspace = await page.locator('#red-ui-workspace-chart').boundingBox();
    assert(workspace);
    await page.mouse.down();
    await page.mouse.move(workspace.x + x - 30, workspace.y + y, { steps: 4 });
    await page.mouse.move(workspace.x + x, workspace.y + y, { steps: 4 });
    await page.mouse.up();
    await nodes.nth(before).waitFor();
    const id = await nodes.nth(before).getAttribute('id');
    return editor.node(id ?? assert.fail('the node has no id'));
  }

  /** From the first output of a node to the input of another. */
  async function wire(from: Locator, to: Locator): Promise<void> {
    const { page } = editor;
    const links = page.locator('.red-ui-flow-link');
    const before = await links.count();
    await from.locator('.red-ui-flow-port-output .red-ui-flow-port').first().hover();
    await page.mouse.down();
    await to.locator('.red-ui-flow-port-input .red-ui-flow-port').hover();
    await page.mouse.up();
    await links.nth(before).waitFor({ state: 'attached' });
  }

  /** A row of the inject dialog: a property of the message, and a string for it. */
  async function fillRow(index: number, property: string, text: string): Promise<void> {
    const row = editor.page.locator('#node-input-property-container > li').nth(index);
    const inputs = row.locator('.red-ui-typedInput-container');
    await inputs.first().locator('input.red-ui-typedInput-input').fill(property);
    await editor.fillTyped(inputs.last(), 'str', text);
  }
});

function pageOf(...names: readonly string[]): string {
  return readFileSync(path.join(__dirname, '..', '..', ...names), 'utf8');
}
