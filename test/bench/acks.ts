/** How many SMS per second are acked when every one of them is on disk before, against the same without a disk. */
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PRUNE_DELAY } from '../../src/parameters.js';
import { compete, type Contestant } from './contest.js';
import { oneDigit, ratiosOf, spread, times, whole, type Row } from './figures.js';
import { ServerProcess } from './server-process.js';
import { LINES, SMS_EVERY, Traffic } from './traffic.js';

const IN_FLIGHT = 256;

export const acks: Row = async ({ count, rounds, directory }) => {
  const messages = count(20_000);
  const traffic = (): Traffic => new Traffic(LINES, SMS_EVERY.SMS);
  const enter = async (storage: string): Promise<Contestant> => ({
    server: await ServerProcess.core(storage, LINES.length),
    traffic: traffic(),
  });
  const contestants = { memory: await enter('memory'), durable: await enter(path.join(directory, 'acks')) };
  // As they are after their first minute, when it is known what the journal has (but with `--quick`).
  await sleep(count(1000 * (PRUNE_DELAY + 5)));
  const { memory, durable } = await compete(contestants, { messages, rounds, inFlight: IN_FLIGHT });
  const size = `${messages} SMS × ${rounds}, ${IN_FLIGHT} in flight`;
  const [cpuDurable, cpuMemory] = [durable, memory].map((score) => score.perCpuSecond.map((per) => 1e6 / per));
  return [
    {
      what: 'acks/s, durable : in memory',
      measured: spread(durable.perSecond, whole),
      baseline: spread(memory.perSecond, whole),
      ratio: spread(ratiosOf(durable.perSecond, memory.perSecond), times),
      goal: '≥ 0.6',
      size: `${size}; the kernel dropped ${durable.resent} : ${memory.resent}`,
    },
    {
      what: 'processor µs per SMS, durable : in memory',
      measured: spread(cpuDurable ?? [], oneDigit),
      baseline: spread(cpuMemory ?? [], oneDigit),
      ratio: spread(ratiosOf(cpuDurable ?? [], cpuMemory ?? []), times),
      size,
    },
  ];
};
