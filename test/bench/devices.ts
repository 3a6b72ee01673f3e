/** The lines of the benchmarks: eight, each with a socket that sends SMS as fast as they are acked. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Address, DeviceOptions } from '../../src/index.js';
import { formatDeviceMessage } from '../../src/protocol/index.js';

const PASSWORD = 'password1';
export const LINES: readonly (DeviceOptions & { readonly password: string })[] = Array.from(
  { length: 8 },
  (_, index) => ({ id: `line${index + 1}`, password: PASSWORD }),
);

/** 60 characters, as an everyday SMS. */
export const TEXT = 'The pump in cellar 4 has been running for more than 2 hours.';

/** Seconds until a datagram is sent again. A device takes 3; here a datagram that the kernel dropped should not cost a round so much. */
const RESEND_SECONDS = 1;

/** Of a round, the part at its ends that does not count: where the queues fill, and where the last stragglers come in. */
const ENDS = 0.05;

export class Devices {
  readonly #sockets: readonly Socket[];
  #recvid = 0;
  /** Datagrams that were sent a second time. */
  resent = 0;

  static async open(): Promise<Devices> {
    const sockets = LINES.map(() => createSocket('udp4'));
    for (const socket of sockets) {
      socket.bind(0, '127.0.0.1');
      await once(socket, 'listening');
    }
    return new Devices(sockets);
  }

  private constructor(sockets: readonly Socket[]) {
    this.#sockets = sockets;
  }

  /** Sends so many distinct SMS, with `inFlight` unacked at a time on each line. Returns the acks per second. */
  async send(server: Address, count: number, inFlight: number): Promise<number> {
    const ackTimes = await this.#sendAll(this.#sockets, server, count, inFlight);
    const first = Math.floor(count * ENDS);
    const last = count - 1 - first;
    return (1000 * (last - first)) / ((ackTimes[last] ?? NaN) - (ackTimes[first] ?? NaN));
  }

  /** Sends one SMS and waits for the ack. Returns the milliseconds that it took. */
  async sendOne(server: Address): Promise<number> {
    const start = performance.now();
    await this.#sendAll(this.#sockets.slice(0, 1), server, 1, 1);
    return performance.now() - start;
  }

  /** The datagram of an SMS that was never sent before. */
  makeSms(line: number): { readonly recvid: string; readonly datagram: string } {
    const recvid = String((this.#recvid += 1));
    const id = LINES[line]?.id ?? '';
    const from = `+4917${10_000_000 + this.#recvid}`;
    const rest = { password: PASSWORD, text: TEXT, smsc: null, sentTime: null };
    return { recvid, datagram: formatDeviceMessage({ kind: 'RECEIVE', recvid, id, from, ...rest }) };
  }

  async close(): Promise<void> {
    await Promise.all(this.#sockets.map((socket) => new Promise<void>((resolve) => socket.close(resolve))));
  }

  /** Returns when each ack came, in milliseconds of `performance.now`. */
  async #sendAll(
    sockets: readonly Socket[],
    { address, port }: Address,
    count: number,
    inFlight: number,
  ): Promise<number[]> {
    const unacked = new Map<string, { readonly transmit: () => void; sentAt: number }>();
    const ackTimes: number[] = [];
    let sent = 0;
    const sendNext = (socket: Socket, line: number): void => {
      if (sent === count) return;
      sent += 1;
      const { recvid, datagram } = this.makeSms(line);
      const transmit = (): void => socket.send(datagram, port, address);
      unacked.set(recvid, { transmit, sentAt: performance.now() });
      transmit();
    };
    const resend = setInterval(() => {
      const now = performance.now();
      for (const sms of unacked.values()) {
        if (now - sms.sentAt < RESEND_SECONDS * 1000) continue;
        sms.sentAt = now;
        this.resent += 1;
        sms.transmit();
      }
    }, 50);
    const allAcked = new Promise<void>((resolve) => {
      for (const [line, socket] of sockets.entries()) {
        socket.removeAllListeners('message').on('message', (ack) => {
          const [, recvid = ''] = ack.toString('latin1').trimEnd().split(' ', 2);
          if (!unacked.delete(recvid)) return;
          ackTimes.push(performance.now());
          if (ackTimes.length === count) resolve();
          else sendNext(socket, line);
        });
        for (let slot = 0; slot < inFlight; slot += 1) sendNext(socket, line);
      }
    });
    await allAcked;
    clearInterval(resend);
    return ackTimes;
  }
}
