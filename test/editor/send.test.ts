import assert from 'node:assert/strict';
import { PRIORITIES } from '../../src/index.js';
import { checkRequest } from '../../src/outbox/accepting/request.js';
import { BAD_NUMBERS, GOOD_NUMBERS } from '../gsm/number-cases.js';
import { describeInEditor } from './editor.js';
import { TAB, useNodeSets, type NodeSet } from './flows.js';

const GOOD = Object.values(GOOD_NUMBERS);

describeInEditor('the dialog of goip send', (editor) => {
  const nextSet = useNodeSets(editor, 6);
  let set: NodeSet;
  beforeEach(async () => {
    set = nextSet();
    await editor.edit(set.send);
  });

  const HIGH = 'high: goes first, in quiet hours too';
  const priority = () => editor.typedInput('#node-input-priority');
  const chosenPriority = () => priority().locator('.red-ui-typedInput-option-label').innerText();
  const menu = () => editor.page.locator('.red-ui-typedInput-options:visible');

  async function save(): Promise<Record<string, unknown>> {
    await editor.ok();
    await editor.deploy();
    return editor.saved(set.send);
  }

  it('has a choice of priorities, and takes it from elsewhere', async () => {
    await editor.chooseType('#node-input-priority', 'str');
    assert.equal(await chosenPriority(), 'normal');
    await priority().locator('.red-ui-typedInput-option-trigger').click();
    assert.deepEqual(await menu().locator('a').allInnerTexts(), [HIGH, 'normal', 'low: goes last']);
    await menu().locator('a[value="high"]').click();
    const saved = await save();
    assert.deepEqual([saved.priority, saved.priorityType], ['high', 'str']);

    await editor.edit(set.send);
    assert.equal(await chosenPriority(), HIGH);
    await editor.ok();
    assert.equal(await editor.isChanged(set.send), false);

    await editor.edit(set.send);
    await editor.fillTyped('#node-input-priority', 'jsonata', 'urgent ? "high" : "low"');
    const later = await save();
    assert.deepEqual([later.priority, later.priorityType], ['urgent ? "high" : "low"', 'jsonata']);
  });

  it('limits the parts of a text, and waits for reports', async () => {
    await editor.fillTyped('#node-input-maxParts', 'num', '2');
    await editor.fillTyped('#node-input-waitForReport', 'flow', 'patience');
    const saved = await save();
    assert.deepEqual([saved.maxParts, saved.maxPartsType], ['2', 'num']);
    assert.deepEqual([saved.waitForReport, saved.waitForReportType], ['patience', 'flow']);

    await editor.edit(set.send);
    assert.equal(await editor.page.inputValue('#node-input-maxParts'), '2');
    await editor.ok();
    assert.equal(await editor.isChanged(set.send), false);

    await editor.edit(set.send);
    await editor.fillTyped('#node-input-maxParts', 'msg', 'maxParts');
    const later = await save();
    assert.deepEqual([later.maxParts, later.maxPartsType], ['maxParts', 'msg']);
  });

  it('tells what is wrong with a number, while it is typed and afterwards', async () => {
    const mistakes = {
      maxParts: ['1.5', 'Max. parts: a whole number is needed, or 0 for no limit'],
      waitForReport: ['604801', 'Report wait: a number of seconds is needed, at most 604800, or 0 for no wait'],
      expire: ['-1', 'Expires after: a number of seconds is needed, at most 315360000, or 0 for never'],
    } as const;
    for (const [property, [text, message]] of Object.entries(mistakes)) {
      const input = editor.typedInput(`#node-input-${property}`);
      await editor.fillTyped(`#node-input-${property}`, 'num', text);
      await input.locator('input.red-ui-typedInput-input').press('End');
      await input.and(editor.page.locator('.input-error')).waitFor();
      await input.locator('input.red-ui-typedInput-input').hover();
      await editor.page.locator('.red-ui-popover').getByText(message, { exact: true }).waitFor();
    }
    await editor.ok();
    const messages = Object.values(mistakes).map(([, message]) => message);
    assert.deepEqual((await editor.problemsOf(set.send)).sort(), messages.sort());
    await editor.undo();
    assert.deepEqual(await editor.problemsOf(set.send), []);
  });

  it('tells how long a text is that is always the same, and what to do where it is too long', async () => {
    const length = () => editor.page.locator('#goip-send-length').innerText();
    const area = editor.page.locator('#goip-send-lines');
    const fillMaxParts = async (most: string): Promise<void> => {
      await editor.fillTyped('#node-input-maxParts', 'num', most);
      await editor.typedInput('#node-input-maxParts').locator('input.red-ui-typedInput-input').press('End');
    };
    assert.equal(await area.isVisible(), false);
    await editor.chooseType('#goip-send-text', 'str');
    const texts = {
      a: 'Characters: 1 · SMS: 1 · GSM-7',
      ['a'.repeat(161)]: 'Characters: 161 · SMS: 2 · GSM-7',
      ['a'.repeat(70) + 'ć']: 'Characters: 71 · SMS: 2 · UCS-2 (because of ć)',
      '“ł” ćąęóżź': 'Characters: 10 · SMS: 1 · UCS-2 (because of “ ł ” ć ą …)',
      'Dear {{name}}': 'The number of SMS depends on the values for {{…}}.',
      '${TEXT}': '',
      '': '',
    };
    for (const [text, told] of Object.entries(texts)) {
      await area.fill(text);
      assert.equal(await length(), told);
    }
    await area.fill('€'.repeat(1001));
    assert.match(await length(), /\n3003 bytes are more than a device takes: shorten it to 3000 bytes$/);
    await area.fill('a'.repeat(161));
    await fillMaxParts('1');
    await area.and(editor.page.locator('.input-error')).waitFor();
    const tooMany = 'this takes 2 SMS, the limit is 1: shorten it, or raise “Max. parts”';
    assert.equal(await length(), `Characters: 161 · SMS: 2 · GSM-7\n${tooMany}`);
    await editor.ok();
    assert.deepEqual(await editor.problemsOf(set.send), [`Text: ${tooMany}`]);
    await editor.edit(set.send);
    assert.equal(await length(), `Characters: 161 · SMS: 2 · GSM-7\n${tooMany}`);
    await fillMaxParts('2');
    assert.equal(await length(), 'Characters: 161 · SMS: 2 · GSM-7');
    await editor.ok();
    assert.deepEqual(await editor.problemsOf(set.send), []);
  });

  it('tells which of the numbers is none', async () => {
    await editor.fillTyped('#node-input-to', 'str', '+49 (171) 1; O172 1');
    const input = editor.typedInput('#node-input-to').locator('input.red-ui-typedInput-input');
    await input.press('End');
    await input.hover();
    const message = 'To: “O172 1” is not a telephone number: use digits, with at most one + in front';
    await editor.page.locator('.red-ui-popover').getByText(message, { exact: true }).waitFor();
    await editor.cancel();
  });

  it('judges what the node has itself as the runtime does', async () => {
    await editor.cancel();
    const values = {
      priority: [...PRIORITIES, '', 'urgent', 'High', '1'],
      maxParts: ['', '0', '1', '255', '1.5', '-1', 'two'],
      waitForReport: ['', '0', '0.5', '604800', '604801', '-1', 'long'],
      expire: ['', '0', '0.5', '315360000', '315360001', '-1', 'never'],
      to: ['1,2;3', '1,,2', ' ', ',', ...GOOD.map(([written]) => written), ...Object.values(BAD_NUMBERS)],
      text: ['a', 'a'.repeat(3001), '€'.repeat(1000), '€'.repeat(1001), '\ud83d'.repeat(1001)],
    };
    const cases = Object.entries(values).flatMap(([property, all]) => all.map((value) => ({ property, value })));
    const [server] = set.nodes;
    const sender = set.nodes.find(({ id }) => id === set.send);
    assert(server && sender);
    const nodes = cases.map(({ property, value }, index) => {
      const type = ['priority', 'to', 'text'].includes(property) ? 'str' : 'num';
      return { ...sender, id: `case-${index}`, [property]: value, [`${property}Type`]: type };
    });
    await editor.open([TAB, server, ...nodes]);
    const ids = JSON.stringify(nodes.map(({ id }) => id));
    const byEditor = await editor.page.evaluate<boolean[]>(`${ids}.map((id) => RED.nodes.node(id).valid)`);
    const byRuntime = cases.map(({ property, value }) => isTaken({ [property]: value }));
    assert.deepEqual(
      cases.map((one, index) => [one, byEditor[index]]),
      cases.map((one, index) => [one, byRuntime[index]]),
    );

    // What it does not offer stays to be seen, and to be changed.
    const strange = cases.findIndex(({ value }) => value === 'urgent');
    await editor.edit(`case-${strange}`);
    assert.equal(await chosenPriority(), 'urgent');
    await editor.ok();
    assert.equal(await editor.isChanged(`case-${strange}`), false);
  });
});

function isTaken(settings: object): boolean {
  try {
    checkRequest(
      { to: '123', text: 'text', ...settings },
      { named: () => undefined, whyUnusable: () => undefined, country: undefined },
    );
    return true;
  } catch {
    return false;
  }
}
