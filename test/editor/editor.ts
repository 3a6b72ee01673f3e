/**
 * The real editor in Debian's Chromium, on a real Node-RED process that has loaded this package from `dist`, as built by
 * `npm run build`. Nothing here waits for a time to pass: only for what the user would see, or for an answer of Node-RED.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { chromium, type Browser, type BrowserContext, type Locator, type Page } from 'playwright-core';
import { NodeRedProcess, type FlowNode } from '../packaging/node-red-process.js';

const ROOT = path.join(__dirname, '..', '..');
/** The headless shell is the same engine without a window, and needs a third less of the processor. */
const INSTALLED = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'];
const CHROMIUM = process.env.CHROMIUM ?? INSTALLED.find((file) => existsSync(file)) ?? '/usr/bin/chromium';
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Pages are laid out and not painted, which takes an eighth of the time: nobody looks at them.
  '--blink-settings=acceleratedCompositingEnabled=false',
];

const SIZE = { width: 1280, height: 900 };

/** How long to wait for anything to appear, in milliseconds; seconds are the time of a slow and busy machine. */
const PATIENCE = 15_000;

/** What Node-RED logs, without throwing it, when a function of a node definition has failed. */
const BROKEN_DEFINITION = /oneditprepare|oneditsave|oneditcancel|oneditdelete|Validation error|Definition error/;

/** Nothing moves, and what is said for some seconds ("Successfully deployed") does not lie in front of a dialog's buttons. */
const STYLE = `* { transition: none !important; animation: none !important }
  #red-ui-notifications:not(:has(button)) { pointer-events: none }`;

/** Leaves all dialogs, and is not asked what to do with what others deploy, as one without a version. */
const LEAVE = `(async () => {
  RED.nodes.version(null);
  for (let trays = $('.red-ui-tray').length; trays > 0; trays -= 1) {
    await new Promise((resolve) => RED.tray.close(resolve));
  }
})()`;

/** Forgets what the sidebar has shown, and all that the browser keeps; tells whether the page was in another language. */
const FORGET = `(() => {
  RED.sidebar.show('info');
  $('.goip-sb section').remove();
  const language = localStorage.getItem('editor-language');
  localStorage.clear();
  return language !== null;
})()`;

/**
 * Shows the flow that Node-RED runs now, as the editor itself does when another project is chosen. Loading the page takes
 * ten times as long.
 */
const SWITCH = `(async () => {
  RED.view.select([]);
  RED.nodes.clear();
  RED.history.clear();
  const { flows, rev } = await $.ajax({ url: 'flows', headers: { Accept: 'application/json', 'Node-RED-API-Version': 'v2' } });
  RED.nodes.version(rev);
  RED.nodes.import(flows);
  RED.nodes.dirty(false);
  RED.workspaces.show(RED.nodes.getWorkspaceOrder()[0]);
  RED.view.redraw(true, true);
  RED.events.emit('flows:loaded');
  // What is shown under the nodes came before they were there.
  const ignore = () => {};
  RED.comms.subscribe('status/#', ignore);
  RED.comms.unsubscribe('status/#', ignore);
})()`;

/**
 * A `describe` whose tests need a browser. Without one they are skipped, but not in CI. `packages` are further packages of
 * nodes, given by their folders.
 */
export function describeInEditor(
  title: string,
  body: (this: Mocha.Suite, editor: Editor) => void,
  packages: readonly string[] = [],
): void {
  const major = process.env.NODE_RED_MAJOR ?? '4';
  if (!existsSync(CHROMIUM) && !process.env.CI) {
    describe.skip(`${title} (skipped: no browser; apt-get install chromium-headless-shell)`, function () {
      body.call(this, new Editor());
    });
    return;
  }
  describe(`${title}, in the editor of Node-RED ${major}`, function () {
    this.timeout(60_000);
    const isKept = isWorker && packages.length === 0;
    const editor = isKept ? (kept ??= new Editor()) : new Editor();
    before(() => editor.start(packages));
    afterEach(async function () {
      if (this.currentTest?.state === 'failed') await editor.reload();
      editor.assertNoComplaints();
    });
    after(async () => {
      if (!isKept) await editor.stop();
    });
    body.call(this, editor);
  });
}

/** A worker of mocha keeps Node-RED and the browser for its next file: both take seconds to start. */
const isWorker = process.env.MOCHA_WORKER_ID !== undefined;
let kept: Editor | undefined;

export class Editor {
  #directory = '';
  #nodeRed: NodeRedProcess | undefined;
  #browser: Browser | undefined;
  #context: BrowserContext | undefined;
  #page: Page | undefined;
  #complaints: string[] = [];

  get nodeRed(): NodeRedProcess {
    assert(this.#nodeRed, 'Node-RED is not running');
    return this.#nodeRed;
  }

  get page(): Page {
    assert(this.#page, 'no page is open');
    return this.#page;
  }

  /** With further packages of nodes, given by their folders. */
  async start(packages: readonly string[] = []): Promise<void> {
    if (this.#nodeRed) return this.#startAnew(this.#nodeRed);
    assert(existsSync(CHROMIUM), `there is no ${CHROMIUM}; apt-get install chromium-headless-shell`);
    await assertBuilt();
    this.#directory = await mkdtemp(path.join(os.tmpdir(), 'goip-editor-'));
    const settings = {
      nodesDir: [ROOT, ...packages],
      // The palette manager would look for its catalogue in the internet.
      externalModules: { palette: { allowInstall: false } },
      // Our dialogs have no code to edit, and Monaco takes long to load.
      editorTheme: { tours: false, codeEditor: { lib: 'ace' } },
    };
    const env = { ...process.env, TMPDIR: this.#directory } as Record<string, string>;
    const launched = chromium.launch({ executablePath: CHROMIUM, args: FLAGS, env });
    const started = NodeRedProcess.startIn(this.#directory, settings);
    // Each is kept as soon as it is there, so that `stop` ends it even if the other one fails.
    await Promise.all([
      launched.then((browser) => {
        this.#browser = browser;
      }),
      started.then((nodeRed) => {
        this.#nodeRed = nodeRed;
      }),
    ]);
    this.#context = await this.#browser?.newContext({ locale: 'en-US', viewport: SIZE });
    this.#context?.setDefaultTimeout(PATIENCE);
    if (isWorker) process.once('exit', () => this.#kill());
  }

  /** As if just started: no flows, no credentials, nothing kept. */
  async #startAnew(nodeRed: NodeRedProcess): Promise<void> {
    const page = this.#page;
    await page?.evaluate(LEAVE);
    await nodeRed.deploy([{ id: 'empty', type: 'tab', label: 'empty' }]);
    await rm(path.join(this.#directory, 'goip'), { recursive: true, force: true, maxRetries: 5 });
    if (!page) return;
    await page.unrouteAll();
    await page.emulateMedia({ colorScheme: null });
    await page.setViewportSize(SIZE);
    if (await page.evaluate<boolean>(FORGET)) await this.reload();
  }

  /** The browser ends by itself. */
  #kill(): void {
    this.#nodeRed?.kill();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async stop(): Promise<void> {
    await Promise.allSettled([this.#browser?.close(), this.#nodeRed?.stop('SIGTERM')]);
    await rm(this.#directory, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Deploys a flow behind the editor's back and opens the editor on it. */
  async open(flows: readonly FlowNode[]): Promise<void> {
    const page = this.#page;
    await page?.evaluate(LEAVE);
    await this.nodeRed.deploy(flows);
    await (page ? page.evaluate(SWITCH) : this.reload());
  }

  /** Opens the editor anew: open dialogs and what was not deployed are gone. */
  async reload(): Promise<void> {
    const page = (this.#page ??= await this.#newPage());
    await page.goto(this.nodeRed.url);
    await this.palette('goip status').waitFor();
    await page.locator('#red-ui-loading-progress').waitFor({ state: 'hidden' });
    // What jQuery slides open (menus, trees) moves under the mouse: on a busy machine a click presses one entry, releases
    // the next, and chooses neither.
    await page.evaluate(`$.fx.off = true`);
    await page.addStyleTag({ content: STYLE });
  }

  /** One page for all tests: a new one would compile the whole editor again, which takes longer than most tests. */
  async #newPage(): Promise<Page> {
    assert(this.#context, 'the browser is not running');
    const page = await this.#context.newPage();
    page.on('pageerror', (error) => this.#complaints.push(error.message));
    page.on('console', (message) => {
      const text = message.text();
      if (message.type() === 'error' || BROKEN_DEFINITION.test(text)) this.#complaints.push(text);
    });
    // Dialogs wait for each other to slide, step by step; what would take some tenths of a second happens at once.
    await page.addInitScript(`{
      const setTimeout = window.setTimeout;
      window.setTimeout = (run, delay, ...args) => setTimeout(run, delay > 400 ? delay : 0, ...args);
    }`);
    // The editor asks whether to leave what is not deployed.
    page.on('dialog', (dialog) => void dialog.accept());
    return page;
  }

  /** Called after each test: fails if anything was logged as an error. */
  assertNoComplaints(): void {
    assert.deepEqual(this.#complaints.splice(0), [], 'errors in the console of the browser');
  }

  /** Of what a test does on purpose. */
  forgetComplaints(pattern: RegExp): void {
    this.#complaints = this.#complaints.filter((complaint) => !pattern.test(complaint));
  }

  palette(type: string): Locator {
    return this.page.locator(`.red-ui-palette-node[data-palette-type="${type}"]`);
  }

  /** A node in the workspace. */
  node(id: string): Locator {
    return this.page.locator(`[id="${id}"]`);
  }

  /** What is shown under a node. */
  statusText(id: string): Locator {
    return this.node(id).locator('.red-ui-flow-node-status-label');
  }

  /** Waits until exactly this is shown under a node. */
  async whenStatus(id: string, text: string): Promise<void> {
    await this.statusText(id)
      .and(this.page.getByText(text, { exact: true }))
      .waitFor();
  }

  /** Opens the dialog of a flow node, given by its id or as it stands in the workspace. */
  async edit(node: string | Locator): Promise<void> {
    const id = await (typeof node === 'string' ? this.node(node) : node).getAttribute('id');
    // As the Enter key does. Of a double click, Node-RED wants both within 650 ms, which a busy machine may miss.
    await this.page.evaluate(`RED.view.select('${id ?? ''}'); RED.actions.invoke('core:edit-selected-node')`);
    await this.#whenOpen('#node-dialog-ok');
  }

  /** From the dialog of a flow node to that of its server; or with an id at once, as from the list of configuration nodes. */
  async editServer(id?: string): Promise<void> {
    if (id === undefined) await this.page.click('#node-input-btn-server-edit');
    else await this.page.evaluate(`RED.editor.editConfig('', 'goip-server', '${id}')`);
    await this.#whenOpen('#node-config-dialog-ok');
  }

  /** From the dialog of a flow node to that of a new server. */
  async addServer(): Promise<void> {
    await this.page.click('#node-input-btn-server-add');
    await this.#whenOpen('#node-config-dialog-ok');
  }

  /** Done. */
  async ok(): Promise<void> {
    await this.#leave('#node-dialog-ok');
  }

  async cancel(): Promise<void> {
    await this.#leave('#node-dialog-cancel');
  }

  /** Add or Update, back to the dialog of the flow node. */
  async okServer(): Promise<void> {
    await this.#leave('#node-config-dialog-ok');
  }

  async cancelServer(): Promise<void> {
    await this.#leave('#node-config-dialog-cancel');
  }

  /** Chooses the type of a TypedInput, given by the input that it replaces or as it stands in the dialog. */
  async chooseType(input: string | Locator, type: string): Promise<void> {
    await this.typedInput(input).locator('.red-ui-typedInput-type-select').click();
    const menu = this.page.locator('.red-ui-typedInput-options:visible');
    await menu.locator(`a[value="${type}"]`).click();
    await menu.waitFor({ state: 'hidden' });
  }

  async fillTyped(input: string | Locator, type: string, value: string): Promise<void> {
    await this.chooseType(input, type);
    await this.typedInput(input).locator('input.red-ui-typedInput-input').fill(value);
  }

  /** The widget that Node-RED has put in the place of an input. */
  typedInput(input: string | Locator): Locator {
    return typeof input === 'string' ? this.page.locator(`${input} + .red-ui-typedInput-container`) : input;
  }

  /** Whether the editor takes a node for changed since the last deploy. */
  async isChanged(id: string): Promise<boolean> {
    return this.page.evaluate<boolean>(`Boolean(RED.nodes.node('${id}').changed)`);
  }

  /** Drags a row of an editable list to its top. */
  async dragToTop(list: Locator, row: number): Promise<void> {
    const handles = list.locator('.red-ui-editableList-item-handle');
    await handles.nth(row).scrollIntoViewIfNeeded();
    const [from, to] = [await handles.nth(row).boundingBox(), await handles.first().boundingBox()];
    assert(from && to);
    const { mouse } = this.page;
    await mouse.move(from.x + 5, from.y + 5);
    await mouse.down();
    await mouse.move(to.x + 5, to.y + 20, { steps: 8 });
    await mouse.move(to.x + 5, to.y - 15, { steps: 8 });
    await mouse.up();
    await this.page.locator('.ui-sortable-helper').waitFor({ state: 'detached' });
  }

  /** What the editor finds wrong with a node. */
  async problemsOf(id: string): Promise<string[]> {
    return (await this.page.evaluate<string[] | undefined>(`RED.nodes.node('${id}').validationErrors`)) ?? [];
  }

  async undo(): Promise<void> {
    await this.page.evaluate(`RED.actions.invoke('core:undo')`);
  }

  /** Clicks Deploy; resolves with what was posted, when Node-RED has taken it. */
  async deploy(): Promise<FlowNode[]> {
    const posted = this.page.waitForResponse(
      (response) => response.request().method() === 'POST' && response.url().endsWith('/flows'),
    );
    await this.page.click('#red-ui-header-button-deploy');
    const response = await posted;
    assert.equal(response.status(), 200);
    // Its button is grey already. With the answer, the editor forgets the credentials, also those in a dialog that is open.
    await this.page.waitForFunction('!RED.nodes.dirty()');
    const { flows } = response.request().postDataJSON() as { flows: FlowNode[] };
    return flows;
  }

  /** A node as Node-RED has saved it, without its place on the screen. */
  async saved(id: string): Promise<Record<string, unknown>> {
    const flows = JSON.parse(await this.nodeRed.get('/flows')) as FlowNode[];
    const found = flows.find((node) => node.id === id);
    assert(found, `there is no node ${id}`);
    const { x, y, z, wires, ...properties } = found;
    return properties;
  }

  /** A dialog that is sliding in takes the focus, which closes menus. */
  async #whenOpen(button: string): Promise<void> {
    const focus = `document.querySelector('${button}')?.closest('.red-ui-tray').querySelector('.red-ui-tray-body :focus')`;
    await this.#whenInPlace(focus);
  }

  /** Leaves the dialog on top; the one below it slides in again. */
  async #leave(button: string): Promise<void> {
    await this.page.click(button);
    await this.#whenInPlace(`!document.querySelector('${button}')`);
  }

  /** A click on a dialog that is still sliding would miss its button. Locators would search the whole page, twice and more. */
  async #whenInPlace(condition: string): Promise<void> {
    const isInPlace = `[...document.querySelectorAll('.red-ui-tray')].every((dialog) => getComputedStyle(dialog).right === '0px')`;
    await this.page.waitForFunction(`${condition} && ${isInPlace}`);
  }
}

/** What the editor gets must be what is made of the sources. */
async function assertBuilt(): Promise<void> {
  const { pagesOf } = await import('../../scripts/pages.mjs');
  for (const [file, text] of await pagesOf(ROOT)) {
    const built = path.join(ROOT, file);
    const isCurrent = existsSync(built) && readFileSync(built, 'utf8') === text;
    assert(isCurrent, `${file} is not what is made of the sources; run npm run build first`);
  }
  assert(existsSync(path.join(ROOT, 'dist', 'nodes', 'goip-server.js')), 'there is no dist; run npm run build first');
}
