/**
 * Everything that a real Node-RED lets out in a run in which devices and people do with passwords what they should not:
 * its log, its messages, its answers and its files. None of it may hold a password. Texts of SMS are untouched by contract,
 * so none of these holds one.
 */
import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { LevelStore } from '../../src/journal/level-store.js';
import { EVENT_KINDS } from '../../src/index.js';
import { NodeRedProcess, type FlowNode } from '../packaging/node-red-process.js';
import { ROOT } from '../packaging/pack.js';
import { Comms } from './comms.js';
import { freeUdpPort } from './free-port.js';

/** Each is found by itself, wherever it stands. */
const SECRETS = {
  common: 'kz4Common',
  own: 'kz4Own',
  /** The server's password of a device that has another one. */
  expected: 'kz4Expected',
  actual: 'kz4Actual',
  wrong: 'kz4Wrong',
  badId: 'kz4OfBadId',
  uncarriable: 'kz4Un;carriable',
  badAllow: 'kz4OfBadAllow',
  edited: 'kz4Edited',
  automated: 'kz4Automated',
};
/** What all of them begin with. */
const MARK = 'kz4';

const { common, own, expected, actual, wrong } = SECRETS;

describe(`passwords, in a run of Node-RED ${process.env.NODE_RED_MAJOR ?? '4'} with everything logged`, function () {
  this.timeout(90_000);
  const devices: Device[] = [];
  let directory = '';
  let nodeRed: NodeRedProcess | undefined;
  /** What came out, by where. */
  const found: Record<string, string> = {};

  before(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'goip-secrets-'));
  });
  after(async () => {
    for (const device of devices) device.close();
    await nodeRed?.stop('SIGKILL');
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  });

  it('are nowhere', async () => {
    const port = await freeUdpPort();
    const open = async (answer?: Answer): Promise<Device> => {
      const device = await Device.open(port, answer);
      devices.push(device);
      return device;
    };
    nodeRed = await NodeRedProcess.startIn(directory, {
      nodesDir: [ROOT],
      verbose: true,
      logging: { console: { level: 'trace', audit: true, metrics: true } },
    });
    const flow = makeFlow(port);
    await nodeRed.deploy(flow);
    await nodeRed.logged(/text: 'listening'/);

    const live = await watch(nodeRed);
    await keepalives(await open());
    await strangers(await open());
    await reports(await open());
    await jobs(nodeRed, open);
    await press(nodeRed, 'ask', /rejected: \[/);
    await press(nodeRed, 'diagnose', /protocolErrors: \[/);
    await answers(nodeRed, 'before the edits');
    await edits(nodeRed, flow, await open());
    await answers(nodeRed, 'after them');
    await live.next('goip/live', (data) => JSON.stringify(data).includes('"name":"after the edits"'));
    found['the live view'] = JSON.stringify(live.received);
    await live.close();
    await nodeRed.stop('SIGTERM');
    found['the log'] = nodeRed.log.join('\n');
    await files();

    assertItHappened();
    for (const [place, text] of Object.entries(found)) {
      const at = text.indexOf(MARK);
      assert.equal(at, -1, `${place}: …${text.slice(Math.max(0, at - 200), at + 40)}…`);
    }
  });

  /** A device that registers, and puts its password where it does not belong. */
  async function keepalives(device: Device): Promise<void> {
    await device.registers('goip-01', own);
    await device.acked(`req:2;id:goip-01;signal:14pass:${own};pass:${own};`, 'reg:2;');
    await device.acked(`req:3;id:goip-01;password:${own};gsm_status:LOGINpass:${own};pro:Password:${own}`, 'reg:3;');
    await device.acked(`req:4;id:goip-01;pass:${own};weird:x${own}x;secret:${own};${own};${own}:1`, 'reg:4;');
    await device.acked(`req:4;id:goip-01;pass:${own};num:${own};pro:x${own};imsi:1${own}`, 'reg:4;');
    await device.acked(`req:5pass:${own};id:goip-01;pass:${own};`, 'reg:5');
    device.send(`req:6;id:goip-01;signal:14pass:${own};imei:1;`);
    device.send(`req:;id:goip-01;pass:${own};`);
    device.send(own);
    device.send(`${own}:1;id:goip-01`);
    device.send(`REQ ${own} pass:${own}`);
  }

  /** Keepalives and SMS with what is wrong. */
  async function strangers(device: Device): Promise<void> {
    device.send(`req:1;id:goip-01;pass:${wrong};`);
    device.send(`req:1;id:stranger;pass:${wrong};`);
    // Swapped: with the right password, with a wrong one, and with the common one.
    device.send(`req:1;id:${own};pass:goip-01;`);
    device.send(`req:1;id:${wrong};pass:goip-01;`);
    device.send(`req:1;id:${common};pass:goip-02;`);
    device.send(`req:1;id:${own};pass:${own};`);
    device.send(`req:1;id:goip-01pass:${own};password:${own};`);
    device.send(`RECEIVE:1;id:goip-01;password:${wrong};srcnum:+1;msg:hello`);
    device.send(`RECEIVE:2;id:${own};password:goip-01;srcnum:+1;msg:hello`);
    device.send(`RECEIVE:3;id:goip-01;srcnum:+1password:${own};msg:hello`);
    device.send(`NOVELTY:4;id:goip-01;password:${wrong};x:${wrong}`);
    await device.registers('goip-02', common);
  }

  /** SMS and reports of a device that is let in. */
  async function reports(device: Device): Promise<void> {
    await device.registers('goip-01', own);
    await device.acked(`RECEIVE:11;id:goip-01;password:${own};srcnum:INFO;msg:hello`, 'RECEIVE 11 OK');
    await device.acked(
      `NOVELTY:12;id:goip-01;password:${own};a:${own};${own}:1;b:xpass:${own};${own}`,
      'NOVELTY 12 OK',
    );
    await device.acked(`HANGUP:13;id:goip-01;pass:${own};num:10086;password:${own};cause:16`, 'HANGUP 13 OK');
    await device.acked(`HANGUP:16;id:goip-01;pass:${own};num:10086,cause:${own}`, 'HANGUP 16 OK');
    await device.acked(`USSN:17;id:goip-01;pass:${own};msg:your ${own}`, 'USSN 17 OK');
    await device.acked(`CELLINFO:14;id:goip-01;pass:${own};info:LAC,password:${own}`, 'CELLINFO 14 OK');
    await device.acked(`STATE:15;id:goip-01;pass:${own};gsm_remain_state:INCOMING:10086pass:${own}`, 'STATE 15 OK');
  }

  /** Devices that refuse what they are told, and quote it. */
  async function jobs(nodeRed: NodeRedProcess, open: (answer: Answer) => Promise<Device>): Promise<void> {
    const refusals: [string, string, (verb: string, ids: string) => string | undefined, RegExp][] = [
      [
        'goip-01',
        own,
        (verb, ids) => (verb === 'MSG' ? `ERROR ${ids} no session for ${own}, sorry` : undefined),
        /GOIP_REJECTED/,
      ],
      [
        'goip-01',
        own,
        (verb, ids) => (verb === 'SEND' ? `ERROR ${ids} cannot send: password=${own}` : undefined),
        /GOIP_SEND_FAILED/,
      ],
      [
        'goip-02',
        common,
        (verb, ids) => (verb === 'PASSWORD' ? `ERROR ${ids} PASSWORD ${common}` : undefined),
        /GOIP_AUTH/,
      ],
      [
        'goip-03',
        expected,
        (verb, ids) => (verb === 'PASSWORD' ? `ERROR ${ids} wrong PASSWORD ${actual}` : undefined),
        /GOIP_REJECTED/,
      ],
    ];
    for (const [id, password, refuse, code] of refusals) {
      const device = await open((request) => {
        const [verb = '', sendid = '', telid = ''] = request.split(' ');
        const next: Record<string, string> = { MSG: 'PASSWORD', PASSWORD: 'SEND', DONE: 'DONE' };
        const ids = verb === 'SEND' ? `${sendid} ${telid}` : sendid;
        return refuse(verb, ids) ?? (next[verb] ? `${next[verb]} ${sendid}` : undefined);
      });
      await device.registers(id, password);
      await press(nodeRed, `send to ${id}`, code);
      device.close();
    }
  }

  /** Passwords set by the editor and by a script. */
  async function edits(nodeRed: NodeRedProcess, flow: readonly FlowNode[], device: Device): Promise<void> {
    const withCredentials = (credentials: object, name = '') =>
      flow.map((node) => (node.id === 'server' ? { ...node, name, credentials } : { ...node, credentials: undefined }));
    await nodeRed.deploy(withCredentials({ changes: { 'key-1': SECRETS.edited, 'key-3': null } }));
    await device.registers('goip-01', SECRETS.edited);
    const passwords = { 'key-1': SECRETS.automated, 'key-3': SECRETS.edited };
    await nodeRed.deploy(withCredentials({ password: common, passwords }, 'after the edits'));
    await device.registers('goip-01', SECRETS.automated);
    await device.registers('goip-02', common);
  }

  async function answers(nodeRed: NodeRedProcess, when: string): Promise<void> {
    const orders: [string, object][] = [
      ['sms', { device: own, to: wrong, text: own }],
      ['sms', { device: 'goip-01', to: `+1${'2'.repeat(20)}`, text: 'hello' }],
      ['jobs', { action: 'pause', jobId: 'nobody' }],
      ['jobs', { action: own, jobId: wrong }],
    ];
    for (const [index, [route, body]] of orders.entries()) {
      const headers = { 'Content-Type': 'application/json' };
      const url = `${nodeRed.url}/goip/servers/server/${route}`;
      const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
      found[`POST ${route} ${index} ${when}`] = await response.text();
    }
    const paths = [
      ...['/flows', '/flow/tab', '/flow/global', '/credentials/goip-server/server'],
      ...['/goip/servers/server', '/goip/servers/server/diagnostics', '/goip/watch'],
    ];
    for (const url of [...paths, '/goip/servers/nobody', '/settings', '/nodes', '/context/global', '/diagnostics']) {
      const response = await fetch(nodeRed.url + url, { headers: { Accept: 'application/json' } });
      found[`GET ${url} ${when}`] = await response.text();
    }
  }

  /** An editor that looks at the sidebar. */
  async function watch(nodeRed: NodeRedProcess): Promise<Comms> {
    const live = await Comms.open(nodeRed.url);
    const { ticket } = JSON.parse(await nodeRed.get('/goip/watch')) as { ticket: string };
    live.send('goip/watch', { ticket });
    await live.next('goip/live');
    return live;
  }

  /** The credentials themselves are encrypted. The journal is read as the server reads it, too: on the disk it may be packed. */
  async function files(): Promise<void> {
    for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
      if (entry.isFile())
        found[entry.name] = (found[entry.name] ?? '') + readFileSync(path.join(entry.parentPath, entry.name), 'latin1');
    }
    const journal = await LevelStore.open(path.join(directory, 'goip', 'server'));
    const entries: string[] = [];
    for await (const entry of journal.entries('')) entries.push(JSON.stringify(entry));
    await journal.close();
    found['the journal'] = entries.join('\n');
  }

  /** Or the rest would prove nothing. */
  function assertItHappened(): void {
    const assertHolds = (place: string, ...texts: readonly string[]): void => {
      for (const text of texts) assert(found[place]?.includes(text), `nothing of "${text}" in ${place}`);
    };
    const kinds = ['online', 'keepalive', 'rejected', 'unknown', 'hangup', 'cellinfo', 'state'];
    assertHolds('the log', "event: 'sms'", ...kinds.map((kind) => `event: '${kind}'`));
    assertHolds('the log', `signal: '14pass:••••'`, `gsm_status: 'LOGINpass:••••'`, `weird: 'x••••x'`);
    assertHolds('the log', 'its id holds ;', 'its password holds ;', 'allow: "nowhere" is no address');
    const words = ['no session for ••••, sorry', 'cannot send: password=••••', 'wrong PASSWORD ••••'];
    for (const place of ['the log', 'the journal']) {
      assertHolds(place, ...words, 'the device refused the password');
    }
    assertHolds('GET /goip/servers/server before the edits', '"reason":"wrong password"', '"reason":"unknown id"');
    assertHolds('GET /goip/servers/server before the edits', '"state":"listening"');
    const diagnostics = 'GET /goip/servers/server/diagnostics before the edits';
    assertHolds(diagnostics, '"kind":"malformed"', '"text":"••••"', '"text":"REQ •••• pass:••••"', 'missing password"');
    assertHolds('the log', "kind: 'malformed'");
    assertHolds('the live view', '"lastError":{', 'cannot send: password=••••', '"isWhole":false');
    assertHolds('POST sms 0 after them', 'GOIP_UNKNOWN_DEVICE');
    assertHolds('POST jobs 2 after them', '{"jobs":[]}');
    assertHolds('GET /credentials/goip-server/server after them', '"has_passwords":true,"has_changes":false');
  }
});

/** Presses the button of an inject node and waits for what comes of it. */
async function press(nodeRed: NodeRedProcess, id: string, outcome: RegExp): Promise<void> {
  const before = nodeRed.log.length;
  await fetch(`${nodeRed.url}/inject/${encodeURIComponent(id)}`, { method: 'POST' });
  await nodeRed.logged(outcome, before);
}

/** What a device says to a request of a session; undefined for nothing. */
type Answer = (request: string) => string | undefined;

/** A device that says what it is told to. */
class Device {
  readonly #received: string[] = [];
  #isOpen = true;

  private constructor(
    private readonly socket: Socket,
    private readonly port: number,
    answer: Answer,
  ) {
    socket.on('message', (data) => {
      const request = data.toString();
      this.#received.push(request);
      socket.emit('received');
      const reply = answer(request.trimEnd());
      if (reply !== undefined) this.send(`${reply}\n`);
    });
  }

  static async open(port: number, answer: Answer = () => undefined): Promise<Device> {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new Device(socket, port, answer);
  }

  send(datagram: string): void {
    this.socket.send(datagram, this.port, '127.0.0.1');
  }

  /** Sends until it is acked: a deploy is acknowledged before the port is bound, and whoever failed may have to wait. */
  async acked(datagram: string, ack: string): Promise<void> {
    for (;;) {
      this.send(datagram);
      await once(this.socket, 'received', { signal: AbortSignal.timeout(200) }).catch(() => undefined);
      if (this.#received.some((text) => text.startsWith(ack))) return;
    }
  }

  async registers(id: string, password: string): Promise<void> {
    this.#received.length = 0;
    await this.acked(`req:1;id:${id};pass:${password};gsm_status:LOGIN;`, 'reg:1;');
  }

  close(): void {
    if (this.#isOpen) this.socket.close();
    this.#isOpen = false;
  }
}

/** All nodes, and debug nodes that print whatever comes. */
function makeFlow(port: number): FlowNode[] {
  const z = 'tab';
  const printer = { id: 'print', z, type: 'debug', active: true, console: true, complete: 'true', targetType: 'full' };
  const user = { z, x: 100, y: 100, server: 'server' };
  const print = [['print'], ['print']];
  const devices = ['goip-01', 'goip-02', 'goip-03', 'bad;id', 'bad-password', 'bad-allow'].map((id, index) => ({
    ...{ key: `key-${index + 1}`, id, name: '', allow: id === 'bad-allow' ? 'nowhere' : '' },
  }));
  const passwords = {
    ...{ 'key-1': own, 'key-3': expected },
    ...{ 'key-4': SECRETS.badId, 'key-5': SECRETS.uncarriable, 'key-6': SECRETS.badAllow },
  };
  const settings = { host: '127.0.0.1', port, devices, resendInterval: 0.2, resendCount: 1 };
  const sms = (device: string): FlowNode[] => {
    const props = Object.entries({ payload: 'hello', to: '+1, +2', device });
    return [
      {
        ...{ id: `send to ${device}`, z, type: 'inject', wires: [['send']] },
        props: props.map(([p, v]) => ({ p, v, vt: 'str' })),
      },
    ];
  };
  return [
    { id: z, type: 'tab', label: 'secrets' },
    { id: 'server', type: 'goip-server', ...settings, credentials: { password: common, passwords } },
    { id: 'in', type: 'goip in', ...user, events: EVENT_KINDS, wires: print },
    { id: 'send', type: 'goip send', ...user, wires: print },
    { id: 'status', type: 'goip status', ...user, emit: 'keepalive', wires: print },
    { id: 'ask', z, type: 'inject', props: [], wires: [['status']] },
    {
      ...{ id: 'diagnose', z, type: 'inject', wires: [['status']] },
      props: [{ p: 'action', v: 'diagnostics', vt: 'str' }],
    },
    ...['goip-01', 'goip-02', 'goip-03'].flatMap(sms),
    { id: 'caught', z, type: 'catch', scope: null, uncaught: false, wires: print },
    { id: 'statuses', z, type: 'status', scope: null, wires: print },
    { id: 'completed', z, type: 'complete', scope: ['send', 'status'], wires: print },
    printer,
  ];
}
