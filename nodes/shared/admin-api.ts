/** What the package answers on Node-RED's admin API. */
import type { NodeAPI } from 'node-red';
import { GoipError, safeMessageOf, type GoipServer } from '../../src/index.js';
import type { GoipServerNode } from './connection.js';
import { diagnosticsOf } from './diagnostics.js';
import { sendJson } from './json-answer.js';
import type { LiveView } from './live-view.js';
import { sendTestSms } from './test-sms.js';

/** A row of the table is all that it takes to add a route, and none goes without a permission. */
interface Route {
  readonly method: 'get' | 'post';
  readonly path: string;
  /** What a user must be allowed, in the words of `adminAuth`: `*` holds both, `read` holds `goip-server.read`. */
  readonly permission: 'goip-server.read' | 'goip-server.write';
  /**
   * For people to see: never with a secret in it.
   * @throws GoipError for what cannot be done
   */
  readonly answer: (request: Request) => object | Promise<object>;
}

interface Request {
  readonly RED: NodeAPI;
  readonly live: LiveView;
  /** The `:id` of the path. @throws GoipError `GOIP_NO_SERVER` */
  readonly node: GoipServerNode;
  /** Whatever somebody has sent. */
  readonly body: Readonly<Record<string, unknown>>;
}

const ROUTES: readonly Route[] = [
  {
    method: 'get',
    path: '/goip/watch',
    permission: 'goip-server.read',
    answer: ({ live }) => ({ ticket: live.ticket() }),
  },
  {
    method: 'get',
    path: '/goip/servers/:id',
    permission: 'goip-server.read',
    answer: async ({ node: { connection } }) => ({
      // Settings of no use: the log says which.
      state: connection?.state ?? 'error',
      lines: (await connection?.server.linesInTurns()) ?? [],
      jobs: connection?.server.jobs() ?? [],
      jobCount: connection?.server.jobCount ?? 0,
      rejected: connection?.server.rejected ?? [],
      dropped: connection?.server.dropped ?? {},
    }),
  },
  {
    method: 'get',
    path: '/goip/servers/:id/diagnostics',
    permission: 'goip-server.read',
    answer: ({ RED, node }) => diagnosticsOf(RED, node),
  },
  {
    method: 'post',
    path: '/goip/servers/:id/jobs',
    permission: 'goip-server.write',
    answer: ({ node, body }) => changeJob(serverOf(node), body),
  },
  {
    method: 'post',
    path: '/goip/servers/:id/sms',
    permission: 'goip-server.write',
    answer: ({ node, body }) => sendTestSms(serverOf(node), body),
  },
  {
    method: 'post',
    path: '/goip/servers/:id/trace',
    permission: 'goip-server.write',
    answer: ({ node, body }) => switchTrace(serverOf(node), body),
  },
];

export function serveAdminApi(RED: NodeAPI, live: LiveView): void {
  for (const { method, path, permission, answer } of ROUTES) {
    RED.httpAdmin[method](path, RED.auth.needsPermission(permission), (request, response) => {
      const asked: Request = {
        ...{ RED, live, body: (request.body ?? {}) as Request['body'] },
        get node() {
          return nodeOf(RED, String(request.params['id']));
        },
      };
      // Any web page can post a form, without being asked first; JSON it cannot.
      const isForm = method === 'post' && request.is('application/json') === false;
      if (isForm) {
        response.status(415).json({ code: 'error', message: 'an order must be sent as application/json' });
        return;
      }
      // Async, so that what is thrown is told as what is rejected.
      const answered = (async () => answer(asked))();
      answered.then(
        (body) => sendJson(response, body),
        (error: unknown) => {
          const { status, ...body } = problemOf(error);
          response.status(status).json(body);
        },
      );
    });
  }
}

function nodeOf(RED: NodeAPI, id: string): GoipServerNode {
  const node = RED.nodes.getNode(id) as GoipServerNode | null;
  if (node?.type === 'goip-server') return node;
  throw new GoipError('GOIP_NO_SERVER', 'there is no GoIP server with this id');
}

function serverOf({ connection }: GoipServerNode): GoipServer {
  if (connection) return connection.server;
  throw new GoipError('GOIP_NO_SERVER', 'the settings of the server are of no use; the log says which');
}

const JOB_ACTIONS = ['cancel', 'pause', 'resume'] as const;

/** Resolves to the ids of the jobs that it found: none where the job is over. */
async function changeJob(server: GoipServer, { action, jobId }: Request['body']): Promise<object> {
  const known = JOB_ACTIONS.find((name) => name === action);
  if (!known || typeof jobId !== 'string') {
    throw new GoipError('GOIP_BAD_SETTING', `needed are an action (${JOB_ACTIONS.join(', ')}) and a jobId`);
  }
  return { jobs: await server[known]({ jobId }) };
}

function switchTrace(server: GoipServer, { on }: Request['body']): object {
  if (typeof on !== 'boolean') throw new GoipError('GOIP_BAD_SETTING', 'needed is on, true or false');
  if (on) server.startTrace();
  else server.stopTrace();
  return { until: server.trace?.until ?? null };
}

function problemOf(error: unknown): { readonly status: number; readonly code: string; readonly message: string } {
  if (!(error instanceof GoipError)) return { status: 500, code: 'error', message: safeMessageOf(error) };
  const { message } = error;
  return { status: error.code === 'GOIP_NO_SERVER' ? 404 : 400, code: error.code, message };
}
