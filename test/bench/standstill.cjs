/**
 * Measures how long the event loop stands still. Plain JavaScript, because the settings of Node-RED load it, too.
 *
 * Processor time is that of the thread of the event loop: other programs of the machine do not change it. Linux tells it; elsewhere
 * it is that of all threads, garbage collection among them.
 */
const { closeSync, openSync, readSync } = require('node:fs');
const { setTimeout: sleep } = require('node:timers/promises');

/** @returns {() => number} milliseconds */
function processorClock() {
  if (process.platform !== 'linux') {
    return () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    };
  }
  const file = openSync(`/proc/self/task/${process.pid}/schedstat`, 'r');
  process.once('exit', () => closeSync(file));
  const buffer = Buffer.alloc(64);
  return () => Number.parseInt(buffer.toString('latin1', 0, readSync(file, buffer, 0, 64, 0)), 10) / 1e6;
}

let clock;

/** Watches from now on; the returned function ends it, and resolves to the longest standstill. */
function watchStandstill() {
  clock ??= processorClock();
  const longest = { wallMs: 0, cpuMs: 0 };
  let last = { wall: performance.now(), cpu: clock() };
  const look = () => {
    const now = { wall: performance.now(), cpu: clock() };
    longest.wallMs = Math.max(longest.wallMs, now.wall - last.wall);
    longest.cpuMs = Math.max(longest.cpuMs, now.cpu - last.cpu);
    last = now;
  };
  const timer = setInterval(look, 1);
  return async () => {
    await sleep(20);
    look();
    clearInterval(timer);
    return longest;
  };
}

module.exports = { watchStandstill };
