/** How long one SMS waits for its ack, against a bare write and flush of as many bytes on the same disk. */
import { closeSync, fdatasyncSync, mkdirSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { Devices } from './devices.js';
import { sizeOf } from './disk.js';
import { median, milliseconds, ratiosOf, spread, times, type Row } from './figures.js';
import { ServerProcess } from './server-process.js';
import { LINES, SMS_EVERY, Traffic } from './traffic.js';

export const latency: Row = async ({ count, rounds, directory }) => {
  const perRound = count(1000);
  const journal = path.join(directory, 'latency');
  const memory = await Timed.start('memory');
  const durable = await Timed.start(journal);
  for (let sent = 0; sent < 200; sent += 1) await memory.sendSms();

  // Bytes of the log per SMS; the time warms up the server, too.
  const before = await sizeOf(journal);
  for (let sent = 0; sent < 200; sent += 1) await durable.sendSms();
  const bytes = Math.round(((await sizeOf(journal)) - before) / 200);

  const bare = new BareFile(path.join(directory, 'bare'), bytes);
  const p50 = { bare: [] as number[], durable: [] as number[], memory: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    const all = { bare: [] as number[], durable: [] as number[], memory: [] as number[] };
    // One by one in turn: whatever else the disk has to do meets all alike.
    for (let sent = 0; sent < perRound; sent += 1) {
      all.bare.push(bare.write());
      all.durable.push(await durable.sendSms());
      all.memory.push(await memory.sendSms());
    }
    for (const kind of ['bare', 'durable', 'memory'] as const) p50[kind].push(median(all[kind]));
  }
  bare.close();
  await Promise.all([memory.stop(), durable.stop()]);
  const size = `${perRound} SMS × ${rounds}, one in flight`;
  return [
    {
      what: `p50 until the ack, durable : write + fdatasync of ${bytes} bytes`,
      measured: spread(p50.durable, milliseconds),
      baseline: spread(p50.bare, milliseconds),
      ratio: spread(ratiosOf(p50.durable, p50.bare), times),
      goal: '≤ 2.5',
      size,
    },
    {
      what: 'p50 until the ack, durable : in memory',
      measured: spread(p50.durable, milliseconds),
      baseline: spread(p50.memory, milliseconds),
      ratio: spread(ratiosOf(p50.durable, p50.memory), times),
      size,
    },
  ];
};

/** A server that gets one SMS at a time. */
class Timed {
  readonly #traffic = new Traffic(LINES, SMS_EVERY.SMS);

  static async start(storage: string): Promise<Timed> {
    const server = await ServerProcess.core(storage, LINES.length);
    return new Timed(server, await Devices.open(server.address));
  }

  private constructor(
    private readonly server: ServerProcess,
    private readonly devices: Devices,
  ) {}

  /** Returns the milliseconds until the ack. */
  sendSms(): Promise<number> {
    return this.devices.sendOne(this.#traffic.sms());
  }

  async stop(): Promise<void> {
    await this.devices.close();
    await this.server.stop();
  }
}

/** A file that grows by one block of bytes at a time, each flushed: the least that durability costs on this disk. */
class BareFile {
  readonly #file: number;
  readonly #block: Buffer;

  constructor(place: string, bytes: number) {
    mkdirSync(path.dirname(place), { recursive: true });
    this.#file = openSync(place, 'a');
    this.#block = Buffer.alloc(bytes, 'x');
  }

  /** Returns the milliseconds that it took. */
  write(): number {
    const start = performance.now();
    writeSync(this.#file, this.#block);
    fdatasyncSync(this.#file);
    return performance.now() - start;
  }

  close(): void {
    closeSync(this.#file);
  }
}
