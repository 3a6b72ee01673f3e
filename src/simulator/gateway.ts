/** A GoIP gateway in software: many lines, each on its own UDP socket, one bad network for all of them. */
import dns from 'node:dns/promises';
import { EventEmitter, once } from 'node:events';
import { systemTimers } from './alarms.js';
import { Books, type Counters } from './books.js';
import type { DeliveryReport, FailedSms, OnAirSms, ReceivedSms, SimulatorEvents } from './events.js';
import { Network, type Faults } from './faults.js';
import { SimulatedLine } from './line.js';
import type { Endpoint } from './link.js';
import { DEFAULT_SETTINGS, type SimulatorOptions } from './options.js';

/**
 * ```ts
 * import { GoipSimulator } from '@goip-sms/node-red-goip/simulator';
 *
 * const gateway = new GoipSimulator({
 *   server: { host: '127.0.0.1', port: 44444 },
 *   lines: [{ id: 'goip1', password: 'password1' }],
 * });
 * await gateway.start();
 * await gateway.line('goip1').receiveSms({ from: '+8613513415667', text: 'just a test' });
 * await gateway.stop();
 * ```
 */
export class GoipSimulator extends EventEmitter<SimulatorEvents> {
  readonly #options: SimulatorOptions;
  readonly #network: Network;
  readonly #books: Books;
  readonly #lines: ReadonlyMap<string, SimulatedLine>;

  /** Throws a RangeError if two lines have the same id. */
  constructor(options: SimulatorOptions) {
    super();
    // Every test that waits for something listens.
    this.setMaxListeners(0);
    this.#options = options;
    this.#network = new Network(options.seed ?? 1, options.faults ?? {});
    this.#books = new Books(this);
    this.#lines = this.#makeLines();
  }

  get lines(): readonly SimulatedLine[] {
    return [...this.#lines.values()];
  }

  /** Throws a RangeError if there is no such line. */
  line(id: string): SimulatedLine {
    const line = this.#lines.get(id);
    if (!line) throw new RangeError(`no such line: ${id}`);
    return line;
  }

  /** All SMS that went over the air, in their order. */
  get onAir(): readonly OnAirSms[] {
    return this.#books.onAir;
  }

  /** All SMS that the network refused, in their order. */
  get failed(): readonly FailedSms[] {
    return this.#books.failed;
  }

  /** All SMS that came in from the air, in their order; `outcome` is null while the server has not answered. */
  get received(): readonly ReceivedSms[] {
    return this.#books.received;
  }

  /** All delivery reports of the lines, in their order; `outcome` is null while the server has not answered. */
  get reports(): readonly DeliveryReport[] {
    return this.#books.reports;
  }

  get counters(): Counters {
    return this.#books.counters;
  }

  /** Binds all lines and sends their first keepalives. Rejects where the host cannot be looked up or no port is free. */
  async start(): Promise<void> {
    const server = await lookUp(this.#options.server);
    try {
      // One after the other: a burst of hundreds of keepalives would not fit into the server's receive buffer.
      for (const line of this.lines) {
        await line.start(server);
        await eventLoopTurn();
      }
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Leaves no timer and no socket open. A stopped gateway stays stopped. */
  async stop(): Promise<void> {
    await Promise.all(this.lines.map((line) => line.stop()));
  }

  /** Replaces the faults of the running network; `{}` is a perfect one. */
  setFaults(faults: Faults): void {
    this.#network.faults = faults;
  }

  /** Cuts lines off from the server, both ways; all of them where none is named. */
  partition(...lines: readonly string[]): void {
    this.#network.partition(lines);
  }

  heal(...lines: readonly string[]): void {
    this.#network.heal(lines);
  }

  /** Resolves when all lines are registered at the same time. */
  async whenRegistered(): Promise<void> {
    while (!this.lines.every((line) => line.registered)) await once(this, 'registered');
  }

  /** Resolves when so many SMS went over the air since the start. */
  async whenOnAir(count: number): Promise<readonly OnAirSms[]> {
    while (this.onAir.length < count) await once(this, 'air');
    return this.onAir;
  }

  #makeLines(): ReadonlyMap<string, SimulatedLine> {
    const options = this.#options;
    const parts = {
      timers: options.timers ?? systemTimers,
      network: this.#network,
      seed: options.seed ?? 1,
      emit: this.emit.bind(this),
      gateway: { rebootDevice: () => this.#reboot(), switchModules: (digits: string) => this.#switchModules(digits) },
    };
    const lines = new Map<string, SimulatedLine>();
    for (const line of options.lines) {
      if (lines.has(line.id)) throw new RangeError(`two lines with the id ${line.id}`);
      lines.set(line.id, new SimulatedLine(line, { ...DEFAULT_SETTINGS, ...options, ...line }, parts));
    }
    return lines;
  }

  #reboot(): void {
    const downtime = this.#options.rebootTime ?? DEFAULT_SETTINGS.rebootTime;
    for (const line of this.lines) void line.restart({ downtime });
  }

  /** `module_ctl`: one digit per line, 1 on, 0 off. */
  #switchModules(digits: string): void {
    this.lines.forEach((line, index) => {
      if (digits[index] === '1') line.login();
      if (digits[index] === '0') line.logout();
    });
  }
}

/** Lets others in this process read what was sent. Taken before anybody can install fake timers: this is no time. */
const { setImmediate: realSetImmediate } = globalThis;
const eventLoopTurn = () => new Promise<void>((resolve) => realSetImmediate(resolve));

async function lookUp({ host, port }: SimulatorOptions['server']): Promise<Endpoint> {
  const { address, family } = await dns.lookup(host, { order: 'ipv4first' });
  return { address, port, family: family === 6 ? 6 : 4 };
}
