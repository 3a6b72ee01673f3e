// `npm run screenshots`: makes the pictures of the README, docs/*.png, from what a user sees: the demo flow in the real
// editor, with SMS from a simulated gateway. `npm run screenshots -- --check` compares them with those that are there, and
// fails where they show something else. Needs Debian's chromium and fonts-liberation; the package must have been built.
/* global createImageBitmap, OffscreenCanvas -- of the browser */
import './preconditions.mjs';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
/** Part of the pixels that may differ: times and the order of messages do, another version of a browser draws letters anew. */
const TOLERANCE = 0.06;

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const isCheck = process.argv.includes('--check');
const userDir = mkdtempSync(path.join(os.tmpdir(), 'goip-screenshots-'));
let browser;
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

  await save('demo-flow', await demoFlow(page, gateway, nodeRed.port));
  await save('sidebar', await sidebar(page, gateway, nodeRed.port));
  await save('goip-send', await dialog(page, 'send-all'));
  await page.click('#node-dialog-cancel');
  await page.locator('.red-ui-tray').waitFor({ state: 'detached' });
  await save('goip-server', await serverDialog(page));
}

/** An SMS that has just come in, a bulk under way, and statuses that are those of something that has happened. */
async function demoFlow(page, gateway, port) {
  await page.evaluate(`RED.actions.invoke('core:show-debug-tab')`);
  await gateway.line('goip-02').receiveSms({ from: '+12025550123', text: 'INFO please' });
  await status(page, 'answered', 'sent').waitFor();
  await inject(port, 'start');
  await debugMessage(page, 'ok: true, total: 5').waitFor();
  await page.evaluate(`RED.actions.invoke('core:clear-debug-messages')`);

  for (const line of gateway.lines) line.configure({ lineTime: 3 });
  await inject(port, 'start');
  await status(page, 'send-all', '4/5').waitFor();
  await gateway.line('goip-03').receiveSms({ from: '+4915112345678', text: 'Grüße aus Köln; see you at 18:30' });
  await debugMessage(page, 'Grüße aus Köln').locator('.red-ui-debug-msg-object-handle').first().click();
  // What is under the pointer is marked.
  await page.mouse.move(600, 700);
  await debugMessage(page, 'Grüße aus Köln').evaluate((message) => message.scrollIntoView({ block: 'end' }));
  const picture = await page.screenshot();
  await status(page, 'send-all', '4/4').waitFor();
  return picture;
}

/** Lines with different signals, and a job in hand. */
async function sidebar(page, gateway, port) {
  await page.evaluate(`RED.actions.invoke('goip:show-sidebar')`);
  const tab = page.locator('.goip-sb');
  await tab.locator('tr.goip-sb-line').nth(3).waitFor();
  gateway.lines[0].configure({ lineTime: 1 });
  await inject(port, 'start');
  await tab.getByText(/^[1-4] of 5 sent/).waitFor();
  const picture = await tab.locator('section').first().screenshot();
  await status(page, 'send-all', '4/4').waitFor();
  return picture;
}

async function dialog(page, node) {
  await page.evaluate(`RED.view.select('goip-quick-start-${node}'); RED.actions.invoke('core:edit-selected-node')`);
  return pictureOfTray(page, '#node-dialog-ok');
}

async function serverDialog(page) {
  await dialog(page, 'in');
  await page.click('#node-input-btn-server-edit');
  await page.locator('.goip-dot.goip-online').nth(3).waitFor();
  return pictureOfTray(page, '#node-config-dialog-ok');
}

async function pictureOfTray(page, button) {
  const tray = page.locator('.red-ui-tray').filter({ has: page.locator(button) });
  await tray.locator('.red-ui-tray-body :focus').waitFor();
  await page.waitForFunction(
    `[...document.querySelectorAll('.red-ui-tray')].every((tray) => getComputedStyle(tray).right === '0px')`,
  );
  return tray.screenshot({ caret: 'hide' });
}

async function save(name, picture) {
  const file = path.join(root, 'docs', `${name}.png`);
  if (picture.length > MOST_BYTES) throw new Error(`${name} has ${picture.length} bytes, more than ${MOST_BYTES}.`);
  const difference = existsSync(file) ? await differenceOf(readFileSync(file), picture) : 1;
  console.log(`docs/${name}.png: ${picture.length} bytes, ${(100 * difference).toFixed(1)} % of it are new`);
  if (!isCheck) writeFileSync(file, picture);
  else if (difference > TOLERANCE) {
    throw new Error(`docs/${name}.png does not show what people see any more. Please run: npm run screenshots`);
  }
}

/** The part of the pixels that differ, 1 where the sizes do. */
async function differenceOf(before, after) {
  const page = await browser.newPage();
  const urls = [before, after].map((png) => `data:image/png;base64,${png.toString('base64')}`);
  const difference = await page.evaluate(async (sources) => {
    const [one, other] = await Promise.all(
      sources.map(async (source) => {
        const image = await createImageBitmap(await (await fetch(source)).blob());
        const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d');
        canvas.drawImage(image, 0, 0);
        return canvas.getImageData(0, 0, image.width, image.height);
      }),
    );
    if (one.width !== other.width || one.height !== other.height) return 1;
    let differing = 0;
    for (let at = 0; at < one.data.length; at += 4) {
      const isOther = [0, 1, 2].some((colour) => Math.abs(one.data[at + colour] - other.data[at + colour]) > 32);
      if (isOther) differing += 1;
    }
    return (4 * differing) / one.data.length;
  }, urls);
  await page.close();
  return difference;
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
  browser = await chromium.launch({ executablePath: CHROMIUM, args });
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
