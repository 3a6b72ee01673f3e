/** The comms of Node-RED, as an editor uses them: the web socket on which it is told what goes on. */
import { EventEmitter, once } from 'node:events';
import { createRequire } from 'node:module';
import type { WebSocket } from 'ws';

/** The one that Node-RED brings. */
const Socket = createRequire(require.resolve('node-red'))('ws') as typeof WebSocket;

export class Comms {
  readonly #news = new EventEmitter();
  /** All that has come, but the heartbeat. */
  readonly received: { readonly topic: string; readonly data: unknown }[] = [];

  private constructor(private readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) => {
      const messages = JSON.parse(data.toString()) as { topic: string; data: unknown }[] | { auth: string };
      if (Array.isArray(messages)) this.received.push(...messages.filter(({ topic }) => topic !== 'hb'));
      this.#news.emit('news', messages);
    });
    socket.on('close', () => this.#news.emit('news', { auth: 'closed' }));
  }

  /** @param token of a user that is logged in; undefined where nobody has to be */
  static async open(url: string, token?: string): Promise<Comms> {
    const socket = new Socket(`${url.replace(/^http/, 'ws')}/comms`);
    await once(socket, 'open');
    const comms = new Comms(socket);
    if (token === undefined) return comms;
    comms.#write({ auth: token });
    const [answer] = (await once(comms.#news, 'news')) as [{ auth?: string }];
    if (answer.auth !== 'ok') throw new Error(`not let in: ${JSON.stringify(answer)}`);
    return comms;
  }

  send(topic: string, data: unknown): void {
    this.#write({ topic, data });
  }

  /** The first message that has come, or comes, and matches. */
  async next(topic: string, matches: (data: unknown) => boolean = () => true): Promise<unknown> {
    const signal = AbortSignal.timeout(PATIENCE);
    for (;;) {
      const found = this.received.find((message) => message.topic === topic && matches(message.data));
      if (found) return found.data;
      await once(this.#news, 'news', { signal }).catch(() => {
        throw new Error(`no such message on ${topic}; what came: ${JSON.stringify(this.received)}`);
      });
    }
  }

  async close(): Promise<void> {
    this.socket.close();
    await once(this.socket, 'close');
  }

  #write(message: object): void {
    this.socket.send(JSON.stringify(message));
  }
}

/** Milliseconds. */
const PATIENCE = 10_000;
