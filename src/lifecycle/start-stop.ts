/** The order in which a server starts and stops. */
import type { Inbox } from '../inbox/inbox.js';
import type { Journal } from '../journal/journal.js';
import type { TimeKeeper } from '../journal/time-keeper.js';
import type { Presence } from '../lines/presence.js';
import type { LineRegistry } from '../lines/registry.js';
import type { Address } from '../net/address.js';
import type { UdpTransport } from '../net/transport.js';
import type { Outbox } from '../outbox/outbox.js';
import type { Clock } from '../time/clock.js';
import type { Tracing } from '../traffic/tracing.js';
import type { Pruning } from './pruning.js';
import type { Startup } from './startup.js';
import type { Sweeper } from './sweeper.js';

export interface StartStopPorts {
  readonly startup: Startup;
  readonly transport: UdpTransport;
  readonly clock: Clock;
  readonly sweeper: Sweeper;
  readonly pruning: Pruning;
  readonly presence: Presence;
  readonly lines: LineRegistry;
  readonly inbox: Inbox;
  readonly outbox: Outbox;
  readonly tracing: Tracing;
  readonly time: TimeKeeper;
  readonly journal: Journal;
  readonly settings: { readonly host: string; readonly port: number; readonly isPersistent: boolean };
}

export class StartStop {
  #listeningSince: number | undefined;

  constructor(private readonly ports: StartStopPorts) {}

  /** Steady time since which the socket is bound; undefined while it is not. */
  get listeningSince(): number | undefined {
    return this.#listeningSince;
  }

  /** Resolves to where the server listens. May be called again if it rejects. */
  async start(): Promise<Address> {
    const { startup, transport, clock, sweeper, pruning, presence, lines, outbox, settings } = this.ports;
    await startup.open();
    const bound = await transport.bind(settings.host, settings.port);
    this.#listeningSince = clock.now();
    pruning.started(this.#listeningSince);
    sweeper.start();
    for (const line of lines) presence.changed(line);
    outbox.dispatch();
    // Devices do not wait for the jobs. A failure is reported and tried again.
    void startup.load().catch(() => undefined);
    return bound;
  }

  async stop(graceMs: number): Promise<void> {
    const { startup, outbox, transport, tracing, inbox, time, journal, settings } = this.ports;
    const read = startup.close();
    const closed = outbox.close(graceMs);
    await Promise.all([read, closed]);
    this.stoppedListening();
    await transport.close();
    tracing.stop();
    inbox.close(settings.isPersistent);
    time.keep();
    await journal.close();
  }

  /** Ends all that is done while the server listens. To be called, too, if the socket breaks. */
  stoppedListening(): void {
    this.ports.sweeper.stop();
    this.ports.presence.stop();
    this.#listeningSince = undefined;
  }
}
