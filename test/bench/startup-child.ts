/** Starts a server on a journal, once: `startup-child.ts DIRECTORY`. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { GoipServer } from '../../src/index.js';
import { PRUNE_DELAY } from '../../src/parameters.js';
import { SkippingClock } from './skipping-clock.js';
import { LINES } from './traffic.js';

export interface StartReport {
  /** From the constructor until it listens. */
  readonly startMs: number;
  /** The longest time in which the event loop did not turn afterwards. */
  readonly stallMs: number;
  /** Processor time of all threads afterwards. */
  readonly cpuMs: number;
  readonly rss: number;
}

/** A sweep, and what it prunes. */
const WATCHED_MS = 2500;

async function main(): Promise<void> {
  const [storage = ''] = process.argv.slice(2);
  const start = performance.now();
  const clock = new SkippingClock();
  const server = new GoipServer({ host: '127.0.0.1', port: 0, devices: LINES, storage }, { clock });
  await server.start();
  const startMs = performance.now() - start;

  const resolution = 1;
  const delay = monitorEventLoopDelay({ resolution });
  delay.enable();
  const cpu = process.cpuUsage();
  // To the first prune, which comes with the next sweep.
  clock.skip(PRUNE_DELAY * 1000);
  await sleep(WATCHED_MS);
  const { user, system } = process.cpuUsage(cpu);
  delay.disable();
  const { rss } = process.memoryUsage();
  await server.stop();
  const report: StartReport = { startMs, stallMs: delay.max / 1e6, cpuMs: (user + system) / 1000, rss };
  process.send?.(report, () => process.disconnect());
}

void main();
