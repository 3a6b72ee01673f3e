/** What the tab "GoIP" of the sidebar shows. What can be done there: sidebar-orders.test.ts. */
import assert from 'node:assert/strict';
import type { GoipSimulator } from '../../src/simulator/index.js';
import { freeUdpPort } from '../node-red/free-port.js';
import type { FlowNode } from '../packaging/node-red-process.js';
import { describeInEditor } from './editor.js';
import { makeNodeSet, TAB, useGateways, type NodeSet } from './flows.js';
import { Sidebar } from './sidebar.js';

const PASSWORD = 'common';

const isAsking = (url: string): boolean => new URL(url).pathname === '/goip/watch';
const CREDENTIALS = { password: PASSWORD };

describeInEditor('the GoIP sidebar', (editor) => {
  const sidebar = new Sidebar(editor);
  const startGateway = useGateways();
  let set: NodeSet;
  let flows: readonly FlowNode[];

  before(async () => {
    set = makeNodeSet(0, await freeUdpPort(), CREDENTIALS);
    const other = makeNodeSet(1, await freeUdpPort(), CREDENTIALS);
    const [server, ...users] = set.nodes;
    assert(server);
    const devices = [
      { key: 'a', id: 'goip-01', name: 'Office', group: 'north' },
      { key: 'b', id: 'goip-02', name: '', limits: { dayLimit: 1 } },
      { key: 'c', id: 'goip-03', name: 'Workshop' },
    ];
    const broken = { id: 'broken', type: 'goip-server', name: 'Broken', port: 'none', devices: [] };
    const set0 = [{ ...server, name: 'Berlin', devices, offlineAfter: 2 }, ...users];
    flows = [TAB, ...set0, ...other.nodes, broken, inject('three', ['1', '2', '3']), inject('two', ['1', '2'])];
    await editor.open(flows);
  });

  /** A button that sends to so many numbers, as a job of that name. */
  function inject(job: string, numbers: readonly string[], more: Readonly<Record<string, string>> = {}): FlowNode {
    const props = Object.entries({ payload: 'hello', to: numbers.map((n) => `+1202555010${n}`).join(), ...more });
    return {
      ...{ id: job, type: 'inject', z: 'tab', x: 100, y: 500, wires: [[set.send]] },
      props: [
        ...props.map(([p, v]) => ({ p, v, vt: 'str' })),
        { p: 'goip', v: JSON.stringify({ jobId: job }), vt: 'json' },
      ],
    };
  }

  async function press(id: string): Promise<void> {
    await fetch(`${editor.nodeRed.url}/inject/${id}`, { method: 'POST' });
  }

  const gateway = (): Promise<GoipSimulator> =>
    startGateway(set.port, [
      { id: 'goip-01', password: PASSWORD, keepaliveValues: { num: '+491701', pro: 'TELCO', signal: '21' } },
      { id: 'goip-02', password: PASSWORD, keepaliveFields: 'minimal' },
    ]);

  it('has a tab with an icon, and an entry in the menu of views', async () => {
    await editor.page.locator('#red-ui-header-button-sidemenu').click();
    const views = editor.page.locator('#menu-item-view-menu-submenu, .red-ui-menu-dropdown-submenus').first();
    await editor.page.locator('#menu-item-view-menu').hover();
    await editor.page.locator('#menu-item-view-menu-goip').click();
    await sidebar.tab.locator('section').first().waitFor();
    assert.equal(await views.isVisible(), false);
  });

  it('shows all servers of the flows that run, and how they are', async () => {
    await sidebar.open();
    // A deploy is acknowledged before the port is bound.
    for (const name of ['Berlin', 'Gateway 1']) await sidebar.server(name).getByText('listening').waitFor();
    const shown = await sidebar.tab.locator('.goip-sb-server-title').allInnerTexts();
    assert.deepEqual(
      shown.map((text) => text.split('\n')),
      [
        ['Berlin', 'listening · 0 of 3 online'],
        ['Gateway 1', 'listening · 0 of 3 online'],
        ['Broken', 'error, see the log'],
      ],
    );
  });

  it('shows each line, and what is new of it as it comes', async () => {
    await sidebar.open();
    const dot = (name: string) => sidebar.line(name).locator('.goip-sb-dot');
    assert.equal(await dot('Office').getAttribute('aria-label'), 'offline');
    assert.deepEqual(await sidebar.cells('Office'), ['0 / 0', '0 / 0', '0']);
    const started = await gateway();
    await sidebar.server('Berlin').getByText('listening · 2 of 3 online').waitFor();
    assert.match(String(await dot('Office').getAttribute('aria-label')), /^online since \d/);
    assert.equal(await sidebar.line('Office').locator('.goip-sb-lit').count(), 4);
    assert.equal(await sidebar.line('Office').locator('.goip-sb-bars').getAttribute('aria-label'), 'signal 21');
    await sidebar.notes('Office').getByText('goip-01 · TELCO · +491701').waitFor();
    assert.equal(await sidebar.line('goip-02').getByRole('img', { name: 'signal unknown' }).isVisible(), true);
    assert.equal(await sidebar.notes('goip-02').isVisible(), false);

    started.line('goip-01').configure({ keepaliveValues: { signal: '3', pro: 'OTHER' } });
    await sidebar.notes('Office').getByText('OTHER').waitFor();
    assert.equal(await sidebar.line('Office').locator('.goip-sb-lit').count(), 1);
    started.line('goip-01').logout();
    await sidebar.notes('Office').getByText('The SIM is not registered with the network').waitFor();
    started.line('goip-01').configure({ keepaliveValues: {} });
    await started.stop();
    await sidebar.server('Berlin').getByText('listening · 0 of 3 online').waitFor();
    assert.match(String(await dot('Office').getAttribute('aria-label')), /^offline since \d/);
  });

  it('shows that two devices have one id, with both addresses', async () => {
    await sidebar.open();
    const line = { id: 'goip-03', password: PASSWORD };
    const gateways = [await startGateway(set.port, [line]), await startGateway(set.port, [line])];
    const note = sidebar.notes('Workshop').getByText('Two devices send keepalives with this id: ');
    await note.waitFor();
    for (const { port } of gateways.map((one) => one.line(line.id)))
      assert.ok((await note.innerText()).includes(`127.0.0.1:${port}`));
  });

  it('counts what is sent, and tells why a line does not send', async () => {
    await sidebar.open();
    const started = await gateway();
    await sidebar.server('Berlin').getByText('2 of 3 online').waitFor();
    await sendOn('goip-02', '1', '2');
    await sidebar.whenCells('goip-02', '1 / 0', '1 / 0', '1');
    await sidebar
      .notes('goip-02')
      .getByText(/Limit per day reached, until /)
      .waitFor();

    started.line('goip-01').configure({ blocked: true });
    for (const number of ['3', '4', '5']) await sendOn('goip-01', number);
    await sidebar.whenCells('Office', '0 / 0', '0 / 3', '3');
    await sidebar.notes('Office').getByText('Fails repeatedly: used only if no other line can send').waitFor();
    await sidebar
      .notes('Office')
      .getByText(/\d.* GOIP_SEND_FAILED: .*\(errorstatus \d+\)$/)
      .waitFor();
    // What waits for tomorrow is of no use to the next test.
    const { jobs } = JSON.parse(await editor.nodeRed.get(`/goip/servers/${set.server}`)) as { jobs: { id: string }[] };
    for (const { id } of jobs) await order('jobs', { action: 'cancel', jobId: id });
  });

  async function order(what: 'jobs' | 'sms', body: object): Promise<void> {
    const headers = { 'Content-Type': 'application/json' };
    const url = `${editor.nodeRed.url}/goip/servers/${set.server}/${what}`;
    const { status } = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    assert.equal(status, 200);
  }

  async function sendOn(device: string, ...numbers: readonly string[]): Promise<void> {
    for (const number of numbers) {
      const sent = order('sms', { device, to: `+1202555010${number}`, text: 'hello' });
      // The last of several is not waited for: the line may have to wait for tomorrow.
      if (number !== numbers.at(-1) || numbers.length === 1) await sent;
      else sent.catch(() => undefined);
    }
  }

  it('shows the jobs in hand, and how far they are', async () => {
    await sidebar.open();
    const started = await startGateway(set.port, [
      { id: 'goip-01', password: PASSWORD, lineTime: (to) => (to.endsWith('2') ? 4 : 0.1) },
    ]);
    await press('three');
    const job = sidebar.job('three');
    const progress = job.getByRole('progressbar', { name: 'Progress of job three' });
    await job.getByText('1 of 3 sent, 1 waiting').waitFor();
    const values = ['aria-valuenow', 'aria-valuemin', 'aria-valuemax'].map((name) => progress.getAttribute(name));
    assert.deepEqual(await Promise.all(values), ['1', '0', '3']);
    assert.equal(await sidebar.server('Berlin').getByRole('heading', { name: 'Active jobs: 1' }).isVisible(), true);
    assert.match(String(await progress.getAttribute('aria-valuetext')), /^1 of 3 sent/);
    await job.waitFor({ state: 'detached' });
    assert.equal(await sidebar.server('Berlin').getByRole('heading', { name: /Jobs/ }).isVisible(), false);
    assert.equal(started.onAir.length, 3);
  });

  it('follows a deploy: servers that are new, renamed, and gone', async () => {
    await sidebar.open();
    const renamed = flows.map((node) => (node.id === set.server ? { ...node, name: 'Munich' } : node));
    await editor.nodeRed.deploy(renamed.filter(({ id }) => id !== 'broken'));
    await sidebar.server('Munich').waitFor();
    await sidebar.server('Berlin').waitFor({ state: 'detached' });
    await sidebar.server('Broken').waitFor({ state: 'detached' });
    await editor.nodeRed.deploy([TAB]);
    await sidebar.tab.getByText('No GoIP server is running. Deploy a flow with a node that uses one.').waitFor();
    await editor.nodeRed.deploy(flows);
    await sidebar.server('Berlin').getByText('listening · 0 of 3 online').waitFor();
    await editor.reload();
  });

  it('asks to be told while it can be seen, and again when it is shown again', async () => {
    const { page } = editor;
    let asked = 0;
    page.on('request', (request) => {
      if (isAsking(request.url())) asked += 1;
    });
    await sidebar.close();
    const before = asked;
    await startGateway(set.port, [{ id: 'goip-01', password: PASSWORD, lineTime: 60 }]);
    await press('two');
    await page.evaluate(`
      window.repeated = [];
      const real = setInterval;
      window.setInterval = (callback, ms) => (repeated.push({ callback, ms }), real(callback, ms));
    `);
    await sidebar.open();
    await sidebar.job('two').waitFor();
    assert.equal(asked, before + 1);
    // Half a minute later.
    const answered = page.waitForResponse((response) => isAsking(response.url()));
    await page.evaluate('void repeated.find(({ ms }) => ms === 30000).callback()');
    await answered;
    assert.equal(asked, before + 2);
    await sidebar.close();
    await sidebar.open();
    await order('jobs', { action: 'pause', jobId: 'two' });
    await sidebar.job('two').getByText('paused', { exact: true }).waitFor();
    assert.equal(asked, before + 3);
  });

  for (const [status, told] of [
    [403, 'You do not have permission to read GoIP servers.'],
    [404, 'Node-RED does not answer. Is it running?'],
  ] as const) {
    it(`says so where Node-RED answers ${status}`, async () => {
      const { page } = editor;
      await sidebar.close();
      await page.route(
        ({ href }) => isAsking(href),
        (route) => route.fulfill({ status, json: {} }),
      );
      const complained = page.waitForEvent('console', (message) => message.text().includes(`status of ${status}`));
      await page.evaluate(`RED.actions.invoke('goip:show-sidebar')`);
      await sidebar.tab.getByText(told, { exact: true }).waitFor();
      await complained;
      editor.forgetComplaints(new RegExp(`status of ${status}`));
      await page.unrouteAll();
    });
  }

  it('has no text that is a key of the catalogue', async () => {
    await sidebar.open();
    await sidebar.tab.getByRole('button', { name: 'Send a test SMS' }).click();
    const texts = await sidebar.tab.evaluate((tab) => {
      const names = [...tab.querySelectorAll('*')].flatMap((one) => [
        one.getAttribute('title') ?? '',
        one.getAttribute('aria-label') ?? '',
      ]);
      return [(tab as HTMLElement).innerText, ...names].join('\n');
    });
    assert.doesNotMatch(texts, /goip-sidebar|\b(line|job|test|state|hold|column|hint)\.[a-z]|__/);
    await sidebar.tab.getByRole('button', { name: 'Send a test SMS' }).click();
  });
});
