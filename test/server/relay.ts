/** A way between devices and a server that can be cut and laid anew: devices keep their server's address over its deaths. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Address } from '../../src/index.js';

export class Relay {
  #server: Address | undefined;
  /** One socket per device, so that the server knows each by an address of its own. */
  readonly #ways = new Map<number, Socket>();

  private constructor(private readonly socket: Socket) {
    socket.on('message', (data, { port }) => {
      const server = this.#server;
      if (server) this.#wayOf(port).send(data, server.port, server.address);
    });
  }

  static async open(): Promise<Relay> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new Relay(socket);
  }

  get address(): Address {
    return { address: '127.0.0.1', port: this.socket.address().port };
  }

  connect(server: Address): void {
    this.#server = server;
  }

  /** Nothing gets through any more, nor what is on its way. */
  cut(): void {
    this.#server = undefined;
  }

  async close(): Promise<void> {
    for (const socket of [this.socket, ...this.#ways.values()]) {
      socket.close();
      await once(socket, 'close');
    }
  }

  #wayOf(device: number): Socket {
    const known = this.#ways.get(device);
    if (known) return known;
    const way = createSocket('udp4');
    this.#ways.set(device, way);
    way.on('message', (data, { port }) => {
      if (port === this.#server?.port) this.socket.send(data, device, '127.0.0.1');
    });
    return way;
  }
}
