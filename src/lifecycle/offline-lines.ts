import type { Line } from '../lines/line.js';
import type { LineRegistry } from '../lines/registry.js';
import type { RegularJob } from './sweeper.js';

/** Marks lines offline that have been silent for too long. @param wentOffline called with each of them */
export function markOfflineLines(
  lines: LineRegistry,
  offlineAfterMs: number,
  wentOffline: (line: Line) => void,
): RegularJob {
  return (now) => {
    for (const line of lines.sweep(now - offlineAfterMs, now)) wentOffline(line);
  };
}

/**
 * Returns whether a line is offline, and not just silent since the server began to listen.
 * @param listeningSince steady time; undefined while the server does not listen
 */
export function isOfflineForSure(
  line: Line,
  listeningSince: number | undefined,
  offlineAfterMs: number,
  now: number,
): boolean {
  const since = Math.max(line.lastSeen ?? 0, listeningSince ?? Infinity);
  return now - since >= offlineAfterMs;
}
