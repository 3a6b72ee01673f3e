/** Starts a server on a journal with jobs, once, and sends it an SMS as soon as it can: `restart-child.ts DIRECTORY`. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { GoipServer } from './core.js';
import { watchStandstill, type Standstill } from './standstill.cjs';
import { LINES, SMS_EVERY, Traffic } from './traffic.js';

export interface RestartReport {
  /** From the constructor until the first SMS is acked. */
  readonly ackedMs: number;
  /** From the constructor until all jobs are read; their numbers are queued after that. */
  readonly readMs: number;
  /** Longest time in which the event loop did not turn meanwhile. */
  readonly standstill: Standstill;
  /** Heap and external memory above that of before, after gc. */
  readonly heap: number;
}

/** A gateway sends its datagrams again, more patiently. */
const REPEAT_MS = 20;

async function main(): Promise<void> {
  const [storage = ''] = process.argv.slice(2);
  const before = heapInUse();
  await sleep(50);
  const endWatch = watchStandstill();
  const start = performance.now();
  const server = new GoipServer({ host: '127.0.0.1', port: 0, devices: LINES, storage });
  server.takeSms({ take: () => undefined });
  const { port } = await server.start();
  await deliverOne(port);
  const ackedMs = performance.now() - start;
  // It is refused if the queue is full, but not before the jobs are read.
  await server.send({ to: '+491700000000', text: 'x' }).catch(() => undefined);
  const readMs = performance.now() - start;
  await arrived(server);
  const standstill = await endWatch();
  const heap = heapInUse() - before;
  const report: RestartReport = { ackedMs, readMs, standstill, heap };
  process.send?.(report, () => process.exit());
}

/** Resolves when all numbers wait for a line. */
async function arrived(server: InstanceType<typeof GoipServer>): Promise<void> {
  const waiting = (): number | undefined => server.lines()[0]?.queue.waiting;
  for (let before: number | undefined = -1; before !== waiting();) {
    before = waiting();
    await sleep(200);
  }
}

/** Registers a line and sends an SMS; resolves when that is acked. */
async function deliverOne(port: number): Promise<void> {
  const socket = createSocket('udp4');
  const traffic = new Traffic(LINES.slice(0, 1), SMS_EVERY.SMS);
  for (const [datagram, answer] of [
    [traffic.keepalive().datagram, 'reg:'],
    [traffic.sms().datagram, 'RECEIVE '],
  ] as const) {
    const knock = (): void => socket.send(datagram, port, '127.0.0.1');
    knock();
    const repeat = setInterval(knock, REPEAT_MS);
    for (let text = ''; !text.startsWith(answer);) {
      const [data] = (await once(socket, 'message')) as [Buffer];
      text = data.toString();
    }
    clearInterval(repeat);
  }
  socket.close();
}

function heapInUse(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

void main();
