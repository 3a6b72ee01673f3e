import assert from 'node:assert/strict';
import { describeInEditor } from './editor.js';
import { openSection, TAB, useNodeSets, type NodeSet } from './flows.js';

describeInEditor('the limits of lines', (editor) => {
  const nextSet = useNodeSets(editor, 4);
  let set: NodeSet;
  beforeEach(async () => {
    set = nextSet();
    await openLimits();
  });

  const field = (property: string) => editor.page.locator(`#node-config-input-${property}`);
  const wrong = (property: string) => editor.page.locator(`#node-config-input-${property}.input-error`);
  async function openLimits(): Promise<void> {
    await editor.editServer(set.server);
    await openSection(editor, 'Limits of each line');
  }
  async function type(property: string, text: string): Promise<void> {
    await field(property).fill(text);
    await field(property).press('End');
  }
  async function deploy(): Promise<Record<string, unknown>> {
    await editor.okServer();
    await editor.deploy();
    return editor.saved(set.server);
  }

  it('are off at first, and the dialog says so', async () => {
    const shown = await Promise.all(
      ['pauseMin', 'pauseMax', 'hourLimit', 'dayLimit', 'quietHours', 'timeZone', 'cooldownAfter', 'cooldown'].map(
        async (property) => [await field(property).inputValue(), await field(property).getAttribute('placeholder')],
      ),
    );
    assert.deepEqual(shown, [
      ['', 'none'],
      ['', 'as above'],
      ['', 'no limit'],
      ['', 'no limit'],
      ['', 'none'],
      ['', 'that of the machine'],
      ['', 'never'],
      ['300', '300'],
    ]);
    await editor.cancelServer();
  });

  it('are saved, and can be taken away again', async () => {
    await field('hourLimit').fill('30');
    await field('quietHours').fill('22:00-07:00, 12:30-13:30');
    await field('timeZone').fill('Europe/Berlin');
    const saved = await deploy();
    const expected = [30, '22:00-07:00, 12:30-13:30', 'Europe/Berlin'];
    assert.deepEqual([saved.hourLimit, saved.quietHours, saved.timeZone], expected);
    assert.equal('dayLimit' in saved, false);

    await openLimits();
    await field('hourLimit').fill('');
    await field('quietHours').fill('');
    const later = await deploy();
    assert.deepEqual([later.hourLimit, later.quietHours], ['', '']);
  });

  const TIMES = 'Quiet hours: times such as 22:00-07:00 are needed, separated by commas, and not the whole day';
  const mistakes: [string, string, string][] = [
    ['quietHours', '22-7', TIMES],
    ['timeZone', 'Berlin', 'Time zone: a time zone such as Europe/Berlin is needed'],
    ['hourLimit', '1.5', 'At most per hour: a whole number from 0 to 1000000 is needed'],
    ['dayLimit', 'many', 'At most per day: a whole number from 0 to 1000000 is needed'],
    ['cooldownAfter', '-3', 'Cooldown after: a whole number from 0 to 1000000 is needed'],
    ['cooldown', '1e9', 'Cooldown: a number of seconds is needed, at most 86400, or 0 for none'],
    ['eventDelay', 'soon', 'Event delay: a number of seconds is needed, at most 86400, or 0 for none'],
    ['attempts', '0', 'Try at most: a whole number from 1 to 100 is needed'],
  ];

  it('are told to be wrong while they are typed, and afterwards', async () => {
    await openSection(editor, 'Timing and protocol');
    await openSection(editor, 'Routing and retries');
    for (const [property, text] of mistakes) {
      await type(property, text);
      await wrong(property).waitFor();
    }
    await field('quietHours').hover();
    await editor.page.locator('.red-ui-popover').getByText(TIMES, { exact: true }).waitFor();
    for (const [property, text] of mistakes) {
      await type(property, '${GOIP_SETTING}');
      await wrong(property).waitFor({ state: 'detached' });
      await type(property, text);
    }

    // What is wrong depends on another field.
    await type('pauseMax', '5');
    await type('pauseMin', '10');
    await wrong('pauseMax').waitFor();
    await type('pauseMin', '5');
    await wrong('pauseMax').waitFor({ state: 'detached' });
    await type('pauseMin', '10');
    await editor.okServer();
    const order = 'Pause at most: must be empty, or not less than “Pause at least”';
    const messages = [order, ...mistakes.map(([, , message]) => message)];
    assert.deepEqual((await editor.problemsOf(set.server)).sort(), messages.sort());

    await editor.editServer(set.server);
    for (const property of ['pauseMax', 'attempts', 'eventDelay']) {
      await wrong(property).waitFor({ state: 'visible' });
    }
    await editor.cancelServer();
    await editor.undo();
  });

  it('of a device of its own are shown, judged, and stay as they were made by hand', async () => {
    const limits = { hourLimit: '20', quietHours: '20:00-08:00' };
    const devices = [
      { id: 'goip-01', note: 'kept', limits },
      { key: 'b', id: 'goip-02', name: '', limits: { pauseMax: 3 } },
    ];
    const byHand = set.nodes.map((node) => (node.id === set.server ? { ...node, devices } : node));
    await editor.open([TAB, ...byHand]);
    await openLimits();
    const shown = await editor.page.locator('.goip-device-limits').allInnerTexts();
    assert.deepEqual(shown, [
      'Limits of its own, from the flow file: At most per hour: 20, Quiet hours: 20:00-08:00',
      'Limits of its own, from the flow file: Pause at most: 3',
    ]);
    await field('pauseMin').fill('10');
    const problem =
      'The device “goip-02” has limits of its own in the flow file. ' +
      'Pause at most: must be empty, or not less than “Pause at least”';
    await editor.page.locator('.goip-row-problem').getByText(problem, { exact: true }).waitFor();
    await field('pauseMin').fill('1');
    await editor.page.locator('.goip-device-name').nth(0).fill('Office');
    const expected = [{ key: 'goip-01', ...devices[0], name: 'Office' }, devices[1]];
    assert.deepEqual((await deploy()).devices, expected);
  });
});
