/** The stage of these tests: a gateway on real loopback UDP, a bare socket that plays the server, and time by hand. */
import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import { createClock } from '@sinonjs/fake-timers';
import { GoipSimulator, type SimulatedLine, type SimulatorOptions } from '../../src/simulator/index.js';

/** The moment of the seed's example of RECEIVE. */
export const START_TIME = 1270197307_000;

export interface Stage {
  readonly gateway: GoipSimulator;
  /** The first line; id goipid1, password password1 unless the test says otherwise. */
  readonly line: SimulatedLine;
  readonly server: BareServer;
  /** Lets simulated seconds pass. */
  readonly pass: (seconds: number) => void;
}

/** Opens the stage, plays the story, and clears up whatever happened. */
export async function play(options: Partial<SimulatorOptions>, story: (stage: Stage) => Promise<void>): Promise<void> {
  const clock = createClock(START_TIME);
  const server = await BareServer.open();
  const gateway = new GoipSimulator({
    server: { host: '127.0.0.1', port: server.port },
    lines: [{ id: 'goipid1', password: 'password1' }],
    timers: {
      setTimeout: (callback, milliseconds) => clock.setTimeout(callback, milliseconds),
      clearTimeout: (handle) => clock.clearTimeout(handle as number),
      now: () => clock.now,
    },
    ...options,
  });
  try {
    await gateway.start();
    const [line] = gateway.lines;
    assert(line);
    await story({ gateway, line, server, pass: (seconds) => void clock.tick(seconds * 1000) });
  } finally {
    await gateway.stop();
    await server.close();
  }
}

/** Who the server talks to: a line, or whatever has its UDP port. */
export type Peer = Pick<SimulatedLine, 'port'>;

/** Plays the server datagram by datagram. Keepalives are kept apart from all the rest. */
export class BareServer {
  readonly #socket: dgram.Socket;
  readonly #arrivals = new EventEmitter();
  readonly #keepalives: string[] = [];
  readonly #others: string[] = [];
  readonly #peers = new Map<string, Peer>();

  static async open(): Promise<BareServer> {
    const socket = dgram.createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new BareServer(socket);
  }

  private constructor(socket: dgram.Socket) {
    this.#socket = socket;
    socket.on('message', (datagram, { port }) => {
      const text = datagram.toString();
      const id = /;id:([^;]*);/.exec(text)?.[1];
      if (id !== undefined) this.#peers.set(id, { port });
      (text.startsWith('req:') ? this.#keepalives : this.#others).push(text);
      this.#arrivals.emit('datagram');
    });
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** Where the line with this id was last heard. */
  peerOf(id: string): Peer {
    const peer = this.#peers.get(id);
    assert(peer, `never heard of ${id}`);
    return peer;
  }

  send(line: Peer, ...datagrams: readonly string[]): void {
    for (const datagram of datagrams) this.#socket.send(datagram, line.port, '127.0.0.1');
  }

  /** The next datagram that is no keepalive; waits for it. */
  next(): Promise<string> {
    return this.#take(this.#others);
  }

  nextKeepalive(): Promise<string> {
    return this.#take(this.#keepalives);
  }

  async ask(line: Peer, datagram: string): Promise<string> {
    this.send(line, datagram);
    return this.next();
  }

  /** `ask`, with the answer that must come. */
  async expect(line: Peer, datagram: string, answer: string): Promise<void> {
    assert.equal(await this.ask(line, datagram), answer);
  }

  /** Sends what the line does not answer at once; resolves when the line has read it. */
  async deliver(line: Peer, datagram: string): Promise<void> {
    this.send(line, datagram);
    await this.expect(line, 'DONE 999\n', 'DONE 999\n');
  }

  /** Opens a session and authenticates. */
  async openSession(line: Peer, sendid = 11, text = 'hello', password = 'password1'): Promise<void> {
    await this.expect(line, `MSG ${sendid} ${Buffer.byteLength(text)} ${text}\n`, `PASSWORD ${sendid}\n`);
    await this.expect(line, `PASSWORD ${sendid} ${password}\n`, `SEND ${sendid}\n`);
  }

  /**
   * Nothing has come that was not taken yet, and nothing is under way: what the line said before it answers now would
   * have to come first, as loopback keeps the order.
   */
  async expectSilence(line: Peer): Promise<void> {
    await this.expect(line, 'DONE 999\n', 'DONE 999\n');
    assert.deepEqual(this.#others, []);
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(resolve));
  }

  async #take(queue: string[]): Promise<string> {
    let text = queue.shift();
    while (text === undefined) {
      await once(this.#arrivals, 'datagram');
      text = queue.shift();
    }
    return text;
  }
}
