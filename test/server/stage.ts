/** Servers, devices and gateways of one test, all closed at its end. */
import { once } from 'node:events';
import {
  GoipServer,
  type Address,
  type GoipEvent,
  type ServerOptions,
  type ServerParts,
  type Sms,
  type StorageEvent,
} from '../../src/index.js';
import { GoipSimulator, type SimulatorOptions } from '../../src/simulator/index.js';
import { DEVICE, Lives, type Media } from './lives.js';
import { WireDevice } from './wire-device.js';

export { DEVICE };

export class Stage {
  readonly #closers: (() => Promise<unknown>)[] = [];

  /** A listening server on a free loopback port; by default it knows {@link DEVICE}, and telids begin at 1. */
  async server(
    options: ServerOptions = {},
    parts: ServerParts = {},
  ): Promise<{ server: GoipServer; address: Address }> {
    const server = this.unstarted(options, parts);
    return { server, address: await server.start() };
  }

  unstarted(options: ServerOptions = {}, parts: ServerParts = {}): GoipServer {
    const server = new GoipServer(
      { host: '127.0.0.1', port: 0, devices: [DEVICE], ...options },
      { firstTelid: () => 1, ...parts },
    );
    this.#closers.push(() => server.stop());
    return server;
  }

  /** Servers that die, on one disk. */
  async lives(media: Media, options: ServerOptions = {}): Promise<Lives> {
    const lives = await Lives.on(media, options);
    this.#closers.push(() => lives.close());
    return lives;
  }

  /** @param local its own address: every 127.x.y.z is one */
  async device(address: Address, local?: string): Promise<WireDevice> {
    const device = await WireDevice.open(address, local);
    this.#closers.push(() => device.close());
    return device;
  }

  /** A device that the server has seen. */
  async registeredDevice(address: Address): Promise<WireDevice> {
    const device = await this.device(address);
    await device.ask(`req:1;id:${DEVICE.id};pass:${DEVICE.password};`);
    return device;
  }

  async gateway(address: Address, options: Omit<SimulatorOptions, 'server'>): Promise<GoipSimulator> {
    const gateway = new GoipSimulator({ server: { host: address.address, port: address.port }, ...options });
    this.#closers.push(() => gateway.stop());
    await gateway.start();
    return gateway;
  }

  /** Last opened, first closed: a server's DONE should still meet its device. */
  async close(): Promise<void> {
    for (const closer of this.#closers.splice(0)) await closer();
  }
}

export async function nextSms(server: GoipServer): Promise<Sms> {
  const [sms] = (await once(server, 'sms')) as [Sms];
  return sms;
}

/** The next event of a kind. */
export async function nextEvent(server: GoipServer, kind: GoipEvent['event']): Promise<GoipEvent> {
  return new Promise((resolve) => {
    // Not `once` in a loop: it misses the second of two events in one turn.
    const listener = (event: GoipEvent): void => {
      if (event.event !== kind) return;
      server.off('event', listener);
      resolve(event);
    };
    server.on('event', listener);
  });
}

/** The next news of the journal, of one state or of any. */
export async function nextStorage(server: GoipServer, state?: StorageEvent['state']): Promise<StorageEvent> {
  return new Promise((resolve) => {
    const listener = (event: StorageEvent): void => {
      if (state !== undefined && event.state !== state) return;
      server.off('storage', listener);
      resolve(event);
    };
    server.on('storage', listener);
  });
}
