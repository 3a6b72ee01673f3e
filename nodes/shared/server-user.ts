/** What every flow node does with its server: find it, register, show how it is, and leave again. */
import type { Node, NodeAPI, NodeStatus } from 'node-red';
import type { GoipServer, LineCounts, StorageDamage } from '../../src/index.js';
import type { Connection, GoipServerNode } from './connection.js';
import { StatusDisplay } from './status-display.js';

export interface ServerUser {
  /** Undefined where the node has no server of use; its status says so. */
  readonly server: GoipServer | undefined;
  /** Shows what `override` returns while nothing is wrong with the connection; not at every call, see {@link StatusDisplay}. */
  readonly refreshStatus: () => void;
  /** Calls back when a message can be sent: at once, or after the deploy that is under way. */
  readonly whenFlowing: (callback: () => void) => void;
}

export interface ServerUserOptions {
  /** The server's node id. Flows made by hand hold anything. */
  readonly server: unknown;
  /** The lines that the node is about; empty for all. */
  readonly devices?: readonly string[];
  /** What the node shows instead of the lines; undefined for the lines. */
  readonly override?: () => NodeStatus | undefined;
  /** Called at once. What the server delivers it holds until all nodes of the flow are there. Returns what ends it. */
  readonly joined?: (server: GoipServer) => () => void;
  /** Called once all nodes of the flow are there, so that what is sent meets its receiver. Returns what ends it. */
  readonly started?: (server: GoipServer) => () => void;
}

export function useServer(RED: NodeAPI, node: Node, options: ServerUserOptions): ServerUser {
  const id = typeof options.server === 'string' ? options.server : '';
  const configNode = RED.nodes.getNode(id) as GoipServerNode | undefined;
  const connection = configNode?.type === 'goip-server' ? configNode.connection : undefined;
  if (!connection) {
    node.status(configNode ? ERROR : NO_SERVER);
    return { server: undefined, refreshStatus: () => undefined, whenFlowing: (callback) => callback() };
  }
  const { server } = connection;
  const devices = options.devices?.length ? options.devices : undefined;
  const watch = server.watchLines(devices, () => display.refresh());
  const display = new StatusDisplay(
    () => statusOf(connection, watch.counts, options.override?.()),
    (status) => node.status(status),
  );
  const onChange = (): void => display.refreshNow();
  const leave = options.joined?.(server);
  let end: () => void = () => undefined;
  const onFlowsStarted = (): void => {
    end = options.started?.(server) ?? end;
  };
  connection.once('flowsStarted', onFlowsStarted);
  connection.register(node);
  connection.on('change', onChange);
  display.refreshNow();

  node.on('close', (removed: boolean, done: () => void) => {
    connection.off('flowsStarted', onFlowsStarted);
    connection.off('change', onChange);
    watch.stop();
    display.close();
    leave?.();
    end();
    void connection.deregister(node, removed).then(() => done());
  });
  return {
    server,
    refreshStatus: () => display.refresh(),
    whenFlowing: (callback) => connection.whenFlowing(callback),
  };
}

/** Texts that begin with a letter are looked up in the node's catalogue, so they are their own keys there. */
const NO_SERVER: NodeStatus = { fill: 'grey', shape: 'ring', text: 'no server' };
const CONNECTING: NodeStatus = { fill: 'yellow', shape: 'ring', text: 'connecting' };
const LISTENING: NodeStatus = { fill: 'green', shape: 'ring', text: 'listening' };
const DISCONNECTED: NodeStatus = { fill: 'red', shape: 'ring', text: 'disconnected' };
const PORT_IN_USE: NodeStatus = { fill: 'red', shape: 'ring', text: 'port in use' };
const STORAGE_ERROR: NodeStatus = { fill: 'red', shape: 'dot', text: 'storage error' };
export const ERROR: NodeStatus = { fill: 'red', shape: 'dot', text: 'error' };

function statusOf(connection: Connection, counts: LineCounts, override: NodeStatus | undefined): NodeStatus {
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
      return override ?? withLoss(statusOfLines(counts), counts, connection.server.storageDamage);
  }
}

/**
 * Until the next start, the number of SMS, jobs, results and numbers that a damaged journal has lost or left in doubt; `?` if it
 * is not known, `4+` if it may be higher.
 */
function withLoss(status: NodeStatus, { online, known }: LineCounts, damage: StorageDamage | undefined): NodeStatus {
  if (!damage) return status;
  const lost = [damage.sms, damage.jobs, damage.results, damage.unknown];
  const sum = lost.reduce<number>((total, one) => total + (one ?? 0), 0);
  const count = lost.includes(null) ? '?' : `${sum}${damage.atLeast.length > 0 ? '+' : ''}`;
  return { ...status, fill: 'yellow', text: `${online}/${known} ⚠ ${count}` };
}

function statusOfLines({ known, online, heard }: LineCounts): NodeStatus {
  if (online > 0) return { fill: 'green', shape: 'dot', text: `${online}/${known}` };
  return heard > 0 ? DISCONNECTED : LISTENING;
}
