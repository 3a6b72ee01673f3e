/** Time as the core sees it: handed in, so that tests can run hours in microseconds. */
import { guarded, reportFault } from '../faults.js';
import { Timers } from './timers.js';

export interface Clock {
  /**
   * Steady time: milliseconds that only ever pass, whoever sets the wall clock. It begins at the wall clock's time, so that it
   * reads as milliseconds since 1970 as long as nobody does.
   */
  now(): number;
  /** Milliseconds since 1970 as the wall clock shows them, which may be set at any moment; without it, that is {@link now}. */
  wall?(): number;
  /** Calls back once after `ms` milliseconds; the returned function takes that back. */
  after(ms: number, callback: () => void): () => void;
  /** Calls back when all that this turn of the event loop has brought is dealt with. */
  soon(callback: () => void): void;
  /** A datagram was read: timers that are late wait until there is none left. */
  heard?(): void;
}

/** What the wall clock shows at a steady time, milliseconds since 1970. */
export type WallTime = (time: number) => number;

/** The wall clock of a world in which nobody sets clocks. */
export const NEVER_SET: WallTime = (time) => time;

const timers = new Timers();
const start = Date.now() - performance.now();

export const systemClock: Clock = {
  now: () => Math.floor(start + performance.now()),
  wall: () => Date.now(),
  after: (ms, callback) => timers.after(ms, callback),
  soon: (callback) => void setImmediate(() => guarded(callback, reportFault)),
  heard: () => timers.heard(),
};
