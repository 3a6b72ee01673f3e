/** A gateway with the push firmware in as few lines as it takes, so that what is measured at its socket is the server's time. */
import { createSocket, type Socket } from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import type { Address } from '../../src/index.js';
import { SMS_EVERY, Traffic, type Line } from './traffic.js';

export class ScriptedGateway extends EventEmitter<{ registered: []; waiting: []; released: [] }> {
  /** Datagrams of sessions, of both sides. */
  datagrams = 0;
  /** Milliseconds from the result of a number to the SEND of the next, in order. */
  readonly gaps: number[] = [];
  /** Numbers that were answered with WAIT. */
  waiting = 0;
  #registered = 0;
  #results = 0;
  #pushedAt: number | undefined;

  /** @param lineTimeMs from SEND to the result; 0 for no WAIT before it, Infinity for none ever */
  static async open(server: Address, lineTimeMs: number): Promise<ScriptedGateway> {
    const socket = createSocket('udp4');
    socket.connect(server.port, server.address);
    await once(socket, 'connect');
    return new ScriptedGateway(socket, lineTimeMs);
  }

  private constructor(
    private readonly socket: Socket,
    private readonly lineTimeMs: number,
  ) {
    super();
    socket.on('message', (data) => {
      this.#receive(data.toString(), performance.now());
    });
  }

  /** Brings the lines online, one after the other. */
  async register(lines: readonly Line[]): Promise<void> {
    for (const message of new Traffic(lines, SMS_EVERY.keepalives).take(lines.length)) {
      const before = this.#registered;
      this.socket.send(message.datagram);
      while (this.#registered === before) await once(this, 'registered');
    }
  }

  close(): void {
    this.socket.close();
  }

  #receive(text: string, now: number): void {
    if (text.startsWith('reg:')) {
      this.#registered += 1;
      this.emit('registered');
      return;
    }
    this.datagrams += 1;
    const [verb = '', sendid = '', telid = ''] = text.trimEnd().split(' ', 3);
    switch (verb) {
      case 'MSG':
        return this.#answer(`PASSWORD ${sendid}\n`);
      case 'PASSWORD':
        return this.#answer(`SEND ${sendid}\n`);
      case 'SEND':
        return this.#onSend(sendid, telid, now);
      case 'DONE':
        this.#pushedAt = undefined;
        this.#answer(`DONE ${sendid}\n`);
        this.emit('released');
    }
  }

  #onSend(sendid: string, telid: string, now: number): void {
    if (this.#pushedAt !== undefined) this.gaps.push(now - this.#pushedAt);
    if (this.lineTimeMs === 0) {
      // A number of 8 bits in the network's protocol, so it recurs.
      this.#results = (this.#results + 1) % 256;
      return this.#answer(`OK ${sendid} ${telid} ${this.#results}\n`);
    }
    this.#answer(`WAIT ${sendid} ${telid}\n`);
    this.waiting += 1;
    this.emit('waiting');
    if (this.lineTimeMs === Infinity) return;
    setTimeout(() => {
      this.#pushedAt = performance.now();
      this.#answer(`OK ${sendid} ${telid}\n`);
    }, this.lineTimeMs);
  }

  #answer(text: string): void {
    this.datagrams += 1;
    this.socket.send(text);
  }
}
