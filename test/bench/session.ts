/** What the server adds to the time that a bulk session takes on air, and how many datagrams it needs. */
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SendRequest } from '../../src/index.js';
import { Devices } from './devices.js';
import { median, milliseconds, ratiosOf, spread, times, type Figure, type Row } from './figures.js';
import { ScriptedGateway } from './scripted-gateway.js';
import { ServerProcess } from './server-process.js';
import { linesOf, SMS_EVERY, TEXT, Traffic } from './traffic.js';

const NUMBERS = 40;
/** Only what comes on top of it is measured. */
const LINE_TIME_MS = 20;

export const session: Row = async ({ rounds, directory }) => {
  const contestants = {
    memory: await Sending.start('memory'),
    disk: await Sending.start(path.join(directory, 'session')),
    echo: await Echoing.start(),
    flushing: await Echoing.start('--file', path.join(directory, 'flushed')),
  };
  const kinds = ['memory', 'disk', 'echo', 'flushing'] as const;
  const gaps: Record<(typeof kinds)[number], number[][]> = { memory: [], disk: [], echo: [], flushing: [] };
  const datagrams = new Set<number>();
  for (let round = 0; round <= rounds; round += 1) {
    for (const kind of kinds) {
      const result = await contestants[kind].run();
      if (round === 0) continue;
      gaps[kind].push(result.gaps);
      if (result.datagrams !== undefined) datagrams.add(result.datagrams);
    }
  }
  for (const contestant of Object.values(contestants)) await contestant.stop();
  const size = `${NUMBERS} numbers × ${rounds}, push firmware, ${LINE_TIME_MS} ms on air`;
  const average = (list: number[][]): number[] =>
    list.map((all) => all.reduce((sum, gap) => sum + gap, 0) / all.length);
  const compare = (storage: 'memory' | 'disk', what: string, of: (list: number[][]) => number[]): Figure => {
    const [echo, words] =
      storage === 'disk' ? (['flushing', 'an echo that flushes'] as const) : (['echo', 'an echo'] as const);
    return {
      what: `${what} (${storage}) : round trip of ${words}`,
      measured: spread(of(gaps[storage]), milliseconds),
      baseline: spread(of(gaps[echo]), milliseconds),
      ratio: spread(ratiosOf(of(gaps[storage]), of(gaps[echo])), times),
      size,
    };
  };
  return [
    {
      what: 'datagrams of a session, both sides : 3N + 6',
      measured: [...datagrams].join(', '),
      baseline: String(3 * NUMBERS + 6),
      goal: 'equal',
      size,
    },
    ...(['memory', 'disk'] as const).flatMap((storage) => [
      { ...compare(storage, 'from a result to the next SEND, mean per SMS', average), goal: '≤ 1 ms' },
      compare(storage, 'the same, median', (list) => list.map(median)),
      compare(storage, 'the same, longest', (list) => list.map((all) => Math.max(...all))),
    ]),
  ];
};

interface Result {
  readonly gaps: number[];
  readonly datagrams?: number;
}

class Sending {
  static async start(storage: string): Promise<Sending> {
    const server = await ServerProcess.core(storage, 1);
    const gateway = await ScriptedGateway.open(server.address, LINE_TIME_MS);
    await gateway.register(linesOf(1));
    return new Sending(server, gateway);
  }

  private constructor(
    private readonly server: ServerProcess,
    private readonly gateway: ScriptedGateway,
  ) {}

  async run(): Promise<Result> {
    const { gateway } = this;
    const before = gateway.datagrams;
    gateway.gaps.length = 0;
    const to = Array.from({ length: NUMBERS }, (_, index) => `+4917${10_000_000 + index}`);
    const released = once(gateway, 'released');
    this.server.tell({ to, text: TEXT } satisfies SendRequest);
    await released;
    return { gaps: [...gateway.gaps], datagrams: gateway.datagrams - before };
  }

  async stop(): Promise<void> {
    await this.server.stop();
    this.gateway.close();
  }
}

/** As many datagrams, as far apart. */
class Echoing {
  readonly #traffic = new Traffic(linesOf(1), SMS_EVERY.SMS);

  static async start(...args: readonly string[]): Promise<Echoing> {
    const server = await ServerProcess.start('echo-child.ts', ...args);
    return new Echoing(server, await Devices.open(server.address, ({ datagram }) => datagram, 1));
  }

  private constructor(
    private readonly server: ServerProcess,
    private readonly devices: Devices,
  ) {}

  async run(): Promise<Result> {
    const gaps: number[] = [];
    for (const message of this.#traffic.take(NUMBERS)) {
      await sleep(LINE_TIME_MS);
      gaps.push(await this.devices.sendOne(message));
    }
    return { gaps };
  }

  async stop(): Promise<void> {
    await this.devices.close();
    await this.server.stop();
  }
}
