/** A line's UDP socket, with the bad network in front of it. */
import dgram from 'node:dgram';
import type { Alarms } from './alarms.js';
import type { Path } from './faults.js';

/** The server's address, as an IP address. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
  readonly family: 4 | 6;
}

export interface LinkParts {
  /** Datagrams that are on their way. */
  readonly alarms: Alarms;
  readonly toServer: Path;
  readonly toDevice: Path;
  readonly receive: (text: string) => void;
  readonly ignore: (reason: string) => void;
}

export class Link {
  readonly #parts: LinkParts;
  #socket: dgram.Socket | null = null;
  #server: Endpoint | null = null;
  /** A line without power hears nothing and says nothing, although its socket is still there. */
  #awake = false;
  #opening: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(parts: LinkParts) {
    this.#parts = parts;
  }

  /** The line's own UDP port; 0 while it has none. */
  get port(): number {
    return this.#socket ? this.#socket.address().port : 0;
  }

  /** Takes a free port, another than before, and wakes up. After {@link close} it does nothing. */
  async open(server: Endpoint): Promise<void> {
    const socket = dgram.createSocket(server.family === 6 ? 'udp6' : 'udp4');
    socket.on('message', (datagram, { address, port }) => {
      if (socket === this.#socket) this.#onDatagram(datagram, address, port);
    });
    const opening = bind(socket);
    this.#opening = opening.catch(() => undefined);
    await opening;
    if (this.#closed) return closeSocket(socket);
    // The old socket stays until the new one is bound: so the system cannot hand out the same port again.
    const old = this.#socket;
    this.#socket = socket;
    this.#server = server;
    this.#awake = true;
    await closeSocket(old);
  }

  send(datagram: string | Uint8Array): void {
    const text = Buffer.from(datagram).toString();
    if (this.#awake) this.#parts.toServer.carry(text, () => this.#transmit(datagram));
  }

  sleep(): void {
    this.#awake = false;
    this.#parts.alarms.clear();
  }

  wake(): void {
    this.#awake = this.#socket !== null;
  }

  /** For good. */
  async close(): Promise<void> {
    this.#closed = true;
    this.sleep();
    await this.#opening;
    const socket = this.#socket;
    this.#socket = null;
    await closeSocket(socket);
  }

  #transmit(datagram: string | Uint8Array): void {
    if (!this.#socket || !this.#server) return;
    // An error is a lost datagram, as everywhere with UDP.
    this.#socket.send(datagram, this.#server.port, this.#server.address, () => undefined);
  }

  /** As behind a NAT, only the address that the line talks to gets through. */
  #onDatagram(datagram: Buffer, address: string, port: number): void {
    if (!this.#awake) return;
    if (port !== this.#server?.port || address !== this.#server.address)
      return this.#parts.ignore('not from the server');
    const text = datagram.toString();
    this.#parts.toDevice.carry(text, () => {
      if (this.#awake) this.#parts.receive(text);
    });
  }
}

function bind(socket: dgram.Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(0, () => {
      socket.off('error', reject);
      socket.on('error', () => undefined);
      resolve();
    });
  });
}

async function closeSocket(socket: dgram.Socket | null): Promise<void> {
  if (socket) await new Promise<void>((resolve) => socket.close(resolve));
}
