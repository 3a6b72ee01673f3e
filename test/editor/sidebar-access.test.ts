/** The tab "GoIP" for everybody: in all languages, in a narrow sidebar, in light and dark, and for who does not see it. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { freeUdpPort } from '../node-red/free-port.js';
import { GoipSimulator } from '../../src/simulator/index.js';
import { violationsIn } from './axe.js';
import { describeInEditor } from './editor.js';
import { makeNodeSet, TAB, type NodeSet } from './flows.js';
import { Sidebar } from './sidebar.js';
import { setTheme, type Theme } from './themes.js';

const PASSWORD = 'common';
const LANGUAGES = readdirSync(path.join(__dirname, '..', '..', 'nodes', 'locales'));
const THEMES: readonly Theme[] = ['light', 'dark'];

/** Pixels; the sidebar can hardly be made smaller. */
const NARROW = 260;

describeInEditor('the GoIP sidebar is for everybody', (editor) => {
  const sidebar = new Sidebar(editor);
  let gateway: GoipSimulator | undefined;
  let set: NodeSet;

  before(async () => {
    set = makeNodeSet(0, await freeUdpPort(), { password: PASSWORD });
    await editor.open([TAB]);
  });
  after(() => gateway?.stop());

  it('where there is no server', async () => {
    await editor.page.evaluate(`RED.actions.invoke('goip:show-sidebar')`);
    await sidebar.tab.getByText('No GoIP server is running').waitFor();
    await assertAccessible();
  });

  it('with lines in all states, jobs, a trace and a form', async () => {
    await fill();
    await editor.reload();
    await sidebar.open();
    await sidebar.job('bulk').waitFor();
    await assertAccessible();
    await sidebar.tab.getByRole('button', { name: 'Send a test SMS' }).click();
    await sidebar.tab.getByRole('button', { name: 'Trace the protocol' }).click();
    await sidebar.tab.getByText('reg:', { exact: false }).first().waitFor();
    await assertAccessible();
  });

  it('when it asks', async () => {
    await sidebar.tab.getByRole('button', { name: 'Cancel job bulk' }).click();
    await sidebar.question.waitFor();
    assert.deepEqual(await violationsIn(editor.page, '[role="alertdialog"]'), []);
    await editor.page.keyboard.press('Escape');
  });

  it('without saying all that goes on to who hears it', async () => {
    const live = sidebar.tab.locator('[aria-live], [role="log"], [role="alert"], [role="status"]');
    assert.equal(await live.count(), 1);
    // What was said of what somebody has done; in the meantime keepalives have come.
    assert.match(await live.innerText(), /^The protocol is traced until /);
  });

  it('and lets who reads a trace scroll back', async () => {
    const list = `document.querySelector('.goip-sb-trace')`;
    await editor.page.evaluate(`window.read = ${list}.lastChild; ${list}.scrollTop = 0`);
    await editor.page.waitForFunction(`${list}.lastChild !== read && ${list}.scrollHeight > 400`);
    assert.equal(await editor.page.evaluate(`${list}.scrollTop`), 0);
  });

  for (const language of LANGUAGES) {
    it(`in ${language}, with nothing cut, however narrow it is`, async () => {
      await editor.page.evaluate(`localStorage.setItem('editor-language', '${language}')`);
      await editor.reload();
      await sidebar.open();
      await editor.page.addStyleTag({ content: `.goip-sb { width: ${NARROW}px }` });
      await sidebar.tab.locator('.goip-sb-tools button').click();
      await sidebar.tab.locator('.goip-sb-trace li').first().waitFor();
      await editor.page.waitForFunction(`(${isAtEnd})(document.querySelector('.goip-sb-trace'))`);
      assert.deepEqual(await editor.page.evaluate<string[]>(CUT), []);
    });
  }

  /** Lines that are online, offline, without network, that fail and that wait; a job that waits. */
  async function fill(): Promise<void> {
    const [server, ...users] = set.nodes;
    assert(server);
    const devices = [
      { key: 'a', id: 'goip-01', name: 'Office' },
      { key: 'b', id: 'goip-02', name: '', limits: { dayLimit: 1 } },
      { key: 'c', id: 'goip-03', name: 'The line in the workshop behind the garage' },
      { key: 'd', id: 'goip-04', name: 'Silent' },
    ];
    const job = { payload: 'hello', to: '+12025550101, +12025550102', goip: { jobId: 'bulk' }, device: 'goip-04' };
    const inject = {
      ...{ id: 'go', type: 'inject', z: 'tab', x: 100, y: 300, wires: [[set.send]] },
      props: Object.entries(job).map(([p, v]) => ({ p, v: JSON.stringify(v), vt: 'json' })),
    };
    const [sender, ...others] = users;
    assert(sender);
    await editor.nodeRed.deploy([TAB, { ...server, devices, resendInterval: 0.2 }, sender, ...others, inject]);
    gateway = new GoipSimulator({
      server: { host: '127.0.0.1', port: set.port },
      lines: [
        { id: 'goip-01', password: PASSWORD, keepaliveValues: { num: '+4917012345678', pro: 'TELCO' }, blocked: true },
        { id: 'goip-02', password: PASSWORD },
        { id: 'goip-03', password: PASSWORD },
      ],
      ...{ keepaliveInterval: 0.2, lineTime: 0.05 },
    });
    await gateway.start();
    await gateway.whenRegistered();
    gateway.line('goip-03').logout();
    for (const device of ['goip-01', 'goip-02', 'goip-01', 'goip-01']) {
      await fetch(`${editor.nodeRed.url}/goip/servers/${set.server}/sms`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ device, to: '+12025550123', text: 'hello' }),
      });
    }
    await fetch(`${editor.nodeRed.url}/inject/go`, { method: 'POST' });
  }

  async function assertAccessible(): Promise<void> {
    for (const theme of THEMES) {
      await setTheme(editor.page, theme);
      assert.deepEqual(await violationsIn(editor.page, '.goip-sb'), [], theme);
    }
    await setTheme(editor.page, 'light');
  }
});

/** Is the last datagram in sight? */
const isAtEnd = '({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight < 5';

/**
 * Texts that do not fit where they are: cut, or over what is beside them. A name that is cut is shown as a whole by the mouse.
 */
const CUT = `(() => {
  const tab = document.querySelector('.goip-sb');
  const shown = [...tab.querySelectorAll('*')].filter((one) =>
    one.offsetParent !== null && !one.classList.contains('goip-sb-said') && !one.classList.contains('goip-sb-name')
  );
  const cut = shown.filter((one) => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== 'inline');
  const edge = tab.getBoundingClientRect().right;
  const outside = shown.filter((one) => one.getBoundingClientRect().right > edge + 1);
  return [...cut, ...outside].map((one) => one.outerHTML.slice(0, 200));
})()`;
