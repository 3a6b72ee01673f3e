/** The one UDP socket: everything comes in and goes out here (PROTOCOL §1). */
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Address } from './lines/line.js';

export interface TransportHandlers {
  datagram(data: Buffer, from: Address): void;
  /** The socket broke after it was bound; it is closed. */
  broken(error: Error): void;
}

export class UdpTransport {
  #socket: Socket | undefined;

  constructor(private readonly handlers: TransportHandlers) {}

  /** Binds; rejects with the system's error (`EADDRINUSE`, `EACCES`, …) and leaves nothing open. */
  async bind(host: string, port: number): Promise<Address> {
    const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4' });
    await new Promise<void>((resolve, reject) => {
      const fail = (error: Error): void => {
        socket.close();
        reject(error);
      };
      socket.once('error', fail);
      socket.bind({ address: host, port, exclusive: true }, () => {
        socket.off('error', fail);
        resolve();
      });
    });
    socket.on('message', (data, { address, port: source }) => this.handlers.datagram(data, { address, port: source }));
    socket.on('error', (error) => {
      this.#socket = undefined;
      socket.close();
      this.handlers.broken(error);
    });
    this.#socket = socket;
    const bound = socket.address();
    return { address: bound.address, port: bound.port };
  }

  /** A datagram that cannot be sent is a lost one: who needs an answer sends it again. */
  send(text: string, to: Address): void {
    this.#socket?.send(text, to.port, to.address, () => undefined);
  }

  async close(): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket) await new Promise<void>((resolve) => socket.close(resolve));
  }
}
