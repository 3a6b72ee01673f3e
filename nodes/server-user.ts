/** What every flow node does with its server: find it, register, show how it is, and leave again. */
import type { Node, NodeAPI, NodeStatus } from 'node-red';
import type { GoipServer } from '../src/index.js';
import type { Connection, GoipServerNode } from './connection.js';

export interface ServerUser {
  /** Undefined where the node has no server of use; its status says so. */
  readonly server: GoipServer | undefined;
  /** Shows the state of the connection, or what `override` has to say while there is nothing wrong with it. */
  readonly refreshStatus: () => void;
}

export interface ServerUserOptions {
  /** The server's node id. */
  readonly server: string;
  /** The lines that the node is about; empty for all. */
  readonly devices?: readonly string[];
  /** What the node shows instead of the lines; undefined for the lines. */
  readonly override?: () => NodeStatus | undefined;
  /** Called once all nodes of the flow are there, so that what is sent meets its receiver. Returns what ends it. */
  readonly started?: (server: GoipServer) => () => void;
}

export function useServer(RED: NodeAPI, node: Node, options: ServerUserOptions): ServerUser {
  const configNode = RED.nodes.getNode(options.server) as GoipServerNode | undefined;
  const connection = configNode?.connection;
  if (!connection) {
    node.status(configNode ? ERROR : NO_SERVER);
    return { server: undefined, refreshStatus: () => undefined };
  }
  const { server } = connection;
  const devices = options.devices?.length ? options.devices : undefined;
  const refreshStatus = (): void => node.status(statusOf(connection, devices, options.override?.()));
  let end: () => void = () => undefined;
  const onFlowsStarted = (): void => {
    end = options.started?.(server) ?? end;
  };
  connection.once('flowsStarted', onFlowsStarted);
  connection.register(node);
  connection.on('change', refreshStatus);
  refreshStatus();

  node.on('close', (removed: boolean, done: () => void) => {
    connection.off('flowsStarted', onFlowsStarted);
    connection.off('change', refreshStatus);
    end();
    void connection.deregister(node, removed).then(() => done());
  });
  return { server, refreshStatus };
}

/** Texts that begin with a letter are looked up in the node's catalogue, so they are their own keys there. */
const NO_SERVER: NodeStatus = { fill: 'grey', shape: 'ring', text: 'no server' };
const CONNECTING: NodeStatus = { fill: 'yellow', shape: 'ring', text: 'connecting' };
const LISTENING: NodeStatus = { fill: 'green', shape: 'ring', text: 'listening' };
const DISCONNECTED: NodeStatus = { fill: 'red', shape: 'ring', text: 'disconnected' };
const PORT_IN_USE: NodeStatus = { fill: 'red', shape: 'ring', text: 'port in use' };
const STORAGE_ERROR: NodeStatus = { fill: 'red', shape: 'dot', text: 'storage error' };
export const ERROR: NodeStatus = { fill: 'red', shape: 'dot', text: 'error' };

function statusOf(
  connection: Connection,
  devices: readonly string[] | undefined,
  override: NodeStatus | undefined,
): NodeStatus {
  switch (connection.state) {
    case 'closed':
    case 'connecting':
      return CONNECTING;
    case 'port in use':
      return PORT_IN_USE;
    case 'storage error':
      return STORAGE_ERROR;
    case 'error':
      return ERROR;
    case 'listening':
      return override ?? statusOfLines(connection.server, devices);
  }
}

function statusOfLines(server: GoipServer, devices: readonly string[] | undefined): NodeStatus {
  const lines = server.lines(devices);
  const online = lines.filter((line) => line.online).length;
  if (online > 0) return { fill: 'green', shape: 'dot', text: `${online}/${lines.length}` };
  return lines.some((line) => line.lastSeen !== null) ? DISCONNECTED : LISTENING;
}
