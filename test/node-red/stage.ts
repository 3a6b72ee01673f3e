/** Flows and gateways that the tests of the nodes have in common. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { GoipSimulator, LineSettings } from '../../src/simulator/index.js';
import { freeUdpPort } from './free-port.js';
import { recorder, type FlowNode, type Message, type NodeRed } from './harness.js';

export const TAB: FlowNode = { id: 'tab', type: 'tab', label: 'test' };
export const IDS = ['goip-01', 'goip-02'] as const;
export const PASSWORD = 'correct horse';
export const CREDENTIALS = { server: { password: PASSWORD } };

/** The device list of {@link serverNode}, with what a test adds to some of its rows. */
export function deviceRows(additions: Readonly<Partial<Record<(typeof IDS)[number], object>>> = {}): object[] {
  return IDS.map((id) => ({ key: `key-${id}`, id, name: `Line ${id}`, ...additions[id] }));
}

export function serverNode(port: number, properties: object = {}): FlowNode {
  return { id: 'server', type: 'goip-server', host: '127.0.0.1', port, devices: deviceRows(), ...properties };
}

/** A flow node with recorders at its outputs. */
export function flowNode(type: string, id: string, outputs: readonly string[], properties: object = {}): FlowNode[] {
  const node = { id, type, z: 'tab', server: 'server', wires: outputs.map((output) => [output]), ...properties };
  return [node, ...outputs.map(recorder)];
}

/** Nodes that tell how the inputs of a node end: recorders `caught` and `completed`. */
export function outcomeNodes(id: string): FlowNode[] {
  return [
    { id: 'catch', type: 'catch', z: 'tab', scope: [id], wires: [['caught']] },
    { id: 'complete', type: 'complete', z: 'tab', scope: [id], wires: [['completed']] },
    recorder('caught'),
    recorder('completed'),
  ];
}

export function errorIn(message: Message): { message: string; code?: string; source: { id: string } } {
  return message['error'] as ReturnType<typeof errorIn>;
}

/** A gateway with the lines of {@link serverNode}, registered. */
export async function startGateway(
  nodeRed: NodeRed,
  port: number,
  settings: Partial<LineSettings> = {},
): Promise<GoipSimulator> {
  const gateway = await nodeRed.startGateway({
    server: { host: '127.0.0.1', port },
    lines: IDS.map((id) => ({ id, password: PASSWORD })),
    lineTime: 0.005,
    ...settings,
  });
  await gateway.whenRegistered();
  return gateway;
}

/** Deploys a server with the given nodes, and starts the gateway. */
export async function startFlow(
  nodeRed: NodeRed,
  nodes: readonly FlowNode[],
  { server = {}, gateway = {} }: { server?: object; gateway?: Partial<LineSettings> } = {},
): Promise<{ flow: FlowNode[]; port: number; gateway: GoipSimulator }> {
  const port = await freeUdpPort();
  const flow = [TAB, serverNode(port, server), ...nodes];
  await nodeRed.loadFlow(flow, CREDENTIALS);
  const [first] = nodes;
  if (first) await nodeRed.whenStatus(first.id, 'listening');
  return { flow, port, gateway: await startGateway(nodeRed, port, gateway) };
}

export async function assertFree(port: number): Promise<void> {
  const socket = await occupy(port);
  socket.close();
  await once(socket, 'close');
}

/** Somebody else on a UDP port. */
export async function occupy(port: number): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.bind({ port, address: '127.0.0.1', exclusive: true });
  try {
    await once(socket, 'listening');
  } catch (error) {
    socket.close();
    throw error;
  }
  return socket;
}
