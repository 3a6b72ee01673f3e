/**
 * The core, with a taker of SMS: `core-child.ts STORAGE LINES [event] [no-short-cut]`. `event` adds a listener for events,
 * `no-short-cut` reads each keepalive as a whole.
 */
import type { LineState, SendRequest } from '../../src/index.js';
import { GoipServer } from './core.js';
import { reportOnRequest } from './reporting.js';
import { linesOf } from './traffic.js';

async function main(): Promise<void> {
  const [storage = 'memory', lines = '8', ...changes] = process.argv.slice(2);
  const server = new GoipServer(
    { host: '127.0.0.1', port: 0, devices: linesOf(Number(lines)), storage },
    { hasShortCut: !changes.includes('no-short-cut') },
  );
  let taken = 0;
  server.takeSms({ take: () => (taken += 1) });
  if (changes.includes('event')) {
    const latest = new Map<string, unknown>();
    // As a dashboard: the latest signal of each line.
    server.on('event', ({ device, payload }) => latest.set(device, (payload as LineState).signal));
  }
  reportOnRequest(
    () => taken,
    () => server.stop(),
  );
  process.on('message', (request) => {
    if (typeof request === 'object') void server.send(request as SendRequest);
  });
  process.send?.(await server.start());
}

void main();
