/** The one UDP socket: everything comes in and goes out here (protocol §1). */
import { createSocket, type Socket, type SocketOptions } from 'node:dgram';
import { lookup } from 'node:dns';
import { isIPv6 } from 'node:net';
import type { Address } from './address.js';
import { Intake } from './intake.js';
import { RECEIVE_BUFFER } from '../parameters.js';

export interface TransportHandlers {
  /** A datagram was read. It is handled in this turn of the event loop, or in one of the next if many arrive at once. */
  arrived(): void;
  /** Handles a datagram; `from` is the caller's to keep. */
  datagram(data: Buffer, from: Address): void;
  /** The socket broke after it was bound; it is closed. */
  broken(error: Error): void;
}

interface Datagram {
  readonly data: Buffer;
  readonly from: Address;
  /** Bytes. */
  readonly size: number;
}

export class UdpTransport {
  #socket: Socket | undefined;
  readonly #intake = new Intake<Datagram>(
    ({ data, from }) => this.handlers.datagram(data, from),
    (callback) => void setImmediate(callback),
  );

  constructor(private readonly handlers: TransportHandlers) {}

  /** Binds; rejects with the system's error (`EADDRINUSE`, `EACCES`, …) and leaves nothing open. */
  async bind(host: string, port: number): Promise<Address> {
    let isBound = false;
    // Only the host to bind may be a name. What is sent goes to where something came from: looking that up is a fifth of
    // the work for a datagram.
    const lookupHost: SocketOptions['lookup'] = (name, options, found) =>
      isBound ? found(null, name, 0) : lookup(name, options, found);
    const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4', lookup: lookupHost });
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
    isBound = true;
    widenReceiveBuffer(socket);
    socket.on('message', (data, from) => {
      // Forged; no socket can send to port 0.
      if (from.port === 0) return;
      this.handlers.arrived();
      this.#intake.add({ data, from, size: data.length });
    });
    socket.on('error', (error) => {
      this.#socket = undefined;
      this.#intake.clear();
      socket.close();
      this.handlers.broken(error);
    });
    this.#socket = socket;
    const bound = socket.address();
    return { address: bound.address, port: bound.port };
  }

  /** A datagram that cannot be sent is a lost one: who needs an answer sends it again. So no callback, which would cost. */
  send(text: string, to: Address): void {
    this.#socket?.send(text, to.port, to.address);
  }

  async close(): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    // As what waits in the kernel: gateways send again what was not acked.
    this.#intake.clear();
    if (socket) await new Promise<void>((resolve) => socket.close(resolve));
  }
}

/** As much as the system allows, so that a burst waits in the kernel instead of being lost. */
function widenReceiveBuffer(socket: Socket): void {
  for (let bytes = RECEIVE_BUFFER; bytes > socket.getRecvBufferSize(); bytes /= 2) {
    try {
      socket.setRecvBufferSize(bytes);
      return;
    } catch {
      // Linux grants what it can; others refuse what is too much.
    }
  }
}
