import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { describeInEditor } from './editor.js';
import { useNodeSets } from './flows.js';

const PACKAGE = '@goip-sms/node-red-goip';
const TYPES = ['goip in', 'goip send', 'goip status'];

describeInEditor('the package', (editor) => {
  const set = useNodeSets(editor, 1);

  it('has its flow nodes in a category of their own, each with its icon', async () => {
    const category = editor.page.locator('#red-ui-palette-container .red-ui-palette-category').filter({
      has: editor.palette('goip in'),
    });
    assert.equal((await category.locator('.red-ui-palette-header').innerText()).trim(), 'GoIP');
    const nodes = category.locator('.red-ui-palette-node');
    const types = await nodes.evaluateAll((all) => all.map((node) => node.getAttribute('data-palette-type')));
    assert.deepEqual(types, TYPES);
    for (const type of TYPES) {
      const label = await editor.palette(type).locator('.red-ui-palette-label').innerText();
      assert.equal(label.replace(/\s+/g, ' ').trim(), type);
      const icon = editor.palette(type).locator('.red-ui-palette-icon-container');
      const url = await icon.getAttribute('data-palette-icon');
      assert.equal(url, `icons/${PACKAGE}/${type.replace(' ', '-')}.svg`);
      const response = await fetch(`${editor.nodeRed.url}/${url}`);
      assert.equal(response.headers.get('content-type'), 'image/svg+xml');
    }
  });

  const sections: Record<string, string[]> = {
    'goip in': ['Outputs', 'Events', 'Details', 'Status', 'References'],
    'goip send': ['Inputs', 'Outputs', 'Result of a number', 'Details', 'Errors', 'Status', 'References'],
    'goip status': ['Inputs', 'Outputs', 'State of a line', 'Details', 'References'],
    'goip-server': [
      'Details',
      'Devices',
      'Passwords',
      'Access',
      'Routing and retries',
      'Limits of each line',
      'Timing and protocol',
      'Storage',
    ],
  };
  it('has help for each node, with its sections', async () => {
    const help = editor.page.locator('.red-ui-sidebar-help-stack .red-ui-panel .red-ui-help .red-ui-help');
    for (const [type, titles] of Object.entries(sections)) {
      await editor.page.evaluate(`RED.sidebar.help.show('${type}', true)`);
      await editor.page.locator('.red-ui-help-title').getByText(type, { exact: true }).waitFor();
      const found = await help.locator('h3, h4').allInnerTexts();
      assert.deepEqual(
        found.map((title) => title.trim()),
        titles,
        type,
      );
    }
  });

  it('is complete in the catalogues: no text is shown as a key', async () => {
    const { in: receiver, send, status } = set();
    for (const id of [receiver, send, status]) {
      await editor.edit(id);
      const texts = await textsIn(editor.page.locator('.red-ui-tray'));
      if (id === receiver) {
        await editor.editServer();
        for (const section of await editor.page.locator('.goip-server-advanced summary').all()) await section.click();
        await editor.page.locator('.goip-device-more').first().click();
        await editor.page.locator('#node-config-dialog-edit-form').getByText('rule', { exact: true }).click();
        texts.push(...(await textsIn(editor.page.locator('.red-ui-tray').last())));
        await editor.cancelServer();
      }
      assert.doesNotMatch(texts.join('\n'), /goip-\w+\.\w+/);
      assert(texts.length > 5);
      await editor.cancel();
    }
  });

  /** What is to be read, in the place of an empty field, or by those who cannot see. */
  async function textsIn(dialog: Locator): Promise<string[]> {
    const hidden = await dialog
      .locator('[placeholder], [title], [aria-label]')
      .evaluateAll((elements) =>
        elements.flatMap((element) =>
          ['placeholder', 'title', 'aria-label'].map((name) => element.getAttribute(name) ?? ''),
        ),
      );
    return [await dialog.innerText(), ...hidden];
  }

  it('lists its examples in the Import menu, and imports one', async () => {
    const { page } = editor;
    await page.evaluate(`RED.actions.invoke('core:show-examples-import-dialog')`);
    const tree = page.locator('#red-ui-clipboard-dialog-import-tab-examples');
    await tree.getByText(PACKAGE, { exact: true }).click();
    const examples = readdirSync(path.join(__dirname, '..', '..', 'examples')).map((name) =>
      path.basename(name, '.json'),
    );
    for (const name of examples) await tree.getByText(name, { exact: true }).waitFor();

    await tree.getByText('01-quick-start', { exact: true }).click();
    await page.click('#red-ui-clipboard-dialog-ok');
    await page.locator('#red-ui-workspace-tabs').getByText('GoIP quick start', { exact: true }).waitFor();
    // A click would miss the tab while it slides in.
    await page.evaluate(`RED.workspaces.show('goip-quick-start')`);
    await editor.node('goip-quick-start-send-all').waitFor();
    const invalid = `(() => { const ids = []; RED.nodes.eachNode((node) => node.valid || ids.push(node.id)); return ids; })()`;
    assert.deepEqual(await page.evaluate(invalid), []);
  });
});
