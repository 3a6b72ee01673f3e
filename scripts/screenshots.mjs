// `npm run screenshots`: makes the README's picture, docs/demo-flow.png, from what a user sees: the demo flow in the real
// editor, with SMS from a simulated gateway. Needs Debian's chromium; the package must have been built.
import './preconditions.mjs';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { startNodeRed } from './demo/node-red.mjs';
import { prepareUserDir } from './demo/user-dir.mjs';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const HOST = '127.0.0.1';
const PASSWORD = 'simulated';
const SIZE = { width: 1280, height: 800 };
/** A picture that a README shows must load quickly. */
const MOST_BYTES = 250_000;

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const picture = path.join(root, 'docs', 'demo-flow.png');
const userDir = mkdtempSync(path.join(os.tmpdir(), 'goip-screenshots-'));
const ends = [() => rmSync(userDir, { recursive: true, force: true })];

try {
  await run();
} catch (error) {
  process.exitCode = 1;
  console.error(error.message);
} finally {
  for (const end of ends.reverse()) await end();
}
// Node-RED leaves timers behind.
process.exit();

async function run() {
  if (!existsSync(CHROMIUM)) throw new Error(`There is no ${CHROMIUM}; please install chromium.`);
  const example = path.join(root, 'examples', '01-quick-start.json');
  const demo = await prepareUserDir({ dir: userDir, example, password: PASSWORD, fresh: true, host: HOST });
  const nodeRed = await startNodeRed({ root, userDir, host: HOST, port: 21_880 });
  ends.push(() => nodeRed.stop());
  const gateway = await startGateway(demo);
  const page = await openEditor(nodeRed.port);

  await status(page, 'in', '4/4').waitFor();
  await page.evaluate(`RED.actions.invoke('core:show-debug-tab')`);

  // All statuses are those of something that has happened.
  await gateway.line('goip-02').receiveSms({ from: '+12025550123', text: 'INFO please' });
  await status(page, 'answered', 'sent').waitFor();
  await inject(nodeRed.port, 'start');
  await debugMessage(page, 'ok: true, total: 5').waitFor();
  await page.evaluate(`RED.actions.invoke('core:clear-debug-messages')`);

  for (const line of gateway.lines) line.configure({ lineTime: 3 });
  await inject(nodeRed.port, 'start');
  await status(page, 'send-all', '4/5').waitFor();
  await gateway.line('goip-03').receiveSms({ from: '+4915112345678', text: 'Grüße aus Köln; see you at 18:30' });
  await debugMessage(page, 'Grüße aus Köln').locator('.red-ui-debug-msg-object-handle').first().click();
  // What is under the pointer is marked.
  await page.mouse.move(600, 700);
  await debugMessage(page, 'Grüße aus Köln').evaluate((message) => message.scrollIntoView({ block: 'end' }));
  mkdirSync(path.dirname(picture), { recursive: true });
  await page.screenshot({ path: picture });
  await status(page, 'send-all', '4/4').waitFor();

  const { size } = statSync(picture);
  if (size > MOST_BYTES) throw new Error(`${picture} has ${size} bytes, more than ${MOST_BYTES}.`);
  console.log(`${path.relative(root, picture)}: ${SIZE.width} × ${SIZE.height}, ${size} bytes`);
}

async function startGateway({ port, ids }) {
  const { GoipSimulator } = createRequire(import.meta.url)('../dist/src/simulator/index.js');
  const gateway = new GoipSimulator({
    server: { host: HOST, port },
    lines: ids.map((id) => ({ id, password: PASSWORD })),
    lineTime: 0.1,
  });
  ends.push(() => gateway.stop());
  await gateway.start();
  await gateway.whenRegistered();
  return gateway;
}

async function openEditor(port) {
  const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];
  const browser = await chromium.launch({ executablePath: CHROMIUM, args });
  ends.push(() => browser.close());
  const page = await browser.newPage({ viewport: SIZE, locale: 'en-US', colorScheme: 'light' });
  await page.goto(`http://${HOST}:${port}/`);
  await page.locator('.red-ui-palette-node[data-palette-type="goip status"]').waitFor();
  await page.locator('#red-ui-loading-progress').waitFor({ state: 'hidden' });
  // The nodes of this package only.
  await page.locator('#red-ui-palette-search input').pressSequentially('goip');
  return page;
}

/** What is shown under a node of the example. */
function status(page, node, text) {
  return page.locator(`[id="goip-quick-start-${node}"]`).getByText(text, { exact: true });
}

function debugMessage(page, text) {
  return page.locator('.red-ui-debug-msg').filter({ hasText: text });
}

/** As the button of an inject node, but without the editor's notice. */
async function inject(port, node) {
  await fetch(`http://${HOST}:${port}/inject/goip-quick-start-${node}`, { method: 'POST' });
}
