/** Time as the core sees it: handed in, so that tests can run hours in microseconds. */
import { Timers } from './timers.js';

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls back once after `ms` milliseconds; the returned function takes that back. */
  after(ms: number, callback: () => void): () => void;
  /** Calls back when all that this turn of the event loop has brought is dealt with. */
  soon(callback: () => void): void;
}

const timers = new Timers();

export const systemClock: Clock = {
  now: () => Date.now(),
  after: (ms, callback) => timers.after(ms, callback),
  soon: (callback) => void setImmediate(callback),
};
