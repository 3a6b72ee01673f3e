/** The tab "GoIP" of the sidebar with many lines, with what looks like markup, and in light and dark. */
import assert from 'node:assert/strict';
import { GoipSimulator } from '../../src/simulator/index.js';
import { freeUdpPort } from '../node-red/free-port.js';
import type { FlowNode } from '../packaging/node-red-process.js';
import { describeInEditor } from './editor.js';
import { makeNodeSet, TAB, type NodeSet } from './flows.js';
import { Sidebar } from './sidebar.js';
import { setTheme } from './themes.js';

const PASSWORD = 'common';
const LINES = 500;

/** Without what ends a field of the protocol. */
const MARKUP = (place: string) => `${place}<img/src=x/onerror=window.broken=1>`;

describeInEditor('the GoIP sidebar with all that there may be', (editor) => {
  const sidebar = new Sidebar(editor);
  const gateways: GoipSimulator[] = [];
  let many: NodeSet;
  let few: NodeSet;
  let flows: readonly FlowNode[];

  before(async () => {
    many = makeNodeSet(0, await freeUdpPort(), { password: PASSWORD });
    few = makeNodeSet(1, await freeUdpPort(), { password: PASSWORD });
    const ids = Array.from({ length: LINES }, (_, index) => `gw${Math.floor(index / 100)}-${index}`);
    const manyDevices = ids.map((id, index) => ({
      key: id,
      id,
      name: `Line ${index}`,
      group: index < 7 ? 'seven' : '',
    }));
    const fewDevices = [
      { key: 'a', id: MARKUP('id'), name: MARKUP('name'), group: MARKUP('group') },
      { key: 'b', id: 'plain', name: '' },
      { key: 'c', id: 'silent', name: '' },
    ];
    const sms = {
      payload: 'hello',
      to: '+12025550101, +12025550102',
      goip: { jobId: MARKUP('job') },
      device: 'silent',
    };
    const inject = {
      ...{ id: 'go', type: 'inject', z: 'tab', x: 100, y: 500, wires: [[few.send]] },
      props: Object.entries(sms).map(([p, v]) => ({ p, v: JSON.stringify(v), vt: 'json' })),
    };
    flows = [
      ...[TAB, ...withServer(many, { name: 'Many', devices: manyDevices })],
      ...[...withServer(few, { name: MARKUP('server'), devices: fewDevices, resendInterval: 0.2 }), inject],
    ];
    await editor.open(flows);
    for (const [{ port }, lines] of [
      [many, ids.slice(0, 3).map((id) => ({ id }))],
      [
        few,
        [{ id: MARKUP('id'), keepaliveValues: { pro: MARKUP('operator'), num: MARKUP('number') } }, { id: 'plain' }],
      ],
    ] as const) {
      const gateway = new GoipSimulator({
        server: { host: '127.0.0.1', port },
        lines: lines.map((line) => ({ ...line, password: PASSWORD })),
        ...{ keepaliveInterval: 0.2, lineTime: 0.05 },
      });
      gateways.push(gateway);
      await gateway.start();
    }
    await sidebar.open();
    await sidebar.server('Many').getByText('listening · 3 of 500 online').waitFor();
  });
  after(() => Promise.all(gateways.map((gateway) => gateway.stop())));

  it('touches the rows only of which something is new', async () => {
    await editor.page.evaluate(`
      window.touched = new Set();
      new MutationObserver((changes) => {
        for (const { target } of changes) {
          const row = (target.closest ? target : target.parentElement).closest('tr');
          const main = row?.className === 'goip-sb-notes' ? row.previousElementSibling : row;
          window.touched.add(main?.querySelector('.goip-sb-name').textContent ?? target.outerHTML);
        }
      }).observe(document.querySelector('.goip-sb tbody'), { subtree: true, childList: true, characterData: true });
    `);
    await send(many, 'gw0-1');
    await sidebar.whenCells('Line 1', '0 / 0', '1 / 0', '1');
    assert.deepEqual(await editor.page.evaluate('[...window.touched]'), ['Line 1']);
  });

  it('finds lines by name, id, group, number and state, as fast as one types', async () => {
    const filter = sidebar.tab.getByRole('textbox', { name: 'Filter lines' });
    const shown = (): Promise<number> => sidebar.tab.locator('tr.goip-sb-line:visible').count();
    for (const [text, count, lines] of [
      ['line 499', '1 / 503', 1],
      ['GW3-', '100 / 503', 100],
      ['seven', '7 / 503', 7],
      ['offline gw0', '97 / 503', 97],
      ['nothing at all', '0 / 503', 0],
    ] as const) {
      await filter.fill(text);
      await sidebar.tab.locator('.red-ui-searchBox-resultCount').getByText(count, { exact: true }).waitFor();
      assert.equal(await shown(), lines, text);
    }
    await sidebar.tab.getByText('No line matches the filter.').waitFor();
    // What is new does not bring back what was filtered out.
    await filter.fill('line 499');
    await sidebar.tab.locator('.red-ui-searchBox-resultCount').getByText('1 / 503', { exact: true }).waitFor();
    await send(many, 'gw0-2');
    await editor.page.waitForFunction(`document.querySelector('.goip-sb').textContent.split('1 / 0').length > 2`);
    assert.equal(await shown(), 1);
    await filter.fill('');
    await sidebar.line('Line 2').waitFor();
    assert.equal(await shown(), 503);
  });

  it('does not hold up the editor when it shows all lines at once', async () => {
    await editor.nodeRed.deploy([TAB]);
    await sidebar.tab.getByText('No GoIP server is running').waitFor();
    await editor.page.evaluate(`
      window.longest = 0;
      new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) window.longest = Math.max(window.longest, duration);
      }).observe({ type: 'longtask' });
    `);
    await editor.nodeRed.deploy(flows);
    await sidebar.line('Line 499').waitFor();
    await editor.page.evaluate('new Promise((resolve) => requestIdleCallback(resolve))');
    const longest = await editor.page.evaluate<number>('window.longest');
    // Tens of milliseconds, but on a machine that has more to do.
    assert(longest < 1000, `${longest} ms`);
    // The editor asks what to do about flows that somebody else has deployed.
    await editor.reload();
    await sidebar.open();
  });

  it('is a table to those who do not see it, and every button has a name', async () => {
    const table = sidebar.tab.getByRole('table', { name: 'Many' });
    const heads = await table.getByRole('columnheader').allInnerTexts();
    assert.deepEqual(heads, ['Line', 'Signal', 'Queue', 'Sent', 'Today']);
    assert.equal(await table.getByRole('rowheader').count(), LINES);
    const names = await sidebar.tab
      .getByRole('button')
      .evaluateAll((all) => all.map((one) => one.getAttribute('aria-label') ?? one.textContent));
    for (const name of names) assert.notEqual(name, '');
    const ids = await sidebar.tab.locator('[id]').evaluateAll((all) => all.map(({ id }) => id));
    assert.equal(new Set(ids).size, ids.length);
  });

  it('takes what looks like markup for a text, wherever it comes from', async () => {
    await fetch(`${editor.nodeRed.url}/inject/go`, { method: 'POST' });
    const job = sidebar.job(MARKUP('job'));
    await job.waitFor();
    gateways[1]?.line(MARKUP('id')).configure({ sessionError: MARKUP('error') });
    const answer = await send(few, MARKUP('id'));
    assert.match(answer, /error<img/);
    await sidebar.notes(MARKUP('name')).getByText(MARKUP('error')).waitFor();
    for (const place of ['server', 'name', 'operator', 'number', 'job', 'error']) {
      const shown = await sidebar.tab.innerText();
      assert(shown.includes(MARKUP(place)), `${place} is not in sight`);
    }
    await job.getByRole('button', { name: /^Cancel/ }).click();
    await sidebar.question.getByText(MARKUP('job')).waitFor();
    await sidebar.question.getByRole('button', { name: 'Cancel the job' }).click();
    await job.waitFor({ state: 'detached' });
    assert.equal(await editor.page.locator('img[src="x"]').count(), 0);
    assert.equal(await editor.page.evaluate('window.broken'), undefined);
  });

  async function send({ server }: NodeSet, device: string): Promise<string> {
    const response = await fetch(`${editor.nodeRed.url}/goip/servers/${server}/sms`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ device, to: '+12025550123', text: 'hello' }),
    });
    return response.text();
  }

  for (const scheme of ['light', 'dark'] as const) {
    it(`can be read in a ${scheme} theme`, async () => {
      await setTheme(editor.page, scheme);
      await sidebar.tab.getByRole('button', { name: 'Send a test SMS' }).click();
      const texts = await editor.page.evaluate<readonly Contrast[]>(CONTRASTS);
      assert(texts.length > 20);
      const unreadable = texts.filter(({ ratio }) => ratio < 4.5);
      assert.deepEqual(unreadable, []);
      const [{ light } = { light: 0 }] = texts;
      assert.equal(light < 0.2, scheme === 'dark', 'the theme is that of the editor');
      await sidebar.tab.getByRole('button', { name: 'Send a test SMS' }).click();
    });
  }
});

function withServer({ nodes }: NodeSet, properties: object): FlowNode[] {
  const [server, ...users] = nodes;
  assert(server);
  return [{ ...server, ...properties }, ...users];
}

interface Contrast {
  readonly text: string;
  /** Of the colours of the text and of what is behind it (WCAG). */
  readonly ratio: number;
  /** Luminance of what is behind it. */
  readonly light: number;
}

/** Each text in sight, with its contrast. */
const CONTRASTS = `(() => {
  const channels = (color) => color.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => {
    const [red, green, blue] = [r, g, b].map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const behind = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const color = channels(getComputedStyle(one).backgroundColor);
      if (color[3] !== 0) return color;
    }
    return [255, 255, 255];
  };
  const tab = document.querySelector('.goip-sb');
  const holders = [...tab.querySelectorAll('*')].filter((one) =>
    one.offsetParent !== null && !one.disabled && !one.classList.contains('goip-sb-said') &&
    [...one.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim() !== '')
  );
  return holders.slice(0, 300).map((one) => {
    const light = luminance(behind(one));
    const [more, less] = [light, luminance(channels(getComputedStyle(one).color))].sort((a, b) => b - a);
    return { text: one.textContent.slice(0, 40), ratio: (more + 0.05) / (less + 0.05), light };
  });
})()`;
