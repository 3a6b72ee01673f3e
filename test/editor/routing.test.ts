import assert from 'node:assert/strict';
import { getCountries } from 'libphonenumber-js/max';
import { describeInEditor } from './editor.js';
import { openSection, useNodeSets, type NodeSet } from './flows.js';

describeInEditor('which line sends', (editor) => {
  const nextSet = useNodeSets(editor, 7);
  let set: NodeSet;
  beforeEach(async () => {
    set = nextSet();
    await openRouting();
  });

  const groups = () => editor.page.locator('.goip-device-group');
  const list = () => editor.page.locator('#goip-server-routes');
  const prefixes = () => editor.page.locator('.goip-route-prefix');
  const lines = () => editor.page.locator('.goip-route-device');
  const offered = () => editor.page.locator('.red-ui-autoComplete-container');
  const problems = async () => {
    const texts = await editor.page.locator('.goip-row-problem').allInnerTexts();
    return texts.filter((text) => text !== '');
  };

  async function openRouting(): Promise<void> {
    await editor.editServer(set.server);
    await openSection(editor, 'Routing and retries');
  }

  async function addRule(prefix: string, device: string): Promise<void> {
    const count = await prefixes().count();
    await editor.page.locator('#node-config-dialog-edit-form').getByText('rule', { exact: true }).click();
    await prefixes().nth(count).fill(prefix);
    await lines().nth(count).fill(device);
  }

  async function deploy(): Promise<Record<string, unknown>> {
    await editor.okServer();
    await editor.deploy();
    return editor.saved(set.server);
  }

  it('is said by rules, which are added, edited, reordered and deleted', async () => {
    await groups().nth(0).fill('de');
    await groups().nth(1).fill('de');
    await addRule('+49', 'de');
    await addRule('+4930', ' goip-01 ');
    await addRule('+33', 'goip-03, de');
    await addRule('', '');
    assert.deepEqual(await problems(), []);
    await editor.dragToTop(list(), 1);
    const saved = await deploy();
    assert.deepEqual(saved.routes, [
      { prefix: '+4930', device: 'goip-01' },
      { prefix: '+49', device: 'de' },
      { prefix: '+33', device: 'goip-03, de' },
    ]);

    await openRouting();
    assert.equal(await prefixes().count(), 3);
    await list().locator('.red-ui-editableList-item-remove').nth(1).click();
    await editor.page.locator('.red-ui-editableList-item-deleting').waitFor({ state: 'detached' });
    await prefixes().nth(1).fill('+41');
    assert.deepEqual((await deploy()).routes, [
      { prefix: '+4930', device: 'goip-01' },
      { prefix: '+41', device: 'goip-03, de' },
    ]);

    await editor.editServer(set.server);
    await editor.okServer();
    assert.equal(await editor.isChanged(set.server), false);
  });

  it('is told to be wrong while a rule is typed, and afterwards', async () => {
    await addRule('four', '');
    assert.deepEqual(await problems(), ['A routing rule needs a prefix of digits, such as +49, not “four”']);
    await prefixes().first().fill('+4 (9)');
    assert.deepEqual(await problems(), ['The routing rule “+4 (9)” needs a device or a group']);
    const unknown = 'The routing rule “+4 (9)” names “de”, which is not a device or a group of the list';
    await lines().first().fill('goip-01; de');
    assert.deepEqual(await problems(), [unknown]);
    // The list of devices makes it right, and wrong again.
    await groups().nth(2).fill('de');
    assert.deepEqual(await problems(), []);
    await groups().nth(2).fill('');
    assert.deepEqual(await problems(), [unknown]);
    await editor.okServer();
    assert.deepEqual(await editor.problemsOf(set.server), [unknown]);

    // Opened again, it is in sight.
    await editor.editServer(set.server);
    await lines().first().and(editor.page.locator('.input-error')).waitFor({ state: 'visible' });
    await lines().first().fill('${GOIP_LINES}');
    assert.deepEqual(await problems(), []);
    await lines().first().fill('elsewhere');
    await groups().nth(2).fill('${GOIP_GROUP}');
    assert.deepEqual(await problems(), []);
    await editor.cancelServer();
    await editor.undo();
  });

  it('is easy to name: groups and devices are offered', async () => {
    await groups().nth(0).fill('berlin');
    await groups().nth(1).pressSequentially('ber');
    await offered().getByText('berlin (group: goip-01)', { exact: true }).click();
    assert.equal(await groups().nth(1).inputValue(), 'berlin');
    // What is typed stays as it is, even if it is the beginning of another one.
    await groups().nth(2).pressSequentially('ber');
    await offered().getByText('ber (new group)', { exact: true }).waitFor();
    await groups().nth(2).press('Tab');
    assert.equal(await groups().nth(2).inputValue(), 'ber');

    await addRule('+49', '');
    await lines().first().pressSequentially('berlin, 3');
    await offered().getByText('goip-03 (Line 3)', { exact: true }).click();
    assert.equal(await lines().first().inputValue(), 'berlin, goip-03');
    assert.deepEqual(await problems(), []);
    await editor.cancelServer();
  });

  it('is one of a group of the server in goip send, too', async () => {
    for (const row of [0, 2]) await groups().nth(row).fill('fr');
    await deploy();
    await editor.edit(set.send);
    const list = editor.page.getByRole('group', { name: 'Device' });
    await list.getByText('group: goip-01, goip-03', { exact: true }).click();
    await editor.ok();
    await editor.deploy();
    assert.equal((await editor.saved(set.send)).device, 'fr');
  });

  it('may depend on the country: all that have telephone numbers can be chosen', async () => {
    const country = editor.page.locator('#node-config-input-country');
    const codes = await country
      .locator('option')
      .evaluateAll((options) => options.map((option) => (option as unknown as { value: string }).value));
    assert.deepEqual(codes.sort(), ['', ...getCountries()].sort());
    await country.selectOption({ label: 'Switzerland (CH)' });
    assert.equal((await deploy()).country, 'CH');

    await openRouting();
    assert.equal(await country.inputValue(), 'CH');
    await country.selectOption({ label: 'leave numbers as they are' });
    assert.equal((await deploy()).country, '');
  });

  it('warns that a second attempt may be a second SMS', async () => {
    await editor.page
      .getByText('Such an SMS may arrive twice: the first one may have been sent.', { exact: true })
      .waitFor();
    await editor.page.getByLabel('Retry unknown results').check();
    await editor.page.getByLabel('Sticky lines').check();
    await editor.page.getByLabel('Try at most').fill('3');
    const { retryUnknown, sticky, attempts } = await deploy();
    assert.deepEqual({ retryUnknown, sticky, attempts }, { retryUnknown: true, sticky: true, attempts: 3 });

    await openRouting();
    await editor.page.getByLabel('Retry unknown results').uncheck();
    await editor.page.getByLabel('Sticky lines').uncheck();
    const later = await deploy();
    assert.deepEqual([later.retryUnknown, later.sticky, later.attempts], [false, false, 3]);
  });

  it('is any line at first, and a second one for what the first refused', async () => {
    await editor.cancelServer();
    await editor.edit(set.in);
    await editor.addServer();
    await openSection(editor, 'Routing and retries');
    assert.equal(await editor.page.getByLabel('Try at most').inputValue(), '2');
    await editor.page.fill('#node-config-input-port', '0');
    await editor.okServer();
    await editor.ok();
    const posted = (await editor.deploy()).find((node) => node.type === 'goip-server' && node.port === 0);
    assert(posted);
    assert.deepEqual(await editor.saved(posted.id), {
      ...{ id: posted.id, type: 'goip-server', version: 2, name: '', host: '0.0.0.0', port: 0, devices: [] },
      ...{ routes: [], attempts: 2, cooldown: 300 },
      ...{ offlineAfter: 92, keepaliveStatus: 0, resendInterval: 5, resendCount: 3, statusQuery: 'auto' },
      ...{ queryInterval: 3, sessionsPerLine: 1, storage: 'disk', retention: 7, queueLimit: 100_000 },
    });
  });
});
