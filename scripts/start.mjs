// `npm start`: Node-RED with a demo flow, and a simulated GoIP gateway for it. Ctrl-C ends both.
import './preconditions.mjs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startNodeRed } from './demo/node-red.mjs';
import { prepareUserDir } from './demo/user-dir.mjs';

const USAGE = `Usage: npm start [-- --fresh]

  --fresh      forget what was edited in the demo flow
  PORT=1881    environment variable: the editor's port (1880)
`;
const HOST = '127.0.0.1';
/** Of devices that exist only in this process. */
const SIMULATED_PASSWORD = 'simulated';
/** How long a stop may take, in milliseconds; Node-RED waits longer than that for an SMS that a line has in hand. */
const PATIENCE = 1500;

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const userDir = path.join(root, '.demo');

try {
  const { fresh, help } = readArguments();
  if (help) process.stdout.write(USAGE);
  else await run({ fresh });
} catch (error) {
  process.stderr.write(`The demo could not be started: ${error.message}\n`);
  process.exit(1);
}

async function run({ fresh }) {
  const asked = whenAskedToStop();
  const demo = await prepareUserDir({
    dir: userDir,
    example: path.join(root, 'examples', '01-quick-start.json'),
    password: SIMULATED_PASSWORD,
    fresh,
    host: HOST,
  });
  const wantedPort = readPort(process.env.PORT);
  const nodeRed = await startNodeRed({ root, userDir, host: HOST, port: wantedPort });
  const simulation = await startSimulation(demo);
  say(welcome({ ...demo, editorPort: nodeRed.port, wantedEditorPort: wantedPort }));
  simulation.report();

  await asked;
  say('\nStopping …');
  const stopped = nodeRed.stop().then(() => simulation.stop());
  await Promise.race([stopped, new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
  // What a user's own nodes may have left open must not keep the demo alive.
  process.exit(0);
}

async function startSimulation({ port, ids }) {
  const { GoipSimulator, describeEvents, startTraffic } = createRequire(import.meta.url)(
    '../dist/src/simulator/index.js',
  );
  const gateway = new GoipSimulator({
    server: { host: HOST, port },
    lines: ids.map((id) => ({ id, password: SIMULATED_PASSWORD })),
    lineTime: 2,
    smsNo: true,
    deliveryReports: true,
    deliveryDelay: [1, 4],
    // More often than real ones, to see the lines come back soon after a deploy.
    keepaliveInterval: 5,
  });
  const lines = [];
  let write = (line) => lines.push(line);
  describeEvents(gateway, (line) => write(line));
  await gateway.start();
  const stopTraffic = startTraffic(gateway, { interval: 4, seed: Date.now() % 1000 });
  return {
    /** From now on tells what goes on, beginning with what has been so far. */
    report() {
      write = (line) => say(`  ${new Date().toTimeString().slice(0, 8)}  ${line}`);
      for (const line of lines) write(line);
    },
    stop() {
      stopTraffic();
      return gateway.stop();
    },
  };
}

function welcome({ editorPort, wantedEditorPort, port, wantedPort, ids, isEdited }) {
  const notes = [
    editorPort !== wantedEditorPort && `Port ${wantedEditorPort} was in use, so the editor has port ${editorPort}.`,
    port !== wantedPort && `UDP port ${wantedPort} was in use, so the GoIP server has port ${port}.`,
    isEdited && 'This is the flow as you left it. To begin anew: npm start -- --fresh',
  ].filter(Boolean);
  return `
  GoIP SMS for Node-RED: the demo runs.

    Editor     http://${HOST}:${editorPort}/
    Simulated  a GoIP gateway with ${ids.length} line(s), ${ids.join(', ')}, on UDP port ${port};
               an SMS comes in every 4 seconds; one that is sent takes 2 seconds on the air, and is delivered soon after
    Watch      open the debug sidebar (the bug at the right): the SMS that come in
    Click      the button left of "send to 5 numbers": progress, result and delivery appear in the debug sidebar
    More       menu > Import > Examples > @goip-sms/node-red-goip
    End        Ctrl-C
${notes.map((note) => `\n  ${note}\n`).join('')}`;
}

function readArguments() {
  try {
    return parseArgs({ options: { fresh: { type: 'boolean' }, help: { type: 'boolean' } } }).values;
  } catch (error) {
    throw new Error(`${error.message}\n${USAGE}`, { cause: error });
  }
}

function readPort(text = '1880') {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new Error(`PORT must be a number from 1 to 65535, not "${text}".`);
}

function whenAskedToStop() {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, resolve);
    // The reader of our reports has gone, as in `npm start | head`.
    process.stdout.on('error', resolve);
    // A signal to npm alone ends npm and its shell, without a word to us.
    const { ppid, env } = process;
    if (env.npm_lifecycle_event === 'start') setInterval(() => process.ppid !== ppid && resolve(), 500).unref();
  });
}

function say(text) {
  process.stdout.write(`${text}\n`);
}
