/** Flows to open in the editor. */
import assert from 'node:assert/strict';
import { GoipSimulator, type LineOptions } from '../../src/simulator/index.js';
import { freeUdpPort } from '../node-red/free-port.js';
import type { FlowNode } from '../packaging/node-red-process.js';
import type { Editor } from './editor.js';

export const IDS = ['goip-01', 'goip-02', 'goip-03'] as const;

/** A server with three devices, and a node of each type that uses it: their ids. */
export interface NodeSet {
  readonly port: number;
  readonly server: string;
  readonly in: string;
  readonly send: string;
  readonly status: string;
  /** As in the flow file. */
  readonly nodes: readonly FlowNode[];
}

export const TAB: FlowNode = { id: 'tab', type: 'tab', label: 'test' };

/**
 * To be called in a `describe`: one page for all its tests, as loading takes most of the time, and for each test nodes and
 * a server of its own. The function returned hands them out. `change` makes of their nodes what is to be in the flow.
 */
export function useNodeSets(
  editor: Editor,
  count: number,
  credentials: object = {},
  change = (node: FlowNode): FlowNode => node,
): () => NodeSet {
  let sets: NodeSet[] = [];
  before(async () => {
    sets = [];
    for (let row = 0; row < count; row += 1) {
      const set = makeNodeSet(row, await freeUdpPort(), credentials);
      sets.push({ ...set, nodes: set.nodes.map(change) });
    }
    await editor.open([TAB, ...sets.flatMap(({ nodes }) => nodes)]);
  });
  return () => sets.shift() ?? assert.fail(`there are more than ${count} tests`);
}

let made = 0;

/** As the editor saves them, with the defaults of all settings. */
export function makeNodeSet(row: number, port: number, credentials: object = {}): NodeSet {
  // Of their own, as the page of another test may still know how its servers were.
  made += 1;
  const ids = { server: `server-${made}`, in: `in-${made}`, send: `send-${made}`, status: `status-${made}` };
  const devices = IDS.map((id, index) => ({ key: `key-${index + 1}`, id, name: `Line ${index + 1}` }));
  const at = (x: number) => ({ z: TAB.id, x, y: 60 + 80 * row, name: '', server: ids.server, version: 1 });
  const nodes: FlowNode[] = [
    {
      ...{ id: ids.server, type: 'goip-server', name: `Gateway ${row}`, host: '127.0.0.1', port, devices, version: 2 },
      ...{ offlineAfter: 92, keepaliveStatus: 0, resendInterval: 5, resendCount: 3 },
      ...{ statusQuery: 'auto', queryInterval: 3, sessionsPerLine: 1, credentials },
      ...{ joinParts: 0, storage: 'disk', retention: 7, queueLimit: 100_000 },
      ...{ routes: [], attempts: 2, cooldown: 300 },
    },
    {
      ...{ id: ids.in, type: 'goip in', ...at(120), wires: [[], []] },
      ...{ devices: [], events: ['online', 'offline', 'keepalive'] },
    },
    {
      ...{ id: ids.send, type: 'goip send', ...at(320), wires: [[], []] },
      ...{ text: 'payload', textType: 'msg', to: 'to', toType: 'msg', device: '', deviceType: 'str' },
      ...{ expire: 'expire', expireType: 'msg', jobId: 'goip.jobId', jobIdType: 'msg' },
      ...{ priority: 'priority', priorityType: 'msg', maxParts: 'maxParts', maxPartsType: 'msg' },
      ...{ waitForReport: 'waitForReport', waitForReportType: 'msg' },
    },
    { id: ids.status, type: 'goip status', ...at(520), wires: [[]], devices: [], emit: 'change' },
  ];
  return { ...ids, port, nodes };
}

/** Opens a section of the server's dialog, which must be open. */
export async function openSection(editor: Editor, title: string): Promise<void> {
  await editor.page.locator('.goip-server-advanced summary').getByText(title, { exact: true }).click();
}

/** To be called in a `describe`: gateways that are stopped after each test. */
export function useGateways(): (port: number, lines: readonly LineOptions[]) => Promise<GoipSimulator> {
  const gateways: GoipSimulator[] = [];
  afterEach(() => Promise.all(gateways.splice(0).map((gateway) => gateway.stop())));
  return async (port, lines) => {
    // A deploy is acknowledged before the port is bound.
    const settings = { keepaliveInterval: 0.2, lineTime: 0.05 };
    const gateway = new GoipSimulator({ server: { host: '127.0.0.1', port }, lines, ...settings });
    gateways.push(gateway);
    await gateway.start();
    return gateway;
  };
}
