/** A device at its barest: a UDP socket that sends what it is told and shows what came, byte by byte. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Address } from '../../src/index.js';

export interface WireDatagram {
  readonly text: string;
  readonly from: Address;
}

export class WireDevice {
  readonly #received: WireDatagram[] = [];
  #last: string | undefined;

  private constructor(
    private readonly socket: Socket,
    private readonly server: Address,
  ) {
    socket.on('message', (data, { address, port }) => {
      this.#received.push({ text: data.toString('utf8'), from: { address, port } });
      socket.emit('queued');
    });
  }

  /** @param local its own address: every 127.x.y.z is one */
  static async open(server: Address, local?: string): Promise<WireDevice> {
    const isV6 = server.address.includes(':');
    const socket = createSocket(isV6 ? 'udp6' : 'udp4');
    socket.bind(0, local ?? (isV6 ? '::1' : '127.0.0.1'));
    await once(socket, 'listening');
    return new WireDevice(socket, server);
  }

  get port(): number {
    return this.socket.address().port;
  }

  /** Datagrams that came and were not read. */
  get waiting(): number {
    return this.#received.length;
  }

  send(datagram: string | Uint8Array): void {
    this.socket.send(datagram, this.server.port, this.server.address);
  }

  /** The next datagram that came, and where from. */
  async datagram(): Promise<WireDatagram> {
    while (this.#received.length === 0) await once(this.socket, 'queued');
    const [first] = this.#received.splice(0, 1);
    if (!first) throw new Error('queued without a datagram');
    this.#last = first.text;
    return first;
  }

  async next(): Promise<string> {
    return (await this.datagram()).text;
  }

  /**
   * The next datagram that is not a copy of the one before: a server that waits for a slow test retransmits. Tests about
   * retransmissions use {@link next}.
   */
  async nextNew(): Promise<string> {
    const last = this.#last;
    for (;;) {
      const text = await this.next();
      if (text !== last) return text;
    }
  }

  /** Sends, and returns what comes next. */
  ask(datagram: string): Promise<string> {
    this.send(datagram);
    return this.next();
  }

  /** Sends, and returns the next datagram that is not a copy of the one before. */
  askNew(datagram: string): Promise<string> {
    this.send(datagram);
    return this.nextNew();
  }

  /**
   * What came in answer to nothing but `datagram`, if anything: datagrams of one socket stay in order on loopback, so
   * whatever stands before the answer to the keepalive that follows is all there will be.
   */
  async answersTo(datagram: string | Uint8Array, credentials: { id: string; password: string }): Promise<string[]> {
    this.send(datagram);
    this.send(`req:999999;id:${credentials.id};pass:${credentials.password};`);
    const answers: string[] = [];
    for (let text = await this.next(); !text.startsWith('reg:999999;'); text = await this.next()) answers.push(text);
    return answers;
  }

  async close(): Promise<void> {
    this.socket.close();
    await once(this.socket, 'close');
  }
}
