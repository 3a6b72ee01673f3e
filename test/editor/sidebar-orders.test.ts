/** What can be done in the tab "GoIP" of the sidebar, by whom, with the keyboard, and with what in the way. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { segmentsOf } from '../../src/gsm/segments.js';
import type { GoipSimulator } from '../../src/simulator/index.js';
import { freeUdpPort } from '../node-red/free-port.js';
import { describeInEditor } from './editor.js';
import { makeNodeSet, TAB, useGateways, type NodeSet } from './flows.js';
import { Sidebar } from './sidebar.js';

const PASSWORD = 'common';

/** What a browser logs of an answer that says no. */
const BAD_REQUEST = /status of 400/;

describeInEditor('in the GoIP sidebar', (editor) => {
  const sidebar = new Sidebar(editor);
  const startGateway = useGateways();
  let set: NodeSet;
  let jobs = 0;

  before(async () => {
    const made = makeNodeSet(0, await freeUdpPort(), { password: PASSWORD });
    // Lines of the test before are soon gone.
    set = { ...made, nodes: made.nodes.map((node) => (node.id === made.server ? { ...node, offlineAfter: 4 } : node)) };
    await editor.open([TAB, ...set.nodes]);
    await sidebar.open();
  });

  const gateway = (): Promise<GoipSimulator> => startGateway(set.port, [{ id: 'goip-01', password: PASSWORD }]);

  /** A job that waits for a line; returns its id. */
  async function waitingJob(): Promise<string> {
    jobs += 1;
    const id = `job ${jobs}`;
    const props = { payload: 'hello', to: '+12025550101, +12025550102', goip: { jobId: id } };
    await editor.nodeRed.deploy([
      ...[TAB, ...set.nodes],
      {
        ...{ id: 'go', type: 'inject', z: 'tab', x: 100, y: 300, wires: [[set.send]] },
        props: Object.entries(props).map(([p, v]) => ({ p, v: JSON.stringify(v), vt: 'json' })),
      },
    ]);
    await fetch(`${editor.nodeRed.url}/inject/go`, { method: 'POST' });
    await sidebar.job(id).waitFor();
    return id;
  }

  async function cancel(id: string): Promise<void> {
    await button(`Cancel job ${id}`).click();
    await sidebar.question.getByRole('button', { name: 'Cancel the job' }).click();
    await sidebar.job(id).waitFor({ state: 'detached' });
  }

  const button = (name: string) => sidebar.tab.getByRole('button', { name, exact: true });

  it('a job can be paused and resumed', async () => {
    const id = await waitingJob();
    await button(`Pause job ${id}`).click();
    await sidebar.whenSaid(`Job ${id} is paused`);
    await sidebar.job(id).getByText('paused', { exact: true }).waitFor();
    const started = await gateway();
    await sidebar.server('Gateway 0').getByText('1 of 3 online').waitFor();
    await button(`Resume job ${id}`).click();
    await sidebar.whenSaid(`Job ${id} continues`);
    await sidebar.job(id).waitFor({ state: 'detached' });
    assert.equal(started.onAir.length, 2);
  });

  it('a job is cancelled if that is confirmed, and not otherwise', async () => {
    const id = await waitingJob();
    for (const refuse of ['Cancel', 'Escape']) {
      await button(`Cancel job ${id}`).click();
      await sidebar.question.getByText(`Cancel the job ${id}? The 2 numbers that wait will get no SMS.`).waitFor();
      if (refuse === 'Escape') await editor.page.keyboard.press('Escape');
      else await sidebar.question.getByRole('button', { name: refuse, exact: true }).click();
      await sidebar.question.waitFor({ state: 'detached' });
      assert.equal(await button(`Cancel job ${id}`).evaluate((one) => one === document.activeElement), true);
    }
    assert.equal(await sidebar.job(id).isVisible(), true);
    await cancel(id);
    await sidebar.whenSaid(`Job ${id} is cancelled`);
  });

  it('all can be done with the keyboard', async () => {
    const { page } = editor;
    const id = await waitingJob();
    await sidebar.tab.getByRole('textbox', { name: 'Filter lines' }).focus();
    const focused = (): Promise<string | null> =>
      page.evaluate<string | null>(`document.activeElement.getAttribute('aria-label')`);
    const names: (string | null)[] = [];
    for (let step = 0; step < 8; step += 1) {
      await page.keyboard.press('Tab');
      const name = await focused();
      if (name !== null) names.push(name);
    }
    const first = ['Send a test SMS', 'Download diagnostics for a bug report', 'Copy diagnostics for a bug report'];
    assert.deepEqual(names.slice(0, 6), [...first, 'Trace the protocol', `Pause job ${id}`, `Cancel job ${id}`]);
    await button(`Pause job ${id}`).focus();
    await page.keyboard.press('Enter');
    await sidebar.whenSaid(`Job ${id} is paused`);
    // It is another button for who sees it, and the same for who has the focus on it.
    await button(`Resume job ${id}`).waitFor();
    assert.equal(await focused(), `Resume job ${id}`);
    await page.keyboard.press('Tab');
    assert.equal(await focused(), `Cancel job ${id}`);
    await page.keyboard.press('Enter');
    await sidebar.question.waitFor();
    const choice = (): Promise<string> => page.evaluate<string>('document.activeElement.textContent');
    assert.equal(await choice(), 'Cancel');
    // Node-RED 5 puts the focus there itself, a turn of the event loop later, wherever it is then.
    await page.evaluate('new Promise((resolve) => setTimeout(resolve, 0))');
    assert.equal(await choice(), 'Cancel');
    await page.keyboard.press('Tab');
    assert.equal(await choice(), 'Cancel the job');
    await page.keyboard.press('Enter');
    await sidebar.job(id).waitFor({ state: 'detached' });
  });

  it('a job that comes to its end does not take the focus from another one', async () => {
    const [one, two] = [await waitingJob(), await waitingJob()];
    await button(`Pause job ${two}`).focus();
    await button(`Cancel job ${one}`).evaluate((cancel) => (cancel as HTMLElement).click());
    await sidebar.question.getByRole('button', { name: 'Cancel the job' }).click();
    await sidebar.job(one).waitFor({ state: 'detached' });
    assert.equal(await button(`Pause job ${two}`).evaluate((pause) => pause === document.activeElement), true);
    await cancel(two);
  });

  describe('a test SMS', () => {
    const form = () => sidebar.tab.getByRole('form', { name: 'Send a test SMS' });
    const field = (name: string) => form().getByLabel(name, { exact: true });
    const outcome = () => form().locator('.goip-sb-outcome');

    beforeEach(async () => {
      await sidebar.open();
      await button('Send a test SMS').click();
    });
    afterEach(async () => {
      if (await form().isVisible()) await button('Send a test SMS').click();
    });

    it('is sent on the line that was chosen, if that is confirmed', async () => {
      const started = await startGateway(set.port, [
        { id: 'goip-01', password: PASSWORD },
        { id: 'goip-02', password: PASSWORD },
      ]);
      await sidebar.server('Gateway 0').getByText('2 of 3 online').waitFor();
      await field('Line').selectOption({ label: 'Line 2 (goip-02)' });
      await field('Number').fill('+1 (202) 555-0123');
      await field('Text').fill('Is this thing on?');
      await form().getByRole('button', { name: 'Send …' }).click();
      const asked = 'Send 1 SMS to +1 (202) 555-0123 on the line Line 2 (goip-02)? The operator may charge for it.';
      await sidebar.question.getByText(asked).waitFor();
      await sidebar.question.getByRole('button', { name: 'Cancel', exact: true }).click();
      await sidebar.question.waitFor({ state: 'detached' });
      assert.equal(started.onAir.length, 0);

      await form().getByRole('button', { name: 'Send …' }).click();
      await sidebar.question.getByRole('button', { name: 'Send SMS', exact: true }).click();
      await outcome().getByText('The SMS was sent', { exact: true }).waitFor();
      await sidebar.whenSaid('The SMS was sent');
      assert.deepEqual(
        started.onAir.map(({ device, to, text }) => [device, to, text]),
        [['goip-02', '+12025550123', 'Is this thing on?']],
      );
    });

    it('is sent as it was typed, with the blanks and the line ends at its ends', async () => {
      const started = await startGateway(set.port, [{ id: 'goip-01', password: PASSWORD }]);
      await sidebar.server('Gateway 0').getByText('1 of 3 online').waitFor();
      await field('Line').selectOption({ label: 'Line 1 (goip-01)' });
      await field('Number').fill('+12025550123');
      for (const text of [' one blank before', '  two\n\nlines  ', '\nline end before', 'tab after\t']) {
        await field('Text').fill(text);
        await form().getByRole('button', { name: 'Send …' }).click();
        await sidebar.question.getByRole('button', { name: 'Send SMS', exact: true }).click();
        await sidebar.question.waitFor({ state: 'detached' });
        await outcome().getByText('The SMS was sent', { exact: true }).waitFor();
        assert.equal(started.onAir.at(-1)?.text, text);
      }
    });

    it('tells why it was not sent', async () => {
      const started = await gateway();
      started.line('goip-01').configure({ blocked: true });
      await sidebar.server('Gateway 0').getByText('1 of 3 online').waitFor();
      const refused = editor.page.waitForEvent('console', (message) => BAD_REQUEST.test(message.text()));
      await field('Line').selectOption({ label: 'Line 1 (goip-01)' });
      for (const [number, text, told] of [
        ['', 'hello', /^A number is needed\.$/],
        ['+12025550123', '   ', /^A text is needed\.$/],
        ['Jane', 'hello', /^Nothing was sent: "Jane" is not a telephone number \(GOIP_BAD_NUMBER\)$/],
        ['+12025550123', 'hello', /^The SMS failed – GOIP_SEND_FAILED: /],
      ] as const) {
        await field('Number').fill(number);
        await field('Text').fill(text);
        await form().getByRole('button', { name: 'Send …' }).click();
        if (!String(told).includes('needed')) {
          await sidebar.question.getByRole('button', { name: 'Send SMS', exact: true }).click();
        }
        await outcome().getByText(told).waitFor();
      }
      await refused;
      editor.forgetComplaints(BAD_REQUEST);
    });

    it('counts characters and parts as the server does', async () => {
      const texts = [
        ...['', 'hello', 'x'.repeat(160), 'x'.repeat(161), '€'.repeat(80), '€'.repeat(81), `${'x'.repeat(152)}€€€€€€`],
        ...[
          'Grüße',
          'Привет',
          'ж'.repeat(70),
          'ж'.repeat(71),
          '🎉'.repeat(35),
          '🎉'.repeat(36),
          `${'ж'.repeat(66)}🎉🎉🎉`,
        ],
        ...['a\nb\r\nc', 'ê', '`', '\t', 'ç', 'Ç', '@£$¥èéùìòØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ', '[]{}~|^\\', 'x'.repeat(3000)],
      ];
      for (const text of texts) {
        // Browsers write all line ends as \n.
        const written = text.replaceAll('\r\n', '\n');
        await field('Text').fill(text);
        const { parts, encoding } = segmentsOf(written);
        const counted = `Characters: ${Array.from(written).length} · SMS: ${parts} · ${encoding}`;
        assert.equal(await form().locator('.goip-sb-test-foot span').innerText(), counted, JSON.stringify(text));
      }
    });

    it('keeps the line that was chosen when lines are added, and closes with Escape', async () => {
      await field('Line').selectOption({ label: 'Line 2 (goip-02)' });
      const [server, ...users] = set.nodes;
      assert(server);
      const devices = [{ key: 'new', id: 'goip-00', name: '' }, ...(server['devices'] as object[])];
      await editor.nodeRed.deploy([TAB, { ...server, devices }, ...users]);
      await field('Line').locator('option', { hasText: 'goip-00' }).waitFor({ state: 'attached' });
      assert.match(await field('Line').inputValue(), /goip-02/);
      await editor.nodeRed.deploy([TAB]);
      await sidebar.tab.getByText('No GoIP server is running').waitFor();
      await field('Number').press('Enter');
      await sidebar.whenSaid('Choose a line.');
      await editor.nodeRed.deploy([TAB, { ...server, devices }, ...users]);
      await field('Line').locator('option', { hasText: 'goip-00' }).waitFor({ state: 'attached' });
      assert.match(await field('Line').inputValue(), /goip-02/, 'nor another one when the server comes back');
      await field('Number').press('Escape');
      assert.equal(await form().isVisible(), false);
      assert.equal(await button('Send a test SMS').getAttribute('aria-expanded'), 'false');
      await editor.nodeRed.deploy([TAB, ...set.nodes]);
    });
  });

  it('diagnostics can be downloaded and copied', async () => {
    const downloading = editor.page.waitForEvent('download');
    await button('Download diagnostics for a bug report').click();
    const download = await downloading;
    assert.match(download.suggestedFilename(), /^goip-diagnostics-\d{4}-\d\d-\d\d\.json$/);
    const text = readFileSync(await download.path(), 'utf8');
    const { state, versions, lines } = JSON.parse(text) as { state: string; versions: object; lines: object[] };
    assert.deepEqual([state, Object.keys(versions), lines.length], ['listening', ['package', 'node', 'nodeRed'], 3]);
    assert.doesNotMatch(text, new RegExp(PASSWORD));

    await editor.page.evaluate(`RED.clipboard.copyText = (text) => { window.copied = text; }`);
    await button('Copy diagnostics for a bug report').click();
    await sidebar.whenSaid('Diagnostics are copied');
    const copied = JSON.parse(await editor.page.evaluate<string>('window.copied')) as { state: string };
    assert.equal(copied.state, 'listening');
  });

  it('the protocol can be traced, and is shown as it goes on', async () => {
    const started = await gateway();
    await sidebar.server('Gateway 0').getByText('1 of 3 online').waitFor();
    const trace = sidebar.tab.getByRole('list', { name: /^Protocol trace, until \d/ });
    const toggle = button('Trace the protocol');
    assert.equal(await toggle.getAttribute('aria-pressed'), 'false');
    await toggle.press('Enter');
    await sidebar.whenSaid(/^The protocol is traced until \d/);
    await trace.getByText('req:', { exact: false }).first().waitFor();
    assert.equal(await toggle.getAttribute('aria-pressed'), 'true');
    started.line('goip-01').sendRaw(`<b>markup</b>\r\n${PASSWORD}`);
    const sent = started.line('goip-01').receiveSms({ from: '+12025550123', text: 'for your eyes only' });
    const item = (text: RegExp) => trace.getByRole('listitem').filter({ hasText: text });
    await item(/goip-01 127\.0\.0\.1:\d+\s*<b>markup<\/b>\\u000d\\u000a••••$/).waitFor();
    await item(/RECEIVE:…?\d+;id:goip-01;password:••••;srcnum:\+…123;msg:••••/)
      .getByRole('img', { name: 'received from' })
      .waitFor();
    await item(/RECEIVE …?\d+ OK/)
      .getByRole('img', { name: 'sent to' })
      .waitFor();
    await sent;
    assert.doesNotMatch(await trace.innerText(), new RegExp(`${PASSWORD}|eyes`));
    const filter = sidebar.tab.getByRole('textbox', { name: 'Filter lines' });
    // All datagrams of a line have its name.
    await filter.fill('line 1');
    await item(/markup/).waitFor();
    await filter.fill('goip-01 receive');
    await item(/markup/).waitFor({ state: 'hidden' });
    await item(/RECEIVE:/).waitFor();
    await filter.fill('');
    await toggle.press('Enter');
    await sidebar.whenSaid('The protocol is no longer traced');
    await trace.waitFor({ state: 'hidden' });
    assert.equal(await toggle.getAttribute('aria-pressed'), 'false');
  });

  it('who may only read can look, and gives no orders', async () => {
    const id = await waitingJob();
    const settings = '**/settings*';
    await editor.page.context().route(settings, async (route) => {
      const response = await route.fetch();
      const body = (await response.json()) as object;
      await route.fulfill({ response, json: { ...body, user: { username: 'reader', permissions: 'read' } } });
    });
    await editor.reload();
    await sidebar.open();
    await sidebar.job(id).getByRole('progressbar').waitFor();
    assert.deepEqual(
      await sidebar.tab.getByRole('button').evaluateAll((all) => all.map((one) => one.getAttribute('title'))),
      ['Download diagnostics for a bug report', 'Copy diagnostics for a bug report'],
    );
    await editor.page.context().unroute(settings);
    await editor.reload();
    await sidebar.open();
    await cancel(id);
  });
});
