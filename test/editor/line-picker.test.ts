import assert from 'node:assert/strict';
import type { Request } from 'playwright-core';
import { freeUdpPort } from '../node-red/free-port.js';
import type { FlowNode } from '../packaging/node-red-process.js';
import { describeInEditor } from './editor.js';
import { makeNodeSet, TAB, useGateways, type NodeSet } from './flows.js';
import { Sidebar } from './sidebar.js';

const PASSWORD = { password: 'common' };

/** More than anybody wants to look through. */
const DEVICES = Array.from({ length: 500 }, (_, index) => ({
  key: `key-${index}`,
  id: `gw${Math.floor(index / 100)}-${String(index).padStart(3, '0')}`,
  name: index === 1 ? 'Office' : '',
  disabled: index === 42,
  group: index % 100 < 3 ? `box ${Math.floor(index / 100)}` : '',
}));

describeInEditor('the list of lines', (editor) => {
  const startGateway = useGateways();
  const sidebar = new Sidebar(editor);
  let many: NodeSet;
  let few: NodeSet;
  before(async () => {
    many = makeNodeSet(0, await freeUdpPort(), PASSWORD);
    few = makeNodeSet(1, await freeUdpPort(), PASSWORD);
    const changed: Record<string, object> = {
      [many.server]: { devices: DEVICES },
      [many.in]: { devices: ['gw4-402', 'attic', 'gw0-001'] },
      [many.send]: { device: 'gw0-001' },
      [few.server]: { offlineAfter: 2 },
    };
    const nodes: FlowNode[] = [...many.nodes, ...few.nodes].map((node) => ({ ...node, ...changed[node.id] }));
    await editor.open([TAB, ...nodes]);
  });

  const list = () => editor.page.locator('.goip-picker-list');
  const mark = (name: string) => list().locator(`input[value="${name}"]`);
  const shown = () => list().locator('label:visible');
  const filter = () => editor.page.locator('.red-ui-tray').getByPlaceholder('filter lines');
  const said = () => editor.page.locator('.goip-picker-add + [role="status"]').innerText();
  const dot = (name: string) => list().locator(`input[value="${name}"] + .goip-dot`);

  async function save(id: string, property = 'devices'): Promise<unknown> {
    await editor.ok();
    await editor.deploy();
    return (await editor.saved(id))[property];
  }

  it('has a filter by id, name and group where there are many, and ticks what is shown', async () => {
    await editor.edit(many.in);
    assert.equal(await shown().count(), 501);
    assert.equal(await said(), 'Ticked: gw4-402, attic, gw0-001');
    // What the server does not know comes first.
    assert.match(await shown().first().innerText(), /^attic\s+not in the server's list$/);
    await filter().fill('offi');
    assert.deepEqual(await shown().allInnerTexts(), ['gw0-001\nOffice · box 0']);
    await filter().fill('disabled');
    assert.deepEqual(await shown().allInnerTexts(), ['gw0-042\ndisabled']);
    await filter().fill('gw2 box');
    assert.equal(await shown().count(), 3);
    await editor.page.getByText('3 / 501', { exact: true }).waitFor();
    await editor.page.getByLabel('Tick all shown', { exact: true }).click();
    await mark('gw2-201').click();
    await filter().fill('no such line');
    assert.equal(await shown().count(), 0);
    await editor.page.locator('.red-ui-searchBox-clear:visible').click();
    assert.equal(await shown().count(), 501);
    assert.deepEqual(await save(many.in), ['gw4-402', 'attic', 'gw0-001', 'gw2-200', 'gw2-202']);

    await editor.edit(many.in);
    assert.equal(await said(), 'Ticked: gw4-402, attic, gw0-001, gw2-200 +1');
    await filter().fill('gw');
    await editor.page.getByLabel('Untick all shown').click();
    assert.deepEqual(await save(many.in), ['attic']);
  });

  it('is one stop of the Tab key, and the arrow keys lead through it', async () => {
    const { keyboard } = editor.page;
    const focused = () => editor.page.evaluate(`document.activeElement.value`);
    await editor.edit(many.status);
    await filter().fill('gw1-10');
    for (let step = 0; step < 3; step += 1) await keyboard.press('Tab');
    // The cross that empties the filter has its stop, too.
    if ((await editor.page.evaluate(`document.activeElement.type`)) !== 'checkbox') await keyboard.press('Tab');
    assert.equal(await focused(), 'gw1-100');
    for (const key of ['ArrowDown', 'ArrowDown', 'Space', 'End', 'ArrowDown', 'Space', 'ArrowUp', 'Home', 'ArrowUp']) {
      await keyboard.press(key);
    }
    assert.equal(await focused(), 'gw1-100');
    await keyboard.press('ArrowDown');
    await keyboard.press('Tab');
    assert.equal(await editor.page.evaluate(`document.activeElement.placeholder`), 'another device id');
    await keyboard.press('Shift+Tab');
    assert.equal(await focused(), 'gw1-101');
    assert.deepEqual(await save(many.status), ['gw1-102', 'gw1-109']);
  });

  it('of goip send has groups, and keeps one as it is and several as a list', async () => {
    await editor.edit(many.send);
    assert.match(await shown().first().innerText(), /^box 0\s+group: gw0-000, gw0-001, gw0-002$/);
    await mark('box 3').click();
    assert.equal(await said(), 'Ticked: gw0-001, box 3');
    await editor.ok();
    await editor.deploy();
    const { device, deviceType } = await editor.saved(many.send);
    assert.deepEqual([device, deviceType], ['["gw0-001","box 3"]', 'json']);

    await editor.edit(many.send);
    assert.equal(await mark('box 3').isChecked(), true);
    await editor.ok();
    assert.equal(await editor.isChanged(many.send), false);

    await editor.edit(many.send);
    await mark('gw0-001').click();
    await mark('box 3').click();
    assert.match(await said(), /^Nothing ticked: the value of msg\.device, or /);
    await editor.page.getByPlaceholder('another line or group').fill('${LINE}');
    await editor.ok();
    await editor.deploy();
    const later = await editor.saved(many.send);
    assert.deepEqual([later.device, later.deviceType], ['${LINE}', 'str']);
    assert.deepEqual(await editor.problemsOf(many.send), []);
  });

  it('tells what the server does not know, and what to do', async () => {
    await editor.edit(many.send);
    await editor.page.getByPlaceholder('another line or group').fill('gw9-1');
    await editor.ok();
    assert.deepEqual(await editor.problemsOf(many.send), [
      'Device: “gw9-1” is not a device or a group of the server: add it there, or choose another',
    ]);
    await editor.undo();
    assert.deepEqual(await editor.problemsOf(many.send), []);
  });

  it('follows the server as it is in the editor, and the choice of another one', async () => {
    await editor.edit(few.status);
    assert.equal(await shown().count(), 3);
    assert.equal(await filter().isVisible(), false);
    await mark('goip-02').click();
    await editor.editServer();
    await editor.page.locator('.goip-device-name').nth(1).fill('Attic');
    await editor.page.locator('.goip-device-id').nth(0).fill('renamed');
    await editor.okServer();
    await list().getByText('Attic', { exact: true }).waitFor();
    assert.deepEqual(await list().locator('input').evaluateAll(VALUES), ['renamed', 'goip-02', 'goip-03']);
    await editor.page.selectOption('#node-input-server', many.server);
    await filter().waitFor();
    assert.match(await shown().first().innerText(), /^goip-02\s+not in the server's list$/);
    await editor.page.selectOption('#node-input-server', few.server);
    await filter().waitFor({ state: 'hidden' });
    assert.equal(await mark('goip-02').isChecked(), true);
    await editor.cancel();
    await editor.undo();
  });

  it('shows which lines are online, as it changes, also where the sidebar knows already', async () => {
    const gateway = await startGateway(few.port, [{ id: 'goip-01', ...PASSWORD }]);
    await sidebar.open();
    await sidebar.server('Gateway 1').getByText('1 of 3 online').waitFor();
    await editor.edit(few.in);
    await dot('goip-01')
      .and(editor.page.getByLabel('online', { exact: true }))
      .waitFor();
    assert.equal(await dot('goip-02').getAttribute('aria-label'), 'offline');
    assert.equal(await list().getByRole('checkbox', { name: 'online goip-01 Line 1' }).count(), 1);
    await gateway.stop();
    await dot('goip-01')
      .and(editor.page.getByLabel('offline', { exact: true }))
      .waitFor();
    await editor.cancel();
  });

  it('asks nothing, and shows no dots, where somebody may not read', async () => {
    await editor.page.evaluate(`RED.settings.user = { permissions: ['flows.read', 'flows.write'] }`);
    const asked: string[] = [];
    const note = (request: Request) => asked.push(request.url());
    editor.page.on('request', note);
    await editor.edit(few.in);
    assert.equal(await shown().count(), 3);
    assert.equal(await list().getByRole('img').count(), 0);
    await editor.cancel();
    editor.page.off('request', note);
    await editor.page.evaluate(`delete RED.settings.user`);
    assert.deepEqual(
      asked.filter((url) => url.includes('/goip/')),
      [],
    );
  });
});

const VALUES = (marks: unknown[]): string[] => marks.map((mark) => (mark as { value: string }).value);
