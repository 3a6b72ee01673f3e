/** The example with a dashboard, as who sits in the control room sees it: a real dashboard in a real browser. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { GoipSimulator } from '../../src/simulator/index.js';
import { freeUdpPort } from '../node-red/free-port.js';
import type { FlowNode } from '../packaging/node-red-process.js';
import { describeInEditor, type Editor } from './editor.js';
import { untidyOn } from './layout.js';

const ROOT = path.join(__dirname, '..', '..');
const EXAMPLE = path.join(ROOT, 'examples', '15-control-room-dashboard.json');
const DASHBOARD = path.join(ROOT, 'test', 'dashboard', 'node_modules', '@flowfuse', 'node-red-dashboard');
const LINES = ['goip-01', 'goip-02', 'goip-03', 'goip-04'];
const PASSWORD = 'simulated';

if (existsSync(DASHBOARD) || process.env.CI) {
  describeInEditor('the example 15-control-room-dashboard', tests, [DASHBOARD]);
} else {
  describe.skip('the example 15-control-room-dashboard (skipped: no dashboard; npm ci --prefix test/dashboard)', () => {
    it('has a dashboard to be tested with');
  });
}

function tests(editor: Editor): void {
  let gateway: GoipSimulator;
  before(async () => {
    assert(existsSync(DASHBOARD), 'there is no dashboard; run npm ci --prefix test/dashboard');
    const port = await freeUdpPort();
    await editor.open(flowAt(port));
    assert.deepEqual(await untidyOn(editor, 'goip-control'), []);
    gateway = new GoipSimulator({
      server: { host: '127.0.0.1', port },
      lines: LINES.map((id, index) => ({ id, password: PASSWORD, keepaliveValues: { signal: String(5 + 7 * index) } })),
      // The deploy is acknowledged before the port is bound.
      keepaliveInterval: 0.2,
      lineTime: 0.02,
      failNumbers: { '+12025550102': 38 },
    });
    await gateway.start();
    await gateway.whenRegistered();
  });
  beforeEach(async () => {
    // After a failure the editor is there.
    const url = `${editor.nodeRed.url}/dashboard/control-room`;
    if (editor.page.url() !== url) await editor.page.goto(url);
  });
  after(() => gateway.stop());

  it('shows each line with its state, and the signal as a chart', async () => {
    for (const [index, name] of ['Line 1', 'Line 2', 'Line 3', 'Line 4'].entries()) {
      const row = rows('Lines').filter({ hasText: name });
      await row.getByText(String(5 + 7 * index), { exact: true }).waitFor();
      await row.locator('[data-column-key=online] .mdi-check-bold').waitFor();
    }
    // Drawn in the colour of the first line.
    await editor.page.waitForFunction(`[...document.querySelectorAll('canvas')].some((canvas) => {
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      for (let at = 0; at < data.length; at += 4) {
        if (data[at] === 0x00 && data[at + 1] === 0x95 && data[at + 2] === 0xff) return true;
      }
      return false;
    })`);
    gateway.partition('goip-02');
    const lost = logged('offline');
    await lost.getByText('goip-02').waitFor();
    await rows('Lines').filter({ hasText: 'Line 2' }).locator('[data-column-key=online] .mdi-close-thick').waitFor();
  });

  it('shows received SMS as text, whatever is in them', async () => {
    const text = '<img src="x" onerror="document.title = \'broken\'"> & {{constructor}} Grüße';
    await gateway.line('goip-01').receiveSms({ from: '+12025550123', text });
    const row = logged('received');
    await row.getByText(text, { exact: true }).waitFor();
    assert.equal(await row.locator('img').count(), 0);
    assert.match(await row.innerText(), /goip-01\s+\+12025550123/);
  });

  it('sends what is typed, from the line that is chosen, and tells what became of it', async () => {
    await send({ to: '+12025550101', text: 'Hello from the\ncontrol room', line: 'goip-03' });
    await notice('1 of 1 sent').waitFor();
    await rows('Log').filter({ hasText: '1 of 1 sent' }).getByText('goip-03').waitFor();
    assert.deepEqual(
      gateway.onAir.map(({ device, to, text }) => ({ device, to, text })),
      [{ device: 'goip-03', to: '+12025550101', text: 'Hello from the\ncontrol room' }],
    );
    await rows('Lines').filter({ hasText: 'Line 3' }).getByText('1', { exact: true }).waitFor();
  });

  it('tells why something was not sent, once', async () => {
    await send({ to: '+12025550102', text: 'Hello' });
    await notice('0 of 1 sent: network out of order').waitFor();
    await send({ to: 'nobody', text: 'Hello' });
    await notice('nobody').waitFor();
    await logged('error').getByText('nobody', { exact: true }).waitFor();
    assert.equal(await logged('error').count(), 1);
    assert.equal(await rows('Log').filter({ hasText: '+12025550102' }).count(), 1);
  });

  function rows(group: string): Locator {
    const card = editor.page.locator('.nrdb-ui-group').filter({ has: editor.page.getByText(group, { exact: true }) });
    return card.locator('tbody tr');
  }

  /** The rows of the log about a kind of thing. */
  function logged(what: string): Locator {
    const { page } = editor;
    return rows('Log').filter({ has: page.locator('[data-column-key=what]').getByText(what, { exact: true }) });
  }

  function notice(text: string): Locator {
    return editor.page.locator('.v-snackbar').filter({ hasText: text });
  }

  async function send({ to, text, line = '' }: { to: string; text: string; line?: string }): Promise<void> {
    await editor.page.getByLabel('* To').fill(to);
    await editor.page.getByLabel('* Text').fill(text);
    await editor.page.getByLabel('Line or group').fill(line);
    await editor.page.getByRole('button', { name: 'send' }).click();
  }
}

/** The example as imported, with its own port and password, and quicker. */
function flowAt(port: number): FlowNode[] {
  const flow = JSON.parse(readFileSync(EXAMPLE, 'utf8')) as FlowNode[];
  return flow.map((node) => {
    if (node.type === 'inject') return { ...node, repeat: '0.2', onceDelay: '0.1' };
    if (node.type !== 'goip-server') return node;
    return { ...node, host: '127.0.0.1', port, offlineAfter: 1, credentials: { password: PASSWORD } };
  });
}
