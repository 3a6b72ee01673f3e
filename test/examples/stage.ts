/** An example as it comes out of the Import menu, with its own gateway. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { GoipSimulator, SimulatorOptions } from '../../src/simulator/index.js';
import { freeUdpPort } from '../node-red/free-port.js';
import type { Credentials, FlowNode, NodeRed } from '../node-red/harness.js';

/** As in the examples' list of devices. */
export const LINES = ['goip-01', 'goip-02', 'goip-03', 'goip-04'];

const SERVER = 'goip-server-example';
export const PASSWORD = 'the password of the gateway';

export interface Stage {
  readonly port: number;
  /** Starts a gateway with all lines of the examples; resolves when the server has acknowledged each. */
  readonly startGateway: (settings?: Partial<SimulatorOptions>) => Promise<GoipSimulator>;
}

/**
 * Imports an example, types the common password and deploys. The server gets a free port on loopback; `changes` are those
 * that a test needs to be quick, by node id; `credentials` are further ones that a user would type, `additions`
 * nodes that a test looks through.
 */
export async function startExample(
  nodeRed: NodeRed,
  name: string,
  changes: Readonly<Record<string, object>> = {},
  credentials: Credentials = {},
  additions: readonly FlowNode[] = [],
): Promise<Stage> {
  const port = await freeUdpPort();
  const flow = readExample(name);
  const all: Readonly<Record<string, object>> = {
    ...changes,
    [SERVER]: { host: '127.0.0.1', port, ...changes[SERVER] },
  };
  for (const id of Object.keys(all)) assert(nodeNamed(flow, id), `${name} has no node ${id}`);
  await nodeRed.loadFlow([...flow.map((node) => ({ ...node, ...all[node.id] })), ...additions], {
    ...credentials,
    [SERVER]: { password: PASSWORD },
  });
  const user = flow.find(({ type }) => type.startsWith('goip ')) ?? assert.fail(`${name} has no GoIP node`);
  await nodeRed.whenStatus(user.id, 'listening');

  const startGateway = async (settings: Partial<SimulatorOptions> = {}): Promise<GoipSimulator> => {
    const gateway = await nodeRed.startGateway({
      server: { host: '127.0.0.1', port },
      lines: LINES.map((id) => ({ id, password: PASSWORD })),
      lineTime: 0.005,
      ...settings,
    });
    await gateway.whenRegistered();
    return gateway;
  };
  return { port, startGateway };
}

/** All that went on air, as `device → number: text`, sorted as lines send side by side. */
export function onAir(gateway: GoipSimulator): string[] {
  return gateway.onAir.map(({ device, to, text }) => `${device} → ${to}: ${text}`).sort();
}

export function readExample(name: string): FlowNode[] {
  return JSON.parse(readFileSync(path.join(__dirname, '..', '..', 'examples', `${name}.json`), 'utf8')) as FlowNode[];
}

function nodeNamed(flow: readonly FlowNode[], id: string): FlowNode | undefined {
  return flow.find((node) => node.id === id);
}
