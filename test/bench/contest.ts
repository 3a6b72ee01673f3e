/** Servers that take turns with the same load, and what each of them gets done. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Devices } from './devices.js';
import type { Server } from './server-process.js';
import { goipAnswer, type Dialect, type Message, type Traffic } from './traffic.js';

/** Unanswered datagrams at a time: enough to keep a server busy, and fewer than overflow a socket's default buffer. */
const IN_FLIGHT = 96;

/** Milliseconds for an SMS that was acked to be delivered. */
const PATIENCE = 5000;

export interface Contestant {
  readonly server: Server;
  /** One of its own, with the same messages as the other's. */
  readonly traffic: Traffic;
  /** How it answers; by default as the protocol wants it. */
  readonly answer?: Dialect;
}

export interface Load {
  /** Per round. */
  readonly messages: number;
  /** In the round before the first, which does not count; by default as many. */
  readonly warmUp?: number;
  readonly rounds: number;
  readonly inFlight?: number;
  /** Milliseconds for what a server does later; it belongs to the round. */
  readonly settleMs?: number;
}

/** What a server did in its turns, one entry per round. */
export interface Score {
  readonly perCpuSecond: number[];
  readonly perSecond: number[];
  /** Of all rounds: datagrams that the kernel dropped. */
  resent: number;
}

/** Ends the servers, too. The first round warms them up. */
export async function compete<K extends string>(
  contestants: Readonly<Record<K, Contestant>>,
  load: Load,
): Promise<Record<K, Score>> {
  const players = new Map<K, Player>();
  for (const name of Object.keys(contestants) as K[]) players.set(name, await Player.enter(contestants[name]));
  for (let round = 0; round <= load.rounds; round += 1) {
    for (const player of players.values()) await player.play(load, round);
  }
  for (const player of players.values()) await player.leave();
  return Object.fromEntries([...players].map(([name, { score }]) => [name, score])) as Record<K, Score>;
}

class Player {
  readonly score: Score = { perCpuSecond: [], perSecond: [], resent: 0 };

  static async enter(contestant: Contestant): Promise<Player> {
    const { server, answer = goipAnswer } = contestant;
    return new Player(contestant, await Devices.open(server.address, answer));
  }

  private constructor(
    private readonly contestant: Contestant,
    private readonly devices: Devices,
  ) {}

  async play(load: Load, round: number): Promise<void> {
    const { inFlight = IN_FLIGHT, settleMs = 0 } = load;
    const { server, traffic } = this.contestant;
    const count = round === 0 ? (load.warmUp ?? load.messages) : load.messages;
    const messages = traffic.take(count);
    const before = await server.report();
    const resentBefore = this.devices.resent;
    const perSecond = await this.devices.send(messages, inFlight);
    if (before.taken !== undefined) await delivered(server, before.taken, messages);
    await sleep(settleMs);
    const after = await server.report();
    if (round === 0) return;
    this.score.perSecond.push(perSecond);
    this.score.perCpuSecond.push((1e6 * count) / (after.cpu - before.cpu));
    this.score.resent += this.devices.resent - resentBefore;
  }

  async leave(): Promise<void> {
    await this.devices.close();
    await this.contestant.server.stop();
  }
}

/** What was acked was delivered, once. */
async function delivered(server: Server, before: number, messages: readonly Message[]): Promise<void> {
  const expected = messages.filter(({ verb }) => verb === 'RECEIVE').length;
  const deadline = performance.now() + PATIENCE;
  const taken = async (): Promise<number> => ((await server.report()).taken ?? NaN) - before;
  while ((await taken()) < expected && performance.now() < deadline) await sleep(1);
  assert.equal(await taken(), expected, 'what was acked was delivered, once');
}
