import assert from 'node:assert/strict';
import { freeUdpPort } from '../node-red/free-port.js';
import { describeInEditor } from './editor.js';
import { makeNodeSet, TAB, type NodeSet } from './flows.js';

/** Without blanks, so that it is one entry of a list, too. */
const MARKUP = (place: string) => `${place}<img/src=x/onerror=window.broken=1>`;

describeInEditor('what looks like markup', (editor) => {
  let set: NodeSet;
  before(async () => {
    set = makeNodeSet(0, await freeUdpPort());
    const evil: Record<string, object> = {
      [set.server]: {
        name: MARKUP('server'),
        allow: MARKUP('network'),
        devices: [
          { key: 'a', id: MARKUP('id'), name: MARKUP('name'), allow: MARKUP('address') },
          { key: 'b', id: MARKUP('id'), name: '', group: MARKUP('group'), limits: { quietHours: MARKUP('limit') } },
        ],
        routes: [{ prefix: MARKUP('prefix'), device: MARKUP('line') }],
        country: MARKUP('country'),
      },
      [set.in]: { name: MARKUP('in'), devices: [MARKUP('unknown')], events: [MARKUP('event')] },
      [set.send]: { name: MARKUP('send'), device: '', deviceType: 'str' },
      [set.status]: { name: MARKUP('status'), devices: [MARKUP('unknown')] },
    };
    await editor.open([TAB, ...set.nodes.map((node) => ({ ...node, ...evil[node.id] }))]);
  });

  /** Fails if anything was made of it. */
  async function assertIsText(...places: readonly string[]): Promise<void> {
    const shown = await editor.page.locator('body').innerText();
    for (const place of places) assert(shown.includes(MARKUP(place)), `${place} is not in sight`);
    assert.equal(await editor.page.locator('img[src="x"]').count(), 0);
    assert.equal(await editor.page.evaluate('window.broken'), undefined);
  }

  it('is a text in the workspace, and where the sidebar lists the servers and tells what is wrong with them', async () => {
    await assertIsText('in', 'send', 'status');
    await editor.page.evaluate(`RED.actions.invoke('core:show-config-tab')`);
    await assertIsText('server');
    await editor.page.locator('.red-ui-sidebar-node-config .red-ui-flow-node-error').hover();
    await editor.page
      .locator('.red-ui-popover')
      .getByText(`“${MARKUP('id')}” is used twice`)
      .waitFor();
    await assertIsText('id');
  });

  it('is a text among the devices of goip in and goip status', async () => {
    for (const [id, ...places] of [
      [set.in, 'server', 'id', 'name', 'unknown', 'event'],
      [set.status, 'server', 'id', 'name', 'unknown'],
    ] as const) {
      await editor.edit(id);
      await assertIsText(...places);
      await editor.page.getByPlaceholder('another device id').fill(MARKUP('typed'));
      await editor.page.getByLabel('Add this id').click();
      await assertIsText(...places, 'typed');
      await editor.cancel();
    }
  });

  it('is a text among the lines of goip send, in its text and in what is wrong', async () => {
    await editor.edit(set.send);
    const lines = editor.page.getByRole('group', { name: 'Device' });
    await lines.getByText(MARKUP('group'), { exact: true }).click();
    await lines.getByText(`group: ${MARKUP('id')}`, { exact: true }).waitFor();
    await editor.page.getByPlaceholder('another line or group').fill(MARKUP('typed'));
    await editor.page.getByLabel('Add this id').click();
    await assertIsText('group', 'id', 'name', 'typed');
    await editor.chooseType('#goip-send-text', 'str');
    await editor.page.fill('#goip-send-lines', MARKUP('“text'));
    await editor.page.getByText('UCS-2 (because of “)').waitFor();
    await editor.fillTyped('#node-input-to', 'str', MARKUP('number'));
    await editor.ok();
    const problems = await editor.problemsOf(set.send);
    for (const place of ['number', 'typed']) {
      assert(
        problems.some((problem) => problem.includes(`“${MARKUP(place).replace(/[<>]/g, '?')}” is not a `)),
        problems.join('\n'),
      );
    }
    await assertIsText();
    await editor.undo();
  });

  it('is a text in the dialog of the server, and where it is told what is wrong', async () => {
    await editor.editServer(set.server);
    const texts = await editor.page.locator('.goip-row-problem').allInnerTexts();
    assert.deepEqual(texts, [
      ...Array<string>(2).fill(`The device id “${MARKUP('id')}” is used twice`),
      `A routing rule needs a prefix of digits, such as +49, not “${MARKUP('prefix')}”`,
    ]);
    await assertIsText('limit', 'country');
    await editor.page.locator('.goip-route-prefix').fill('+49');
    await editor.page.getByText(`names “${MARKUP('line')}”, which is not a device`).waitFor();
    await assertIsText('line');
    await editor.page.locator('.goip-device-id').nth(1).fill('another');
    const [first] = await editor.page.locator('.goip-row-problem').allInnerTexts();
    assert(first?.includes(`“${MARKUP('id')}” is allowed from “${MARKUP('address')}”`), first);
    await editor.page.locator('#node-config-input-allow.input-error').hover();
    await editor.page.locator('.red-ui-popover').getByText(MARKUP('network').replace(/[<>]/g, '?')).waitFor();
    await assertIsText();
    await editor.cancelServer();
  });
});
