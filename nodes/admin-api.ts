/** What the package answers on Node-RED's admin API. */
import type { NodeAPI } from 'node-red';
import type { GoipServerNode } from './connection.js';

/** A row of the table is all that it takes to add a route, and none goes without a permission. */
interface Route {
  readonly path: string;
  /** What a user must be allowed, in the words of `adminAuth`: `*` and `read` hold `goip-server.read`. */
  readonly permission: 'goip-server.read';
  /** For people to see: never with a secret in it. */
  readonly answer: (server: GoipServerNode) => object;
}

const ROUTES: readonly Route[] = [
  {
    path: '/goip/servers/:id',
    permission: 'goip-server.read',
    answer: ({ connection }) => ({
      // Settings of no use: the log says which.
      state: connection?.state ?? 'error',
      lines: connection?.server.lines() ?? [],
      jobs: connection?.server.jobs() ?? [],
      rejected: connection?.server.rejected ?? [],
      dropped: connection?.server.dropped ?? {},
    }),
  },
];

export function serveAdminApi(RED: NodeAPI): void {
  for (const { path, permission, answer } of ROUTES) {
    RED.httpAdmin.get(path, RED.auth.needsPermission(permission), (request, response) => {
      const node = RED.nodes.getNode(String(request.params['id'])) as GoipServerNode | null;
      if (node?.type === 'goip-server') response.json(answer(node));
      else response.status(404).json({ code: 'GOIP_NO_SERVER', message: 'there is no GoIP server with this id' });
    });
  }
}
