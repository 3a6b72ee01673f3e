/** Node-RED on a machine that boots in 1970, whose clock is set while it runs, and set back later. */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { GoipSimulator } from '../../src/simulator/index.js';
import type { JobResult } from '../../src/index.js';
import { freeUdpPort } from '../node-red/free-port.js';
import { NodeRedProcess, type FlowNode } from './node-red-process.js';
import { installInto, pack, temporaryDirectory } from './pack.js';

const PASSWORD = 'password1';
const DAY = 86_400_000;

describe('the installed package on a machine whose clock is set', function () {
  this.timeout(120_000);
  const directory = temporaryDirectory();
  let nodeRed: NodeRedProcess | undefined;
  const gateways: GoipSimulator[] = [];
  after(async () => {
    for (const gateway of gateways) await gateway.stop();
    nodeRed?.kill();
  });

  it('keeps its lines, its SMS and its jobs, and says once that it was set', async () => {
    const userDir = path.join(directory.path, 'user-dir');
    await mkdir(userDir);
    await installInto(userDir, await pack(directory.path));
    const udpPort = await freeUdpPort();
    const clockFile = path.join(directory.path, 'clock');
    await writeFile(clockFile, String(60_000 - Date.now()));
    nodeRed = await NodeRedProcess.startIn(
      userDir,
      {},
      {
        CLOCK_FILE: clockFile,
        NODE_OPTIONS: `--require ${path.join(__dirname, 'settable-clock.cjs')}`,
      },
    );
    const { url, log } = nodeRed;
    const setClock = async (ahead: number): Promise<void> => {
      const before = log.length;
      await writeFile(clockFile, String(ahead));
      nodeRed?.signal('SIGUSR2');
      await nodeRed?.logged(/the clock shows/, before);
      await nodeRed?.logged(/The clock of this machine was set/, before);
    };
    await nodeRed.deploy(makeFlow(udpPort));
    const [line] = (await open(udpPort, 'line')).lines;
    assert.ok(line);
    const receive = async (text: string): Promise<void> => {
      const before = log.length;
      assert.ok((await line.receiveSms({ from: '+1', text })).acked);
      await nodeRed?.logged(new RegExp(`SMS ${text}$`), before);
    };

    await receive('in 1970');
    // Nobody has heard of this line yet.
    const waiting = send(url, { to: '+2', text: 'waits', device: 'late', expire: 3600 });
    await nodeRed.logged(/\+2 queued/);

    await setClock(0);
    await receive('after the clock was set');
    assert.equal((await send(url, { to: '+1', text: 'hello', device: 'line' })).sent, 1, 'the line is online');
    await open(udpPort, 'late');
    const { sent, results } = await waiting;
    assert.equal(sent, 1, 'the job has not expired');
    assert.ok(Date.parse(results[0]?.at ?? '') > Date.now() - DAY, results[0]?.at);

    await setClock(-DAY);
    await receive('a day ago');
    assert.equal((await send(url, { to: '+3', text: 'hello', device: 'line' })).sent, 1);

    const notices = log.filter((text) => text.includes('The clock of this machine was set'));
    assert.equal(notices.length, 2, notices.join('\n'));
    assert.match(notices[0] ?? '', /set forward by \d+ d /);
    assert.match(notices[1] ?? '', /set back by (1 d|23 h 59 min)/);
  });

  async function open(port: number, id: string): Promise<GoipSimulator> {
    const gateway = new GoipSimulator({
      server: { host: '127.0.0.1', port },
      lines: [{ id, password: PASSWORD }],
      keepaliveInterval: 0.2,
      lineTime: 0.05,
    });
    gateways.push(gateway);
    await gateway.start();
    await gateway.whenRegistered();
    return gateway;
  }
});

async function send(url: string, message: object): Promise<JobResult> {
  const headers = { 'Content-Type': 'application/json' };
  const response = await fetch(`${url}/send`, { method: 'POST', headers, body: JSON.stringify(message) });
  return (await response.json()) as JobResult;
}

function makeFlow(port: number): FlowNode[] {
  const z = 'tab';
  const devices = ['line', 'late'].map((id) => ({ key: `key-${id}`, id, name: '' }));
  const script = (id: string, func: string, wires: string[][]): FlowNode => ({ id, z, type: 'function', func, wires });
  return [
    { id: 'tab', type: 'tab', label: 'test' },
    {
      ...{ id: 'server', type: 'goip-server', host: '127.0.0.1', port: String(port), devices },
      credentials: { password: PASSWORD },
    },
    { id: 'in', z, type: 'goip in', server: 'server', wires: [['tell-sms'], []] },
    script('tell-sms', 'node.warn(`SMS ${msg.payload}`);', []),
    { id: 'ask', z, type: 'http in', url: '/send', method: 'post', wires: [['request']] },
    script('request', 'return Object.assign(msg, msg.payload, { payload: msg.payload.text });', [['send']]),
    { id: 'send', z, type: 'goip send', server: 'server', wires: [['answer'], ['tell-status']] },
    { id: 'answer', z, type: 'http response', wires: [] },
    script('tell-status', 'node.warn(`${msg.goip.to} ${msg.goip.state}`);', []),
  ];
}
