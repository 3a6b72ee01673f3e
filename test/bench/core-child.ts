/** The core, with somebody who takes its SMS: `core-child.ts STORAGE LINES [event]`, the last with a listener for events, too. */
import type { LineState, SendRequest } from '../../src/index.js';
import { GoipServer } from './core.js';
import { reportOnRequest } from './reporting.js';
import { linesOf } from './traffic.js';

async function main(): Promise<void> {
  const [storage = 'memory', lines = '8', listener] = process.argv.slice(2);
  const server = new GoipServer({ host: '127.0.0.1', port: 0, devices: linesOf(Number(lines)), storage });
  let taken = 0;
  server.takeSms({ take: () => (taken += 1) });
  if (listener === 'event') {
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
