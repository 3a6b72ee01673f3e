import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { GoipServer, JobResult, Sms } from '../../src/index.js';
import { GoipSimulator, makeLines, type Faults, type Firmware } from '../../src/simulator/index.js';
import { mulberry32 } from '../../src/simulator/random.js';
import { Disk } from '../journal/disk.js';
import { Temporary } from '../journal/temporary.js';
import { TornLog } from '../journal/torn-log.js';
import { hurried } from './hurried.js';
import { Lives, type Media } from './lives.js';

/**
 * The books after a storm in which the power fails again and again: what the gateway put on air and got acked, against what
 * flows saw and what was reported. Times are a hundredth of those in the field and in proportion to each other.
 */
const SEEDS = Array.from({ length: 12 }, (_, index) => index + 1);
const CUTS = 6;
const NUMBERS = Array.from({ length: 24 }, (_, index) => `+49151${String(index).padStart(6, '0')}`);
const TEXTS = Array.from({ length: 36 }, (_, index) => `SMS ${index}; with :, \n and 🎉`);

const SERVER = { resendInterval: 0.05, queryInterval: 0.03, sessionIdle: 0.9, offlineAfter: 1.5 };
const DEVICE = { resendInterval: 0.03, lineTime: 0.015, sessionIdle: 0.9, keepaliveInterval: 0.1 };
const FAULTS: Faults = { loss: 0.1, duplicate: 0.1, reorder: 0.1, delay: [0, 2], holdBack: [1, 20] };

interface Books {
  readonly gateway: GoipSimulator;
  /** What flows saw, in all lives. */
  readonly delivered: readonly Sms[];
  readonly results: readonly JobResult[];
}

const jobs = [
  { id: 'job 1', to: NUMBERS.slice(0, 16), text: 'Grüße; 🎉' },
  { id: 'job 2', to: NUMBERS.slice(16), text: 'second' },
];

/** Bulk jobs and inbound SMS over a bad network, with a server that dies and comes back all the while. */
async function storm(seed: number, firmware: Firmware, media: Media): Promise<Books> {
  const random = mulberry32(seed);
  const lines = makeLines({ count: 3, password: 'secret' });
  const devices = lines.map(({ id }) => ({ id, password: 'secret' }));
  const lives = await Lives.on(media, { devices, ...SERVER });
  const { address: host, port } = lives.address;
  const gateway = new GoipSimulator({ server: { host, port }, lines, firmware, seed, faults: FAULTS, ...DEVICE });
  const delivered: Sms[] = [];
  const begin = (): Promise<GoipServer> => lives.begin((sms) => delivered.push(sms), { clock: hurried });
  try {
    let server = await begin();
    await gateway.start();
    // Saved, or it is no job: as a flow would, it asks again in the next life.
    const accepting = Promise.all(jobs.map((job) => server.send(job)));
    const inbound: Promise<unknown>[] = [];
    await accepting;
    for (let cut = 0; cut < CUTS; cut += 1) {
      for (const text of TEXTS.slice((cut * TEXTS.length) / CUTS, ((cut + 1) * TEXTS.length) / CUTS)) {
        const line = gateway.lines[Math.floor(random() * gateway.lines.length)];
        assert.ok(line);
        inbound.push(line.receiveSms({ from: '+4930', text }));
        await delay(random() * 12);
      }
      if (random() < 0.2) void gateway.lines[cut % 3]?.restart();
      await lives.crash();
      await delay(random() * 60);
      server = await begin();
    }
    const all = await Promise.all(jobs.map((job) => server.send(job)));
    const results = await Promise.all(all.map(({ result }) => result));
    await Promise.all(inbound);
    return { gateway, delivered, results };
  } finally {
    await lives.close();
    await gateway.stop();
  }
}

function assertBalanced({ gateway, delivered, results }: Books): void {
  const onAir = gateway.onAir.map(({ to }) => to);
  assert.equal(onAir.length, new Set(onAir).size, 'numbers on air twice');
  const all = results.flatMap((result) => result.results);
  assert.deepEqual(
    all.map(({ to }) => to),
    NUMBERS,
    'one result per number, in order',
  );
  const inState = (state: string): string[] => all.filter((one) => one.state === state).map(({ to }) => to);
  assert.deepEqual(
    inState('failed').filter((to) => onAir.includes(to)),
    [],
    'reported failed, but on air',
  );
  assert.deepEqual(
    inState('sent').filter((to) => !onAir.includes(to)),
    [],
    'reported sent, but not on air',
  );
  assert.deepEqual([...inState('expired'), ...inState('cancelled')], []);

  const texts = new Set(delivered.map(({ text }) => text));
  const acked = gateway.received.filter(({ outcome }) => outcome?.acked).map(({ text }) => text);
  assert.deepEqual(
    acked.filter((text) => !texts.has(text)),
    [],
    'acked, but never delivered',
  );
  const first = delivered.filter(({ redelivered }) => !redelivered).map(({ text }) => text);
  assert.equal(first.length, new Set(first).size, 'delivered twice without saying so');
}

describe('server: power loss in bad weather', () => {
  const temporary = new Temporary();
  afterEach(() => temporary.remove());

  const luckyDisk = (seed: number): Promise<Media> => {
    const disk = new Disk();
    const random = mulberry32(1000 + seed);
    disk.luck = () => random() < 0.5;
    return Promise.resolve(disk);
  };
  const tornLog = async (seed: number): Promise<Media> =>
    new TornLog(await temporary.directory(), mulberry32(1000 + seed));

  for (const firmware of ['push', 'poll'] as const) {
    for (const [disk, media, seeds] of [
      ['a disk that takes batches whole or not at all', luckyDisk, SEEDS],
      ['a real journal with a torn log', tornLog, SEEDS.slice(0, 4)],
    ] as const) {
      it(`balances the books: ${firmware} firmware, ${disk}, seeds 1 to ${seeds.length}`, async function () {
        this.timeout(60_000);
        const all = await Promise.all(
          seeds.map(async (seed) => ({ seed, books: await storm(seed, firmware, await media(seed)) })),
        );
        for (const { seed, books } of all) {
          try {
            assertBalanced(books);
          } catch (error) {
            throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
          }
        }
        const sum = (of: (books: Books) => number): number => all.reduce((total, { books }) => total + of(books), 0);
        const counts = {
          cuts: CUTS * seeds.length,
          numbers: NUMBERS.length * seeds.length,
          sent: sum(({ results }) => results.reduce((total, { sent }) => total + sent, 0)),
          unknown: sum(({ results }) => results.reduce((total, { unknown }) => total + unknown, 0)),
          failed: sum(({ results }) => results.reduce((total, { failed }) => total + failed, 0)),
          acked: sum(({ gateway }) => gateway.received.filter(({ outcome }) => outcome?.acked).length),
          delivered: sum(({ delivered }) => delivered.length),
          redelivered: sum(({ delivered }) => delivered.filter(({ redelivered }) => redelivered).length),
        };
        console.log(`      ${JSON.stringify(counts)}`);
        // Balanced books of a server that sends nothing would prove little.
        assert.ok(counts.sent > 0.5 * counts.numbers, 'hardly anything was sent');
      });
    }
  }
});
