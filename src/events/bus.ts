/** Publishes events: to those who take events, to the listeners of the server, and to those who follow the lines. */
import { isoTime } from '../time/iso-time.js';
import type { WallTime } from '../time/clock.js';
import type { Device } from '../lines/devices.js';
import type { LineChanges } from '../lines/changes.js';
import type { Line } from '../lines/line.js';
import type { LineState } from '../lines/line-state.js';
import type { EventTakers } from './event-takers.js';
import type { EventKind, GoipEvent } from './events.js';
import type { Listeners } from './listeners.js';

export interface EventBusPorts {
  readonly takers: EventTakers;
  readonly listeners: Listeners;
  readonly changes: LineChanges;
  readonly wall: WallTime;
  readonly stateOf: (line: Line) => LineState;
}

export class EventBus {
  constructor(private readonly ports: EventBusPorts) {}

  /**
   * Publishes an event about a device.
   * @param payload called only if somebody wants the event
   * @param now when the server learnt of it
   */
  publish(
    kind: EventKind,
    { id, name }: Pick<Device, 'id' | 'name'>,
    payload: () => GoipEvent['payload'],
    now: number,
    isNews = true,
  ): void {
    const { takers, listeners, wall } = this.ports;
    const make = (): GoipEvent => {
      return { event: kind, device: id, name, receivedAt: isoTime(wall(now)), payload: payload() };
    };
    const event = takers.deliver(kind, id, isNews, make);
    if (listeners.areThereFor('event')) listeners.emit('event', event ?? make());
  }

  /**
   * Publishes an event about a line, with its state.
   * @param isNews false for a keepalive that repeats the one before
   */
  publishLine(kind: EventKind, line: Line, now: number, isNews = true): void {
    const { changes, stateOf } = this.ports;
    this.publish(kind, line.device, () => stateOf(line), now, isNews);
    // The keepalive that brings a line online, or shows its restart, is published next and compared then.
    if (kind !== 'online' && kind !== 'restarted') changes.check(line, isNews, stateOf);
  }
}
