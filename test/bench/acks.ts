/** How many SMS per second are acked when every one of them is on disk before, against the same without a disk. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { Devices, LINES } from './devices.js';
import { oneDigit, ratiosOf, spread, times, whole, type Row } from './figures.js';
import { ServerProcess } from './server-process.js';

const IN_FLIGHT = 32;

export const acks: Row = async ({ count, rounds, directory }) => {
  const total = count(20_000);
  const devices = await Devices.open();
  const servers = {
    memory: await ServerProcess.start('memory'),
    durable: await ServerProcess.start(path.join(directory, 'acks')),
  };
  const rates = { memory: [] as number[], durable: [] as number[] };
  const resent = { memory: 0, durable: 0 };
  const cpu = { memory: [] as number[], durable: [] as number[] };
  // The first round warms both up.
  for (let round = 0; round <= rounds; round += 1) {
    for (const kind of ['memory', 'durable'] as const) {
      const before = await servers[kind].report();
      const resentBefore = devices.resent;
      const rate = await devices.send(servers[kind].address, total, IN_FLIGHT);
      const after = await servers[kind].report();
      assert.equal(after.taken - before.taken, total, 'what was acked was delivered, once');
      if (round === 0) continue;
      rates[kind].push(rate);
      resent[kind] += devices.resent - resentBefore;
      cpu[kind].push((after.cpu - before.cpu) / total);
    }
  }
  await Promise.all([servers.memory.stop(), servers.durable.stop()]);
  await devices.close();
  const size = `${total} SMS × ${rounds}, ${LINES.length} sockets × ${IN_FLIGHT} in flight`;
  return [
    {
      what: 'acks/s, durable : in memory',
      measured: spread(rates.durable, whole),
      baseline: spread(rates.memory, whole),
      ratio: spread(ratiosOf(rates.durable, rates.memory), times),
      goal: '≥ 0.6',
      size: `${size}; the kernel dropped ${resent.durable} : ${resent.memory}`,
    },
    {
      what: 'processor µs per SMS, durable : in memory',
      measured: spread(cpu.durable, oneDigit),
      baseline: spread(cpu.memory, oneDigit),
      ratio: spread(ratiosOf(cpu.durable, cpu.memory), times),
      size,
    },
  ];
};
