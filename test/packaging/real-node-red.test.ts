/** The whole main job with what users get: the tarball, the `node-red` process, the Admin API, real UDP. */
import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import http, { type Server } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { freeUdpPort } from '../node-red/free-port.js';
import type { JobResult } from '../../src/index.js';
import { GoipSimulator } from '../../src/simulator/index.js';
import { NodeRedProcess, type FlowNode } from './node-red-process.js';
import { temporaryDirectory } from './pack.js';

const COMMON_PASSWORD = 'common-password';
const OWN_PASSWORD = 'own-password-of-line-3';
const NUMBERS = ['+8613800138001', '+8613800138002', '+8613800138003', '+8613800138004', '+8613800138005'];

describe(`the installed package in a node-red ${process.env.NODE_RED_MAJOR ?? '4'} process`, function () {
  this.timeout(120_000);
  const directory = temporaryDirectory();
  let nodeRed: NodeRedProcess | undefined;
  let gateway: GoipSimulator | undefined;
  let listener: Listener | undefined;
  after(async () => {
    await gateway?.stop();
    await nodeRed?.stop('SIGKILL');
    await listener?.close();
  });

  it('receives SMS, sends bulk SMS, keeps its passwords and ends when asked to', async () => {
    const udpPort = await freeUdpPort();
    listener = await Listener.open();
    nodeRed = await NodeRedProcess.start(directory.path);
    const log = await nodeRed.deploy(makeFlow(udpPort, listener.url));
    assert.deepEqual(
      log.filter((line) => /\[(error|warn)\]|missing types/.test(line)),
      [],
    );

    gateway = new GoipSimulator({
      server: { host: '127.0.0.1', port: udpPort },
      lines: [
        { id: 'goip-01', password: COMMON_PASSWORD },
        { id: 'goip-02', password: COMMON_PASSWORD },
        { id: 'goip-03', password: OWN_PASSWORD },
      ],
      // The deploy is acknowledged before the port is bound.
      keepaliveInterval: 0.2,
      lineTime: 0.05,
      failNumbers: { '+8613800138004': 38 },
    });
    await gateway.start();
    await gateway.whenRegistered();

    await inbound(gateway, listener);
    await bulk(gateway, nodeRed, listener);
    await secrets(nodeRed);

    await gateway.stop();
    const begin = Date.now();
    assert.equal(await nodeRed.stop('SIGTERM'), 0);
    assert(Date.now() - begin < 5000, 'Node-RED took too long to end');
    await assertFree(nodeRed.port, udpPort);
  });

  /** SMS on all lines at the same time: each arrives in the flow once, its text untouched. */
  async function inbound(gateway: GoipSimulator, listener: Listener): Promise<void> {
    const texts = ['just a test', 'Grüße aus Köln – 👋', '验证码;msg:still text\nsecond line'];
    const outcomes = await Promise.all(
      gateway.lines.flatMap((line) => texts.map((text) => line.receiveSms({ from: '+8613513415667', text }))),
    );
    assert(outcomes.every(({ acked }) => acked));
    const received = await listener.take('/sms', outcomes.length);
    const expected = gateway.lines.flatMap(({ id }) =>
      texts.map((text) => ({ device: id, from: '+8613513415667', text })),
    );
    assert.deepEqual(inOrder(received), inOrder(expected));
  }

  /** The answer to the request is the result of the job, as in the contract. */
  async function bulk(gateway: GoipSimulator, nodeRed: NodeRedProcess, listener: Listener): Promise<void> {
    const body = JSON.stringify({ to: NUMBERS, text: 'hello' });
    const headers = { 'Content-Type': 'application/json' };
    const response = await fetch(`${nodeRed.url}/bulk`, { method: 'POST', headers, body });
    const { id, ok, total, sent, failed, unknown, results } = (await response.json()) as JobResult;
    assert.notEqual(id, '');
    assert.deepEqual({ ok, total, sent, failed, unknown }, { ok: false, total: 5, sent: 4, failed: 1, unknown: 0 });
    assert.deepEqual(
      results.map(({ to, state, code }) => [to, state, code]),
      NUMBERS.map((to) => (to === '+8613800138004' ? [to, 'failed', 'GOIP_SEND_FAILED'] : [to, 'sent', null])),
    );
    const onAir = gateway.onAir.map(({ to, text }) => `${to} ${text}`);
    assert.deepEqual(
      onAir.sort(),
      NUMBERS.filter((to) => to !== '+8613800138004').map((to) => `${to} hello`),
    );
    // Each recipient's last status is a final one, and came on the second output.
    const isFinal = ({ state }: Told): boolean => state === 'sent' || state === 'failed';
    const final = await listener.take('/progress', NUMBERS.length, isFinal);
    assert.deepEqual(inOrder(final.map(({ to }) => to)), inOrder(NUMBERS));
  }

  async function secrets(nodeRed: NodeRedProcess): Promise<void> {
    const places = {
      'GET /flows': await nodeRed.get('/flows'),
      'GET /credentials': await nodeRed.get('/credentials/goip-server/server'),
      'the flow file': nodeRed.readFile('flows.json'),
      'the credentials file': nodeRed.readFile('flows_cred.json'),
      'the log': nodeRed.log.join('\n'),
    };
    for (const [place, text] of Object.entries(places)) {
      for (const password of [COMMON_PASSWORD, OWN_PASSWORD]) assert(!text.includes(password), `${place}: a password`);
    }
  }
});

/** What the flow tells: an SMS, or the status of a recipient. */
interface Told {
  readonly device?: string;
  readonly to?: string;
  readonly state?: string;
}

function makeFlow(port: number, listenerUrl: string): FlowNode[] {
  const z = 'tab';
  const devices = ['goip-01', 'goip-02', 'goip-03'].map((id) => ({ key: `key-${id}`, id, name: '' }));
  const credentials = { password: COMMON_PASSWORD, passwords: { 'key-goip-03': OWN_PASSWORD } };
  /** POSTs the payload as JSON to the test. */
  const post = (id: string, url: string): FlowNode => {
    return { id, z, type: 'http request', method: 'POST', ret: 'txt', url, senderr: true, wires: [[]] };
  };
  const change = (id: string, next: string, rules: Record<string, string>): FlowNode => {
    const set = Object.entries(rules).map(([p, to]) => ({ t: 'set', p, pt: 'msg', to, tot: 'jsonata' }));
    return { id, z, type: 'change', rules: set, wires: [[next]] };
  };
  return [
    { id: 'tab', type: 'tab', label: 'test' },
    { id: 'server', type: 'goip-server', host: '127.0.0.1', port: String(port), devices, credentials },
    { id: 'in', z, type: 'goip in', server: 'server', wires: [['sms'], []] },
    change('sms', 'tell-sms', { payload: '{ "device": topic, "from": from, "text": payload }' }),
    post('tell-sms', `${listenerUrl}/sms`),
    { id: 'ask', z, type: 'http in', url: '/bulk', method: 'post', wires: [['request']] },
    change('request', 'send', { to: 'payload.to', payload: 'payload.text' }),
    { id: 'send', z, type: 'goip send', server: 'server', wires: [['answer'], ['tell-progress']] },
    { id: 'answer', z, type: 'http response', wires: [] },
    post('tell-progress', `${listenerUrl}/progress`),
  ];
}

/** Takes what the flow POSTs to the test. */
class Listener {
  readonly #server: Server;
  readonly #news = new EventEmitter();
  readonly #bodies = new Map<string, unknown[]>();

  static async open(): Promise<Listener> {
    const listener = new Listener();
    listener.#server.listen(0, '127.0.0.1');
    await once(listener.#server, 'listening');
    return listener;
  }

  private constructor() {
    this.#server = http.createServer((request, response) => {
      const { url = '' } = request;
      void text(request).then((body) => {
        this.#bodies.set(url, [...(this.#bodies.get(url) ?? []), JSON.parse(body)]);
        this.#news.emit('body');
        response.end('thank you');
      });
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Waits for so many bodies that match; fails if there are more. */
  async take(url: string, count: number, matches: (body: Told) => boolean = () => true) {
    const found = (): Told[] => ((this.#bodies.get(url) ?? []) as Told[]).filter(matches);
    const signal = AbortSignal.timeout(10_000);
    while (found().length < count) {
      const complaint = (): never => assert.fail(`${count} wanted at ${url}, got ${JSON.stringify(found())}`);
      await once(this.#news, 'body', { signal }).catch(complaint);
    }
    assert.equal(found().length, count);
    return found();
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

function inOrder(values: readonly unknown[]): string[] {
  return values.map((value) => JSON.stringify(value)).sort();
}

/** Binds both ports: nobody else has them any more. */
async function assertFree(tcpPort: number, udpPort: number): Promise<void> {
  const server = net.createServer().listen(tcpPort, '127.0.0.1');
  await once(server, 'listening');
  server.close();
  const socket = dgram.createSocket('udp4').bind(udpPort, '127.0.0.1');
  await once(socket, 'listening');
  socket.close();
}
