/** What a deploy costs with a long device list, against what Node-RED itself takes for a node with such a list. */
import path from 'node:path';
import { freeUdpPort } from '../node-red/free-port.js';
import { milliseconds, ratiosOf, spread, times, whole, type Figure, type Row } from './figures.js';
import { crowdFlow, listFlow, server, type FlowFile } from './flows.js';
import { NodeRed, type Deployed } from './node-red-process.js';

const DEVICES = 10_000;

/** Each deploy changes the name of the node with the list. */
export const deploy: Row = async ({ count, rounds, directory }) => {
  const many = count(DEVICES);
  const some = many / 10;
  const flows = {
    many: crowdFlow(await freeUdpPort(), many, 12),
    some: crowdFlow(await freeUdpPort(), some, 12),
    list: listFlow(many),
  };
  const runs: Record<keyof typeof flows, readonly Deployed[]> = { many: [], some: [], list: [] };
  for (const kind of ['list', 'some', 'many'] as const) {
    runs[kind] = await deployed(path.join(directory, kind), flows[kind], rounds);
  }
  const size = `${rounds} deploys each`;
  const cpuOf = (kind: keyof typeof flows): number[] => runs[kind].map(({ cpuMs }) => cpuMs);
  const standstillsOf = (kind: keyof typeof flows): number[] => runs[kind].map(({ standstillMs }) => standstillMs);
  const perDevice = {
    many: cpuOf('many').map((ms) => (ms * 1000) / many),
    some: cpuOf('some').map((ms) => (ms * 1000) / some),
  };
  const micros = (values: readonly number[]): string => `${spread(values, whole)} µs`;
  const compare = (what: string, one: readonly number[], other: readonly number[], goal?: string): Figure => ({
    what: `${what}, ${many} devices with passwords, 12 nodes : a list as long in a comment node`,
    measured: spread(one, milliseconds),
    baseline: spread(other, milliseconds),
    ratio: spread(ratiosOf(one, other), times),
    ...(goal === undefined ? {} : { goal }),
    size,
  });
  return [
    compare('processor time of a deploy', cpuOf('many'), cpuOf('list'), '≤ 200 ms'),
    compare('longest standstill of the event loop in it', standstillsOf('many'), standstillsOf('list')),
    {
      what: `processor time per device, ${many} : ${some} devices`,
      measured: micros(perDevice.many),
      baseline: micros(perDevice.some),
      ratio: spread(ratiosOf(perDevice.many, perDevice.some), times),
      goal: '≤ 1.2',
      size,
    },
  ];
};

async function deployed(directory: string, file: FlowFile, rounds: number): Promise<Deployed[]> {
  const nodeRed = await NodeRed.start(directory, file);
  const found: Deployed[] = [];
  // The first one only warms up.
  for (let round = 0; round <= rounds; round += 1) {
    const changed = file.flow.map((node) => (node.id === server ? { ...node, name: String(round) } : node));
    const run = await nodeRed.deploy(changed);
    if (round > 0) found.push(run);
  }
  await nodeRed.stop();
  return found;
}
