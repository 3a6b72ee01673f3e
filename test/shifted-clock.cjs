/**
 * Preloaded into a process whose wall clock a test sets: `--require`, with an IPC channel to the test. Steady time and timers
 * stay the system's. The environment variable SHIFTED_CLOCK holds the first difference in milliseconds.
 */
'use strict';

const SystemDate = Date;
let offset = Number(process.env.SHIFTED_CLOCK ?? 0);
const now = () => SystemDate.now() + offset;

globalThis.Date = new Proxy(SystemDate, {
  construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  apply: () => new SystemDate(now()).toString(),
  get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
});

process.on('message', (message) => {
  if (typeof message?.shiftMs === 'number') offset = message.shiftMs;
  // The event loop stands still, as with a computation that takes long.
  if (typeof message?.blockMs === 'number')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, message.blockMs);
});
// Listening for orders must not keep a process alive.
process.channel?.unref();
