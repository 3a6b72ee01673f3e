/** Who may see and change what, in a real Node-RED with users that log in; and that no route of ours was forgotten. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { NodeAPI } from 'node-red';
import goipIn from '../../nodes/goip-in.js';
import goipSend from '../../nodes/goip-send.js';
import goipServer from '../../nodes/goip-server.js';
import goipStatus from '../../nodes/goip-status.js';
import { NodeRedProcess, type FlowNode } from '../packaging/node-red-process.js';
import { ROOT, temporaryDirectory } from '../packaging/pack.js';
import { GoipSimulator } from '../../src/simulator/index.js';
import { freeUdpPort } from './free-port.js';

const COMMON = 'common-secret';
const OWN = 'own-secret';

/** Users of Node-RED; the hashes are those of `<name>-login`. */
const USERS = [
  { username: 'admin', permissions: '*', password: '$2b$04$RSemVpTqzWCJHRt75pYBjuS9YZLFXYrzdrz5h5U8htNMuPNaF1NOS' },
  { username: 'reader', permissions: 'read', password: '$2b$04$3wkd7pqQDMFIlokVQSdcSOagyk5893R3X0zZ3BIq3FZ0n2rZQPcC6' },
  {
    ...{ username: 'other', permissions: ['flows.read', 'library.read'] },
    password: '$2b$04$cXnpPmKNhKH.IWjQDq2tx.sPSHHYESgSgy.r0NrOwjZep0ZUFcgnW',
  },
];

interface Route {
  readonly method: string;
  readonly path: string;
  /** Undefined: everybody may. */
  readonly permission: unknown;
}

const ROUTES = routesOf(goipServer, goipIn, goipSend, goipStatus);

describe('the routes that the package adds to Node-RED', () => {
  it('are there to be looked at', () => {
    assert.deepEqual(
      ROUTES.map(({ method, path: route }) => `${method} ${route}`),
      ['get /goip/servers/:id'],
    );
  });

  for (const { method, path: route, permission } of ROUTES) {
    it(`${method} ${route} takes a permission`, () => assert.match(String(permission), /^goip-server\.(read|write)$/));
  }

  it('are all added in the one file that gives each its permission', () => {
    const folder = path.join(ROOT, 'nodes');
    const files = readdirSync(folder).filter((name) => name.endsWith('.ts'));
    const adding = files.filter((name) => /httpAdmin|httpNode/.test(readFileSync(path.join(folder, name), 'utf8')));
    assert.deepEqual(adding, ['admin-api.ts']);
  });
});

describe(`the admin API of Node-RED ${process.env.NODE_RED_MAJOR ?? '4'} with logins`, function () {
  this.timeout(60_000);
  const directory = temporaryDirectory();
  let nodeRed: NodeRedProcess;
  let gateway: GoipSimulator;
  let port: number;
  before(async () => {
    port = await freeUdpPort();
    const adminAuth = { type: 'credentials', users: USERS };
    nodeRed = await NodeRedProcess.startIn(directory.path, { nodesDir: [ROOT], adminAuth });
    const admin = await login('admin');
    assert.equal((await admin('POST', '/flows', { flows: flowOn(port) })).status, 200);
    // The deploy is acknowledged before the port is bound.
    gateway = new GoipSimulator({
      server: { host: '127.0.0.1', port },
      lines: [{ id: 'goip-01', password: OWN }],
      keepaliveInterval: 0.2,
    });
    await gateway.start();
    await gateway.whenRegistered();
  });
  after(async () => {
    await gateway.stop();
    await nodeRed.stop('SIGKILL');
  });

  it('tells the state of a server to who may read', async () => {
    gateway.line('goip-01').sendRaw(`req:1;id:stranger;pass:${COMMON};`);
    gateway.line('goip-01').sendRaw('nonsense');
    // What a socket sends stays in order.
    await gateway.line('goip-01').receiveSms({ from: '+1', text: 'after it' });
    for (const user of ['admin', 'reader'] as const) {
      const { status, text } = await (await login(user))('GET', '/goip/servers/server');
      assert.equal(status, 200);
      const { state, lines, jobs, rejected, dropped, ...more } = JSON.parse(text) as ServerState;
      assert.deepEqual([state, jobs, more], ['listening', [], {}]);
      assert.deepEqual(
        lines.map(({ device, online }) => [device, online]),
        [
          ['goip-01', true],
          ['goip-02', false],
        ],
      );
      assert.deepEqual([rejected[0]?.id, rejected[0]?.reason], ['stranger', 'unknown id']);
      assert.deepEqual([dropped['unauthorized'], dropped['malformed']], [1, 1]);
    }
  });

  it('tells of a server with unusable settings that it is in error, and answers 404 with a code for what is none', async () => {
    const reader = await login('reader');
    const broken = await reader('GET', '/goip/servers/broken');
    assert.deepEqual(JSON.parse(broken.text), { state: 'error', lines: [], jobs: [], rejected: [], dropped: {} });
    for (const id of ['nobody', 'in', '__proto__', '..%2Fserver']) {
      const { status, text } = await reader('GET', `/goip/servers/${id}`);
      assert.deepEqual([status, (JSON.parse(text) as { code: string }).code], [404, 'GOIP_NO_SERVER'], id);
    }
  });

  for (const { method, path: route } of ROUTES) {
    it(`${method} ${route} is closed without a login, and to users without its permission`, async () => {
      const url = route.replace(':id', 'server');
      for (const [who, ask] of [
        ['nobody', request()],
        ['a made-up token', request('made-up')],
        ['another user', await login('other')],
      ] as const) {
        const { status, text } = await ask(method.toUpperCase(), url);
        assert([401, 403].includes(status), `${who}: ${status}`);
        assert.doesNotMatch(text, /goip-01|state/, who);
      }
    });
  }

  it('shows passwords to nobody', async () => {
    for (const user of ['admin', 'reader'] as const) {
      const ask = await login(user);
      for (const url of ['/flows', '/credentials/goip-server/server', '/goip/servers/server']) {
        const { status, text } = await ask('GET', url);
        assert.equal(status, 200, url);
        assert.doesNotMatch(text, /secret/, `${user}: ${url}`);
      }
    }
  });

  it('lets nobody deploy who may not write', async () => {
    for (const ask of [request(), await login('reader'), await login('other')]) {
      const { status } = await ask('POST', '/flows', { flows: [] });
      assert([401, 403].includes(status), String(status));
    }
    const { text } = await (await login('reader'))('GET', '/flows');
    assert.match(text, /"goip-server"/);
  });

  type Ask = (
    method: string,
    url: string,
    body?: object,
  ) => Promise<{ readonly status: number; readonly text: string }>;

  function request(token?: string): Ask {
    const headers = {
      ...{ Accept: 'application/json', 'Content-Type': 'application/json', 'Node-RED-API-Version': 'v2' },
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
    };
    return async (method, url, body) => {
      const response = await fetch(nodeRed.url + url, { method, headers, body: body ? JSON.stringify(body) : null });
      return { status: response.status, text: await response.text() };
    };
  }

  async function login(username: 'admin' | 'reader' | 'other'): Promise<Ask> {
    const credentials = { username, password: `${username}-login`, scope: '' };
    const form = { client_id: 'node-red-editor', grant_type: 'password', ...credentials };
    const { status, text } = await request()('POST', '/auth/token', form);
    assert.equal(status, 200, text);
    return request((JSON.parse(text) as { access_token: string }).access_token);
  }
});

interface ServerState {
  readonly state: string;
  readonly lines: readonly { readonly device: string; readonly online: boolean }[];
  readonly jobs: readonly unknown[];
  readonly rejected: readonly { readonly id: string; readonly reason: string }[];
  readonly dropped: Readonly<Record<string, number>>;
}

function flowOn(port: number): FlowNode[] {
  const devices = ['goip-01', 'goip-02'].map((id) => ({ key: id, id, name: '' }));
  const credentials = { password: COMMON, passwords: { 'goip-01': OWN } };
  return [
    { id: 'tab', type: 'tab', label: 'permissions' },
    { id: 'server', type: 'goip-server', host: '127.0.0.1', port, devices, credentials },
    { id: 'broken', type: 'goip-server', port: 'none', devices },
    { id: 'in', type: 'goip in', z: 'tab', x: 100, y: 100, server: 'server', wires: [[], []] },
  ];
}

/** What node files add to Node-RED's two web servers when they are loaded. */
function routesOf(...files: readonly ((RED: NodeAPI) => unknown)[]): Route[] {
  const routes: Route[] = [];
  const app = new Proxy(
    {},
    {
      get: (_app, method) => (route: unknown, handler?: { readonly permission?: unknown }) => {
        routes.push({ method: String(method), path: String(route), permission: handler?.permission });
      },
    },
  );
  const needsPermission = (permission: string) => Object.assign(() => undefined, { permission });
  const nodes = { registerType: () => undefined };
  for (const file of files) file({ httpAdmin: app, httpNode: app, auth: { needsPermission }, nodes } as never);
  return routes;
}
