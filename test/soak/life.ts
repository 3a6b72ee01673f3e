/** One life of Node-RED: from its start to the moment it is killed. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import readline from 'node:readline';
import { freeTcpPort, freeUdpPort } from '../node-red/free-port.js';
import { requireBesideNodeRed } from '../node-red/release.js';
import { installInto, pack } from '../packaging/pack.js';
import { CREDENTIALS, makeFlow, SETTINGS_FILE } from './flow.js';

/** Where all lives take place. */
export interface Place {
  readonly userDir: string;
  readonly udpPort: number;
  readonly httpPort: number;
  /** The file of the story. */
  readonly story: string;
}

/** A user directory with the packed package and the flow. */
export async function makePlace(directory: string, devices: readonly object[]): Promise<Place> {
  const userDir = path.join(directory, 'user-dir');
  await mkdir(userDir);
  await installInto(userDir, await pack(directory));
  const [udpPort, httpPort] = [await freeUdpPort(), await freeTcpPort()];
  await writeFile(path.join(userDir, 'settings.js'), SETTINGS_FILE);
  await writeFile(path.join(userDir, 'flows.json'), JSON.stringify(makeFlow(udpPort, devices)));
  await writeFile(path.join(userDir, 'flows_cred.json'), JSON.stringify(CREDENTIALS));
  return { userDir, udpPort, httpPort, story: path.join(directory, 'story.jsonl') };
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
  ) {
    const { userDir, httpPort, story } = place;
    const env = {
      ...process.env,
      // HOME too, so that a test cannot touch the user's own ~/.node-red.
      HOME: userDir,
      SOAK_LIFE: String(number),
      SOAK_STORY: story,
      SOAK_PARENT: String(process.pid),
    };
    const child = spawn(
      process.execPath,
      [requireBesideNodeRed.resolve('node-red/red.js'), '--userDir', userDir, '--port', String(httpPort)],
      {
        cwd: userDir,
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
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
