/** What lines cost in Node-RED: many of them come online in one burst, as after a power cut, under few and under many nodes. */
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KEEPALIVE_INTERVAL } from '../../src/parameters.js';
import { freeUdpPort } from '../node-red/free-port.js';
import { Devices } from './devices.js';
import { median, milliseconds, ratiosOf, spread, times, whole, type Figure, type Row } from './figures.js';
import { crowdFlow } from './flows.js';
import { NodeRed } from './node-red-process.js';
import type { ServerReport } from './reporting.js';
import { ServerProcess, type Server } from './server-process.js';
import { linesOf, SMS_EVERY, Traffic } from './traffic.js';

const SIZES = { few: 10, some: 1000, many: 10_000 } as const;

/** A line comes online once in the life of a process, so each round takes new processes. */
const MOST_ROUNDS = 3;

/** Enough of them that none overflows with answers before it is read. */
const SOCKETS = 32;
const RECEIVE_BUFFER = 2 ** 22;

/** Longer than a status under a node waits. */
const SETTLE_MS = 500;

const KINDS = ['core', 'two', 'twelve'] as const;
type Kind = (typeof KINDS)[number];
type Size = keyof typeof SIZES;

export const nodeRedLines: Row = async ({ count, rounds: wanted, directory }) => {
  const rounds = Math.min(wanted, MOST_ROUNDS);
  const sizes = { few: SIZES.few, some: count(SIZES.some), many: count(SIZES.many) };
  const runs = new Map<string, Run[]>();
  const runsOf = (kind: Kind, size: Size): Run[] => runs.get(`${kind} ${size}`) ?? [];
  for (let round = 0; round < rounds; round += 1) {
    for (const size of Object.keys(sizes) as Size[]) {
      for (const kind of KINDS) {
        const run = await measure(kind, sizes[size], path.join(directory, `${kind}-${size}-${round}`));
        runs.set(`${kind} ${size}`, [...runsOf(kind, size), run]);
      }
    }
  }
  const size = `${rounds} processes each`;
  const cpuOf = (kind: Kind, of: Size): number[] => runsOf(kind, of).map(({ cpuMicros }) => cpuMicros / sizes[of]);
  const micros = (values: readonly number[]): string => `${spread(values, whole)} µs`;
  const compareCpu = (what: string, one: readonly number[], other: readonly number[], goal?: string): Figure => ({
    what: `CPU per line, ${what}`,
    measured: micros(one),
    baseline: micros(other),
    ratio: spread(ratiosOf(one, other), times),
    ...(goal === undefined ? {} : { goal }),
    size,
  });
  const against = (kind: Kind, of: Size, goal?: string): Figure =>
    compareCpu(`${sizes[of]} lines, ${kind} nodes : core with a listener`, cpuOf(kind, of), cpuOf('core', of), goal);
  const linear = (kind: Kind): Figure =>
    compareCpu(`${kind} nodes, ${sizes.many} lines : ${sizes.some}`, cpuOf(kind, 'many'), cpuOf(kind, 'some'), '≤ 1.2');
  const missed = (kind: Kind): Figure => ({
    what: `keepalives without an answer until the next one, ${sizes.many} lines, ${kind} nodes : core`,
    measured: spread(
      runsOf(kind, 'many').map((run) => run.missed),
      whole,
    ),
    baseline: spread(
      runsOf('core', 'many').map((run) => run.missed),
      whole,
    ),
    goal: '0',
    size,
  });
  const memory = (kind: Kind): Figure => {
    const bytes = (of: Size): number[] => runsOf(kind, of).map(({ report }) => report.heap / 1000);
    const [many, few] = [bytes('many'), bytes('few')];
    const each = many.map((value, round) => (value - (few[round] ?? NaN)) / (sizes.many - sizes.few));
    return {
      what: `heap and external memory, KB per idle line, ${kind} nodes; processes with ${sizes.many} : ${sizes.few} lines`,
      measured: spread(many, whole),
      baseline: spread(few, whole),
      ratio: `${median(each).toFixed(2)} KB`,
      goal: '≤ 4 KB',
      size,
    };
  };
  return [
    against('two', 'many'),
    against('twelve', 'many', '≤ 2.0'),
    against('twelve', 'some'),
    linear('two'),
    linear('twelve'),
    missed('two'),
    missed('twelve'),
    memory('two'),
    memory('twelve'),
    {
      what: `longest standstill of the event loop, goip status asked for all of ${sizes.many} : ${sizes.some} lines`,
      measured: spread(
        runsOf('twelve', 'many').map(({ standstillMs }) => standstillMs),
        milliseconds,
      ),
      baseline: spread(
        runsOf('twelve', 'some').map(({ standstillMs }) => standstillMs),
        milliseconds,
      ),
      goal: '≤ 100 ms',
      size,
    },
  ];
};

interface Run {
  /** Processor time from the first keepalive until all lines are online and all is shown. */
  readonly cpuMicros: number;
  readonly missed: number;
  /** Of the idle server after gc. */
  readonly report: ServerReport;
  readonly standstillMs: number;
}

async function measure(kind: Kind, lineCount: number, directory: string): Promise<Run> {
  const server = await serverOf(kind, lineCount, directory);
  const devices = await Devices.open(server.address, undefined, SOCKETS, RECEIVE_BUFFER);
  const traffic = new Traffic(linesOf(lineCount), SMS_EVERY.keepalives);
  const before = await server.report();
  let missed = 0;
  // A gateway sends the next keepalive when it is due, whether the last one was answered or not.
  for (let messages = traffic.take(lineCount); messages.length > 0;) {
    const unanswered = new Set((await devices.burst(messages, KEEPALIVE_INTERVAL * 1000)).map(({ line }) => line));
    missed += unanswered.size;
    messages = traffic.take(lineCount).filter(({ line }) => unanswered.has(line));
  }
  await sleep(SETTLE_MS);
  const after = await server.report();
  const report = await server.settledReport();
  const standstillMs = kind === 'twelve' && server instanceof NodeRed ? await server.statusRequest() : NaN;
  await devices.close();
  await server.stop();
  return { cpuMicros: after.cpu - before.cpu, missed, report, standstillMs };
}

async function serverOf(
  kind: Kind,
  lineCount: number,
  directory: string,
): Promise<Server & Pick<ServerProcess, 'settledReport'>> {
  if (kind === 'core') return ServerProcess.core('memory', lineCount, 'event');
  const nodeRed = await NodeRed.start(directory, crowdFlow(await freeUdpPort(), lineCount, kind === 'two' ? 2 : 12));
  await nodeRed.answers();
  return nodeRed;
}
