/** The server of the npm package `goip` with somebody who takes its SMS. */
import type { Socket } from 'node:dgram';
import { ServerFactory } from 'goip';
import { reportOnRequest } from './reporting.js';

// It says where it listens; the table is no place for that.
console.log = () => undefined;
const server = ServerFactory.make(0, { address: '127.0.0.1' });
let taken = 0;
server.onReceive(() => (taken += 1));
server.onServerListening(function (this: Socket) {
  process.send?.(this.address());
});
reportOnRequest(
  () => taken,
  () => server.close(),
);
server.run();
