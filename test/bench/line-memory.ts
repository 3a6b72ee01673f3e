/** What a line takes of the memory of the server. */
import { setTimeout as sleep } from 'node:timers/promises';
import { KEEPALIVE_INTERVAL } from '../../src/parameters.js';
import { Devices } from './devices.js';
import { median, oneDigit, spread, whole, type Figure, type Row } from './figures.js';
import type { ServerReport } from './reporting.js';
import { ServerProcess } from './server-process.js';
import { linesOf, SMS_EVERY, Traffic } from './traffic.js';

const FEW = 10;
/** Processes of each kind; what they take hardly differs. */
const MOST_ROUNDS = 3;
/** The load, per line. */
const KEEPALIVES = 4;
const SMS = 2;
const IN_FLIGHT = 96;

const KINDS = {
  heap: { name: 'heap and external memory,', bytesOf: ({ heap }: ServerReport) => heap },
  // After gc the young generation is empty: V8 keeps it for what may come, and it grows with the load, not with the lines.
  inUse: { name: "RSS without V8's young generation,", bytesOf: ({ rss, young }: ServerReport) => rss - young },
  rss: { name: 'RSS', bytesOf: ({ rss }: ServerReport) => rss },
};

export const lineMemory: Row = async ({ count, rounds: wanted }) => {
  const many = count(10_000);
  const rounds = Math.min(wanted, MOST_ROUNDS);
  const runs = { many: [] as Run[], few: [] as Run[] };
  for (let round = 0; round < rounds; round += 1) {
    runs.many.push(await measure(many, many));
    // It gets as many messages, so that only the lines make the difference.
    runs.few.push(await measure(FEW, many));
  }
  const size = `${rounds} processes each, after gc, all with the messages of ${many} lines`;
  const perLine = (what: string, when: keyof Run, of: keyof typeof KINDS, goal: string): Figure => {
    const { name, bytesOf } = KINDS[of];
    const [mine, base] = [runs.many, runs.few].map((list) => list.map((run) => bytesOf(run[when]) / 1000));
    const each = (mine ?? []).map((value, round) => (value - (base?.[round] ?? NaN)) / (many - FEW));
    return {
      what: `${name} KB per line ${what}; processes with ${many} : ${FEW} lines`,
      measured: spread(mine ?? [], whole),
      baseline: spread(base ?? [], whole),
      ratio: `${spread(each, (value) => value.toFixed(2))} KB`,
      goal,
      size,
    };
  };
  const first = 'after one keepalive each, all at once';
  const load = `after ${KEEPALIVES} more and ${SMS} SMS each`;
  return [
    perLine(first, 'idle', 'heap', '≤ 3 KB'),
    perLine(first, 'idle', 'inUse', '≤ 3 KB'),
    // What this burst leaves of the young generation goes by itself: see `idle`.
    perLine(first, 'idle', 'rss', '≤ 6 KB'),
    perLine(load, 'loaded', 'heap', '≤ 6 KB'),
    perLine(load, 'loaded', 'inUse', '≤ 6 KB'),
    perLine(load, 'loaded', 'rss', '≤ 6 KB'),
    {
      what: 'heap and external bytes per SMS, remembered for 7 days where nothing is on disk',
      measured: spread(
        runs.few.map(({ idle, loaded }) => (loaded.heap - idle.heap) / (SMS * many)),
        oneDigit,
      ),
      size: `${rounds} processes with ${SMS * many} SMS`,
    },
  ];
};

/**
 * Lines that do nothing but send a keepalive every 30 seconds (more often where there is less than a minute), as nearly all do
 * nearly always. Nothing is collected for the measurement: V8 gives back most of its young generation by itself where so little
 * is allocated.
 */
export const idle: Row = async ({ count, minutes }) => {
  const many = count(10_000);
  // A memory that is in the way of nobody: both at the same time.
  const [mine, base] = await Promise.all([rest(many, minutes), rest(FEW, minutes)]);
  return [
    {
      what: `RSS KB per line; processes with ${many} : ${FEW} lines`,
      measured: whole(mine / 1000),
      baseline: whole(base / 1000),
      ratio: `${((mine - base) / 1000 / (many - FEW)).toFixed(2)} KB`,
      goal: '≤ 3 KB',
      size: `${minutes} min; median of its second half`,
    },
  ];
};

const IDLE_SAMPLES = 20;

/** RSS of a server whose lines are idle. */
async function rest(lineCount: number, minutes: number): Promise<number> {
  const server = await ServerProcess.core('memory', lineCount);
  const devices = await Devices.open(server.address);
  const keepalives = new Traffic(linesOf(lineCount), SMS_EVERY.keepalives);
  const sampleMs = (minutes * 60_000) / IDLE_SAMPLES;
  // All are heard of in the first half.
  const perSecond = lineCount / Math.min(KEEPALIVE_INTERVAL, 30 * minutes);
  const start = performance.now();
  let sent = 0;
  const samples: number[] = [];
  for (let sample = 1; sample <= IDLE_SAMPLES; sample += 1) {
    const due = Math.floor((sample * sampleMs * perSecond) / 1000);
    await devices.stream(keepalives.take(due - sent), perSecond);
    sent = due;
    // A stream of few ends early.
    await sleep(Math.max(0, start + sample * sampleMs - performance.now()));
    samples.push((await server.report()).rss);
  }
  await devices.close();
  await server.stop();
  return median(samples.slice(IDLE_SAMPLES / 2));
}

interface Run {
  readonly idle: ServerReport;
  readonly loaded: ServerReport;
}

async function measure(lineCount: number, perRound: number): Promise<Run> {
  const server = await ServerProcess.core('memory', lineCount);
  const devices = await Devices.open(server.address);
  const lines = linesOf(lineCount);
  const keepalives = new Traffic(lines, SMS_EVERY.keepalives);
  const sms = new Traffic(lines, SMS_EVERY.SMS);
  await devices.send(keepalives.take(perRound), IN_FLIGHT);
  const idle = await server.settledReport();
  for (let round = 0; round < KEEPALIVES; round += 1) await devices.send(keepalives.take(perRound), IN_FLIGHT);
  for (let round = 0; round < SMS; round += 1) await devices.send(sms.take(perRound), IN_FLIGHT);
  const loaded = await server.settledReport();
  await devices.close();
  await server.stop();
  return { idle, loaded };
}
