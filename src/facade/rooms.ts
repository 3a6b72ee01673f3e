/** The rooms of each server, for the files that make its façade. A server with its rooms in a property would show them in logs. */
import type { EventEmitter } from 'node:events';
import type { ServerEvents } from '../events/server-events.js';
import type { Rooms } from '../wiring.js';

type Server = EventEmitter<ServerEvents>;

const roomsByServer = new WeakMap<Server, Rooms>();

export function furnish(server: Server, rooms: Rooms): void {
  roomsByServer.set(server, rooms);
}

export function roomsOf(server: Server): Rooms {
  const rooms = roomsByServer.get(server);
  if (!rooms) throw new Error('the server has no rooms');
  return rooms;
}
