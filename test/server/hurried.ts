import { systemClock, type Clock } from '../../src/time/clock.js';

/** The real clock, for those who do not want to wait for a disk or a sweep: what takes a second or more comes early. */
export const hurried: Clock = {
  ...systemClock,
  after: (ms, callback) => systemClock.after(ms < 1000 ? ms : ms / 20, callback),
};
