/** A real MQTT broker on a free port of loopback. */
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { Aedes, type AedesPublishPacket } from 'aedes';

export interface Broker {
  readonly port: number;
  /** Publishes JSON, as a client with QoS 1 would. */
  readonly publish: (topic: string, content: unknown) => Promise<void>;
  /** The JSON of the next message on a topic. To be called before what causes it. */
  readonly next: (topic: string) => Promise<unknown>;
  /** Resolves when a client subscribes to a topic. To be called before what causes it. */
  readonly whenSubscribed: (topic: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** How long to wait for what must happen, in milliseconds. */
const PATIENCE = 8000;

export async function startBroker(): Promise<Broker> {
  const aedes = await Aedes.createBroker();
  const server = net.createServer((socket) => {
    aedes.handle(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    port: (server.address() as AddressInfo).port,
    publish: (topic, content) =>
      new Promise((resolve, reject) => {
        const packet = { cmd: 'publish', topic, payload: JSON.stringify(content), qos: 1, retain: false, dup: false };
        aedes.publish(packet as Parameters<Aedes['publish']>[0], (error) => (error ? reject(error) : resolve()));
      }),
    async next(topic) {
      const signal = AbortSignal.timeout(PATIENCE);
      for (;;) {
        const [packet] = (await once(aedes, 'publish', { signal })) as [AedesPublishPacket];
        if (packet.topic === topic) return JSON.parse(packet.payload.toString()) as unknown;
      }
    },
    async whenSubscribed(topic) {
      const signal = AbortSignal.timeout(PATIENCE);
      for (;;) {
        const [subscriptions] = (await once(aedes, 'subscribe', { signal })) as [readonly { topic: string }[]];
        if (subscriptions.some((subscription) => subscription.topic === topic)) return;
      }
    },
    async close() {
      await new Promise<void>((resolve) => {
        aedes.close(() => resolve());
      });
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
