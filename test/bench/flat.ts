/** Does the memory of a server stay as it is under a steady load? `--minutes N` says how long to look. */
import path from 'node:path';
import { Devices } from './devices.js';
import { megabytes, whole, type Figure, type Row } from './figures.js';
import type { ServerReport } from './reporting.js';
import { ServerProcess } from './server-process.js';
import { linesOf, SMS_EVERY, Traffic } from './traffic.js';

const LINE_COUNT = 1000;
const PER_SECOND = 1000;
const SAMPLES = 30;
/** The part of them in which caches fill and code is compiled. */
const WARM_UP = 0.2;

export const flat: Row = ({ minutes, directory }) =>
  // A memory that is in the way of nobody: both at the same time.
  Promise.all([
    watch('keepalives and SMS, on disk', path.join(directory, 'flat'), SMS_EVERY.mix, minutes),
    // With SMS it would grow by what it has to remember of them.
    watch('keepalives, in memory', 'memory', SMS_EVERY.keepalives, minutes),
  ]);

async function watch(what: string, storage: string, smsEvery: number, minutes: number): Promise<Figure> {
  const server = await ServerProcess.core(storage, LINE_COUNT);
  const devices = await Devices.open(server.address);
  const traffic = new Traffic(linesOf(LINE_COUNT), smsEvery);
  const perSample = Math.ceil((minutes * 60 * PER_SECOND) / SAMPLES);
  const sample = async (): Promise<ServerReport> => {
    await devices.stream(traffic.take(perSample), PER_SECOND);
    return server.report();
  };
  const warmUp = SAMPLES * WARM_UP;
  for (let index = 0; index < warmUp; index += 1) await sample();
  const start = await server.settledReport();
  const samples: ServerReport[] = [];
  for (let index = warmUp; index < SAMPLES; index += 1) samples.push(await sample());
  const end = await server.settledReport();
  await devices.close();
  await server.stop();
  const perMinute = slope(samples.map(({ rss }) => rss)) * (SAMPLES / minutes);
  return {
    what: `${what}: heap, RSS after gc at the end : after the warm-up`,
    measured: `${megabytes(end.heap)}, ${megabytes(end.rss)}`,
    baseline: `${megabytes(start.heap)}, ${megabytes(start.rss)}`,
    ratio: `RSS ${whole(perMinute / 1000)} KB/min`,
    goal: 'flat',
    size: `${minutes} min, ${WARM_UP * 100} % of it warm-up, ${PER_SECOND}/s on ${LINE_COUNT} lines`,
  };
}

/** Of the line that fits best, per step. */
function slope(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const rise = values.reduce((sum, value, index) => sum + (index - middle) * (value - mean), 0);
  return rise / values.reduce((sum, _, index) => sum + (index - middle) ** 2, 0);
}
