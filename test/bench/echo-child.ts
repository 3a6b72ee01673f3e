/** The least that a UDP server in Node.js can do: `echo-child.ts [BYTES]`, with a receive buffer of so many. */
import { createSocket } from 'node:dgram';
import { reportOnRequest } from './reporting.js';

const [recvBufferSize] = process.argv.slice(2).map(Number);
const socket = createSocket({ type: 'udp4', ...(recvBufferSize === undefined ? {} : { recvBufferSize }) });
socket.on('message', (message, remote) => socket.send(message, remote.port, remote.address));
reportOnRequest(
  () => undefined,
  () => socket.close(),
);
socket.bind(0, '127.0.0.1', () => process.send?.(socket.address()));
