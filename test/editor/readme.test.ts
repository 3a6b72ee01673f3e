import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { freeUdpPort } from '../node-red/free-port.js';
import { describeInEditor } from './editor.js';
import { TAB, useGateways } from './flows.js';

const README = readFileSync(path.join(__dirname, '..', '..', 'README.md'), 'utf8');

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

    step('Deploy', 'it says _listening_ (green ring)');
    await editor.deploy();
    await receiver.locator('.red-ui-flow-node-status-label').getByText('listening', { exact: true }).waitFor();

    step('Tell the gateway');
    const gateway = await startGateway(port, [{ id: 'goip-01', password: 'my password' }]);

    step('Look', 'the node shows `1/1` (green dot)');
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

  it('finds the settings of goip-server under the names that the README uses', async () => {
    await editor.open([TAB]);
    const { page } = editor;
    await editor.edit(await dragIn('goip in', 150, 100));
    await editor.addServer();
    for (const section of await page.locator('.goip-server-advanced summary').all()) await section.click();
    const labels = (await page.locator('#node-config-dialog-edit-form label').allInnerTexts()).map((text) =>
      text.trim(),
    );
    const section = README.slice(README.indexOf('### goip-server'), README.indexOf('### goip in'));
    const rows = section
      .split('\n')
      .filter((line) => line.startsWith('| '))
      .slice(2);
    const names = rows.map((row) => (row.split('|')[1] ?? '').trim());
    const known = ['Name', ...names].flatMap((name) =>
      name === 'Resend after, at most' ? ['Resend after', 'Resend at most'] : name.split(', '),
    );
    assert.deepEqual(known.sort(), labels.sort());
  });

  /** A step of the README by its title, and words in it that this test stands for. */
  function step(title: string, ...words: readonly string[]): void {
    const section = README.slice(README.indexOf('## Set up a real GoIP'), README.indexOf('## Nodes')).replace(
      /\s+/g,
      ' ',
    );
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
    await links.nth(before).waitFor();
  }

  /** A row of the inject dialog: a property of the message, and a string for it. */
  async function fillRow(index: number, property: string, text: string): Promise<void> {
    const row = editor.page.locator('#node-input-property-container > li').nth(index);
    const inputs = row.locator('.red-ui-typedInput-container');
    await inputs.first().locator('input.red-ui-typedInput-input').fill(property);
    await editor.fillTyped(inputs.last(), 'str', text);
  }
});
