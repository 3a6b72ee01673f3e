import assert from 'node:assert/strict';
import { describeInEditor } from './editor.js';
import { openSection, useNodeSets, type NodeSet } from './flows.js';

interface Device {
  readonly key: string;
  readonly id: string;
  readonly name: string;
}

describeInEditor('the dialog of goip-server', (editor) => {
  const nextSet = useNodeSets(editor, 6);
  let set: NodeSet;
  beforeEach(async () => {
    set = nextSet();
    await editor.editServer(set.server);
  });

  const ids = () => editor.page.locator('.goip-device-id');
  const problems = async () => {
    const texts = await editor.page.locator('.goip-row-problem').allInnerTexts();
    return texts.filter((text) => text !== '');
  };
  /** Types into a field and waits until it is marked as wrong, or as right. */
  async function type(property: string, text: string, mark: 'wrong' | 'right'): Promise<void> {
    const input = editor.page.locator(`#node-config-input-${property}`);
    await input.fill(text);
    await input.press('End');
    const marked = editor.page.locator(`#node-config-input-${property}.input-error`);
    await marked.waitFor({ state: mark === 'wrong' ? 'visible' : 'detached' });
  }

  /** Closes the dialogs and deploys; what is wrong is asked about by Node-RED. */
  async function deploy(): Promise<Device[]> {
    await editor.okServer();
    await editor.deploy();
    return (await editor.saved(set.server)).devices as Device[];
  }

  it('adds, edits, reorders and deletes devices; each keeps its key', async () => {
    const { page } = editor;
    await page.click('.red-ui-editableList-addButton');
    await ids().nth(3).fill('attic-1');
    await page.locator('.goip-device-name').nth(3).fill('Attic');
    await ids().nth(0).fill(' renamed ');
    await page.locator('.goip-device-delete').nth(1).click();

    await editor.dragToTop(page.locator('#goip-server-devices'), 2);

    const [attic, first, third, ...more] = await deploy();
    assert.deepEqual([attic?.id, attic?.name], ['attic-1', 'Attic']);
    assert.match(attic?.key ?? '', /^[0-9a-f]{16}$/);
    assert.deepEqual(first, { key: 'key-1', id: 'renamed', name: 'Line 1' });
    assert.deepEqual(third, { key: 'key-3', id: 'goip-03', name: 'Line 3' });
    assert.deepEqual(more, []);
  });

  it('tells what is wrong with a device while it is typed', async () => {
    const { page } = editor;
    await ids().nth(1).fill('goip-01');
    assert.deepEqual(await problems(), Array(2).fill('The device id “goip-01” is used twice'));
    await ids().nth(1).fill('');
    assert.deepEqual(await problems(), ['A device has no id']);
    await ids().nth(1).fill('a;b');
    assert.deepEqual(await problems(), ['The device id “a;b” holds a ; or a control character']);
    await ids().nth(1).fill('goip-02');
    await page.locator('.goip-device-password').nth(2).fill('x;y');
    assert.deepEqual(await problems(), ['The password holds a ; or a control character']);
    await page.locator('.goip-device-delete').nth(2).click();
    assert.deepEqual(await problems(), []);
    await editor.cancelServer();
  });

  it('marks a server with a wrong device list as invalid, and tells why', async () => {
    await ids().nth(1).fill('<b>goip</b>');
    await ids().nth(2).fill('<b>goip</b>');
    await editor.okServer();
    const reasons = await editor.problemsOf(set.server);
    assert.deepEqual(reasons, ['The device id “&lt;b&gt;goip&lt;/b&gt;” is used twice']);
    await editor.undo();
    assert.deepEqual(await editor.problemsOf(set.server), []);
  });

  const wrong: [string, string, string][] = [
    ['port', '70000', 'Port: a whole number from 0 to 65535 is needed'],
    ['host', 'two words', 'Address: an IP address or a host name is needed, 0.0.0.0 for all'],
    ['offlineAfter', '0', 'Offline after: a number of seconds above 0 is needed, at most 86400'],
    ['resendInterval', 'soon', 'Resend after: a number of seconds above 0 is needed, at most 86400'],
    ['resendCount', '1.5', 'Resend at most: a whole number from 0 to 100 is needed'],
    ['queryInterval', '-1', 'Query every: a number of seconds above 0 is needed, at most 86400'],
    ['sessionsPerLine', '6', 'Sessions per line: a whole number from 1 to 5 is needed'],
    ['keepaliveStatus', '1000', 'Keepalive status: a whole number from 0 to 999 is needed'],
  ];

  it('tells what is wrong with a number or the address', async () => {
    const { page } = editor;
    await openSection(editor, 'Timing and protocol');
    for (const [property, text] of wrong) await type(property, text, 'wrong');
    await page.locator('#node-config-input-port').hover();
    await page.locator('.red-ui-popover').getByText('Port: a whole number from 0 to 65535 is needed').waitFor();
    await editor.okServer();
    const reasons = await editor.problemsOf(set.server);
    assert.deepEqual(reasons.sort(), wrong.map(([, , message]) => message).sort());
    await editor.undo();
  });

  it('takes ${ENV} everywhere, and fractions of seconds', async () => {
    const { page } = editor;
    await openSection(editor, 'Timing and protocol');
    for (const [property, text] of wrong) {
      await type(property, text, 'wrong');
      await type(property, '${GOIP_SETTING}', 'right');
    }
    for (const property of ['offlineAfter', 'resendInterval', 'queryInterval']) {
      await type(property, '-1', 'wrong');
      await type(property, '0.25', 'right');
    }
    await ids().nth(0).fill('${GOIP_ID}');
    await page.locator('.goip-device-password').nth(0).fill('${GOIP_PASSWORD}');
    assert.deepEqual(await problems(), []);
    await editor.okServer();
    assert.deepEqual(await editor.problemsOf(set.server), []);
  });

  it('opens with the settings that are wrong in sight', async () => {
    const { page } = editor;
    await openSection(editor, 'Timing and protocol');
    await page.fill('#node-config-input-queryInterval', 'often');
    await editor.okServer();
    await editor.editServer(set.server);
    await page.locator('#node-config-input-queryInterval.input-error').waitFor({ state: 'visible' });
    await editor.cancelServer();
    await editor.undo();
  });
});
