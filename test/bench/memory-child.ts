/** Queues numbers, once: `memory-child.ts DIRECTORY|bare NUMBERS JOBS`. */
import { setTimeout as sleep } from 'node:timers/promises';
import { GoipServer } from '../../src/index.js';
import { LINES, TEXT } from './traffic.js';

export interface MemoryReport {
  /** What grew, in bytes: heap in use, and the memory of the process. */
  readonly heap: number;
  readonly rss: number;
  readonly acceptMs: number;
}

async function main(): Promise<void> {
  const [storage = '', numbers = '', jobs = ''] = process.argv.slice(2);
  const perJob = Number(numbers) / Number(jobs);
  // No line is online, so all of them wait; `start` would send none either.
  const queueLimit = Number(numbers) + 1;
  const server = new GoipServer({ devices: LINES, storage: storage === 'bare' ? 'memory' : storage, queueLimit });
  await server.send({ to: '+49171', text: TEXT });
  const kept: unknown[] = [];
  const before = await settledMemory();
  const start = performance.now();
  for (let job = 0; job < Number(jobs); job += 1) {
    const to = numbersFrom(job * perJob, perJob);
    kept.push(storage === 'bare' ? to : await server.send({ to, text: TEXT }));
  }
  const acceptMs = performance.now() - start;
  const after = await settledMemory();
  const report: MemoryReport = {
    heap: after.heapUsed - before.heapUsed,
    rss: after.rss - before.rss,
    acceptMs,
  };
  await server.stop();
  process.send?.(report, () => process.disconnect());
  // In use until here.
  kept.length = 0;
}

/** As they come from a message: each a plain text of its own, not the two halves that it was put together from. */
function numbersFrom(first: number, count: number): string[] {
  const numbers = Array.from({ length: count }, (_, index) => `+4917${10_000_000 + first + index}`);
  return JSON.parse(JSON.stringify(numbers)) as string[];
}

async function settledMemory(): Promise<NodeJS.MemoryUsage> {
  for (let round = 0; round < 3; round += 1) {
    await sleep(100);
    globalThis.gc?.();
  }
  return process.memoryUsage();
}

void main();
