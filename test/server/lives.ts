/** Servers that follow one another on the same disk and behind the same address, each until it is killed. */
import {
  GoipServer,
  type Address,
  type OpenStore,
  type ServerOptions,
  type ServerParts,
  type Sms,
} from '../../src/index.js';
import { Relay } from './relay.js';

export const DEVICE = { id: 'goipid1', password: 'password1' } as const;

/** What loses at a crash what was not flushed. */
export interface Media {
  /** Opens it for somebody who dies with the next cut. */
  mortal(): OpenStore;
  cut(): Promise<void>;
}

export class Lives {
  #server: GoipServer | undefined;
  readonly #dying: Promise<void>[] = [];

  private constructor(
    private readonly relay: Relay,
    private readonly media: Media,
    private readonly options: ServerOptions,
  ) {}

  static async on(media: Media, options: ServerOptions = {}): Promise<Lives> {
    return new Lives(await Relay.open(), media, { host: '127.0.0.1', port: 0, devices: [DEVICE], ...options });
  }

  /** Where devices find the server, whichever it is. */
  get address(): Address {
    return this.relay.address;
  }

  /** Starts a server. SMS go to `take`, as long as it lives. */
  async begin(take?: (sms: Sms) => void, parts: ServerParts = {}): Promise<GoipServer> {
    const server = new GoipServer(this.options, { openStore: this.media.mortal(), firstTelid: () => 1, ...parts });
    this.#server = server;
    if (take) server.on('sms', (sms) => this.#server === server && take(sms));
    this.relay.connect(await server.start());
    return server;
  }

  /** Power off, now: nothing more gets out, and what was not flushed is gone. What is left of the server is swept up. */
  async crash(): Promise<void> {
    const dead = this.#server;
    this.#server = undefined;
    this.relay.cut();
    await this.media.cut();
    if (dead) this.#dying.push(dead.stop());
  }

  async crashAndBegin(take?: (sms: Sms) => void, parts?: ServerParts): Promise<GoipServer> {
    await this.crash();
    return this.begin(take, parts);
  }

  async close(): Promise<void> {
    await this.#server?.stop();
    await Promise.all(this.#dying);
    await this.relay.close();
  }
}
