/** Who may see and change what, in a real Node-RED with users that log in; and that no route of ours was forgotten. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { NodeAPI } from 'node-red';
import goipIn from '../../nodes/goip-in/runtime.js';
import goipSend from '../../nodes/goip-send/runtime.js';
import goipServer from '../../nodes/goip-server/runtime.js';
import goipStatus from '../../nodes/goip-status/runtime.js';
import { codeIn as wordsIn, sectionOf, tableRowsIn } from '../packaging/markdown.js';
import { NodeRedProcess, type FlowNode } from '../packaging/node-red-process.js';
import { ROOT, temporaryDirectory } from '../packaging/pack.js';
import { GoipSimulator } from '../../src/simulator/index.js';
import { Comms } from './comms.js';
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
  // Of whom Node-RED's comms take all.
  {
    ...{ username: 'status', permissions: ['status.read'] },
    password: '$2b$04$u7MSu.9H5PVuRMxsqjo5zeivIiqw6IzKrjPh.VyXerEzB4v1gKbmG',
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
      [
        'get /goip/watch',
        'get /goip/servers/:id',
        'get /goip/servers/:id/diagnostics',
        'post /goip/servers/:id/jobs',
        'post /goip/servers/:id/sms',
        'post /goip/servers/:id/trace',
      ],
    );
  });

  for (const { method, path: route, permission } of ROUTES) {
    it(`${method} ${route} takes the permission to ${method === 'get' ? 'read' : 'write'}`, () =>
      assert.equal(permission, `goip-server.${method === 'get' ? 'read' : 'write'}`));
  }

  it('are all in the docs, with their permission, and no others are', () => {
    const page = readFileSync(path.join(ROOT, 'docs', 'goip-status.md'), 'utf8');
    const rows = tableRowsIn(sectionOf(page, 'Without a node'));
    const documented = rows.map(([route = '', permission = '']) => [...wordsIn(route), ...wordsIn(permission)]);
    const written = ROUTES.map(({ method, path: route, permission }) => {
      return [`${method.toUpperCase()} ${route.replace('/goip/servers/:id', '…')}`, permission];
    });
    assert.deepEqual(documented.sort(), written.sort());
  });

  it('are all added in the one file that gives each its permission', () => {
    const folder = path.join(ROOT, 'nodes');
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
    const adding = files.filter((name) => /httpAdmin|httpNode/.test(readFileSync(path.join(folder, name), 'utf8')));
    assert.deepEqual(adding, [path.join('shared', 'admin-api.ts')]);
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
      lineTime: 0.05,
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
      const { state, lines, jobs, jobCount, rejected, dropped, ...more } = JSON.parse(text) as ServerState;
      assert.deepEqual([state, jobs, jobCount, more], ['listening', [], 0, {}]);
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
    assert.deepEqual(JSON.parse(broken.text), {
      ...{ state: 'error', lines: [], jobs: [], jobCount: 0, rejected: [], dropped: {} },
    });
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
        ['one who may see statuses', await login('status')],
        ...(method === 'get' ? [] : [['one who may only read', await login('reader')] as const]),
      ] as const) {
        const { status, text } = await ask(method.toUpperCase(), url);
        assert([401, 403].includes(status), `${who}: ${status}`);
        assert.doesNotMatch(text, /goip-01|state|ticket/, who);
      }
    });
  }

  it('answers 404 with a code for a server that is none, and for one that cannot do it, whatever the route', async () => {
    const admin = await login('admin');
    for (const { method, path: route } of ROUTES.filter(({ path: one }) => one.includes(':id'))) {
      const ids = ['nobody', 'in', ...(method === 'post' ? ['broken'] : [])];
      for (const id of ids) {
        const { status, text } = await admin(method.toUpperCase(), route.replace(':id', id));
        assert.deepEqual([status, codeIn(text)], [404, 'GOIP_NO_SERVER'], `${route} ${id}`);
      }
    }
  });

  it('tells the diagnostics of a server, and what there is to tell of a broken one', async () => {
    const reader = await login('reader');
    const { text } = await reader('GET', '/goip/servers/server/diagnostics');
    const { state, versions, lines } = JSON.parse(text) as Diagnostics;
    assert.equal(state, 'listening');
    assert.match(versions.nodeRed, /^\d+\.\d+\.\d+/);
    assert.match(String(versions.package), /^\d+\.\d+\.\d+/);
    assert.deepEqual(
      lines?.map(({ device }) => device),
      ['goip-01', 'goip-02'],
    );
    const broken = await reader('GET', '/goip/servers/broken/diagnostics');
    assert.deepEqual(JSON.parse(broken.text), { state: 'error', versions: { nodeRed: versions.nodeRed } });
  });

  it('sends a test SMS on the line that is named, and tells what became of it', async () => {
    const admin = await login('admin');
    const { status, text } = await admin('POST', '/goip/servers/server/sms', {
      ...{ device: 'goip-01', to: '+12025550123', text: 'a test' },
    });
    const { id, ...outcome } = JSON.parse(text) as { id: string };
    assert.deepEqual([status, outcome], [200, { state: 'sent', code: null, reason: null }]);
    assert(id.length > 0);
    assert.deepEqual(gateway.onAir.at(-1)?.text, 'a test');
  });

  it('sends none that is not for one number on one line, and says what is wrong', async () => {
    const admin = await login('admin');
    const sms = { device: 'goip-01', to: '+12025550123', text: 'a test' };
    const before = gateway.onAir.length;
    for (const [wrong, code] of [
      [{ device: 'stranger' }, 'GOIP_UNKNOWN_DEVICE'],
      [{ device: '' }, 'GOIP_UNKNOWN_DEVICE'],
      [{ device: ['goip-01'] }, 'GOIP_UNKNOWN_DEVICE'],
      [{ device: undefined }, 'GOIP_UNKNOWN_DEVICE'],
      [{ to: '+12025550123, +12025550124' }, 'GOIP_BAD_NUMBER'],
      [{ to: '' }, 'GOIP_NO_RECIPIENT'],
      [{ to: ['+12025550123'] }, 'GOIP_BAD_NUMBER'],
      [{ to: 'Jane' }, 'GOIP_BAD_NUMBER'],
      [{ text: '' }, 'GOIP_TEXT_EMPTY'],
      [{ text: { toString: 'x' } }, 'GOIP_TEXT_EMPTY'],
    ] as const) {
      const { status, text } = await admin('POST', '/goip/servers/server/sms', { ...sms, ...wrong });
      assert.deepEqual([status, codeIn(text)], [400, code], JSON.stringify(wrong));
    }
    assert.equal(gateway.onAir.length, before);
  });

  it('takes no orders from forms, which any web page can post', async () => {
    const before = gateway.onAir.length;
    const sms = { device: 'goip-01', to: '+12025550123', text: 'from a form' };
    const forms = [new URLSearchParams(sms), JSON.stringify(sms)];
    for (const body of forms) {
      const headers = { Authorization: `Bearer ${await tokenOf('admin')}` };
      const response = await fetch(`${nodeRed.url}/goip/servers/server/sms`, { method: 'POST', headers, body });
      assert.equal(response.status, 415);
    }
    assert.equal(gateway.onAir.length, before);
  });

  it('pauses, resumes and cancels a job', async () => {
    const admin = await login('admin');
    const waiting = admin('POST', '/goip/servers/server/sms', { device: 'goip-02', to: '+1', text: 'it waits' });
    const job = await theJob(admin);
    const order = async (action: string): Promise<string> =>
      (await admin('POST', '/goip/servers/server/jobs', { action, jobId: job.id })).text;
    assert.deepEqual(JSON.parse(await order('pause')), { jobs: [job.id] });
    assert.equal((await theJob(admin)).state, 'paused');
    assert.deepEqual(JSON.parse(await order('resume')), { jobs: [job.id] });
    assert.equal((await theJob(admin)).state, 'running');
    assert.deepEqual(JSON.parse(await order('cancel')), { jobs: [job.id] });
    const { state, code } = JSON.parse((await waiting).text) as { state: string; code: string };
    assert.deepEqual([state, code], ['cancelled', 'GOIP_CANCELLED']);
    assert.deepEqual(JSON.parse(await order('cancel')), { jobs: [] });
    for (const body of [{ action: 'delete', jobId: job.id }, { action: 'pause' }, {}, { action: 'pause', jobId: 1 }]) {
      const { status, text } = await admin('POST', '/goip/servers/server/jobs', body);
      assert.deepEqual([status, codeIn(text)], [400, 'GOIP_BAD_SETTING']);
    }
  });

  it('traces what gateways and server say while somebody wants it, without passwords and texts', async () => {
    const [admin, reader] = [await login('admin'), await login('reader')];
    const diagnostics = async () =>
      JSON.parse((await reader('GET', '/goip/servers/server/diagnostics')).text) as Diagnostics;
    const trace = async () => (await diagnostics()).trace;
    const order = async (body: object): Promise<{ readonly status: number; readonly text: string }> =>
      admin('POST', '/goip/servers/server/trace', body);
    assert.equal(await trace(), null);
    const { until } = JSON.parse((await order({ on: true })).text) as { until: string };
    assert(Date.parse(until) > Date.now());
    await gateway.line('goip-01').receiveSms({ from: '+12025550123', text: 'for your eyes only' });
    const seen = await trace();
    assert.equal(seen?.until, until);
    const sms = seen.entries.find(({ text }) => text.startsWith('RECEIVE:'));
    assert.match(sms?.text ?? '', /^RECEIVE:…?\d+;id:goip-01;password:••••;srcnum:\+…123;msg:••••$/);
    assert.doesNotMatch(JSON.stringify(seen), /secret|eyes/);
    assert.deepEqual(JSON.parse((await order({ on: false })).text), { until: null });
    assert.equal(await trace(), null);
    for (const body of [{}, { on: 'yes' }, { on: null }]) {
      const { status, text } = await order(body);
      assert.deepEqual([status, codeIn(text)], [400, 'GOIP_BAD_SETTING']);
    }
    // With a deploy it ends. That is answered before the server listens again.
    await order({ on: true });
    await admin('POST', '/flows', { flows: flowOn(port) });
    while ((await diagnostics()).state !== 'listening');
    assert.equal(await trace(), null);
  });

  it('tells an editor what is new, and nobody who may not read', async () => {
    const [mine, others] = [await openComms('reader'), await openComms('status')];
    const { text } = await (await login('reader'))('GET', '/goip/watch');
    const { ticket } = JSON.parse(text) as { ticket: string };
    others.send('goip/watch', { ticket: 'made up' });
    for (const odd of [null, 1, {}, { ticket: 1 }, { ticket: { toString: ticket } }]) others.send('goip/watch', odd);
    mine.send('goip/watch', { ticket });
    assert.deepEqual(await mine.next('goip/live'), { servers: ['server', 'broken'] });
    const hasServer = (id: string) => (data: unknown) => (data as LiveMessage).server?.id === id;
    const { server } = (await mine.next('goip/live', hasServer('server'))) as LiveMessage;
    assert.deepEqual([server?.state, server?.isWhole, server?.lines.length], ['listening', true, 2]);
    const broken = (await mine.next('goip/live', hasServer('broken'))) as LiveMessage;
    assert.equal(broken.server?.state, 'error');

    await gateway.line('goip-01').receiveSms({ from: '+1', text: 'hello' });
    const isNews = (data: unknown): boolean => {
      const { server: one } = data as LiveMessage;
      return one?.isWhole === false && one.lines.some(({ device }) => device === 'goip-01');
    };
    const news = (await mine.next('goip/live', isNews)) as LiveMessage;
    assert.equal(news.server?.lines.length, 1);
    assert.doesNotMatch(JSON.stringify(mine.received), /secret|hello/);
    // It is told of statuses, and so would have been told of the rest.
    const admin = await login('admin');
    await admin('POST', '/flows', { flows: flowOn(port) });
    await others.next('notification/runtime-deploy');
    assert.deepEqual(
      others.received.filter(({ topic }) => topic.startsWith('goip/')),
      [],
    );
    await Promise.all([mine.close(), others.close()]);
  });

  it('takes no server for gone while a deploy waits for what a device has in hand', async () => {
    const line = gateway.line('goip-01');
    line.configure({ lineTime: 2 });
    const admin = await login('admin');
    const { ticket } = JSON.parse((await admin('GET', '/goip/watch')).text) as { ticket: string };
    const comms = await openComms('admin');
    comms.send('goip/watch', { ticket });
    const isWhole = (data: unknown): boolean => {
      const { server } = data as LiveMessage;
      return server?.id === 'server' && server.isWhole;
    };
    await comms.next('goip/live', isWhole);
    comms.received.splice(0);
    const isInHand = new Promise<void>((resolve) => {
      gateway.on('session', ({ change }) => change === 'authenticated' && resolve());
    });
    const sms = { device: 'goip-01', to: '+12025550101', text: 'hello' };
    const sent = admin('POST', '/goip/servers/server/sms', sms);
    await isInHand;
    await admin('POST', '/flows', { flows: flowOn(port) });
    await comms.next('goip/live', isWhole);
    assert.deepEqual(
      comms.received.filter(({ data }) => (data as Partial<{ servers: readonly string[] }>).servers?.length === 0),
      [],
    );
    line.configure({ lineTime: 0.05 });
    await sent;
    await comms.close();
  });

  it('shows passwords to nobody', async () => {
    for (const user of ['admin', 'reader'] as const) {
      const ask = await login(user);
      const own = ROUTES.filter(({ method }) => method === 'get').map(({ path: route }) =>
        route.replace(':id', 'server'),
      );
      for (const url of ['/flows', '/credentials/goip-server/server', ...own]) {
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

  type User = 'admin' | 'reader' | 'other' | 'status';

  async function login(username: User): Promise<Ask> {
    return request(await tokenOf(username));
  }

  async function openComms(username: User): Promise<Comms> {
    return Comms.open(nodeRed.url, await tokenOf(username));
  }

  async function theJob(ask: Ask): Promise<JobState> {
    for (;;) {
      const { text } = await ask('GET', '/goip/servers/server');
      const [job] = (JSON.parse(text) as ServerState).jobs;
      if (job) return job;
    }
  }

  async function tokenOf(username: User): Promise<string> {
    const credentials = { username, password: `${username}-login`, scope: '' };
    const form = { client_id: 'node-red-editor', grant_type: 'password', ...credentials };
    const { status, text } = await request()('POST', '/auth/token', form);
    assert.equal(status, 200, text);
    return (JSON.parse(text) as { access_token: string }).access_token;
  }
});

function codeIn(text: string): string {
  return (JSON.parse(text) as { code: string }).code;
}

interface JobState {
  readonly id: string;
  readonly state: string;
}

interface Diagnostics {
  readonly state: string;
  readonly versions: { readonly nodeRed: string; readonly package?: string };
  readonly lines?: readonly { readonly device: string }[];
  readonly trace?: { readonly until: string; readonly entries: readonly { readonly text: string }[] } | null;
}

interface LiveMessage {
  readonly servers?: readonly string[];
  readonly server?: {
    readonly id: string;
    readonly state: string;
    readonly isWhole: boolean;
    readonly lines: readonly { readonly device: string }[];
  };
}

interface ServerState {
  readonly state: string;
  readonly lines: readonly { readonly device: string; readonly online: boolean }[];
  readonly jobCount: number;
  readonly jobs: readonly JobState[];
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
