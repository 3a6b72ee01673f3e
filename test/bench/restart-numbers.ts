/** What numbers that wait in the journal cost a start: as many jobs of one number, and one job that is half done. */
import { cp } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freeUdpPort } from '../node-red/free-port.js';
import { resultOf } from './child.js';
import { megabytes, milliseconds, spread, type Figure, type Row } from './figures.js';
import { numbersFlow } from './flows.js';
import { NodeRed } from './node-red-process.js';
import type { RestartReport } from './restart-child.js';
import { fillOne, fillSingles } from './waiting-jobs.js';

/** Each round starts on a copy of the journal. */
const MOST_ROUNDS = 3;

export const restartNumbers: Row = async ({ numbers, rounds: wanted, directory }) => {
  const rounds = Math.min(wanted, MOST_ROUNDS);
  const loads = [
    { name: `${numbers} jobs of one number`, fill: fillSingles, place: 'singles' },
    { name: `a job of ${numbers} numbers that is half done`, fill: fillHalf, place: 'half' },
  ] as const;
  const figures: Figure[] = [];
  const empty = await starts(path.join(directory, 'empty'), rounds);
  for (const { name, fill, place } of loads) {
    const filled = path.join(directory, place);
    await fill(filled, numbers);
    const full = await starts(filled, rounds);
    const compare = (
      what: string,
      of: (report: RestartReport) => number,
      format: (value: number) => string,
      goal?: string,
    ): Figure => ({
      what: `${name}: ${what}, start with them : with an empty journal`,
      measured: spread(full.map(of), format),
      baseline: spread(empty.map(of), format),
      ...(goal === undefined ? {} : { goal }),
      size: `${rounds} starts each`,
    });
    figures.push(
      compare('first SMS acked', ({ ackedMs }) => ackedMs, milliseconds, '≤ 1000 ms'),
      compare('jobs read', ({ readMs }) => readMs, milliseconds),
      compare('longest standstill', ({ standstill }) => standstill.wallMs, milliseconds, '≤ 50 ms'),
      compare('the same in processor time', ({ standstill }) => standstill.cpuMs, milliseconds),
      compare('heap above that of before, after gc', ({ heap }) => heap, megabytes, '≤ 100 MB'),
    );
  }
  figures.push(await ownedJobs(numbers, rounds, path.join(directory, 'owned')));
  return figures;
};

/** The same jobs in a Node-RED whose _goip send_ has sent them: it is the owner of all of them, and goes on with them. */
async function ownedJobs(numbers: number, rounds: number, directory: string): Promise<Figure> {
  const flow = numbersFlow(await freeUdpPort(), LINE_COUNT, true);
  const heaps = async (count: number): Promise<number[]> => {
    const found: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const place = path.join(directory, `${count}-${round}`);
      await fillSingles(path.join(place, 'goip', 'server'), count, 'send');
      const nodeRed = await NodeRed.start(place, flow);
      await nodeRed.answers();
      found.push(await settledHeap(nodeRed));
      await nodeRed.stop();
    }
    return found;
  };
  const [full, empty] = [await heaps(numbers), await heaps(0)];
  return {
    what: `Node-RED, ${numbers} jobs of one number of a goip send: heap above that of an empty journal, after gc`,
    measured: spread(
      full.map((heap, round) => heap - (empty[round] ?? 0)),
      megabytes,
    ),
    goal: '≤ 100 MB',
    size: `${rounds} starts each`,
  };
}

/** Lines that are never online, so that all jobs wait. */
const LINE_COUNT = 2;

/** Milliseconds of processor time between two looks at a process that has nothing to do. */
const IDLE_MS = 100;

/** The heap when all jobs are read, and offered to their owner. */
async function settledHeap(nodeRed: NodeRed): Promise<number> {
  for (let before = await nodeRed.report(); ;) {
    await sleep(2000);
    const now = await nodeRed.report();
    if ((now.cpu - before.cpu) / 1000 < IDLE_MS) return (await nodeRed.settledReport()).heap;
    before = now;
  }
}

const fillHalf = (place: string, numbers: number): Promise<void> => fillOne(place, numbers, true);

async function starts(place: string, rounds: number): Promise<RestartReport[]> {
  const reports: RestartReport[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const copy = `${place}-${round}`;
    await cp(place, copy, { recursive: true }).catch(() => undefined);
    reports.push(await resultOf<RestartReport>('restart-child.ts', copy));
  }
  return reports;
}
