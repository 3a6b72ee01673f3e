/** A server under fire: strangers send whatever they like, and honest lines must not notice. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { REPORT_LIMIT, SOURCES_REMEMBERED } from '../../src/parameters.js';
import { seedOf } from '../../src/simulator/random.js';
import { Control } from './control.js';
import { Crowd } from './crowd.js';
import { Honest, type HonestFigures } from './honest.js';
import type { ServerStats } from './messages.js';
import { ServerProcess } from './server-process.js';
import { Talk, type Kind } from './talk.js';

export interface FuzzOptions {
  /** Datagrams of strangers, if there is time for so many. */
  readonly count: number;
  readonly seconds: number;
  readonly seed: number;
  /** Gets a line now and then. */
  readonly say?: (line: string) => void;
}

export interface FuzzReport {
  readonly seed: number;
  readonly complaints: readonly string[];
  readonly seconds: number;
  readonly sent: number;
  readonly handled: number;
  readonly kinds: Readonly<Record<Kind, number>>;
  readonly answers: number;
  readonly barriersRepeated: number;
  /** Bytes, at each quarter of the run. */
  readonly heaps: readonly number[];
  readonly honest: HonestFigures;
  readonly server: ServerStats;
}

/** Of what was sent so much must have gone through the server, or the run says little. */
const LEAST_HANDLED = 0.99;

/**
 * Bytes that the heap may grow by from the first quarter to the last one: for what is bounded and still fills up, as the 200
 * sources that were refused, for each report of an open line, which is remembered to know its copies, and for each address
 * that failed. Of a million datagrams more than two hundred thousand have an id or a sendid that comes but once: the least
 * of leaks, a map of them to nothing, makes twice as much.
 */
const HEAP_GROWTH = 1.5 * 2 ** 20;
const BYTES_PER_REPORT = 200;
const BYTES_PER_ADDRESS = 400;

/** Of the kernel's buffer, what a batch may fill: two are under way at a time, and honest lines need room. */
const BATCH_SHARE = 0.3;
const LARGEST_BATCH = 2000;

/** For so many datagrams of strangers an honest line sends a reply in the wrong state. */
const WRONG_REPLY_EVERY = 200;

const MOST_COMPLAINTS = 50;

export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'goip-fuzz-'));
  const remove = (): void => rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  process.once('exit', remove);
  try {
    const server = await ServerProcess.start(path.join(directory, 'journal'));
    try {
      return await new Fuzz(server, options).run();
    } finally {
      await server.stop();
    }
  } finally {
    process.off('exit', remove);
    remove();
  }
}

class Fuzz {
  readonly #complaints: string[] = [];
  readonly #honest: Honest;
  readonly #heaps: number[] = [];
  readonly #begin = Date.now();
  #sent = 0;

  constructor(
    private readonly server: ServerProcess,
    private readonly options: FuzzOptions,
  ) {
    const complain = (complaint: string): void => {
      if (this.#complaints.length < MOST_COMPLAINTS) this.#complaints.push(complaint);
    };
    this.#complain = complain;
    server.on('complaint', complain);
    this.#honest = new Honest(server, seedOf(options.seed, 'honest'), complain);
  }

  readonly #complain: (complaint: string) => void;

  async run(): Promise<FuzzReport> {
    const { server } = this;
    const { seed } = this.options;
    const talk = new Talk(seedOf(seed, 'talk'), this.#honest.running);
    const crowd = await Crowd.gather(server.address, talk, seedOf(seed, 'crowd'), this.#complain);
    const control = await Control.open(server.address);
    let stats: ServerStats | undefined;
    try {
      await this.#honest.start();
      await this.#fire(crowd, control);
      const keepalives = setInterval(() => void control.barrier(server.life).catch(() => undefined), 2000);
      await this.#honest.end().finally(() => clearInterval(keepalives));
      await control.barrier(server.life);
      stats = await server.stats(true);
    } catch (error) {
      this.#complain((error as Error).message);
      await this.#honest.abandon();
    }
    crowd.checkAnswers();
    const handled = stats ? crowd.handled(stats.handled) : 0;
    if (stats) this.#judge(crowd, stats, handled);
    await Promise.all([crowd.disperse(), control.close(), server.stop()]);
    return {
      seed,
      complaints: this.#complaints,
      seconds: this.#seconds,
      sent: this.#sent,
      handled,
      kinds: crowd.counts,
      answers: crowd.answers,
      barriersRepeated: control.repeated,
      heaps: this.#heaps,
      honest: this.#honest.figures,
      server: stats ?? NOTHING,
    };
  }

  /** While the server handles a batch, the next one is made and sent. */
  async #fire(crowd: Crowd, control: Control): Promise<void> {
    const { count, seconds, say } = this.options;
    const { life, receiveBuffer } = this.server;
    let handled: Promise<void> = Promise.resolve();
    let nextWord = 10;
    while (this.#sent < count && this.#seconds < seconds && this.#complaints.length === 0) {
      const batch = await crowd.shout(BATCH_SHARE * receiveBuffer, Math.min(LARGEST_BATCH, count - this.#sent));
      this.#sent += batch;
      await handled;
      // Or acks of the control line that come fast would keep all other sockets from being read.
      await turn();
      handled = control.barrier(life);
      handled.catch(() => undefined);
      for (let n = 0; n < batch; n += WRONG_REPLY_EVERY) this.#honest.replyWrongly();
      const progress = Math.max(this.#sent / count, this.#seconds / seconds);
      if (progress >= (this.#heaps.length + 1) / 4 && this.#heaps.length < 4) {
        await handled;
        this.#heaps.push((await this.server.stats(true)).heap);
      }
      if (this.#seconds >= nextWord) {
        say?.(`${this.#sent} datagrams after ${Math.round(this.#seconds)} s`);
        nextWord += 10;
      }
    }
    await handled;
  }

  #judge(crowd: Crowd, stats: ServerStats, handled: number): void {
    if (handled < LEAST_HANDLED * this.#sent) this.#complain(`only ${handled} of ${this.#sent} datagrams got through`);
    const { malformed, unauthorized, unexpected, foreign, unsaved } = stats.dropped;
    if (unsaved > 0) this.#complain(`${unsaved} SMS could not be saved`);
    if (malformed + unauthorized + unexpected + foreign < 0.9 * handled) {
      this.#complain(`the server has taken what it should not: ${JSON.stringify(stats.dropped)} of ${handled}`);
    }
    const [first = 0, ...later] = this.#heaps;
    const growth = Math.max(0, ...later) - first;
    const reported = Object.entries(stats.events).reduce((sum, [kind, n]) => (kind === 'keepalive' ? sum : sum + n), 0);
    const explained =
      BYTES_PER_REPORT * Math.min(reported, REPORT_LIMIT) +
      BYTES_PER_ADDRESS * Math.min(crowd.addresses, SOURCES_REMEMBERED);
    if (growth > HEAP_GROWTH + explained) {
      this.#complain(`the heap has grown by ${growth} bytes: ${this.#heaps.join(', ')}`);
    }
  }

  get #seconds(): number {
    return (Date.now() - this.#begin) / 1000;
  }
}

const NOTHING: ServerStats = {
  handled: {},
  dropped: { malformed: 0, unauthorized: 0, unexpected: 0, foreign: 0, unsaved: 0, held: 0 },
  events: {},
  smsOfOpenLines: 0,
  heap: 0,
  rss: 0,
  longest: 0,
};
