/** Sets the wall clock of a child process, and nothing else of it. */
import type { ChildProcess } from 'node:child_process';
import path from 'node:path';

export type ClockOrder =
  /** Its wall clock is ahead of the system's by that, from now on. */
  | { readonly shiftMs: number }
  /** Its event loop stands still for so long. */
  | { readonly blockMs: number };

/** Arguments of Node.js for a process that takes {@link ClockOrder}s by IPC. */
export const SHIFTED_CLOCK_ARGS = ['--require', path.join(__dirname, 'shifted-clock.cjs')] as const;

/** Its environment variables. */
export const shiftedClockEnv = (shiftMs: number): NodeJS.ProcessEnv => ({ SHIFTED_CLOCK: String(shiftMs) });

/** Resolves when the order is with the system. A process that has ended takes none. */
export function orderClock(child: ChildProcess, order: ClockOrder): Promise<void> {
  return new Promise((resolve) => {
    if (!child.connected) resolve();
    else child.send(order, () => resolve());
  });
}
