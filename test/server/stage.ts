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
  for (;;) {
    const [event] = (await once(server, 'event')) as [GoipEvent];
    if (event.event === kind) return event;
  }
}

/** The next news of the journal. */
export async function nextStorage(server: GoipServer): Promise<StorageEvent> {
  const [event] = (await once(server, 'storage')) as [StorageEvent];
  return event;
}
