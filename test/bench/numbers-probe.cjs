/** Measures a process while it sends many numbers. Plain JavaScript, because the settings of Node-RED load it, too. */
const { setTimeout: sleep } = require('node:timers/promises');
const { watchStandstill } = require('./standstill.cjs');

const TEXT = 'The pump in cellar 4 has been running for more than 2 hours.';

/** How often the heap is measured. */
const HEAP_EVERY_MS = 500;

const numberAt = (index) => `+4917${String(10_000_000 + index)}`;

/** A row of a wide table, whose texts are made as a flow makes them. */
function rowAt(index) {
  const row = { number: numberAt(index) };
  for (let column = 0; column < 30; column += 1)
    row[`column${column}`] = `field ${column} of ${index}, ${Math.random()}`;
  return row;
}

/** The messages of a kind of load. */
function messagesOf(kind, numbers) {
  const indexes = Array.from({ length: numbers }, (_, index) => index);
  if (kind === 'singles') return indexes.map((index) => ({ to: numberAt(index), payload: TEXT }));
  if (kind === 'strings') return [{ to: indexes.map(numberAt), payload: TEXT }];
  if (kind === 'properties')
    return [{ to: numberAt(0), payload: TEXT, extra: Array.from({ length: 400_000 }, (_, index) => `item ${index}`) }];
  if (kind === 'tables') return [{ to: indexes.map(rowAt), payload: 'hello {{column0}}' }];
  const to = indexes.map((index) => ({ number: numberAt(index), name: `customer ${index}`, due: index % 90 }));
  return [{ to, payload: 'Dear {{name}}, your invoice is due in {{due}} days.' }];
}

/**
 * Sends messages, waits until `ended` says that all numbers have a result, and returns what that took. With `isHeapWatched`
 * garbage is collected all the time, so that the largest heap is known; the other figures mean nothing then.
 */
async function probe({ kind, numbers, isHeapWatched }, send, ended) {
  await settle();
  const idle = heapInUse();
  // Nothing here keeps the messages: they are the flow's.
  const built = [messagesOf(kind, numbers)];
  await sleep(50);
  const endWatch = watchStandstill();
  const start = performance.now();
  const cpu = process.cpuUsage();
  let peak = 0;
  const watch = isHeapWatched
    ? setInterval(() => {
        globalThis.gc();
        peak = Math.max(peak, heapInUse());
      }, HEAP_EVERY_MS)
    : undefined;
  send(built.pop());
  while (!ended(numbers)) await sleep(10);
  const { user, system } = process.cpuUsage(cpu);
  const ms = performance.now() - start;
  const standstill = await endWatch();
  clearInterval(watch);
  await settle();
  const above = (bytes) => Math.max(0, bytes - idle);
  return { standstill, cpuMicros: user + system, ms, peak: above(peak), left: above(heapInUse()) };
}

function heapInUse() {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function settle() {
  for (let round = 0; round < 3; round += 1) {
    await sleep(100);
    globalThis.gc();
  }
}

module.exports = { messagesOf, probe };
