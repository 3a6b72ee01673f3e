/** What the server's dialog shows of the running server: who was refused, and how the lines are. */
import assert from 'node:assert/strict';
import { freeUdpPort } from '../node-red/free-port.js';
import type { FlowNode } from '../packaging/node-red-process.js';
import { describeInEditor } from './editor.js';
import { makeNodeSet, TAB, useGateways, type NodeSet } from './flows.js';

const PASSWORD = 'common';
const MARKUP = '<img/src=x/onerror=window.broken=1>';

describeInEditor('the dialog of a server that runs', (editor) => {
  const startGateway = useGateways();
  let sets: NodeSet[];
  let set: NodeSet;
  before(async () => {
    const devices = [
      { key: 'a', id: 'goip-01', name: 'Office' },
      { key: 'b', id: 'goip-02', name: '', disabled: true },
      { key: 'c', id: 'goip-03', name: '' },
    ];
    const credentials = { password: PASSWORD };
    const flows: FlowNode[] = [TAB];
    sets = [];
    for (const row of [0, 1, 2]) {
      const made = makeNodeSet(row, await freeUdpPort(), credentials);
      sets.push(made);
      flows.push(...made.nodes.map((node) => (node.id === made.server ? { ...node, devices, offlineAfter: 2 } : node)));
    }
    await editor.open(flows);
  });
  beforeEach(() => {
    set = sets.shift() ?? assert.fail('there are more tests than servers');
  });

  const knock = (id: string) =>
    editor.page.locator('.goip-knocks tbody tr').filter({ has: editor.page.getByText(id, { exact: true }) });
  const texts = async (id: string) => (await knock(id).locator('td').allInnerTexts()).map((text) => text.trim());
  const field = (name: string, row: number) => editor.page.locator(`.goip-device-${name}`).nth(row);
  const hint = (text: string) => editor.page.locator('#goip-server-knocks').getByText(text, { exact: true });

  const focused = () => editor.page.locator(':focus').getAttribute('class');

  it('lists who was refused, and helps to let them in; nobody is let in before the deploy', async () => {
    const { page } = editor;
    await editor.editServer(set.server);
    await hint('None since the server started.').waitFor();
    const gateway = await startGateway(set.port, [
      { id: 'goip-02', password: PASSWORD },
      { id: 'goip-03', password: 'own-3' },
      { id: 'newbox', password: 'own-new' },
      { id: MARKUP, password: 'own-markup' },
    ]);
    for (const id of ['goip-02', 'goip-03', 'newbox', MARKUP]) await knock(id).waitFor();
    await hint('No device is accepted before a deploy.').waitFor();
    const shown = await Promise.all(['goip-02', 'goip-03', 'newbox'].map(texts));
    assert.deepEqual(
      shown.map(([id, address, , , reason, action]) => [id, address, reason, action]),
      [
        ['goip-02', '127.0.0.1', 'disabled', 'Enable'],
        ['goip-03', '127.0.0.1', 'wrong password', 'Set password'],
        ['newbox', '127.0.0.1', 'unknown id', 'Add'],
      ],
    );
    for (const [, , seen, count] of shown) {
      assert.match(seen ?? '', /\d:\d\d/);
      assert(Number(count) >= 1);
    }
    assert.equal(await page.evaluate('window.broken'), undefined);
    // Updated as they go on knocking.
    const [, , , before] = await texts('newbox');
    await page.waitForFunction(
      `[...document.querySelectorAll('.goip-knocks tbody tr')].some(({ cells }) =>
        cells[0].textContent === 'newbox' && Number(cells[3].textContent) > ${before ?? ''})`,
    );

    await page.getByRole('button', { name: 'Set the password of “goip-03”' }).click();
    assert.match((await focused()) ?? '', /goip-device-password/);
    await page.keyboard.type('own-3');
    assert.equal(await field('password', 2).inputValue(), 'own-3');
    await page.getByRole('button', { name: 'Enable “goip-02”' }).click();
    assert.equal(await field('enabled', 1).isChecked(), true);
    await page.getByRole('button', { name: 'Add “newbox”' }).click();
    assert.equal(await field('id', 3).inputValue(), 'newbox');
    await page.keyboard.type('own-new');
    assert.equal(await field('password', 3).inputValue(), 'own-new');
    // It is there by now.
    await page.getByRole('button', { name: 'Show “newbox” in the table' }).waitFor();
    assert.equal(gateway.lines.filter(({ registered }) => registered).length, 0);

    await editor.okServer();
    await editor.deploy();
    await editor.editServer(set.server);
    await page.locator('.goip-dot.goip-online').nth(2).waitFor();
    assert.deepEqual(await page.locator('.goip-knocks tbody td:first-child').allInnerTexts(), [MARKUP]);
    await editor.cancelServer();
  });

  it('shows how each line is, as it changes', async () => {
    const { page } = editor;
    await editor.editServer(set.server);
    const dot = (row: number) => page.locator('.goip-devices > li').nth(row).locator('.goip-dot');
    await page.locator('.goip-dot[aria-label="offline"]').first().waitFor();
    assert.equal(await dot(1).isVisible(), false, 'a device that is switched off has no line');
    const values = { num: '+491701', signal: '12' };
    const gateway = await startGateway(set.port, [{ id: 'goip-01', password: PASSWORD, keepaliveValues: values }]);
    await page.locator('.goip-dot[aria-label="online"]').waitFor();
    assert.equal(await page.locator('.goip-bars[aria-label="signal 12"] > .goip-lit').count(), 2);
    gateway.line('goip-01').configure({ blocked: true });
    const order = { device: 'goip-01', to: '+12025550101', text: 'hello' };
    const headers = { 'Content-Type': 'application/json' };
    const url = `${editor.nodeRed.url}/goip/servers/${set.server}/sms`;
    await fetch(url, { method: 'POST', headers, body: JSON.stringify(order) });
    await page
      .locator('.goip-device-error')
      .getByText(/\d.* GOIP_SEND_FAILED: /)
      .waitFor();
    await editor.cancelServer();
  });

  it('says that a server has to be deployed first, and asks no more when it is closed', async () => {
    const { page } = editor;
    await editor.edit(set.in);
    await editor.addServer();
    await hint('Devices that the server rejects are listed here after the first deploy.').waitFor();
    await editor.cancelServer();
    await page.route(
      ({ pathname }) => pathname === '/goip/watch',
      (route) => route.fulfill({ status: 403, json: {} }),
    );
    const complained = page.waitForEvent('console', (message) => message.text().includes('status of 403'));
    await editor.addServer();
    await hint('You do not have permission to read GoIP servers.').waitFor();
    await complained;
    editor.forgetComplaints(/status of 403/);
    // There is still news, as it was asked for by the dialog before.
    const told = page.evaluate("new Promise((resolve) => RED.comms.subscribe('goip/live', resolve))");
    await startGateway(set.port, [{ id: 'goip-01', password: PASSWORD }]);
    await told;
    assert.equal(await hint('You do not have permission to read GoIP servers.').isVisible(), true);
    await page.unrouteAll();
    await editor.cancelServer();
    await editor.cancel();
  });
});
