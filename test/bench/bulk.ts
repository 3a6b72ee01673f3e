/**
 * A bulk of 40 numbers on one line over a network that loses every tenth datagram each way, with the times of the field:
 * 3 s on air, 5 s between retransmissions, a few milliseconds of round trip. Server and gateway run on one virtual clock,
 * so nothing is scaled; the datagrams between them are real.
 */
import assert from 'node:assert/strict';
import { GoipServer, type JobResult } from '../../src/index.js';
import { GoipSimulator, type Faults, type Firmware } from '../../src/simulator/index.js';
import { LINES, TEXT } from './traffic.js';
import { median, spread, times, type Figure, type Row } from './figures.js';
import { VirtualWorld } from './virtual-world.js';

const NUMBERS = 40;
const LINE_SECONDS = 3;
/** Of one way, milliseconds. */
const DELAY = [1, 4] as const;
const LOSS = 0.1;

interface Outcome {
  /** Time against 40 × 3 s. */
  readonly stretch: number;
  /** Of both sides, lost ones included, keepalives not. */
  readonly datagramsPerSms: number;
  readonly result: JobResult;
  readonly onAir: number;
}

export const bulk: Row = async ({ count }) => {
  const seeds = Array.from({ length: count(100) }, (_, index) => index + 1);
  const figures: Figure[] = [];
  for (const firmware of ['push', 'poll', 'direct'] as const) {
    const lossy: Outcome[] = [];
    const perfect: Outcome[] = [];
    for (const seed of seeds) {
      lossy.push(await sendBulk(firmware, seed, { loss: LOSS, delay: DELAY }));
      perfect.push(await sendBulk(firmware, seed, { delay: DELAY }));
    }
    const size = `${NUMBERS} numbers × ${seeds.length} seeds, virtual time`;
    const [lossyStretch, perfectStretch] = [lossy, perfect].map((all) => all.map(({ stretch }) => stretch));
    const [lossyDatagrams, perfectDatagrams] = [lossy, perfect].map((all) =>
      all.map(({ datagramsPerSms }) => datagramsPerSms),
    );
    const unknown = lossy.reduce((sum, { result }) => sum + result.unknown, 0);
    const twice = lossy.reduce((sum, { onAir, result }) => sum + Math.max(0, onAir - result.sent - result.unknown), 0);
    figures.push(
      {
        what: `${firmware}: time ÷ (40 × 3 s) at 10 % loss each way : without loss`,
        measured: spread(lossyStretch ?? [], times),
        baseline: spread(perfectStretch ?? [], times),
        ratio: times(median(lossyStretch ?? []) / median(perfectStretch ?? [])),
        ...(firmware === 'push' ? { goal: '≤ 1.35' } : {}),
        size: `${size}; ${unknown} unknown, ${twice} on air too often`,
      },
      {
        what: `${firmware}: datagrams per SMS at 10 % loss each way : without loss`,
        measured: spread(lossyDatagrams ?? [], times),
        baseline: spread(perfectDatagrams ?? [], times),
        ratio: times(median(lossyDatagrams ?? []) / median(perfectDatagrams ?? [])),
        size,
      },
    );
  }
  return figures;
};

async function sendBulk(firmware: Firmware, seed: number, faults: Faults): Promise<Outcome> {
  const world = new VirtualWorld();
  const line = LINES[0];
  assert(line);
  const server = new GoipServer({ host: '127.0.0.1', port: 0, devices: [line] }, { clock: world.clock });
  const { port } = await server.start();
  const gateway = new GoipSimulator({
    server: { host: '127.0.0.1', port },
    lines: [line],
    firmware,
    lineTime: LINE_SECONDS,
    seed,
    timers: world.timers,
  });
  let datagrams = 0;
  gateway.on('datagram', ({ text }) => {
    if (!/^re[qg]:/.test(text)) datagrams += 1;
  });
  try {
    await gateway.start();
    await world.passUntil(() => gateway.line(line.id).registered);
    gateway.setFaults(faults);
    const start = world.clock.now();
    const to = Array.from({ length: NUMBERS }, (_, index) => `+4917${10_000_000 + index}`);
    const job = await server.send({ to, text: TEXT });
    let result: JobResult | undefined;
    void job.result.then((ended) => (result = ended));
    await world.passUntil(() => result !== undefined);
    assert(result);
    const stretch = (world.clock.now() - start) / (NUMBERS * LINE_SECONDS * 1000);
    // The session's DONE counts as well.
    await world.passUntil(() => gateway.line(line.id).sessions === 0);
    return { stretch, datagramsPerSms: datagrams / NUMBERS, result, onAir: gateway.onAir.length };
  } finally {
    await gateway.stop();
    const stopped = server.stop();
    let isStopped = false;
    void stopped.then(() => (isStopped = true));
    await world.passUntil(() => isStopped);
    world.end();
  }
}
