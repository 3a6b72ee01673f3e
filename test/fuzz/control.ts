/** A line whose keepalives are barriers: the ack of one says that the server has handled all that came before it. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Address } from '../../src/index.js';
import { CONTROL } from './lines.js';

/** Milliseconds until a barrier is sent again, and how often: then the server is stuck. */
const PATIENCE = 2000;
const ATTEMPTS = 10;

export class Control {
  /** Barriers that had to be sent again. */
  repeated = 0;
  #count = 0;

  private constructor(private readonly socket: Socket) {}

  static async open(server: Address): Promise<Control> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    socket.connect(server.port, server.address);
    await once(socket, 'connect');
    socket.on('error', () => undefined);
    return new Control(socket);
  }

  /** Resolves when the server has handled what the kernel had for it; rejects when it is stuck, or `life` is over. */
  async barrier(life: AbortSignal): Promise<void> {
    this.#count += 1;
    const ack = `reg:${this.#count};status:0;`;
    const passed = new AbortController();
    const onMessage = (data: Buffer): void => {
      if (data.toString() === ack) passed.abort();
    };
    this.socket.on('message', onMessage);
    const signal = AbortSignal.any([passed.signal, life]);
    try {
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        if (attempt > 0) this.repeated += 1;
        this.socket.send(`req:${this.#count};id:${CONTROL.id};pass:${CONTROL.password};`);
        await delay(PATIENCE, undefined, { signal }).catch(() => undefined);
        if (passed.signal.aborted) return;
        if (life.aborted) throw new Error('the server has ended');
      }
    } finally {
      this.socket.off('message', onMessage);
    }
    throw new Error(`the server did not answer for ${(ATTEMPTS * PATIENCE) / 1000} s`);
  }

  async close(): Promise<void> {
    this.socket.close();
    await once(this.socket, 'close');
  }
}
