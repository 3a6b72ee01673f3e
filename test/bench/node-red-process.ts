/** Node-RED in a process of its own. */
import { fork, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { on, once } from 'node:events';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import readline from 'node:readline';
import type { Address } from '../../src/index.js';
import { freeTcpPort } from '../node-red/free-port.js';
import { endChild, keepTrackOf, messageOf } from './child.js';
import type { FlowFile } from './flows.js';
import type { Load, Probed, Queued } from './numbers-probe.cjs';
import type { ServerReport } from './reporting.js';
import type { Server } from './server-process.js';
import { Traffic } from './traffic.js';

const ROOT = path.join(__dirname, '..', '..');

const PATIENCE = 30_000;

export interface Deployed {
  /** Processor time, milliseconds. */
  readonly cpuMs: number;
  /** How long the event loop stood still at most. */
  readonly standstillMs: number;
}

export class NodeRed implements Server {
  /**
   * Starts it in a new user directory; resolves when the flows have started.
   *
   * @param directory for the user directory
   * @param execArgv further options of Node.js
   */
  static async start(
    directory: string,
    { flow, credentials, port, lines, withPackage }: FlowFile,
    execArgv: readonly string[] = [],
  ): Promise<NodeRed> {
    await mkdir(directory, { recursive: true });
    await writeFile(path.join(directory, 'flows.json'), JSON.stringify(flow));
    await writeFile(path.join(directory, 'flows_cred.json'), JSON.stringify(credentials));
    await writeFile(path.join(directory, 'package.json'), JSON.stringify({ name: 'user-dir', private: true }));
    if (withPackage) await linkPackage(directory);
    const settings = path.join(__dirname, 'node-red-settings.cjs');
    const httpPort = await freeTcpPort();
    const args = ['--userDir', directory, '--settings', settings, '--port', String(httpPort)];
    // HOME too, so that nothing touches the user's own ~/.node-red. The package has passwords of its own, perhaps thousands.
    const passwords = withPackage ? [] : lines.map(({ id, password }) => [id, password]);
    const BENCH_PASSWORDS = JSON.stringify(Object.fromEntries(passwords));
    const env = { ...process.env, HOME: directory, BENCH_PASSWORDS };
    const start = performance.now();
    const child = fork(require.resolve('node-red/red.js'), args, {
      cwd: directory,
      env,
      execArgv: ['--expose-gc', ...execArgv],
      silent: true,
    });
    keepTrackOf(child);
    await flowsStarted(child);
    return new NodeRed(child, { address: '127.0.0.1', port }, performance.now() - start, lines, httpPort);
  }

  private constructor(
    private readonly child: ChildProcess,
    readonly address: Address,
    /** From the start of the process until the flows had started. */
    readonly startMs: number,
    private readonly lines: FlowFile['lines'],
    private readonly httpPort: number,
  ) {}

  /** Flows that have started may not have bound their socket yet. */
  async answers(): Promise<void> {
    const { datagram } = new Traffic(this.lines, Infinity).next();
    const socket = createSocket('udp4');
    const answered = once(socket, 'message', { signal: AbortSignal.timeout(PATIENCE) });
    const knock = setInterval(() => socket.send(datagram, this.address.port, this.address.address), 50);
    try {
      await answered;
    } finally {
      clearInterval(knock);
      socket.close();
    }
  }

  report(): Promise<ServerReport> {
    return this.#ask('report');
  }

  settledReport(): Promise<ServerReport> {
    return this.#ask('settled report');
  }

  /** Sends a message to the _goip status_ of {@link crowdFlow}. Returns how long the event loop stood still meanwhile. */
  async statusRequest(): Promise<number> {
    return (await this.#ask<{ standstillMs: number }>('status request')).standstillMs;
  }

  /** Deploys a flow as the editor does. Returns what it cost until all is quiet again. */
  async deploy(flow: FlowFile['flow']): Promise<Deployed> {
    await this.#ask('watch');
    const response = await fetch(`http://127.0.0.1:${this.httpPort}/flows`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Node-RED-Deployment-Type': 'full' },
      body: JSON.stringify(flow),
    });
    if (!response.ok) throw new Error(`the deploy was refused: ${response.status} ${await response.text()}`);
    return this.#ask<Deployed>('watched');
  }

  /** Sends messages to the _goip send_ of {@link numbersFlow}. Resolves when all numbers have ended. */
  probe(load: Load): Promise<Probed> {
    return this.#ask(load);
  }

  /** Sends messages likewise. Resolves when each of their numbers is queued or refused. */
  queue(load: Pick<Load, 'kind' | 'numbers'>): Promise<Queued> {
    return this.#ask({ ...load, isOnlyQueued: true });
  }

  stop(): Promise<void> {
    return endChild(this.child);
  }

  async #ask<T = ServerReport>(request: string | object): Promise<T> {
    const answer = messageOf<T>(this.child);
    this.child.send(request);
    return answer;
  }
}

/** As `npm link` does it; Node-RED finds it like an installed one. */
async function linkPackage(directory: string): Promise<void> {
  const scope = path.join(directory, 'node_modules', '@goip-sms');
  await mkdir(scope, { recursive: true });
  const link = path.join(scope, 'node-red-goip');
  // Of an earlier start.
  await rm(link, { force: true });
  await symlink(ROOT, link, 'dir');
}

async function flowsStarted(child: ChildProcess): Promise<void> {
  const { stdout, stderr } = child;
  if (!stdout || !stderr) throw new TypeError('the output of Node-RED goes elsewhere');
  stderr.resume();
  const log = readline.createInterface({ input: stdout });
  const printed: string[] = [];
  try {
    for await (const [line] of on(log, 'line', { close: ['close'], signal: AbortSignal.timeout(PATIENCE) })) {
      printed.push(String(line));
      if (String(line).includes('Started flows')) break;
    }
  } catch (cause) {
    throw new Error(`Node-RED has not started its flows:\n${printed.join('\n')}`, { cause });
  }
  const trouble = printed.filter((line) => /\[error\]|missing types/.test(line));
  if (trouble.length > 0) throw new Error(trouble.join('\n'));
  stdout.resume();
}
