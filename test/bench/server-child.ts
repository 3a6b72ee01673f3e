/** A server with somebody who takes its SMS, in a process of its own: `server-child.ts STORAGE`. */
import { GoipServer } from '../../src/index.js';
import { LINES } from './devices.js';

/** How a server process has been so far. */
export interface ServerReport {
  /** SMS that the taker got. */
  readonly taken: number;
  /** Processor time of all its threads, microseconds. */
  readonly cpu: number;
}

async function main(): Promise<void> {
  const [storage = 'memory'] = process.argv.slice(2);
  const server = new GoipServer({ host: '127.0.0.1', port: 0, devices: LINES, storage });
  let taken = 0;
  server.takeSms({ take: () => (taken += 1) });
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    process.send?.({ taken, cpu: user + system } satisfies ServerReport);
  });
  process.on('disconnect', () => void server.stop().then(() => process.exit()));
  process.send?.(await server.start());
}

void main();
