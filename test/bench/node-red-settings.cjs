/** Settings of the Node-RED processes of the benchmarks. They report like `reporting.ts`, and count what the flows tell. */
const path = require('node:path');
const { monitorEventLoopDelay } = require('node:perf_hooks');
const { setTimeout: sleep } = require('node:timers/promises');
const { messagesOf, probe } = require('./numbers-probe.cjs');

let taken = 0;
let changes = 0;
let answers = 0;
/** Numbers of jobs that have ended. */
let ended = 0;
/** Numbers that were accepted, that were not, and why. */
let queued = 0;
let refused = 0;
const codes = new Set();
let trigger = () => undefined;

process.on('message', (request) => {
  if (request === 'report') report();
  if (request === 'settled report') void settle().then(report);
  if (request === 'status request') void requestStatus();
  if (request === 'watch') void watch();
  if (request === 'watched') void endWatch();
  if (typeof request === 'object') void probeLoad(request);
});
// The benchmark is over, or dead: an orphan must not stay.
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));

function report() {
  const { user, system } = process.cpuUsage();
  const { heapUsed, external, rss } = process.memoryUsage();
  const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  process.send({ taken, changes, cpu: user + system, timers, heap: heapUsed + external, rss });
}

const watched = { delay: monitorEventLoopDelay({ resolution: 1 }), cpu: process.cpuUsage() };

/** Begins to measure what the next deploy costs. */
async function watch() {
  globalThis.gc?.();
  watched.delay.enable();
  await sleep(50);
  watched.delay.reset();
  watched.cpu = process.cpuUsage();
  process.send({});
}

async function endWatch() {
  // Nodes bind their sockets and show their statuses.
  await sleep(500);
  const { user, system } = process.cpuUsage(watched.cpu);
  watched.delay.disable();
  process.send({ cpuMs: (user + system) / 1000, standstillMs: watched.delay.max / 1e6 });
}

/** Sends a message into the flow, and tells how long the event loop stood still until its answer was there. */
async function requestStatus() {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await sleep(50);
  delay.reset();
  const before = answers;
  trigger([{}]);
  for (let patience = 30_000; answers === before; patience -= 1) {
    if (patience === 0) throw new Error('goip status has not answered');
    await sleep(1);
  }
  await sleep(20);
  delay.disable();
  process.send({ standstillMs: delay.max / 1e6 });
}

async function probeLoad(load) {
  if (load.isOnlyQueued) return queueLoad(load);
  ended = 0;
  process.send(await probe(load, trigger, (numbers) => ended >= numbers));
}

async function queueLoad({ kind, numbers }) {
  queued = 0;
  refused = 0;
  codes.clear();
  trigger(messagesOf(kind, numbers));
  while (queued + refused < numbers) await sleep(20);
  process.send({ queued, refused, codes: [...codes] });
}

async function settle() {
  for (let round = 0; round < 3; round += 1) {
    await sleep(100);
    globalThis.gc?.();
  }
}

module.exports = {
  uiHost: '127.0.0.1',
  nodesDir: path.join(__dirname, 'nodes'),
  flowFile: 'flows.json',
  credentialSecret: false,
  telemetry: { enabled: false, updateNotification: false },
  editorTheme: { tours: false },
  logging: { console: { level: 'info', metrics: false, audit: false } },
  functionGlobalContext: {
    countSms: () => (taken += 1),
    countChange: () => (changes += 1),
    countStep: ({ payload }) => (queued += payload.state === 'queued' ? 1 : 0),
    countRefused: ({ to, error }) => {
      refused += Array.isArray(to) ? to.length : 1;
      codes.add(error.code ?? error.message);
    },
    countAnswer: () => (answers += 1),
    countResult: ({ payload }) => (ended += payload.total),
    onTrigger: (send) => (trigger = send),
    passwords: JSON.parse(process.env.BENCH_PASSWORDS ?? '{}'),
  },
};
