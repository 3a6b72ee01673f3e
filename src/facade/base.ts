import { EventEmitter } from 'node:events';
import type { ServerOptions } from '../config/settings.js';
import type { ServerEvents } from '../events/server-events.js';
import { wire, type Parts, type Rooms } from '../wiring.js';

/** Returns the rooms of a server to those who make its façade. */
export let roomsOf: (server: ServerBase) => Rooms;

/** A server with its rooms, which only its façade can enter. */
export class ServerBase extends EventEmitter<ServerEvents> {
  readonly #rooms: Rooms;

  static {
    roomsOf = (server) => server.#rooms;
  }

  /** @internal */
  constructor(options: ServerOptions, parts: Parts, predecessor: ServerBase | undefined) {
    super();
    this.setMaxListeners(0);
    this.#rooms = wire(options, parts, this, predecessor && predecessor.#rooms);
  }
}
