/** What the journal takes on disk: per received SMS, per sent number, and over a long time with a retention that prunes. */
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { GoipServer, type Address, type Clock } from '../../src/index.js';
import { GoipSimulator } from '../../src/simulator/index.js';
import { Devices } from './devices.js';
import { sizeCompacted, sizeOf } from './disk.js';
import { megabytes, times, whole, type Figure, type Row } from './figures.js';
import { SkippingClock } from './skipping-clock.js';
import { LINES, SMS_EVERY, TEXT, Traffic } from './traffic.js';

const HOUR_MS = 3_600_000;
/** A sweep, what it prunes, and the write that goes without hurry. */
const PRUNE_MS = 2500;
const IN_FLIGHT = 128;
const RETENTION_HOURS = 4;

export const bytes: Row = async (setting) => [
  await received(setting),
  await sent(setting, 1),
  await sent(setting, 40),
  ...(await steady(setting)),
];

async function received({ count, directory }: Parameters<Row>[0]): Promise<Figure> {
  const total = count(20_000);
  const server = new DurableServer(path.join(directory, 'received'));
  const devices = await Devices.open(await server.start());
  const traffic = new Traffic(LINES, SMS_EVERY.SMS);
  await devices.send(traffic.take(total), IN_FLIGHT);
  await devices.close();
  const sizes = await server.sizes();
  const datagram = Buffer.byteLength(traffic.next().datagram);
  return {
    what: 'journal bytes per received SMS (compacted; pruned) : datagram',
    measured: describe(sizes, total),
    baseline: whole(datagram),
    ratio: times(sizes.grown / total / datagram),
    size: `${total} SMS`,
  };
}

async function sent({ count, directory }: Parameters<Row>[0], perJob: number): Promise<Figure> {
  const jobs = Math.ceil(count(2000) / perJob);
  const total = jobs * perJob;
  const server = new DurableServer(path.join(directory, `sent-${perJob}`));
  const gateway = await openGateway(await server.start(), server.clock);
  await sendJobs(server.server, jobs, perJob);
  await gateway.stop();
  const sizes = await server.sizes();
  const request = Buffer.byteLength('+491710000000') + Buffer.byteLength(TEXT) / perJob;
  return {
    what: `journal bytes per sent number, jobs of ${perJob} (compacted; pruned) : number + share of the text`,
    measured: describe(sizes, total),
    baseline: whole(request),
    ratio: times(sizes.grown / total / request),
    size: `${total} numbers`,
  };
}

/** The same load every hour, three retentions long, with and without one. */
async function steady({ count, directory }: Parameters<Row>[0]): Promise<Figure[]> {
  const texts = count(5000);
  const numbers = count(200);
  const pruning = new DurableServer(path.join(directory, 'pruning'), RETENTION_HOURS);
  const keeping = new DurableServer(path.join(directory, 'keeping'), Infinity);
  const servers = [pruning, keeping];
  const traffic = new Traffic(LINES, SMS_EVERY.SMS);
  const gateways: GoipSimulator[] = [];
  for (const server of servers) gateways.push(await openGateway(await server.start(), server.clock));
  const devices = new Map<DurableServer, Devices>();
  for (const server of servers) devices.set(server, await Devices.open(server.address));
  const history = servers.map(() => [] as number[]);
  for (let hour = 1; hour <= 3 * RETENTION_HOURS; hour += 1) {
    const messages = traffic.take(texts);
    for (const server of servers) {
      await devices.get(server)?.send(messages, IN_FLIGHT);
      await sendJobs(server.server, Math.ceil(numbers / 10), 10);
    }
    for (const { clock } of servers) clock.skip(HOUR_MS + 1000);
    await sleep(PRUNE_MS);
    const window = Math.ceil(hour / RETENTION_HOURS) - 1;
    for (const [index, { place }] of servers.entries()) {
      const peaks = history[index] ?? [];
      peaks[window] = Math.max(peaks[window] ?? 0, await sizeOf(place));
    }
  }
  for (const gateway of gateways) await gateway.stop();
  for (const device of devices.values()) await device.close();
  for (const { server } of servers) await server.stop();
  const compacted = await Promise.all(servers.map(({ place }) => sizeCompacted(place)));
  const perRetention = `${texts * RETENTION_HOURS} SMS + ${numbers * RETENTION_HOURS} numbers`;
  const [pruned = [], kept = []] = history;
  return [
    {
      what: 'largest journal in the 1st, 2nd, 3rd retention time of steady load : nothing forgotten',
      measured: pruned.map(megabytes).join(', '),
      baseline: kept.map(megabytes).join(', '),
      ratio: times((pruned.at(-1) ?? NaN) / (kept.at(-1) ?? NaN)),
      size: `${perRetention} each, hourly prune`,
    },
    {
      what: 'the same in the end, compacted',
      measured: megabytes(compacted[0] ?? NaN),
      baseline: megabytes(compacted[1] ?? NaN),
      ratio: times((compacted[0] ?? NaN) / (compacted[1] ?? NaN)),
      size: `${perRetention} each`,
    },
  ];
}

interface Sizes {
  readonly grown: number;
  readonly compacted: number;
  readonly pruned: number;
}

const describe = ({ grown, compacted, pruned }: Sizes, total: number): string =>
  `${whole(grown / total)} (${whole(compacted / total)}; ${whole(pruned / total)})`;

/** A server on disk whose days pass when they are told to. */
class DurableServer {
  readonly clock = new SkippingClock();
  #server: GoipServer;
  #address: Address = { address: '', port: 0 };

  constructor(
    readonly place: string,
    private readonly retentionHours = 24,
  ) {
    this.#server = this.#make();
  }

  get server(): GoipServer {
    return this.#server;
  }

  get address(): Address {
    return this.#address;
  }

  async start(): Promise<Address> {
    this.#server.takeSms({ take: () => undefined });
    return (this.#address = await this.#server.start());
  }

  /** Stops it, and says how large the journal is: as it stands, compacted, and compacted when all has been forgotten. */
  async sizes(): Promise<Sizes> {
    await this.#server.stop();
    const grown = await sizeOf(this.place);
    const compacted = await sizeCompacted(this.place);
    this.clock.skip((this.retentionHours + 1) * HOUR_MS);
    this.#server = this.#make();
    await this.start();
    await sleep(PRUNE_MS);
    await this.#server.stop();
    return { grown, compacted, pruned: await sizeCompacted(this.place) };
  }

  #make(): GoipServer {
    const { place: storage, clock } = this;
    const retention = this.retentionHours / 24;
    return new GoipServer({ host: '127.0.0.1', port: 0, devices: LINES, storage, retention }, { clock });
  }
}

/** A gateway that is fast on air, and says often that it is there. */
async function openGateway({ port }: Address, clock: Clock): Promise<GoipSimulator> {
  const gateway = new GoipSimulator({
    server: { host: '127.0.0.1', port },
    lines: LINES,
    lineTime: 0.001,
    keepaliveInterval: 0.5,
    timers: {
      now: () => clock.now(),
      setTimeout: (callback, ms) => setTimeout(callback, ms),
      clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
    },
  });
  await gateway.start();
  await gateway.whenRegistered();
  return gateway;
}

async function sendJobs(server: GoipServer, jobs: number, perJob: number): Promise<void> {
  const running = Array.from({ length: jobs }, async (_, job) => {
    const to = Array.from({ length: perJob }, (__, index) => `+4917${10_000_000 + job * perJob + index}`);
    return (await server.send({ to, text: TEXT })).result;
  });
  const results = await Promise.all(running);
  const bad = results.find(({ ok }) => !ok);
  if (bad) throw new Error(`not all were sent: ${JSON.stringify(bad.results.find(({ state }) => state !== 'sent'))}`);
}
