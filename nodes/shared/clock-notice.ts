/** Words about a clock that was set, for the log. */
import type { ClockStep } from '../../src/index.js';

export function clockNotice({ by, at }: ClockStep): string {
  const direction = by > 0 ? 'forward' : 'back';
  return `The clock of this machine was set ${direction} by ${durationOf(Math.abs(by))} and now shows ${at}. Waiting jobs and lines are not affected.`;
}

/** The two largest units: `2 h 5 min`. */
function durationOf(ms: number): string {
  let seconds = Math.round(ms / 1000);
  const parts: string[] = [];
  for (const [unit, size] of UNITS) {
    const count = Math.floor(seconds / size);
    seconds -= count * size;
    if (count > 0) parts.push(`${count} ${unit}`);
  }
  return parts.slice(0, 2).join(' ');
}

const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
] as const;
