import assert from 'node:assert/strict';
import type { FlowNode } from '../packaging/node-red-process.js';
import { describeInEditor } from './editor.js';
import { openSection, useNodeSets, type NodeSet } from './flows.js';

/** What version 1 of goip-server, and goip send of that time, did not have. */
const LATER = new Set([
  ...['routes', 'attempts', 'cooldown', 'joinParts'],
  ...['priority', 'priorityType', 'maxParts', 'maxPartsType', 'waitForReport', 'waitForReportType'],
]);

/** The same with the settings of that time. */
function older(node: FlowNode): FlowNode {
  const settings = Object.entries(node).filter(([property]) => !LATER.has(property));
  const expiry = node.type === 'goip send' ? { expire: '86400', expireType: 'num' } : {};
  return { ...(Object.fromEntries(settings) as FlowNode), ...expiry, version: 1 };
}

describeInEditor('a flow from before lines were many', (editor) => {
  const nextSet = useNodeSets(editor, 4, {}, older);
  let set: NodeSet;
  beforeEach(() => {
    set = nextSet();
  });

  const field = (property: string) => editor.page.locator(`#node-config-input-${property}`);
  async function done(): Promise<Record<string, unknown>> {
    await editor.okServer();
    await editor.deploy();
    return editor.saved(set.server);
  }
  const before = (id: string): object => {
    const { x, y, z, wires, credentials, ...settings } = set.nodes.find((node) => node.id === id) ?? assert.fail();
    return settings;
  };

  it('is not changed by a look into its dialogs', async () => {
    await editor.editServer(set.server);
    for (const section of await editor.page.locator('.goip-server-advanced summary').all()) await section.click();
    assert.equal(await field('attempts').inputValue(), '1');
    assert.equal(await field('attempts').getAttribute('placeholder'), '1');
    await editor.okServer();
    await editor.edit(set.send);
    assert.equal(await editor.page.inputValue('#node-input-priority'), 'priority');
    assert.equal(await editor.page.inputValue('#node-input-expire'), '86400');
    await editor.ok();
    for (const id of [set.server, set.in, set.send]) assert.equal(await editor.isChanged(id), false, id);
    assert.deepEqual(await editor.problemsOf(set.server), []);
    assert.deepEqual(await editor.problemsOf(set.send), []);
  });

  it('goes on trying each number once, whatever else is changed', async () => {
    await editor.editServer(set.server);
    await openSection(editor, 'Timing and protocol');
    await field('offlineAfter').fill('60');
    await editor.page.locator('.goip-device-group').nth(1).fill('de');
    const [first, second, third] = (before(set.server) as { devices: object[] }).devices;
    const devices = [first, { ...second, group: 'de' }, third];
    assert.deepEqual(await done(), { ...before(set.server), devices, offlineAfter: 60 });
  });

  it('tries them again where somebody says so', async () => {
    await editor.editServer(set.server);
    await openSection(editor, 'Routing and retries');
    await field('attempts').fill('2');
    assert.deepEqual(await done(), { ...before(set.server), attempts: 2 });
    await editor.editServer(set.server);
    assert.equal(await field('attempts').inputValue(), '2');
    await editor.okServer();
    assert.equal(await editor.isChanged(set.server), false);
  });

  it('keeps its goip send as it is but for what is changed', async () => {
    await editor.edit(set.send);
    await editor.page.fill('#node-input-name', 'sender');
    await editor.fillTyped('#node-input-maxParts', 'num', '2');
    await editor.ok();
    await editor.deploy();
    const expected = { ...before(set.send), name: 'sender', maxParts: '2', maxPartsType: 'num' };
    assert.deepEqual(await editor.saved(set.send), expected);
  });
});
