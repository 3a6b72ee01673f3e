/** Strangers on several addresses, and people with the credentials of open lines: what they send, and what comes back. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Address } from '../../src/index.js';
import { ERROR_ANSWERS, ERROR_ANSWER_INTERVAL } from '../../src/parameters.js';
import { decoded } from '../../src/protocol/decoding.js';
import { Dice } from './dice.js';
import { HONEST } from './lines.js';
import { KINDS, type Kind, type Talk } from './talk.js';

/** Honest lines are on the first one, too. */
const STRANGERS = ['127.0.0.1', '127.0.0.2', '127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.5', '127.0.0.6'];
const INSIDERS = ['127.0.0.7', '127.0.0.8'];
/** Strangers who come and go, each on an address where nobody was before: datagrams from one to the next, and how many stay. */
const WANDER_EVERY = 1000;
const WANDERERS = 6;
/** Shares of the datagrams that come from insiders and from wanderers. */
const INSIDE = 0.02;
const WANDERING = 0.05;

/** Bytes that the kernel counts for a datagram besides its own, and how much larger its memory can be than itself. */
const OVERHEAD = 2304;
const SLACK = 2.2;

export class Crowd {
  readonly counts = Object.fromEntries(KINDS.map((kind) => [kind, 0])) as Record<Kind, number>;
  readonly #strangers: Voice[] = [];
  readonly #insiders: Voice[] = [];
  #wanderers: Voice[] = [];
  /** Addresses where anybody was. */
  addresses = new Set([...STRANGERS, ...INSIDERS]).size;
  #untilNext = 0;
  /** All that datagrams came from. */
  readonly #ports = new Set<number>();
  /** Answers to wanderers that have left. */
  #answersBefore = 0;
  readonly #begin = Date.now();

  private constructor(
    private readonly server: Address,
    private readonly talk: Talk,
    private readonly dice: Dice,
    private readonly complain: (complaint: string) => void,
  ) {}

  static async gather(
    server: Address,
    talk: Talk,
    seed: number,
    complain: (complaint: string) => void,
  ): Promise<Crowd> {
    const crowd = new Crowd(server, talk, new Dice(seed), complain);
    for (const address of STRANGERS) crowd.#strangers.push(await crowd.#join(address));
    for (const address of INSIDERS) crowd.#insiders.push(await crowd.#join(address));
    return crowd;
  }

  /**
   * Sends as many datagrams as fit into a buffer of so many bytes, at most `most`. Resolves to their number when all of them
   * are with the kernel.
   */
  async shout(bufferBytes: number, most: number): Promise<number> {
    await this.#wander();
    let bytes = 0;
    let count = 0;
    for (const voice of this.#voices) voice.turn();
    while (bytes < bufferBytes && count < most) {
      const isInside = this.dice.chance(INSIDE);
      const isWandering = !isInside && this.dice.chance(WANDERING);
      const voice = this.dice.pick(isInside ? this.#insiders : isWandering ? this.#wanderers : this.#strangers);
      const { kind, datagram } = this.talk.next(isInside);
      voice.send(datagram);
      this.counts[kind] += 1;
      bytes += OVERHEAD + SLACK * datagram.length;
      count += 1;
    }
    this.#untilNext -= count;
    await Promise.all(this.#voices.map((voice) => voice.flush()));
    return count;
  }

  /** How many of the datagrams went through the server, by its own account. */
  handled(byPort: Readonly<Record<string, number>>): number {
    return [...this.#ports].reduce((sum, port) => sum + (byPort[port] ?? 0), 0);
  }

  /** Answers to strangers, which are all errors. */
  get answers(): number {
    return [...this.#strangers, ...this.#wanderers].reduce((sum, { replies }) => sum + replies, this.#answersBefore);
  }

  /** No address may have got many of them. */
  checkAnswers(): void {
    for (const address of new Set(STRANGERS)) {
      this.#checkAnswersTo(this.#strangers.filter((voice) => voice.address === address));
    }
    for (const voice of this.#wanderers) this.#checkAnswersTo([voice]);
  }

  async disperse(): Promise<void> {
    await Promise.all(this.#voices.map((voice) => voice.close()));
  }

  get #voices(): Voice[] {
    return [...this.#strangers, ...this.#insiders, ...this.#wanderers];
  }

  async #join(address: string): Promise<Voice> {
    const voice = await Voice.open(address, this.server, this.#onReply);
    this.#ports.add(voice.port);
    return voice;
  }

  async #wander(): Promise<void> {
    for (; this.#untilNext <= 0; this.#untilNext += WANDER_EVERY) {
      this.addresses += 1;
      const address = `127.${1 + this.dice.below(250)}.${this.dice.below(250)}.${1 + this.dice.below(250)}`;
      this.#wanderers.push(await this.#join(address));
    }
    const leaving = this.#wanderers.slice(0, -WANDERERS);
    this.#wanderers = this.#wanderers.slice(-WANDERERS);
    for (const voice of leaving) {
      this.#checkAnswersTo([voice]);
      this.#answersBefore += voice.replies;
      await voice.close();
    }
  }

  /** @param voices of one address */
  #checkAnswersTo(voices: readonly Voice[]): void {
    const seconds = (Date.now() - this.#begin) / 1000;
    const most = ERROR_ANSWERS + Math.ceil(seconds / ERROR_ANSWER_INTERVAL);
    const replies = voices.reduce((sum, voice) => sum + voice.replies, 0);
    if (replies > most) this.complain(`${voices[0]?.address ?? ''} got ${replies} answers in ${seconds} s`);
  }

  readonly #onReply = (voice: Voice, reply: string): void => {
    const leaked = HONEST.find(({ password }) => reply.includes(password) && !voice.hasSaid(password));
    if (leaked) this.complain(`${voice.address} was told the password of ${leaked.id}: ${JSON.stringify(reply)}`);
    if (this.#insiders.includes(voice)) return;
    voice.replies += 1;
    const [, verb = '', recvid = ''] = /^([A-Za-z]+) (\S+) ERROR unauthorized\n$/.exec(reply) ?? [];
    const question = voice.question(verb, recvid);
    if (question === undefined) this.complain(`a stranger was told ${JSON.stringify(reply)}`);
    else if (question.length < Buffer.byteLength(reply)) {
      this.complain(`${question.length} bytes were answered with ${JSON.stringify(reply)}`);
    }
  };
}

/** One socket. */
class Voice {
  replies = 0;
  #unsent: Buffer | undefined;
  /** What was said lately, newest batch first. */
  #said: Buffer[][] = [];

  private constructor(
    private readonly socket: Socket,
    readonly address: string,
    onReply: (voice: Voice, reply: string) => void,
  ) {
    socket.on('message', (data) => onReply(this, data.toString()));
    // The server is gone; others see to that.
    socket.on('error', () => undefined);
  }

  static async open(address: string, server: Address, onReply: (voice: Voice, reply: string) => void): Promise<Voice> {
    const socket = createSocket('udp4');
    socket.bind(0, address);
    await once(socket, 'listening');
    socket.connect(server.port, server.address);
    await once(socket, 'connect');
    return new Voice(socket, address, onReply);
  }

  get port(): number {
    return this.socket.address().port;
  }

  /** A new batch begins. */
  turn(): void {
    this.#said = [[], ...this.#said.slice(0, BATCHES_REMEMBERED - 1)];
  }

  send(datagram: Buffer): void {
    this.#said[0]?.push(datagram);
    if (this.#unsent) this.socket.send(this.#unsent);
    this.#unsent = datagram;
  }

  /** Resolves when all is with the kernel: a socket sends in order, so the last datagram tells of those before. */
  async flush(): Promise<void> {
    const last = this.#unsent;
    this.#unsent = undefined;
    if (last) await new Promise((resolve) => this.socket.send(last, resolve));
  }

  /** The longest of the datagrams that this can be an answer to. */
  question(verb: string, recvid: string): Buffer | undefined {
    let longest: Buffer | undefined;
    for (const datagram of this.#said.flat()) {
      if (datagram.length <= (longest?.length ?? 0)) continue;
      const [head = ''] = decoded(datagram)
        .toWellFormed()
        .replace(/^[\ufeff \t\r\n\0]+/, '')
        .split(';', 1);
      if (!head.startsWith(`${verb}:`)) continue;
      if (head.slice(verb.length + 1).replace(/[ \t\r\n\0]/g, '') === recvid) longest = datagram;
    }
    return longest;
  }

  hasSaid(text: string): boolean {
    return this.#said.flat().some((datagram) => datagram.includes(text));
  }

  async close(): Promise<void> {
    this.socket.close();
    await once(this.socket, 'close');
  }
}

/** Replies to one batch are read while the next two are sent. */
const BATCHES_REMEMBERED = 5;
