/** Time by hand for a server and a gateway that talk over real sockets: it goes on when all that was sent has arrived. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:dgram';
import { setImmediate as turn } from 'node:timers/promises';
import { createClock } from '@sinonjs/fake-timers';
import type { Clock } from '../../src/index.js';
import type { Timers } from '../../src/simulator/index.js';

/** Turns of the event loop in which nothing may happen until all counts as done: promises and immediates need a few. */
const QUIET_TURNS = 5;

/** Turns until a datagram counts as swallowed by the kernel. */
const PATIENCE = 100_000;

export class VirtualWorld {
  readonly #time = createClock(Date.UTC(2026, 10, 22, 10));
  /** Datagrams that were sent and not yet received. */
  #inFlight = 0;
  #happened = 0;

  readonly clock: Clock = {
    now: () => this.#time.now,
    after: (ms, callback) => {
      this.#happened += 1;
      const timer = this.#time.setTimeout(callback, ms);
      return () => this.#time.clearTimeout(timer);
    },
    soon: (callback) => {
      this.#happened += 1;
      setImmediate(callback);
    },
  };

  readonly timers: Timers = {
    now: () => this.#time.now,
    setTimeout: (callback, ms) => this.#time.setTimeout(callback, ms),
    clearTimeout: (timer) => this.#time.clearTimeout(timer as number),
  };

  constructor() {
    subscribe('udp.socket', this.#watch);
  }

  /** Rings one alarm after the other, and lets everything happen that follows from it. Throws after a virtual day. */
  async passUntil(isOver: () => boolean): Promise<void> {
    const end = this.#time.now + 86_400_000;
    for (;;) {
      await this.#settle();
      if (isOver()) return;
      if (this.#time.now > end) throw new Error('it is never over');
      this.#time.next();
    }
  }

  end(): void {
    unsubscribe('udp.socket', this.#watch);
  }

  readonly #watch = (message: unknown): void => {
    const { socket } = message as { readonly socket: Socket };
    const send = socket.send.bind(socket) as (...args: readonly unknown[]) => void;
    Object.assign(socket, {
      send: (...args: readonly unknown[]) => {
        this.#inFlight += 1;
        this.#happened += 1;
        send(...args);
      },
    });
    socket.on('message', () => {
      this.#inFlight -= 1;
      this.#happened += 1;
    });
  };

  async #settle(): Promise<void> {
    for (let patience = PATIENCE; this.#inFlight > 0; patience -= 1) {
      if (patience === 0) throw new Error('a datagram did not arrive');
      await turn();
    }
    const before = this.#happened;
    for (let quiet = 0; quiet < QUIET_TURNS; quiet += 1) await turn();
    if (this.#happened !== before) await this.#settle();
  }
}
