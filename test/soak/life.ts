/** One life of Node-RED: from its start to the moment it is killed. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import readline from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { freeTcpPort, freeUdpPort } from '../node-red/free-port.js';
import { requireBesideNodeRed } from '../node-red/release.js';
import { installInto, pack } from '../packaging/pack.js';
import { orderClock, shiftedClockEnv, SHIFTED_CLOCK_ARGS } from '../shifted-clock.js';
import { CREDENTIALS, makeFlow, SERVER_ID, settingsFile } from './flow.js';

/** Where all lives take place. */
export interface Place {
  readonly userDir: string;
  readonly udpPort: number;
  readonly httpPort: number;
  /** The file of the story. */
  readonly story: string;
  /** The folder of the journal. */
  readonly journal: string;
}

/** A user directory with the packed package and the flow. */
export async function makePlace(
  directory: string,
  devices: readonly object[],
  { hasAdminApi = false, flow = makeFlow }: { readonly hasAdminApi?: boolean; readonly flow?: typeof makeFlow } = {},
): Promise<Place> {
  const userDir = path.join(directory, 'user-dir');
  await mkdir(userDir);
  await installInto(userDir, await pack(directory));
  const [udpPort, httpPort] = [await freeUdpPort(), await freeTcpPort()];
  await writeFile(path.join(userDir, 'settings.js'), settingsFile(hasAdminApi));
  await writeFile(path.join(userDir, 'flows.json'), JSON.stringify(flow(udpPort, devices)));
  await writeFile(path.join(userDir, 'flows_cred.json'), JSON.stringify(CREDENTIALS));
  const journal = path.join(userDir, 'goip', SERVER_ID);
  return { userDir, udpPort, httpPort, story: path.join(directory, 'story.jsonl'), journal };
}

export class Life {
  readonly #process: ChildProcess;
  readonly #abort = new AbortController();
  /** What it has printed. */
  readonly log: string[] = [];
  /** Settles with the first start of its flows, if there is one. */
  readonly started: Promise<void>;
  /** Resolves to the exit code, or the signal that it died of. */
  readonly ended: Promise<number | string | null>;

  constructor(
    private readonly place: Place,
    readonly number: number,
    /** Milliseconds by which its wall clock is ahead. */
    clockOffset = 0,
    environment: NodeJS.ProcessEnv = {},
  ) {
    const { userDir, httpPort, story } = place;
    const env = {
      ...process.env,
      // HOME too, so that a test cannot touch the user's own ~/.node-red.
      HOME: userDir,
      SOAK_LIFE: String(number),
      SOAK_STORY: story,
      SOAK_PARENT: String(process.pid),
      ...shiftedClockEnv(clockOffset),
      ...environment,
    };
    const child = spawn(
      process.execPath,
      [
        ...SHIFTED_CLOCK_ARGS,
        ...[requireBesideNodeRed.resolve('node-red/red.js'), '--userDir', userDir, '--port', String(httpPort)],
      ],
      {
        cwd: userDir,
        env,
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      },
    );
    this.#process = child;
    const killChild = (): void => void child.kill('SIGKILL');
    process.once('exit', killChild);
    this.ended = once(child, 'exit').then(([code, signal]) => {
      process.off('exit', killChild);
      this.#abort.abort();
      return (code ?? signal) as number | string | null;
    });
    this.started = new Promise((resolve) => {
      for (const input of [child.stdout, child.stderr]) {
        if (!input) continue;
        readline.createInterface({ input }).on('line', (line) => {
          this.log.push(line);
          if (line.includes('Started flows')) resolve();
        });
      }
    });
  }

  /** Aborted with its end. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Hands a message to the flow; whether it arrived is for the story to tell. */
  order(message: object): void {
    const { signal } = this;
    const headers = { 'Content-Type': 'application/json' };
    fetch(this.#url('/order'), { method: 'POST', headers, body: JSON.stringify(message), signal })
      .then((response) => response.arrayBuffer())
      .catch(() => undefined);
  }

  /** The jobs in hand, as goip status tells. */
  async jobs(): Promise<readonly unknown[]> {
    const response = await fetch(this.#url('/jobs'), { signal: this.signal });
    return (await response.json()) as readonly unknown[];
  }

  /** Waits until it has printed a line that matches, from `since` on. Rejects after `ms`, or when the process has ended. */
  async logged(pattern: RegExp, ms: number, since = 0): Promise<void> {
    const deadline = Date.now() + ms;
    while (!this.log.slice(since).some((line) => pattern.test(line))) {
      if (this.signal.aborted || Date.now() > deadline) throw new Error(`no ${pattern}:\n${this.log.join('\n')}`);
      await delay(5);
    }
  }

  /** As the Deploy button. */
  async deploy(flows: readonly object[], type: string): Promise<void> {
    const headers = {
      'Content-Type': 'application/json',
      'Node-RED-API-Version': 'v2',
      'Node-RED-Deployment-Type': type,
    };
    const body = JSON.stringify({ flows });
    const response = await fetch(this.#url('/admin/flows'), { method: 'POST', headers, body, signal: this.signal });
    if (response.status !== 200) throw new Error(`deploy refused: ${response.status} ${await response.text()}`);
  }

  /** Sets its wall clock, to be so many milliseconds ahead. */
  async setClock(offset: number): Promise<void> {
    await orderClock(this.#process, { shiftMs: offset });
  }

  /** Lets its event loop stand still. */
  async block(ms: number): Promise<void> {
    await orderClock(this.#process, { blockMs: ms });
  }

  /** Lets the system suspend it for a time. */
  async suspend(ms: number): Promise<void> {
    this.#process.kill('SIGSTOP');
    await delay(ms, undefined, { signal: this.signal }).catch(() => undefined);
    this.#process.kill('SIGCONT');
  }

  /** At once, without a word. */
  kill(): void {
    this.#process.kill('SIGKILL');
  }

  /** As a service manager asks for it. */
  stop(): void {
    this.#process.kill('SIGTERM');
  }

  #url(urlPath: string): string {
    return `http://127.0.0.1:${this.place.httpPort}${urlPath}`;
  }
}
