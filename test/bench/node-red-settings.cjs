/** Settings of the Node-RED processes of the benchmarks. They report like `reporting.ts`, and count what the flows tell. */
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');

let taken = 0;
let changes = 0;

process.on('message', (request) => {
  if (request === 'report') report();
  if (request === 'settled report') void settle().then(report);
});
// The benchmark is over, or dead: an orphan must not stay.
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));

function report() {
  const { user, system } = process.cpuUsage();
  const { heapUsed, rss } = process.memoryUsage();
  const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  process.send({ taken, changes, cpu: user + system, timers, heap: heapUsed, rss });
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
    passwords: JSON.parse(process.env.BENCH_PASSWORDS ?? '{}'),
  },
};
