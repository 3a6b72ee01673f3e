/** How long one SMS waits for its ack, against a bare write and flush of as many bytes on the same disk. */
import { closeSync, fdatasyncSync, mkdirSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { Devices } from './devices.js';
import { sizeOf } from './disk.js';
import { median, milliseconds, ratiosOf, spread, times, type Row } from './figures.js';
import { ServerProcess } from './server-process.js';

export const latency: Row = async ({ count, rounds, directory }) => {
  const perRound = count(1000);
  const devices = await Devices.open();
  const journal = path.join(directory, 'latency');
  const memory = await ServerProcess.start('memory');
  const durable = await ServerProcess.start(journal);
  for (let sent = 0; sent < 200; sent += 1) await devices.sendOne(memory.address);

  // Bytes of the log per SMS; the time warms up the server, too.
  const before = await sizeOf(journal);
  for (let sent = 0; sent < 200; sent += 1) await devices.sendOne(durable.address);
  const bytes = Math.round(((await sizeOf(journal)) - before) / 200);

  const bare = new BareFile(path.join(directory, 'bare'), bytes);
  const p50 = { bare: [] as number[], durable: [] as number[], memory: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    const all = { bare: [] as number[], durable: [] as number[], memory: [] as number[] };
    // One by one in turn: whatever else the disk has to do meets all alike.
    for (let sent = 0; sent < perRound; sent += 1) {
      all.bare.push(bare.write());
      all.durable.push(await devices.sendOne(durable.address));
      all.memory.push(await devices.sendOne(memory.address));
    }
    for (const kind of ['bare', 'durable', 'memory'] as const) p50[kind].push(median(all[kind]));
  }
  bare.close();
  await Promise.all([memory.stop(), durable.stop()]);
  await devices.close();
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
