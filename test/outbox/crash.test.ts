import assert from 'node:assert/strict';
import fc from 'fast-check';
import { SEED } from '../protocol/property.js';
import { percent, seconds, STATUS_QUERY, TRAITS } from '../sessions/arbitraries.js';
import { runCrashes, type Crash, type CrashPlan } from './crash-world.js';
import type { Wish } from './fates.js';

const CALM = { loss: 0, duplication: 0, delay: 0.05 };
const JOB = {
  at: 0,
  device: 'any',
  priority: 'normal',
  waitForReport: 0,
  asksAgain: false,
  cancelAt: null,
} as const;
const FATE = fc.constantFrom<Wish>('sent', 'sent', 'sent', 'refused', 'refused here', 'refused there', 'stuck');

/** Seconds. */
const CLOCK_STEP = fc.constantFrom(3600, -3600, 86_400, 90_000, -86_400, -Date.UTC(2026, 0) / 1000, 5, -5);

/** Forward would be time that has passed, as far as the next run can know. */
const CLOCK_STEP_WHILE_OFF = fc.constantFrom(-3600, -86_400, -Date.UTC(2026, 0) / 1000, 5, -5);

const PLAN: CrashPlan = {
  seed: 1,
  weather: CALM,
  lines: [{ firmware: 'push', onAirAt: 'start', sendsAfterRelease: true }],
  statusQuery: 'auto',
  sessionsPerLine: 1,
  attempts: 2,
  sticky: false,
  hourLimit: 0,
  pause: 0,
  untilNextHour: 3600,
  jobs: [
    { ...JOB, at: 0, fates: ['sent', 'refused', 'sent'], asksAgain: true },
    { ...JOB, at: 1, fates: ['sent'] },
  ],
  crashes: [],
  clockSteps: [],
  disk: { delay: 0, trouble: null },
};

describe('outbox: a crash at every step of a job', () => {
  it('without a crash all is as the numbers deserve, in one life', async () => {
    const { results, steps } = await runCrashes(PLAN);
    const states = [...results.values()].flatMap((result) => result.results.map(({ state }) => state));
    assert.deepEqual(states, ['sent', 'failed', 'sent', 'sent']);
    assert.ok(steps > 40, `${steps} steps`);
  });

  for (const firmware of ['push', 'poll', 'direct'] as const) {
    for (const [how, crash] of Object.entries({
      'starts again at once': { down: 0, restarts: false },
      'starts again after 20 s': { down: 20, restarts: false },
      'starts again when the device has forgotten': { down: 100, restarts: false },
      'and the device lose power': { down: 1, restarts: true },
    })) {
      it(`a device that knows ${firmware}; the server ${how}`, async () => {
        const lines = [{ firmware, onAirAt: 'start', sendsAfterRelease: true } as const];
        const { steps } = await runCrashes({ ...PLAN, lines });
        let unknown = 0;
        for (let step = 1; step <= steps; step += 1) {
          const { results } = await runCrashes({ ...PLAN, lines, crashes: [{ ...crash, step }] });
          const lost = [...results.values()].reduce((sum, result) => sum + result.unknown, 0);
          assert.ok(lost <= 1, `${lost} numbers are unknown after a crash at step ${step}`);
          if (crash.down < 60 && !crash.restarts) assert.equal(lost, 0, `a number could be asked for, step ${step}`);
          unknown += lost;
        }
        if (crash.down > 60) assert.ok(unknown > 0, 'what the device has forgotten is unknown');
      });
    }
  }

  it('many lines: no limit is exceeded, no refusal forgotten, no report lost', async () => {
    const line = { firmware: 'push', onAirAt: 'start', sendsAfterRelease: true } as const;
    const lines = [line, line, line];
    const jobs = [
      { ...JOB, fates: ['sent', 'refused here', 'refused there', 'refused', 'sent', 'sent'], waitForReport: 60 },
      { ...JOB, at: 3, fates: ['sent', 'sent'], priority: 'high', device: 'others' },
      { ...JOB, at: 5, fates: ['refused there', 'sent'], priority: 'low' },
    ] as const;
    const plan = { ...PLAN, lines, jobs, attempts: 3, sticky: true, hourLimit: 4, pause: 1, untilNextHour: 40 };
    const { steps, results } = await runCrashes(plan);
    const states = [...results.values()].flatMap((result) => result.results.map(({ state }) => state));
    assert.deepEqual(states.toSorted(), ['failed', ...Array<string>(9).fill('sent')]);
    for (let step = 1; step <= steps; step += 1)
      await runCrashes({ ...plan, crashes: [{ step, down: step % 30, restarts: false }] });
  });

  it('a slow disk: the result of a number is never later on it than the next SEND of the session', async () => {
    const line = { firmware: 'push', onAirAt: 'start', sendsAfterRelease: true } as const;
    const jobs = [{ ...JOB, fates: Array<Wish>(48).fill('sent') }];
    const plan: CrashPlan = { ...PLAN, lines: [line, line, line], jobs, disk: { delay: 1, trouble: null } };
    const { steps } = await runCrashes(plan);
    for (let step = 1; step <= steps; step += 1) {
      const crashes = [{ step, down: 3, restarts: false }];
      const { results } = await runCrashes({ ...plan, crashes });
      const lost = [...results.values()].reduce((sum, result) => sum + result.unknown, 0);
      assert.equal(lost, 0, `a number could be asked for, step ${step}`);
    }
  }).timeout(60_000);

  it('two crashes, one soon after the other', async () => {
    const { steps } = await runCrashes(PLAN);
    for (let step = 1; step <= steps; step += 3) {
      for (const second of [1, 2, 3, 5, 8, 13]) {
        const crashes = [step, second].map((at): Crash => ({ step: at, down: 3, restarts: false }));
        await runCrashes({ ...PLAN, crashes });
      }
    }
  });
});

describe(`outbox: crashes in bad weather, on disks in bad health (FC_SEED=${SEED})`, () => {
  // The bound is that of the session (test/sessions/model.test.ts): no datagram is older than 2 s.
  it('nothing is lost, nothing goes out twice', async () => {
    const plans = fc.record<CrashPlan>({
      seed: fc.integer(),
      weather: fc.record({ loss: percent(30), duplication: percent(30), delay: seconds(0, 1.99) }),
      lines: fc.array(TRAITS, { minLength: 1, maxLength: 3 }),
      statusQuery: STATUS_QUERY,
      sessionsPerLine: fc.integer({ min: 1, max: 2 }),
      attempts: fc.integer({ min: 1, max: 4 }),
      sticky: fc.boolean(),
      hourLimit: fc.oneof(fc.constant(0), fc.constant(0), fc.integer({ min: 4, max: 8 })),
      pause: fc.oneof(fc.constant(0), fc.constant(0), seconds(0, 5)),
      untilNextHour: fc.oneof(fc.constant(3600), fc.integer({ min: 1, max: 120 })),
      jobs: fc.array(
        fc.record({
          at: fc.integer({ min: 0, max: 30 }),
          device: fc.constantFrom('any', 'any', 'first', 'others'),
          priority: fc.constantFrom('high', 'normal', 'low'),
          waitForReport: fc.constantFrom(0, 0, 60),
          fates: fc.oneof(
            fc.array(FATE, { minLength: 1, maxLength: 6 }),
            fc.array(FATE, { minLength: 1, maxLength: 6 }),
            // More than a device keeps the results of.
            fc.array(fc.constant<Wish>('sent'), { minLength: 11, maxLength: 40 }),
          ),
          asksAgain: fc.boolean(),
          cancelAt: fc.oneof(fc.constant(null), fc.constant(null), fc.integer({ min: 0, max: 60 })),
        }),
        { minLength: 1, maxLength: 3 },
      ),
      crashes: fc.array(
        fc.record({
          step: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 300 })),
          down: fc.oneof(seconds(0, 10), seconds(0, 150)),
          restarts: fc.oneof(fc.constant(false), fc.constant(false), fc.boolean()),
          clockStep: fc.oneof(fc.constant(0), fc.constant(0), CLOCK_STEP_WHILE_OFF),
        }),
        { maxLength: 4 },
      ),
      clockSteps: fc.array(fc.record({ at: fc.integer({ min: 0, max: 120 }), by: CLOCK_STEP }), { maxLength: 3 }),
      disk: fc.record({
        delay: fc.oneof(fc.constant(0), seconds(0, 0.5)),
        trouble: fc.option(
          fc.record({
            at: fc.integer({ min: 0, max: 60 }),
            seconds: seconds(0, 30),
            outcome: fc.constantFrom('failed', 'made, and reported as failed'),
          }),
        ),
      }),
    });
    await fc.assert(
      fc.asyncProperty(plans, async (plan) => {
        // Limits follow the clock; test/lines has their rules for clocks that are set.
        const isClockSet = plan.clockSteps.length > 0 || plan.crashes.some(({ clockStep }) => clockStep !== 0);
        // A long job would take longer than a plan may.
        const isLong = plan.jobs.some(({ fates }) => fates.length > 6);
        await runCrashes(isClockSet || isLong ? { ...plan, hourLimit: 0 } : plan);
      }),
      { seed: SEED, numRuns: Number(process.env['CRASH_RUNS'] ?? 100) },
    );
    // A hundred runs compute for half a minute.
  }).timeout(180_000);
});
