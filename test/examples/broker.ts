/** A real MQTT broker on loopback: Debian's mosquitto, with a client that publishes and listens as a user's would. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import { freeTcpPort } from '../node-red/free-port.js';

const MOSQUITTO = process.env.MOSQUITTO ?? '/usr/sbin/mosquitto';

/** How long to wait for what must happen, in milliseconds. */
const PATIENCE = 8000;
/** Between two looks whether the broker answers or a subscription is there, in milliseconds. */
const LOOK_EVERY = 20;

/** A `describe` whose tests need a broker. Without one they are skipped, but not in CI. */
export function describeWithBroker(title: string, body: (this: Mocha.Suite, broker: Broker) => void): void {
  const broker = new Broker();
  if (!existsSync(MOSQUITTO) && !process.env.CI) {
    describe.skip(`${title} (skipped: no MQTT broker; apt-get install mosquitto)`, function () {
      body.call(this, broker);
    });
    return;
  }
  describe(title, function () {
    before(() => broker.open());
    after(() => broker.close());
    body.call(this, broker);
  });
}

export class Broker {
  #directory = '';
  #port = 0;
  #process: ChildProcess | undefined;
  #client: MqttClient | undefined;
  #received: { readonly topic: string; readonly content: unknown }[] = [];

  get port(): number {
    return this.#port;
  }

  async open(): Promise<void> {
    assert(existsSync(MOSQUITTO), `there is no ${MOSQUITTO}; apt-get install mosquitto`);
    this.#directory = await mkdtemp(path.join(tmpdir(), 'goip-broker-'));
    this.#port = await freeTcpPort();
    await this.start();
    const settings = { clientId: 'the user', clean: false, keepalive: 0, reconnectPeriod: LOOK_EVERY };
    this.#client = await connectAsync(`mqtt://127.0.0.1:${this.#port}`, settings);
    this.#client.on('error', () => {
      // While the broker is away; the client tries again.
    });
    this.#client.on('message', (topic, payload) => {
      this.#received.push({ topic, content: JSON.parse(payload.toString()) });
    });
    await this.#client.subscribeAsync(['goip/+/sms', 'goip/status', 'goip/result', 'goip/error'], { qos: 1 });
  }

  /** Resolves when the broker answers, and the client is connected again. */
  async start(): Promise<void> {
    const file = path.join(this.#directory, 'mosquitto.conf');
    const lines = [
      `listener ${this.#port} 127.0.0.1`,
      'allow_anonymous true',
      // Sessions and what waits for them are there again after a restart.
      'persistence true',
      `persistence_location ${this.#directory}/`,
      // Otherwise root becomes somebody who may not write there.
      `user ${userInfo().username}`,
      'log_dest none',
    ];
    await writeFile(file, `${lines.join('\n')}\n`);
    this.#process = spawn(MOSQUITTO, ['-c', file], { stdio: 'ignore' });
    await this.#until(() => answers(this.#port), 'an answer of the broker');
    await this.#until(() => this.#client?.connected ?? true, 'a connection to the broker');
  }

  /** As for a restart of its machine: it saves what it keeps, and ends. */
  async stop(): Promise<void> {
    if (!this.#process) return;
    const exit = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    await exit;
    this.#process = undefined;
  }

  async close(): Promise<void> {
    await this.#client?.endAsync(true);
    await this.stop();
    await rm(this.#directory, { recursive: true, force: true });
  }

  /** Publishes JSON, or a text as it is, with QoS 1; resolves when the broker has it. */
  async publish(topic: string, content: unknown): Promise<void> {
    assert(this.#client);
    const payload = typeof content === 'string' ? content : JSON.stringify(content);
    await this.#client.publishAsync(topic, payload, { qos: 1 });
  }

  /** The JSON of the first message of a topic that was not yet taken and matches; waits for it. */
  async next(topic: string, matches: (content: Json) => boolean = () => true): Promise<Json> {
    const find = (): number =>
      this.#received.findIndex((message) => message.topic === topic && matches(message.content as Json));
    await this.#until(() => find() >= 0, `a message on ${topic}; there were ${JSON.stringify(this.#received)}`);
    const [message] = this.#received.splice(find(), 1);
    return message?.content as Json;
  }

  /** Messages of a topic that were not yet taken. */
  waiting(topic: string): Json[] {
    return this.#received.filter((message) => message.topic === topic).map(({ content }) => content as Json);
  }

  /** Forgets what no test has taken. */
  forget(): void {
    this.#received = [];
  }

  async #until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
    const end = Date.now() + PATIENCE;
    while (!(await condition())) {
      assert(Date.now() < end, `never came: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
    }
  }
}

/** What is published here. */
export type Json = Readonly<Record<string, unknown>>;

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
