/** The server's side of {@link ServerProcess}: says how it is. */
import { setTimeout as sleep } from 'node:timers/promises';
import { getHeapSpaceStatistics } from 'node:v8';

/** How a server process has been so far. */
export interface ServerReport {
  /** SMS that were delivered; undefined where the server knows none. */
  readonly taken?: number | undefined;
  /** Processor time of all its threads, microseconds. */
  readonly cpu: number;
  /** Timers that keep the process alive. */
  readonly timers: number;
  /** Heap in use with what its objects have outside of it, and the memory of the process, bytes. */
  readonly heap: number;
  readonly rss: number;
  /** What the process has of V8's young generation, bytes: it grows while much is allocated, and stays when it is empty. */
  readonly young: number;
}

/** Answers the parent's requests for a report; ends with `stop` when the parent lets go. */
export function reportOnRequest(taken: () => number | undefined, stop: () => unknown): void {
  process.on('message', (request) => {
    if (request === 'report') process.send?.(makeReport(taken()));
    if (request === 'settled report') void settle().then(() => process.send?.(makeReport(taken())));
  });
  process.on('disconnect', () => void Promise.resolve(stop()).then(() => process.exit()));
}

function makeReport(taken: number | undefined): ServerReport {
  const { user, system } = process.cpuUsage();
  const { heapUsed, external, rss } = process.memoryUsage();
  const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.physical_space_size ?? 0;
  return { taken, cpu: user + system, timers, heap: heapUsed + external, rss, young };
}

async function settle(): Promise<void> {
  for (let round = 0; round < 3; round += 1) {
    await sleep(100);
    globalThis.gc?.();
  }
}
