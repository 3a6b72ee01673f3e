/** The table of devices in the server's dialog: many rows, many at once, and what was done taken back. */
import assert from 'node:assert/strict';
import { freeUdpPort } from '../node-red/free-port.js';
import type { FlowNode } from '../packaging/node-red-process.js';
import { describeInEditor } from './editor.js';
import { makeNodeSet, TAB, type NodeSet } from './flows.js';

interface Device {
  readonly key: string;
  readonly id?: string;
  readonly name?: string;
  readonly disabled?: boolean;
}

const MANY: readonly Device[] = Array.from({ length: 500 }, (_, index) => ({
  key: `key-${index}`,
  id: `gw${Math.floor(index / 16)}-${String(index % 16).padStart(2, '0')}`,
  name: `Line ${index}`,
  group: index % 2 === 0 ? 'north' : 'south',
}));

describeInEditor('the table of devices', (editor) => {
  let few: NodeSet;
  let many: NodeSet;
  before(async () => {
    const credentials = { password: 'common', passwords: { 'key-1': 'own' } };
    [few, many] = [
      makeNodeSet(0, await freeUdpPort(), credentials),
      makeNodeSet(1, await freeUdpPort(), { password: 'common' }),
    ];
    const nodes = [...few.nodes, ...many.nodes];
    await editor.open([TAB, ...nodes.map((node) => (node.id === many.server ? { ...node, devices: MANY } : node))]);
  });

  const rows = () => editor.page.locator('.goip-devices > li');
  const shown = () => editor.page.locator('.goip-devices > li:not([hidden])');
  const ids = () => editor.page.locator('.goip-device-id');
  const said = () => editor.page.locator('.goip-said');
  const problems = async () => (await editor.page.locator('.goip-row-problem').allInnerTexts()).filter(Boolean);
  const idsShown = () => ids().evaluateAll((all) => all.map((field) => (field as unknown as { value: string }).value));

  async function open(set = few): Promise<void> {
    await editor.editServer(set.server);
  }
  async function close(): Promise<void> {
    await editor.cancelServer();
  }
  /** Deploys; returns what was posted of the server. */
  async function deploy(): Promise<FlowNode & { readonly devices: readonly Device[] }> {
    await editor.okServer();
    const server = (await editor.deploy()).find(({ id }) => id === few.server);
    return (server ?? assert.fail('no server was posted')) as FlowNode & { readonly devices: readonly Device[] };
  }
  const panel = (name: string) => editor.page.locator(`.goip-panel-${name}`);

  it('opens with 500 devices, and builds those that are seen', async () => {
    await open(many);
    assert.equal(await rows().count(), 500);
    const built = await ids().count();
    assert(built >= 8 && built < 60, `${built} rows are built`);
    assert.equal(await editor.page.locator('.red-ui-typedInput-container, .goip-device-allow').count(), 0);
    assert.equal(await rows().nth(400).innerText(), 'gw25-00');
    await rows().nth(400).scrollIntoViewIfNeeded();
    await rows().nth(400).locator('.goip-device-name').fill('in the middle');
    assert((await ids().count()) < 150);

    const filter = editor.page.getByLabel('filter by id, name or group');
    await filter.fill('GW7- north');
    await editor.page.getByText('8 of 500', { exact: true }).waitFor();
    assert.equal(await shown().count(), 8);
    await shown().nth(7).locator('.goip-device-id').waitFor();
    await filter.fill('in the middle');
    await editor.page.getByText('1 of 500', { exact: true }).waitFor();
    // The first Escape empties the field, and closes nothing.
    await filter.press('Escape');
    assert.equal(await shown().count(), 500);
    await editor.okServer();
    await editor.deploy();
    const expected = MANY.map((device, index) => (index === 400 ? { ...device, name: 'in the middle' } : device));
    assert.deepEqual((await editor.saved(many.server)).devices, expected);

    await open(many);
    await editor.okServer();
    assert.equal(await editor.isChanged(many.server), false);
  });

  it('says what is wrong with a device that was out of sight, too', async () => {
    await open(many);
    await ids().first().fill('gw31-03');
    await rows().nth(499).scrollIntoViewIfNeeded();
    await rows().nth(499).getByText('The device id “gw31-03” is used twice').waitFor();
    await close();
  });

  it('has no filter for a few devices', async () => {
    await open();
    assert.equal(await editor.page.locator('.goip-device-filter').isVisible(), false);
    await close();
  });

  it('takes back what was deleted, with all that was typed', async () => {
    const { page } = editor;
    await open();
    await page.locator('.goip-device-password').nth(1).fill('typed');
    await ids().nth(1).fill('renamed');
    await page.locator('.goip-device-delete').nth(1).click();
    await page.locator('.goip-device-delete').nth(1).click();
    assert.deepEqual(await idsShown(), ['goip-01']);
    await said().getByText('“goip-03” is deleted.').waitFor();
    await page.keyboard.press('Control+z');
    assert.deepEqual(await idsShown(), ['goip-01', 'goip-03']);
    await said().getByRole('button', { name: 'Undo' }).click();
    assert.deepEqual(await idsShown(), ['goip-01', 'renamed', 'goip-03']);
    assert.equal(await page.locator('.goip-device-password').nth(1).inputValue(), 'typed');
    assert.equal(await said().isVisible(), false);
    const { devices, credentials } = await deploy();
    assert.deepEqual(devices[1], { key: 'key-2', id: 'renamed', name: 'Line 2' });
    assert.deepEqual(credentials, { changes: { 'key-2': 'typed' } });

    await open();
    await ids().nth(1).fill('goip-02');
    await editor.okServer();
    await open();
    await page.locator('.goip-device-delete').first().click();
    await close();
    await open();
    assert.deepEqual(await idsShown(), ['goip-01', 'goip-02', 'goip-03']);
    await close();
  });

  it('switches devices off and on', async () => {
    const { page } = editor;
    await open();
    const enabled = () => page.getByLabel('Enabled', { exact: true });
    await enabled().nth(1).uncheck();
    assert.equal((await deploy()).devices[1]?.disabled, true);
    await open();
    assert.equal(await enabled().nth(1).isChecked(), false);
    await editor.okServer();
    assert.equal(await editor.isChanged(few.server), false);
    await open();
    await enabled().nth(1).check();
    const { devices } = await deploy();
    assert.deepEqual(
      devices.filter((device) => 'disabled' in device),
      [],
    );
  });

  it('duplicates a device under a free id, without the password that nobody here knows', async () => {
    const { page } = editor;
    await open();
    const more = page.locator('.goip-device-more').first();
    assert.equal(await more.getAttribute('aria-expanded'), 'false');
    await more.click();
    assert.equal(await more.getAttribute('aria-expanded'), 'true');
    await page.locator('.goip-device-allow').fill('192.0.2.0/24');
    await page.getByLabel('Duplicate').click();
    await said().getByText('“goip-04” is a copy of “goip-01”, without its own password').waitFor();
    assert.deepEqual(await idsShown(), ['goip-01', 'goip-04', 'goip-02', 'goip-03']);
    assert.deepEqual(await problems(), []);
    const { devices, credentials } = await deploy();
    const { key, ...copy } = devices[1] ?? assert.fail();
    assert.deepEqual(copy, { id: 'goip-04', name: 'Line 1', allow: '192.0.2.0/24' });
    assert.match(key, /^[0-9a-f]{16}$/);
    assert.equal(credentials, undefined);
    await open();
    assert.deepEqual(
      await page
        .locator('.goip-device-password')
        .evaluateAll((all) => all.map((field) => field.getAttribute('placeholder'))),
      ['••••••••', 'common password', '••••••••', 'common password'],
    );
    await page.locator('.goip-device-delete').nth(1).click();
    await editor.okServer();
  });

  it('shows a password only where it was just typed', async () => {
    await open();
    const field = editor.page.locator('.goip-device-password').first();
    const reveal = editor.page.locator('.goip-device-reveal').first();
    assert.equal(await reveal.isVisible(), false);
    await field.fill('just typed');
    assert.equal(await field.getAttribute('type'), 'password');
    await reveal.click();
    assert.equal(await field.getAttribute('type'), 'text');
    // What is typed next is hidden again.
    await field.fill('');
    assert.equal(await reveal.isVisible(), false);
    assert.equal(await field.getAttribute('type'), 'password');
    await close();
  });

  it('takes a block of a spreadsheet, says what is left out and why, and takes it back', async () => {
    const { page } = editor;
    await open();
    await page.getByRole('button', { name: 'Paste a list' }).click();
    const area = panel('paste').getByRole('textbox');
    const reasons = async () => panel('paste').locator('li').allInnerTexts();
    const block = [
      ...['Password\tId\tnotes\tGroup', 'secret-1\tnew-1\tx\tnorth', '\tgoip-01\t\t', '\t\tonly a note\t', ''],
      ...['x;y\tnew-2\t\t', '\tnew-1\t\t', '\tnew-3\t\t', '\tno;id\t\t'],
    ];
    await area.fill(block.join('\r\n'));
    await panel('paste').getByText('To add: 2, left out: 5', { exact: true }).waitFor();
    const expected = [
      'Line 3, “goip-01”: the id exists already',
      'Line 4: it has no id',
      'Line 6, “new-2”: the password holds a ; or a control character',
      'Line 7, “new-1”: the id exists already',
      'Line 9, “no;id”: the id holds a ; or a control character',
    ];
    assert.deepEqual(await reasons(), expected);
    await panel('paste').getByRole('button', { name: 'Add devices: 2' }).click();
    await panel('paste').getByText('Added: 2, left out: 5', { exact: true }).waitFor();
    assert.deepEqual(await reasons(), expected);
    assert.deepEqual(await idsShown(), ['goip-01', 'goip-02', 'goip-03', 'new-1', 'new-3']);
    await said().getByRole('button', { name: 'Undo' }).click();
    assert.deepEqual(await idsShown(), ['goip-01', 'goip-02', 'goip-03']);

    // CSV, with quotes and without a header, into the field of an id.
    await ids().first().focus();
    await ids()
      .first()
      .evaluate((field) => {
        const clipboardData = new DataTransfer();
        clipboardData.setData('text', 'a-1,"Office, ""north""",g,secret-2\na-2;not a separator\n"a-3","two\nlines"\n');
        field.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
      });
    await panel('paste').getByRole('button', { name: 'Add devices: 2' }).click();
    assert.deepEqual(await reasons(), ['Line 2, “a-2;not a separator”: the id holds a ; or a control character']);
    const { devices, credentials } = await deploy();
    const [first, second] = devices.slice(3);
    assert.deepEqual({ ...first, key: '' }, { key: '', id: 'a-1', name: 'Office, "north"', group: 'g' });
    assert.deepEqual({ ...second, key: '' }, { key: '', id: 'a-3', name: 'two\nlines' });
    assert.deepEqual(credentials, { changes: { [first?.key ?? '']: 'secret-2' } });
    await open();
    for (const row of [4, 3]) await page.locator('.goip-device-delete').nth(row).click();
    await editor.okServer();
  });

  it('makes the lines of a box, with passwords that are shown once', async () => {
    const { page } = editor;
    await open();
    await page.getByRole('button', { name: 'Lines of a gateway' }).click();
    const field = (label: string) => panel('box').getByLabel(label, { exact: true });
    await field('First id').fill('goip-02');
    await field('Number of lines').fill('4');
    await field('Group (optional)').fill('box');
    await panel('box').getByText('To add: 2, from goip-02 to goip-05', { exact: true }).waitFor();
    assert.deepEqual(await panel('box').locator('li').allInnerTexts(), [
      '“goip-02”: the id exists already',
      '“goip-03”: the id exists already',
    ]);
    await field('Number of lines').fill('1000');
    await panel('box').getByText('A whole number from 1 to 256 is needed.').waitFor();
    assert.equal(await panel('box').getByRole('button', { name: 'Add lines' }).isDisabled(), true);
    await field('First id').fill('gw9-01');
    await field('Number of lines').fill('16');
    await panel('box').getByRole('button', { name: 'Add lines' }).click();
    const table = await panel('box').getByLabel('Ids and passwords').inputValue();
    const lines = table.split('\n').map((line) => line.split(','));
    assert.deepEqual(
      lines.map(([id]) => id),
      Array.from({ length: 16 }, (_, index) => `gw9-${String(index + 1).padStart(2, '0')}`),
    );
    assert.equal(new Set(lines.map(([, password]) => password)).size, 16);
    for (const [, password] of lines) assert.match(password ?? '', /^[a-zA-Z2-9]{12}$/);
    const { devices, credentials } = await deploy();
    const added = devices.slice(3);
    assert.deepEqual(new Set(added.map((device) => (device as { group?: string }).group)), new Set(['box']));
    const changes = Object.fromEntries(added.map(({ key }, index) => [key, lines[index]?.[1]]));
    assert.deepEqual(credentials, { changes });
    await open();
    assert.doesNotMatch(await page.content(), new RegExp(lines.map(([, password]) => password).join('|')));
    await close();
  });
});
