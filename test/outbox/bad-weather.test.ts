import assert from 'node:assert/strict';
import fc from 'fast-check';
import { SEED } from '../protocol/property.js';
import { percent, seconds, STATUS_QUERY, TRAITS } from '../sessions/arbitraries.js';
import type { Priority } from '../../src/outbox/result.js';
import { ReferenceDevice, type DeviceTraits, type Fate } from '../sessions/reference-device.js';
import { Channel, randomFrom, type Random, type Weather } from '../sessions/weather.js';
import { fateOn, type Wish } from './fates.js';
import { Stage, type WatchedJob } from './stage.js';

interface Scenario {
  readonly seed: number;
  readonly weather: Weather;
  readonly lines: readonly Omit<DeviceTraits, 'password' | 'fateOf'>[];
  /** When, for which line (by its place; null for any), and what becomes of the numbers. */
  readonly jobs: readonly {
    readonly at: number;
    readonly line: number | null;
    readonly priority: Priority;
    readonly fates: readonly Wish[];
  }[];
  readonly mishaps: readonly { readonly at: number; readonly line: number; readonly what: 'restart' | 'logout' }[];
  readonly statusQuery: 'auto' | 'poll' | 'never';
  readonly sessionsPerLine: number;
  readonly attempts: number;
  readonly sticky: boolean;
}

const LONGEST_SECONDS = 4 * 3600;
const BOOT_SECONDS = 10;
const LOGOUT_SECONDS = 20;

/** Runs all jobs to their ends over lines that have mishaps. */
async function run(scenario: Scenario): Promise<{ jobs: readonly WatchedJob[]; onAir: readonly string[] }> {
  const { lines, statusQuery, sessionsPerLine, attempts, sticky } = scenario;
  const ids = lines.map((_, index) => `line${index}`);
  const idOf = (index: number): string => ids[index % ids.length] ?? '';
  const random = randomFrom(scenario.seed);
  const fates = new Map<string, Wish>();
  const stage = await Stage.create({ ids, statusQuery, sessionsPerLine, attempts, sticky });
  const devices: ReferenceDevice[] = [];
  for (const [index, traits] of lines.entries()) {
    const fateOf = (number: string): Fate => fateOn(index, fates.get(number));
    const device = { ...traits, password: 'password1', fateOf };
    devices.push(await attach(stage, idOf(index), device, scenario.weather, random));
  }
  for (const { at, line, what } of scenario.mishaps) {
    const device = devices[line % devices.length];
    stage.clock.after(at * 1000, () => {
      if (what === 'logout') return device?.logOut(LOGOUT_SECONDS);
      device?.restart(BOOT_SECONDS);
      stage.silence(idOf(line));
      stage.clock.after(BOOT_SECONDS * 1000, () => stage.restartNow(idOf(line)));
    });
  }

  const jobs: WatchedJob[] = [];
  let now = 0;
  for (const { at, line, priority, fates: ofJob } of scenario.jobs.toSorted((a, b) => a.at - b.at)) {
    await stage.pass({ seconds: at - now });
    now = at;
    const to = ofJob.map((fate) => {
      const number = `+${1000 + fates.size}`;
      fates.set(number, fate);
      return number;
    });
    jobs.push(await stage.accept({ to, priority, device: line === null ? undefined : idOf(line) }));
  }
  while (jobs.some((job) => !hasEnded(job))) {
    assert.ok((now += 10) < LONGEST_SECONDS, 'every job ends');
    await stage.pass({ seconds: 10 });
  }

  await stage.pass({ seconds: 300 });
  stage.sent();
  await stage.pass({ seconds: 300 });
  assert.deepEqual(stage.sent(), [], 'nothing goes out after the last job');
  for (const line of stage.lines) assert.deepEqual([line.sessions, line.sending], [0, 0]);
  const closed = stage.outbox.close(0);
  await stage.clock.settle();
  await closed;
  await stage.assertQuiet();
  return { jobs, onAir: devices.flatMap((device) => device.onAir) };
}

async function attach(
  stage: Stage,
  id: string,
  traits: DeviceTraits,
  weather: Weather,
  random: Random,
): Promise<ReferenceDevice> {
  const { clock } = stage;
  const toServer = new Channel(clock, weather, random, (text) => void stage.hears(text, stage.addressOf(id)));
  const device = new ReferenceDevice(traits, clock, random, (text) => toServer.send(text));
  const toDevice = new Channel(clock, weather, random, (text) => device.receive(text));
  stage.devices.set(id, (text) => toDevice.send(text));
  await stage.keepalive(id);
  return device;
}

const hasEnded = ({ job, statuses }: WatchedJob): boolean =>
  statuses.filter(({ state }) => isFinal(state)).length === job.total;
const isFinal = (state: string): boolean => ['sent', 'failed', 'unknown'].includes(state);

/** What a number may go through: each line that it is submitted to but the last has refused it. */
const STORIES = /^queued( submitted( waiting)? queued)*( submitted( waiting)?)? (sent|failed|unknown)$/;

describe(`outbox in bad weather (FC_SEED=${SEED})`, () => {
  // The bound is that of the session (test/sessions/model.test.ts): no datagram is older than 2 s.
  it('every job ends, every number once and as it deserves, over lost sessions, restarts and logouts', async () => {
    const scenarios = fc.record<Scenario>({
      seed: fc.integer(),
      weather: fc.record({ loss: percent(35), duplication: percent(30), delay: seconds(0, 1.99) }),
      lines: fc.array(TRAITS, { minLength: 1, maxLength: 3 }),
      jobs: fc.array(
        fc.record({
          at: fc.integer({ min: 0, max: 120 }),
          line: fc.option(fc.integer({ min: 0, max: 2 })),
          priority: fc.constantFrom('high', 'normal', 'low'),
          fates: fc.array(
            fc.constantFrom<Wish>('sent', 'sent', 'sent', 'refused', 'refused here', 'refused there', 'stuck'),
            { minLength: 1, maxLength: 10 },
          ),
        }),
        { minLength: 1, maxLength: 3 },
      ),
      mishaps: fc.array(
        fc.record({
          at: fc.integer({ min: 0, max: 300 }),
          line: fc.integer({ min: 0, max: 2 }),
          what: fc.constantFrom('restart', 'logout'),
        }),
        { maxLength: 4 },
      ),
      statusQuery: STATUS_QUERY,
      sessionsPerLine: fc.integer({ min: 1, max: 3 }),
      attempts: fc.integer({ min: 1, max: 4 }),
      sticky: fc.boolean(),
    });
    const check = async (scenario: Scenario): Promise<void> => {
      const { jobs, onAir } = await run(scenario);
      for (const { statuses, result } of jobs) {
        const { results, total, sent, failed, unknown } = await result();
        assert.equal(sent + failed + unknown, total);
        for (const { to, state, attempts, tried } of results) {
          const story = statuses.filter((status) => status.to === to).map((status) => status.state);
          assert.match(story.join(' '), STORIES, to);
          assert.equal(story.at(-1), state);
          assert.equal(attempts, story.filter((step) => step === 'submitted').length);
          assert.ok(attempts <= scenario.attempts, `${to} was submitted ${attempts} times`);
          const refusers = tried.filter(({ code }) => code === 'GOIP_SEND_FAILED').map(({ device }) => device);
          assert.equal(new Set(refusers).size, refusers.length, `${to} went to a line that had refused it`);
          const times = onAir.filter((number) => number === to).length;
          assert.ok(times <= 1, `${to} went on air ${times} times`);
          if (state === 'sent') assert.equal(times, 1, `${to} was reported sent`);
          if (state === 'failed') assert.equal(times, 0, `${to} was reported failed`);
        }
      }
    };
    await fc.assert(fc.asyncProperty(scenarios, check), { seed: SEED, numRuns: 300 });
  });
});
