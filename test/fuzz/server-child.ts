/** The server under fire, in a process of its own: `server-child.ts DIRECTORY`. Ends when the parent lets go. */
import { Socket } from 'node:dgram';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { GoipServer, type SendRequest } from '../../src/index.js';
import { HONEST, OPEN } from './lines.js';
import { SLOW, type FromServer, type ServerStats, type ToServer } from './messages.js';

const tell = (message: FromServer): void => void process.send?.(message);
const complain = (text: string): void => tell({ about: 'complaint', text });

/** Stands between the socket and the server: counts, and takes the time. */
class Watch {
  readonly handled = new Map<number, number>();
  longest = 0;
  socket: Socket | undefined;
  /** The last ones, for whoever wants to know what a crash came from. */
  readonly #last: Buffer[] = [];

  begin(): void {
    const measure = (data: Buffer, port: number, handle: () => boolean): boolean => this.#measure(data, port, handle);
    const bound = (socket: Socket): void => void (this.socket = socket);
    // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called with the socket
    const emit = Socket.prototype.emit as (this: Socket, name: string, ...args: unknown[]) => boolean;
    Socket.prototype.emit = function (this: Socket, name: string, ...args: unknown[]): boolean {
      if (name === 'listening') bound(this);
      if (name !== 'message') return emit.call(this, name, ...args);
      const [data, from] = args as [Buffer, { port: number }];
      return measure(data, from.port, () => emit.call(this, name, ...args));
    } as Socket['emit'];
    process.on('uncaughtExceptionMonitor', () => {
      for (const data of this.#last) process.stderr.write(`one of the last datagrams: ${shown(data)}\n`);
    });
  }

  #measure(data: Buffer, port: number, handle: () => boolean): boolean {
    this.handled.set(port, (this.handled.get(port) ?? 0) + 1);
    if (this.#last.push(data) > LAST_KEPT) this.#last.shift();
    const cpuBefore = process.cpuUsage();
    const begin = performance.now();
    const isHeard = handle();
    const wall = performance.now() - begin;
    if (wall > this.longest) this.longest = wall;
    if (wall > SLOW) {
      // A process that had to wait for a processor has not been busy.
      const { user, system } = process.cpuUsage(cpuBefore);
      const cpu = (user + system) / 1000;
      if (cpu > SLOW) complain(`${wall.toFixed()} ms, ${cpu.toFixed()} ms of processor time, for ${shown(data)}`);
    }
    return isHeard;
  }
}

const LAST_KEPT = 5;

function shown(data: Buffer): string {
  return `${data.length} bytes ${JSON.stringify(data.subarray(0, 200).toString('latin1'))}`;
}

class Served {
  readonly #events = new Map<string, number>();
  #smsOfOpenLines = 0;
  readonly #honest = new Set(HONEST.map(({ id }) => id));
  readonly #open = new Set(OPEN.map(({ id }) => id));

  constructor(
    private readonly server: GoipServer,
    private readonly watch: Watch,
  ) {
    server.on('sms', ({ device, recvid, from, text }) => {
      if (this.#open.has(device)) this.#smsOfOpenLines += 1;
      else if (this.#honest.has(device)) tell({ about: 'sms', device, recvid, from, text });
      else complain(`an SMS of ${JSON.stringify(device)}, which is nobody`);
    });
    server.on('event', ({ event, device, payload }) => {
      const isQuiet = event === 'keepalive' || event === 'rejected' || this.#open.has(device);
      if (isQuiet) this.#events.set(event, (this.#events.get(event) ?? 0) + 1);
      else if (this.#honest.has(device)) tell({ about: 'event', device, event, payload });
      else complain(`an event ${event} of ${JSON.stringify(device)}, which is nobody`);
      this.#lookForPasswords(`event ${event}`, { device, payload });
    });
    server.on('broken', (error) => complain(`the socket broke: ${error.message}`));
    server.on('storage', (event) => complain(`the storage: ${event.state}`));
  }

  async obey(message: ToServer): Promise<void> {
    if (message.order === 'send') await this.#send(message.request);
    else {
      if (message.settled) await collectGarbage();
      tell({ about: 'stats', stats: this.#stats() });
    }
  }

  async #send(request: SendRequest): Promise<void> {
    try {
      const job = await this.server.send(request);
      tell({ about: 'result', result: await job.result });
    } catch (error) {
      complain(`job ${String(request.id)} was refused: ${(error as Error).message}`);
    }
  }

  #stats(): ServerStats {
    this.#lookForPasswords('list of the rejected', this.server.rejected);
    const { heapUsed: heap, rss } = process.memoryUsage();
    const { handled, longest } = this.watch;
    return {
      handled: Object.fromEntries(handled),
      dropped: this.server.dropped,
      events: Object.fromEntries(this.#events),
      smsOfOpenLines: this.#smsOfOpenLines,
      heap,
      rss,
      longest,
    };
  }

  /** Open lines may say their own passwords where nobody would look for them. */
  #lookForPasswords(where: string, told: unknown): void {
    const text = JSON.stringify(told);
    const leaked = HONEST.find(({ password }) => text.includes(password));
    if (leaked) complain(`the password of ${leaked.id} in an ${where}: ${text}`);
  }
}

async function collectGarbage(): Promise<void> {
  for (let round = 0; round < 2; round += 1) {
    await delay(20);
    globalThis.gc?.();
  }
}

async function main(): Promise<void> {
  const [storage = 'memory'] = process.argv.slice(2);
  const watch = new Watch();
  watch.begin();
  const server = new GoipServer({
    host: '127.0.0.1',
    port: 0,
    devices: [...HONEST, ...OPEN].map(({ id, password }) => ({ id, password })),
    storage,
    offlineAfter: 15,
    resendInterval: 1,
    queryInterval: 0.5,
    sessionsPerLine: 2,
  });
  const served = new Served(server, watch);
  process.on('message', (message: ToServer) => void served.obey(message));
  process.on('disconnect', () => void server.stop().then(() => process.exit()));
  const address = await server.start();
  tell({ about: 'start', address, receiveBuffer: watch.socket?.getRecvBufferSize() ?? 0 });
}

void main();
