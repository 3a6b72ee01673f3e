/** How a server does, for a bug report, with what only Node-RED knows. */
import type { NodeAPI } from 'node-red';
import type { Diagnostics } from '../../src/index.js';
import type { ConnectionState, GoipServerNode } from './connection.js';

export type NodeDiagnostics = Partial<Omit<Diagnostics, 'versions'>> & {
  readonly state: ConnectionState;
  readonly versions: Partial<Diagnostics['versions']> & { readonly nodeRed: string };
};

/** Of a server whose settings are of no use there is little to tell. */
export async function diagnosticsOf(RED: NodeAPI, { connection }: GoipServerNode): Promise<NodeDiagnostics> {
  const { versions, ...rest } = (await connection?.server.diagnosticsInTurns()) ?? {};
  // Its types say that it is a promise.
  const nodeRed = RED.version() as unknown as string;
  return { state: connection?.state ?? 'error', versions: { ...versions, nodeRed }, ...rest };
}
