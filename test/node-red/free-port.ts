/** Ports for those who must know the number before they bind. */
import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';

/** Below the range from which systems take ports for `bind(0)`, so that nobody takes one between two looks. */
const FIRST = 20_000;
/** Tests that run in parallel look in lanes of their own. */
const LANES = 4;
const LANE = 2500;

/** None is given twice: it may be bound much later. */
const given = new Set<number>();

export function freeUdpPort(): Promise<number> {
  return firstFree(async (port) => {
    const socket = dgram.createSocket('udp4');
    socket.bind(port, '0.0.0.0');
    try {
      await once(socket, 'listening');
    } finally {
      // One that found the port in use is open all the same.
      await new Promise<void>((resolve) => socket.close(resolve));
    }
  });
}

export function freeTcpPort(): Promise<number> {
  return firstFree(async (port) => {
    const server = net.createServer().listen(port, '0.0.0.0');
    await once(server, 'listening');
    await new Promise((resolve) => server.close(resolve));
  });
}

async function firstFree(bind: (port: number) => Promise<void>): Promise<number> {
  for (;;) {
    if (given.size >= LANE) throw new Error(`${LANE} ports have been given`);
    const lane = Number(process.env.MOCHA_WORKER_ID ?? LANES - 1) % LANES;
    const port = FIRST + lane * LANE + Math.floor(Math.random() * LANE);
    if (given.has(port)) continue;
    given.add(port);
    try {
      await bind(port);
      return port;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    }
  }
}
