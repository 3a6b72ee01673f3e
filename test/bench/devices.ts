/** The gateways' end of the network: sockets that send messages as fast as they are answered. */
import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Address } from '../../src/index.js';
import { goipAnswer, type Dialect, type Message } from './traffic.js';

/** Seconds until a datagram is sent again. A device takes 3; here a datagram that the kernel dropped should not cost a round so much. */
const RESEND_SECONDS = 1;

/** Of a round, the part at its ends that does not count: where the queues fill, and where the last stragglers come in. */
const ENDS = 0.05;

export const SOCKETS = 8;

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
  #onAnswer: () => void = () => undefined;

  static async open(server: Address, answer: Dialect = goipAnswer, sockets = SOCKETS): Promise<Devices> {
    const opened = Array.from({ length: sockets }, () => createSocket('udp4'));
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
        if (unanswered.delete(data.toString('latin1'))) this.#onAnswer();
        else this.#unexpected += 1;
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
      const unanswered: Unanswered = { message, sentAt: performance.now() };
      this.#unanswered[this.#socketOf(message)]?.set(this.answer(message), unanswered);
      this.#transmit(message);
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
    assert(this.#unexpected <= this.resent - resentBefore, 'a wrong answer, or one too many');
    this.#unexpected = 0;
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

  async close(): Promise<void> {
    await Promise.all(this.sockets.map((socket) => new Promise<void>((resolve) => socket.close(resolve))));
  }

  #socketOf({ line }: Message): number {
    return line % this.sockets.length;
  }

  #transmit(message: Message): void {
    // A datagram that cannot be sent is a lost one.
    this.sockets[this.#socketOf(message)]?.send(message.datagram, () => undefined);
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
