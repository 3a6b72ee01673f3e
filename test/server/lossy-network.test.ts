import assert from 'node:assert/strict';
import { GoipServer, type JobResult, type Sms } from '../../src/index.js';
import { GoipSimulator, makeLines, type Faults, type Firmware } from '../../src/simulator/index.js';

/**
 * The books after a storm: what the gateway put on air and got acked, against what the server delivered and reported.
 * Times are a hundredth of those in the field and in proportion to each other.
 */
const SEEDS = Array.from({ length: 20 }, (_, index) => index + 1);
const NUMBERS = Array.from({ length: 24 }, (_, index) => `+49151${String(index).padStart(6, '0')}`);
const TEXTS = Array.from({ length: 12 }, (_, index) => `SMS ${index}; with :, \n and 🎉`);

const SERVER = { resendInterval: 0.05, queryInterval: 0.03, sessionIdle: 0.9, offlineAfter: 1.5 };
const DEVICE = { resendInterval: 0.03, lineTime: 0.015, sessionIdle: 0.9, keepaliveInterval: 0.1 };

interface Books {
  readonly delivered: readonly Sms[];
  readonly gateway: GoipSimulator;
  readonly result: JobResult;
}

/** One bulk job and a burst of inbound SMS over a bad network; returns when both have ended. */
async function storm(seed: number, firmware: Firmware, faults: Faults): Promise<Books> {
  const lines = makeLines({ count: 3, password: 'secret' });
  const devices = lines.map(({ id }) => ({ id, password: 'secret' }));
  const server = new GoipServer({ host: '127.0.0.1', port: 0, devices, ...SERVER });
  const { port } = await server.start();
  const gateway = new GoipSimulator({ server: { host: '127.0.0.1', port }, lines, firmware, seed, faults, ...DEVICE });
  const delivered: Sms[] = [];
  server.on('sms', (sms) => delivered.push(sms));
  try {
    await gateway.start();
    const job = await server.send({ to: NUMBERS, text: 'Grüße; 🎉' });
    const inbound = TEXTS.map((text, index) => {
      const line = gateway.lines[index % gateway.lines.length];
      assert.ok(line);
      return line.receiveSms({ from: `+4930${index}`, text });
    });
    const [result] = await Promise.all([job.result, ...inbound]);
    return { delivered, gateway, result };
  } finally {
    await server.stop();
    await gateway.stop();
  }
}

function assertBalanced({ delivered, gateway, result }: Books): void {
  const onAir = gateway.onAir.map(({ to }) => to);
  const inState = (state: string): string[] => result.results.filter((r) => r.state === state).map(({ to }) => to);
  assert.deepEqual(onAir.length, new Set(onAir).size, 'numbers on air twice');
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
  assert.equal(result.sent + result.failed + result.unknown + result.expired, NUMBERS.length, 'without a final state');
  assert.deepEqual(
    result.results.map(({ to }) => to),
    NUMBERS,
    'one result per number, in order',
  );

  const texts = delivered.map(({ text }) => text);
  assert.equal(texts.length, new Set(texts).size, 'SMS delivered twice');
  const acked = gateway.received.filter(({ outcome }) => outcome?.acked).map(({ text }) => text);
  assert.deepEqual(
    acked.filter((text) => !texts.includes(text)),
    [],
    'SMS acked, but not delivered',
  );
}

for (const [weather, chance] of [
  ['10 %', 0.1],
  ['30 %', 0.3],
] as const) {
  for (const firmware of ['push', 'poll'] as const) {
    describe(`server: ${weather} loss, duplication and reordering each way, ${firmware} firmware`, () => {
      it(`balances its books over seeds ${SEEDS[0]} to ${SEEDS.length}`, async function () {
        this.timeout(60_000);
        const faults: Faults = { loss: chance, duplicate: chance, reorder: chance, delay: [0, 2], holdBack: [1, 20] };
        const all = await Promise.all(
          SEEDS.map(async (seed) => ({ seed, books: await storm(seed, firmware, faults) })),
        );
        for (const { seed, books } of all) {
          try {
            assertBalanced(books);
          } catch (error) {
            throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
          }
        }
        const sum = (of: (books: Books) => number): number => all.reduce((total, { books }) => total + of(books), 0);
        const sent = sum(({ result }) => result.sent);
        // Balanced books of a server that sends nothing would prove little.
        assert.ok(sent > 0.8 * NUMBERS.length * SEEDS.length, `only ${sent} sent`);
      });
    });
  }
}
