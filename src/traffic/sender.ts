/** The way out of all datagrams. */
import type { Address } from '../net/address.js';
import type { UdpTransport } from '../net/transport.js';
import { formatServerMessage, type ServerMessage } from '../protocol/index.js';
import type { Clock } from '../time/clock.js';
import type { Tracing } from './tracing.js';

export class Sender {
  constructor(
    private readonly transport: UdpTransport,
    private readonly tracing: Tracing,
    private readonly clock: Pick<Clock, 'now'>,
  ) {}

  send(message: ServerMessage, to: Address): void {
    this.sendText(formatServerMessage(message), to);
  }

  sendText(text: string, to: Address): void {
    if (this.tracing.isOn) this.tracing.record('out', text, to, this.clock.now());
    this.transport.send(text, to);
  }
}
