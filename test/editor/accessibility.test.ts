/** All dialogs, with what may be in them, looked at by axe-core: in light and dark. */
import assert from 'node:assert/strict';
import { freeUdpPort } from '../node-red/free-port.js';
import { violationsIn } from './axe.js';
import { describeInEditor } from './editor.js';
import { makeNodeSet, TAB, type NodeSet } from './flows.js';
import { setTheme } from './themes.js';

/** What Node-RED puts around our part of a dialog is its own. */
const OURS = '.red-ui-tray .form-row, .red-ui-tray .goip-server-advanced';

const DEVICES = Array.from({ length: 12 }, (_, index) => ({
  key: `key-${index}`,
  id: `gw1-${index}`,
  name: `Line ${index}`,
  group: index < 4 ? 'box' : '',
}));

describeInEditor('for people of all kinds, the dialog of', (editor) => {
  let set: NodeSet;
  before(async () => {
    set = makeNodeSet(0, await freeUdpPort(), { password: 'common' });
    const filled: Record<string, object> = {
      [set.server]: { devices: [...DEVICES, { key: 'twice', id: 'gw1-1', name: '' }], routes: [{ prefix: '+49' }] },
      [set.in]: { devices: ['gw1-1', 'attic'], events: ['of-tomorrow', 'online'] },
      [set.send]: {
        ...{ text: 'ć'.repeat(71), textType: 'str', maxParts: '1', maxPartsType: 'num', to: 'nobody', toType: 'str' },
        ...{ device: '["box","attic"]', deviceType: 'json', priority: 'urgent', priorityType: 'str' },
      },
    };
    await editor.open([TAB, ...set.nodes.map((node) => ({ ...node, ...filled[node.id] }))]);
  });

  const openings: Record<string, () => Promise<unknown>> = {
    'goip in': () => editor.edit(set.in),
    'goip send': () => editor.edit(set.send),
    'goip status': () => editor.edit(set.status),
    'goip-server': async () => {
      await editor.editServer(set.server);
      for (const section of await editor.page.locator('.goip-server-advanced summary').all()) await section.click();
    },
  };
  for (const [type, open] of Object.entries(openings)) {
    it(`${type} is named, readable and built as it should be`, async () => {
      await open();
      for (const theme of ['light', 'dark'] as const) {
        await setTheme(editor.page, theme);
        assert.deepEqual(await violationsIn(editor.page, OURS), [], theme);
      }
      assert((await editor.page.locator(OURS).count()) > 3);
      await (type === 'goip-server' ? editor.cancelServer() : editor.cancel());
    });
  }
});
