/** How long things take that do not always take the same time. */
import { between, type Random } from './random.js';

/** Seconds: always so many, random between [least, most], or what the function says of the other side's number. */
export type Duration = number | readonly [least: number, most: number] | ((number: string) => number);

export type Draw = (duration: Duration, number: string) => number;

/** Draws one random number for each duration, random or not: a change of habits does not shift the luck of all that follows. */
export function drawFrom(random: Random): Draw {
  return (duration, number) => {
    const drawn = between(random, typeof duration === 'object' ? duration : [0, 0]);
    if (typeof duration === 'function') return duration(number);
    return typeof duration === 'number' ? duration : drawn;
  };
}
