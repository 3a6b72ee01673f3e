/** What the package costs a Node-RED that starts: against the same with a flow of as many core nodes and without the package. */
import path from 'node:path';
import { freeUdpPort } from '../node-red/free-port.js';
import { megabytes, milliseconds, spread, type Figure, type Row } from './figures.js';
import { handBuiltFlow, packageFlow } from './flows.js';
import { NodeRed } from './node-red-process.js';

const LINE_COUNT = 10;

type Kind = 'package' | 'core';

export const start: Row = async ({ rounds, directory }) => {
  const starts = { package: [] as Start[], core: [] as Start[] };
  // The first start fills the caches of the system.
  for (let round = 0; round <= rounds; round += 1) {
    for (const kind of ['package', 'core'] as const) {
      const one = await startOnce(kind, path.join(directory, `${kind}-${round}`));
      if (round > 0) starts[kind].push(one);
    }
  }
  const compare = (
    what: string,
    of: (one: Start) => number,
    format: (value: number) => string,
    goal?: string,
  ): Figure => {
    const [mine, core] = [starts.package.map(of), starts.core.map(of)];
    const more = mine.map((value, round) => value - (core[round] ?? NaN));
    return {
      what: `${what}, with the package − without`,
      measured: spread(mine, format),
      baseline: spread(core, format),
      ratio: spread(more, (value) => (value < 0 ? `−${format(-value)}` : `+${format(value)}`)),
      ...(goal === undefined ? {} : { goal }),
      size: `${rounds} starts each, a server with ${LINE_COUNT} lines and 3 nodes − 4 core nodes`,
    };
  };
  return [
    compare('process to "Started flows"', ({ ms }) => ms, milliseconds, '≤ +50 ms'),
    compare('processor time until it answers', ({ cpuMs }) => cpuMs, milliseconds),
    compare('RSS after gc', ({ rss }) => rss, megabytes, '≤ +8 MB'),
  ];
};

interface Start {
  readonly ms: number;
  readonly cpuMs: number;
  readonly rss: number;
}

async function startOnce(kind: Kind, directory: string): Promise<Start> {
  const port = await freeUdpPort();
  const flow = kind === 'package' ? packageFlow(port, LINE_COUNT, 'disk') : handBuiltFlow(port, LINE_COUNT);
  const nodeRed = await NodeRed.start(directory, flow);
  await nodeRed.answers();
  const { cpu } = await nodeRed.report();
  const { rss } = await nodeRed.settledReport();
  await nodeRed.stop();
  return { ms: nodeRed.startMs, cpuMs: cpu / 1000, rss };
}
