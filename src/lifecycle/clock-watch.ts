import type { TimeKeeper } from '../journal/time-keeper.js';
import type { ClockStep } from '../time/timeline.js';
import type { RegularJob } from './sweeper.js';

/** Looks whether somebody has set the wall clock. @param wasSet called if so */
export function watchClock(time: TimeKeeper, wasSet: (step: ClockStep) => void): RegularJob {
  return () => {
    const step = time.look();
    if (step) wasSet(step);
  };
}
