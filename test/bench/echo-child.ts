/**
 * The least that a UDP server in Node.js can do: `echo-child.ts [--receive-buffer BYTES] [--file FILE]`. With a file it is the
 * least that one can do which must not forget: it flushes what it got before it answers.
 */
import { createSocket } from 'node:dgram';
import { fdatasync, openSync, write } from 'node:fs';
import { parseArgs } from 'node:util';
import { reportOnRequest } from './reporting.js';

const { values } = parseArgs({ options: { 'receive-buffer': { type: 'string' }, file: { type: 'string' } } });
const recvBufferSize = values['receive-buffer'];
const file = values.file === undefined ? undefined : openSync(values.file, 'w');
const socket = createSocket({ type: 'udp4', ...(recvBufferSize ? { recvBufferSize: Number(recvBufferSize) } : {}) });
socket.on('message', (message, remote) => {
  const answer = (): void => socket.send(message, remote.port, remote.address);
  if (file === undefined) answer();
  else write(file, message, () => fdatasync(file, answer));
});
reportOnRequest(
  () => undefined,
  () => socket.close(),
);
socket.bind(0, '127.0.0.1', () => process.send?.(socket.address()));
