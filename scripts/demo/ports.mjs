// Free ports on this machine for the demo.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const LAST_PORT = 65_535;

/** Lets an http server listen on the wanted port or the next free one; returns that port. */
export async function listenNear(server, wanted, host) {
  return firstFree(wanted, async (port) => {
    server.listen(port, host);
    await once(server, 'listening');
  });
}

/** The wanted UDP port if nobody has it, or the next free one. */
export async function freeUdpPortNear(wanted, host) {
  return firstFree(wanted, async (port) => {
    const socket = createSocket('udp4');
    socket.bind(port, host);
    await once(socket, 'listening');
    await new Promise((resolve) => socket.close(resolve));
  });
}

async function firstFree(wanted, bind) {
  for (let port = wanted; port <= LAST_PORT; port += 1) {
    try {
      await bind(port);
      return port;
    } catch (error) {
      if (error.code === 'EACCES') {
        throw new Error(`You may not use port ${port}; choose one above 1023.`, { cause: error });
      }
      if (error.code !== 'EADDRINUSE') throw error;
    }
  }
  throw new Error(`There is no free port from ${wanted} on.`);
}
