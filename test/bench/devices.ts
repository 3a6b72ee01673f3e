/** The gateways' end of the network: sockets that send messages as fast as they are answered. */
import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Address } from '../../src/index.js';
import { DEVICE_RESEND_INTERVAL } from '../../src/parameters.js';
import { goipAnswer, type Dialect, type Message } from './traffic.js';

/** Seconds until a datagram is sent again. A device takes 3; here a datagram that the kernel dropped should not cost a round so much. */
const RESEND_SECONDS = 1;

/** Of a round, the part at its ends that does not count: where the queues fill, and where the last stragglers come in. */
const ENDS = 0.05;

const SOCKETS = 8;

/** Milliseconds without an answer after which no more come. */
const SILENCE = 500;

/** Datagrams of a steady stream that are sent in one go. */
const MOST_AT_ONCE = 20;

interface Unanswered {
  readonly message: Message;
  sentAt: number;
}

export class Devices {
  /** By socket: what is unanswered, by the answer. */
  readonly #unanswered: readonly Map<string, Unanswered>[];
  /** Datagrams that were sent a second time. */
  resent = 0;
  /** What came in that nobody waited for. */
  #unexpected = 0;
  /** Given up, and perhaps answered after that. */
  #late = 0;
  #onAnswer: (to: Unanswered) => void = () => undefined;

  /** @param recvBufferSize of each socket, bytes; 0 for the system's */
  static async open(
    server: Address,
    answer: Dialect = goipAnswer,
    sockets = SOCKETS,
    recvBufferSize = 0,
  ): Promise<Devices> {
    const options = { type: 'udp4', ...(recvBufferSize === 0 ? {} : { recvBufferSize }) } as const;
    const opened = Array.from({ length: sockets }, () => createSocket(options));
    for (const socket of opened) {
      socket.connect(server.port, server.address);
      await once(socket, 'connect');
    }
    return new Devices(opened, answer);
  }

  private constructor(
    private readonly sockets: readonly Socket[],
    private readonly answer: Dialect,
  ) {
    this.#unanswered = sockets.map((socket) => {
      const unanswered = new Map<string, Unanswered>();
      socket.on('message', (data) => {
        const answer = data.toString('latin1');
        const to = unanswered.get(answer);
        if (!to) {
          this.#unexpected += 1;
          return;
        }
        unanswered.delete(answer);
        this.#onAnswer(to);
      });
      return unanswered;
    });
  }

  /** Sends all of them, with so many unanswered at a time. Returns the answers per second; each was the right one. */
  async send(messages: readonly Message[], inFlight: number): Promise<number> {
    const resentBefore = this.resent;
    const answerTimes: number[] = [];
    let sent = 0;
    const sendNext = (): void => {
      const message = messages[sent];
      if (!message) return;
      sent += 1;
      this.#send(message);
    };
    const resend = setInterval(() => this.#resend(), 50);
    await new Promise<void>((resolve) => {
      this.#onAnswer = () => {
        answerTimes.push(performance.now());
        if (answerTimes.length === messages.length) resolve();
        else sendNext();
      };
      for (let slot = 0; slot < inFlight; slot += 1) sendNext();
    });
    clearInterval(resend);
    this.#check(this.resent - resentBefore);
    const last = messages.length - 1;
    const [from, to] = [Math.floor(last * ENDS), Math.ceil(last * (1 - ENDS))];
    return (1000 * (to - from)) / ((answerTimes[to] ?? NaN) - (answerTimes[from] ?? NaN));
  }

  /** Sends one and waits for the answer. Returns the milliseconds that it took. */
  async sendOne(message: Message): Promise<number> {
    const start = performance.now();
    await this.send([message], 1);
    return performance.now() - start;
  }

  /**
   * Sends so many per second by the clock, whatever is answered, and none again. Returns the milliseconds until the answer
   * for each; where none came, those after which a device would send again.
   */
  async stream(messages: readonly Message[], perSecond: number): Promise<number[]> {
    const latencies: number[] = [];
    this.#onAnswer = ({ sentAt }) => {
      latencies.push(performance.now() - sentAt);
    };
    let start = performance.now();
    for (let sent = 0; sent < messages.length;) {
      const due = Math.ceil(((performance.now() - start) / 1000) * perSecond);
      const now = Math.min(due, sent + MOST_AT_ONCE);
      for (const message of messages.slice(sent, now)) this.#send(message);
      // What we were too late for is not made up for: that would be a burst.
      start += (1000 * (due - now)) / perSecond;
      sent = now;
      await sleep(1);
    }
    const { length } = await this.#silence();
    return [...latencies, ...Array.from({ length }, () => DEVICE_RESEND_INTERVAL * 1000)];
  }

  /**
   * Sends all of them at once and none again. Returns those without an answer.
   * @param patience milliseconds without an answer after which no more come
   */
  async burst(messages: readonly Message[], patience = SILENCE): Promise<Message[]> {
    this.#onAnswer = () => undefined;
    for (const message of messages) this.#send(message);
    return this.#silence(patience);
  }

  async close(): Promise<void> {
    await Promise.all(this.sockets.map((socket) => new Promise<void>((resolve) => socket.close(resolve))));
  }

  #socketOf({ line }: Message): number {
    return line % this.sockets.length;
  }

  #send(message: Message): void {
    const unanswered: Unanswered = { message, sentAt: performance.now() };
    this.#unanswered[this.#socketOf(message)]?.set(this.answer(message), unanswered);
    this.#transmit(message);
  }

  #transmit(message: Message): void {
    // A datagram that cannot be sent is a lost one.
    this.sockets[this.#socketOf(message)]?.send(message.datagram, () => undefined);
  }

  /** Waits for the last answers. Returns the messages whose answers never came. */
  async #silence(patience = SILENCE): Promise<Message[]> {
    const waiting = (): number => this.#unanswered.reduce((sum, socket) => sum + socket.size, 0);
    let before = waiting();
    for (let lastAnswer = performance.now(); before > 0 && performance.now() - lastAnswer < patience;) {
      await sleep(Math.min(50, patience));
      if (waiting() !== before) lastAnswer = performance.now();
      before = waiting();
    }
    const lost = this.#unanswered.flatMap((socket) => [...socket.values()].map(({ message }) => message));
    for (const socket of this.#unanswered) socket.clear();
    this.#check(this.#late);
    this.#late = lost.length;
    return lost;
  }

  #check(allowed: number): void {
    assert(this.#unexpected <= allowed, 'a wrong answer, or one too many');
    this.#unexpected = 0;
  }

  #resend(): void {
    const now = performance.now();
    for (const unanswered of this.#unanswered.flatMap((socket) => [...socket.values()])) {
      if (now - unanswered.sentAt < RESEND_SECONDS * 1000) continue;
      unanswered.sentAt = now;
      this.resent += 1;
      this.#transmit(unanswered.message);
    }
  }
}
