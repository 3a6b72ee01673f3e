import assert from 'node:assert/strict';
import { EVENT_KINDS } from '../../src/index.js';
import { describeInEditor } from './editor.js';
import { useNodeSets, type NodeSet } from './flows.js';

describeInEditor('the events of goip in', (editor) => {
  const nextSet = useNodeSets(editor, 2);
  let set: NodeSet;
  beforeEach(async () => {
    set = nextSet();
    await editor.edit(set.in);
  });

  const events = () => editor.page.locator('#goip-in-events');

  it('are all offered, in groups, each with what it means', async () => {
    const kinds = await events()
      .locator('input')
      .evaluateAll((marks) => marks.map((mark) => (mark as unknown as { value: string }).value));
    assert.deepEqual(kinds, EVENT_KINDS);
    const titles = await events().locator('.goip-events-title').allInnerTexts();
    assert.deepEqual(titles, ['Lines', 'Sending', 'Calls', 'Network', 'Other']);
    const meanings = await events().locator('.goip-hint').allInnerTexts();
    assert.equal(meanings.length, EVENT_KINDS.length);
    for (const meaning of meanings) assert.match(meaning, /^\w+(?: [\w-]+)+$/);
    await editor.cancel();
  });

  it('of other kinds stay, in the order that they have in the flow', async () => {
    await editor.cancel();
    const [server, ...users] = set.nodes;
    const byHand = ['limit-reached', 'of-tomorrow', 'online'];
    const nodes = users.map((node) => (node.id === set.in ? { ...node, events: byHand } : node));
    await editor.open([{ id: 'tab', type: 'tab', label: 'test' }, ...(server ? [server] : []), ...nodes]);
    await editor.edit(set.in);
    await events().getByText('of-tomorrow', { exact: true }).waitFor();
    await editor.ok();
    assert.equal(await editor.isChanged(set.in), false);

    await editor.edit(set.in);
    await events().getByText('line-failing', { exact: true }).click();
    await events().getByText('online', { exact: true }).click();
    await editor.ok();
    await editor.deploy();
    assert.deepEqual((await editor.saved(set.in)).events, ['line-failing', 'limit-reached', 'of-tomorrow']);
  });
});
