/** The real thing: `node-red` as a process of its own. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import readline from 'node:readline';
import { freeTcpPort } from '../node-red/free-port.js';
import { RELEASE, requireBesideNodeRed } from '../node-red/release.js';
import { installInto, pack } from './pack.js';

/** How long to wait for a line in the log, in milliseconds. */
const PATIENCE = 30_000;

/** Nothing in front of the test, nothing that calls home, and a fixed secret so that Node-RED does not invent one. */
const SETTINGS = {
  uiHost: '127.0.0.1',
  flowFile: 'flows.json',
  credentialSecret: 'a secret of the test',
  telemetry: { enabled: false, updateNotification: false },
  editorTheme: { tours: false },
  logging: { console: { level: 'info', metrics: false, audit: false } },
};

export interface FlowNode {
  readonly id: string;
  readonly type: string;
  readonly [property: string]: unknown;
}

export class NodeRedProcess {
  readonly #process: ChildProcess;
  readonly #news = new EventEmitter();
  /** All that it has printed. */
  readonly log: string[] = [];

  /** Packs the package, installs it into a user directory and starts there. */
  static async start(directory: string): Promise<NodeRedProcess> {
    const userDir = path.join(directory, 'user-dir');
    await mkdir(userDir);
    await installInto(userDir, await pack(directory));
    return NodeRedProcess.startIn(userDir);
  }

  /**
   * Starts in a user directory that is there, with further settings and environment variables; resolves when it can be asked
   * and the flows run.
   */
  static async startIn(
    userDir: string,
    settings: object = {},
    environment: NodeJS.ProcessEnv = {},
  ): Promise<NodeRedProcess> {
    const text = `module.exports = ${JSON.stringify({ ...SETTINGS, ...settings }, null, 2)};\n`;
    await writeFile(path.join(userDir, 'settings.js'), text);
    await writeFile(path.join(userDir, 'flows.json'), JSON.stringify([{ id: 'empty', type: 'tab', label: 'empty' }]));
    const nodeRed = new NodeRedProcess(userDir, await freeTcpPort(), environment);
    // The flows may be the first of the two: it opens its port when it has read the catalogues of the editor.
    await Promise.all([nodeRed.logged(/Started flows/), nodeRed.logged(/Server now running/)]);
    assert(nodeRed.log.some((line) => line.includes(`Node-RED version: v${RELEASE}.`)));
    return nodeRed;
  }

  private constructor(
    readonly userDir: string,
    readonly port: number,
    environment: NodeJS.ProcessEnv,
  ) {
    const args = [requireBesideNodeRed.resolve('node-red/red.js'), '--userDir', userDir, '--port', String(port)];
    // HOME too, so that a test cannot touch the user's own ~/.node-red.
    const env = { ...process.env, HOME: userDir, ...environment };
    this.#process = spawn(process.execPath, args, { cwd: userDir, env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      assert(stream);
      readline.createInterface({ input: stream }).on('line', (line) => this.#print(line));
    }
    this.#process.once('exit', (code, signal) => this.#print(`(exit ${code ?? signal ?? ''})`));
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Waits for a line in the log, from `since` on. */
  async logged(pattern: RegExp, since = 0): Promise<void> {
    const signal = AbortSignal.timeout(PATIENCE);
    while (!this.log.slice(since).some((line) => pattern.test(line))) {
      const isOver = this.#process.exitCode !== null || this.#process.signalCode !== null;
      if (isOver) assert.fail(`Node-RED has ended without ${pattern}:\n${this.log.join('\n')}`);
      await once(this.#news, 'line', { signal }).catch(() => assert.fail(`no ${pattern}:\n${this.log.join('\n')}`));
    }
  }

  /** As the Deploy button. Credentials are in the nodes, as `credentials`. Returns what was logged until all had started. */
  async deploy(flows: readonly FlowNode[]): Promise<string[]> {
    const before = this.log.length;
    const headers = {
      'Content-Type': 'application/json',
      'Node-RED-API-Version': 'v2',
      'Node-RED-Deployment-Type': 'full',
    };
    const response = await fetch(`${this.url}/flows`, { method: 'POST', headers, body: JSON.stringify({ flows }) });
    assert.equal(response.status, 200, await response.text());
    await this.logged(/Started flows|missing types/, before);
    return this.log.slice(before);
  }

  /** What the editor, or anybody at the admin API, is told. */
  async get(urlPath: string): Promise<string> {
    const response = await fetch(this.url + urlPath, { headers: { Accept: 'application/json' } });
    assert.equal(response.status, 200);
    return response.text();
  }

  readFile(name: string): string {
    return readFileSync(path.join(this.userDir, name), 'utf8');
  }

  /** Asks it to end and waits until it has; returns the exit code, or the signal that it died of. */
  async stop(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
    const { exitCode, signalCode } = this.#process;
    if (exitCode !== null || signalCode !== null) return exitCode ?? signalCode;
    const exit = once(this.#process, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
    this.#process.kill(signal);
    const [code, killedBy] = await exit;
    return code ?? killedBy;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Ends it at once, for who cannot wait. */
  kill(): void {
    this.#process.kill('SIGKILL');
  }

  #print(line: string): void {
    this.log.push(line);
    this.#news.emit('line');
  }
}
