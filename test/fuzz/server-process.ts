/** The server under fire, as its surroundings see it. */
import { fork, type ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import path from 'node:path';
import type { Address, SendRequest } from '../../src/index.js';
import type { FromServer, ServerStats, ToServer } from './messages.js';

type Told<A extends FromServer['about']> = Extract<FromServer, { about: A }>;

export class ServerProcess extends EventEmitter<{
  sms: [Told<'sms'>];
  event: [Told<'event'>];
  result: [Told<'result'>['result']];
  complaint: [string];
  stats: [ServerStats];
  start: [Told<'start'>];
}> {
  readonly #child: ChildProcess;
  #isEnding = false;
  readonly #ended: Promise<void>;
  /** Aborted with its end. */
  readonly #life = new AbortController();
  address: Address = { address: '', port: 0 };
  /** Bytes of datagrams that the kernel keeps for it. */
  receiveBuffer = 0;

  private constructor(storage: string) {
    super();
    const execArgv = ['--require', require.resolve('tsx/cjs'), '--expose-gc', '--unhandled-rejections=strict'];
    this.#child = fork(path.join(__dirname, 'server-child.ts'), [storage], {
      execArgv,
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    });
    const killChild = (): void => void this.#child.kill('SIGKILL');
    process.once('exit', killChild);
    this.#child.on('message', (message: FromServer) => this.#hear(message));
    this.#ended = this.#end().finally(() => process.off('exit', killChild));
  }

  static async start(storage: string): Promise<ServerProcess> {
    const server = new ServerProcess(storage);
    const [{ address, receiveBuffer }] = (await once(server, 'start', { signal: server.life })) as [Told<'start'>];
    server.address = address;
    server.receiveBuffer = receiveBuffer;
    return server;
  }

  /** Aborted with its end. */
  get life(): AbortSignal {
    return this.#life.signal;
  }

  /** Its result comes as `result`, or as a complaint. */
  send(request: SendRequest): void {
    this.#tell({ order: 'send', request });
  }

  /** @param settled without garbage */
  async stats(settled = false): Promise<ServerStats> {
    const answered = once(this, 'stats', { signal: this.life }) as Promise<[ServerStats]>;
    this.#tell({ order: 'stats', settled });
    return (await answered)[0];
  }

  /** Lets go of it: it stops and ends. */
  async stop(): Promise<void> {
    this.#isEnding = true;
    if (this.#child.connected) this.#child.disconnect();
    await this.#ended;
  }

  /** Waits for its end, which has to come in peace. */
  async #end(): Promise<void> {
    let printed = '';
    const { stderr } = this.#child;
    stderr?.on('data', (data: Buffer) => (printed += data.toString()));
    // Its `close` event does not come to those who have let go of it.
    const ended = once(this.#child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
    const [[code, signal]] = await Promise.all([ended, stderr && once(stderr, 'close')]);
    const isExpected = this.#isEnding && code === 0;
    if (!isExpected) this.emit('complaint', `the server ended with ${code ?? signal}: ${printed}`);
    this.#life.abort();
  }

  #tell(message: ToServer): void {
    if (this.#child.connected) this.#child.send(message);
  }

  #hear(message: FromServer): void {
    switch (message.about) {
      case 'start':
        return void this.emit('start', message);
      case 'stats':
        return void this.emit('stats', message.stats);
      case 'sms':
        return void this.emit('sms', message);
      case 'event':
        return void this.emit('event', message);
      case 'result':
        return void this.emit('result', message.result);
      case 'complaint':
        return void this.emit('complaint', message.text);
    }
  }
}
