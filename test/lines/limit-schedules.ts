/** Random lives of a meter, and what must hold for each of them. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { LineMeter, type LineLimits } from '../../src/lines/limits.js';
import type { Usage } from '../../src/lines/usage.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** A time at which numbers are at hand: more than one where sessions run side by side. */
interface Step {
  /** Milliseconds that pass before. */
  readonly wait: number;
  /** Milliseconds by which the clock is slow; negative: fast. */
  readonly slow: number;
  readonly parts: readonly number[];
  /** `fails`: the usage cannot be saved. `dies-early` and `dies-late`: a crash before and after it is saved. */
  readonly saving: 'works' | 'fails' | 'dies-early' | 'dies-late';
  readonly outcome: 'sent' | 'failed' | 'unknown';
}

export interface Life {
  readonly start: number;
  readonly perHour: number;
  readonly perDay: number;
  readonly steps: readonly Step[];
}

/** SMS that went out. */
interface Departure {
  readonly parts: number;
  readonly truth: number;
  readonly clock: number;
}

/**
 * @param starts times around which they begin
 * @param slow milliseconds by which the clock may be slow
 */
export function lives(starts: readonly number[], slow: fc.Arbitrary<number>): fc.Arbitrary<Life> {
  // Most waits are short, so that limits are reached; some go on to the next hours and days.
  const wait = fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 0, max: 10 * MINUTE }) },
    { weight: 2, arbitrary: fc.integer({ min: 0, max: 2 * HOUR }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 15 * HOUR }) },
  );
  const step = fc.record({
    wait,
    slow,
    parts: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 }),
    saving: fc.oneof(
      { weight: 6, arbitrary: fc.constant('works' as const) },
      { weight: 1, arbitrary: fc.constantFrom('fails' as const, 'dies-early' as const, 'dies-late' as const) },
    ),
    outcome: fc.constantFrom('sent' as const, 'failed' as const, 'unknown' as const),
  });
  return fc.record({
    start: fc.tuple(fc.constantFrom(...starts), fc.integer({ min: -30 * HOUR, max: 0 })).map(([a, b]) => a + b),
    perHour: fc.integer({ min: 3, max: 6 }),
    perDay: fc.integer({ min: 3, max: 30 }),
    steps: fc.array(step, { minLength: 20, maxLength: 80, size: 'max' }),
  });
}

/** Lives through it; what is held waits for the next step. */
export function live({ start, perHour, perDay, steps }: Life): {
  readonly departures: Departure[];
  readonly meter: LineMeter;
  readonly truth: number;
  readonly set: (slow: number) => void;
} {
  const limits: LineLimits = {
    ...{ perHour, perDay, pauseMs: [0, 0], cooldownAfter: 5, cooldownMs: MINUTE },
    quietHours: undefined,
  };
  const departures: Departure[] = [];
  let slow = 0;
  const newMeter = (usage?: Usage): LineMeter =>
    new LineMeter(
      limits,
      () => 0,
      usage,
      (time) => time - slow,
    );
  let meter = newMeter();
  let saved: Usage | undefined;
  let truth = start;
  for (const step of steps) {
    truth += step.wait;
    slow = step.slow;
    const clock = truth - slow;
    // All of them ask before the first one is saved.
    const counted = step.parts.flatMap((parts) => {
      const hold = meter.hold(truth, parts, false);
      assert.ok(hold === undefined || hold.until > truth, 'a hold ends later than now');
      return hold ? [] : [{ parts, usage: meter.reserve(parts, truth) }];
    });
    for (const { parts, usage } of counted) {
      if (step.saving === 'fails') meter.usageDropped(usage);
      if (step.saving === 'fails' || step.saving === 'dies-early') continue;
      saved = usage;
      meter.usageSaved(usage);
      departures.push({ parts, truth, clock });
      endNumber(meter, step.outcome, truth);
    }
    if (!step.saving.startsWith('dies')) continue;
    meter = newMeter(saved);
  }
  return { departures, meter, truth, set: (ms) => (slow = ms) };
}

/** Asserts that never more SMS than the limits go out in what the clock calls an hour or a day. */
export function staysWithinLimits(life: Life): void {
  const { departures } = live(life);
  assertNoMore(departures, life.perHour, ({ clock }) => hourLabel(clock));
  assertNoMore(departures, life.perDay, ({ clock }) => dayLabel(clock));
}

/** Asserts, however often the clock is set, that no more than two budgets meet within an hour or a day of true time. */
export function staysWithinTwoBudgets(life: Life): void {
  const { departures } = live(life);
  const within = (ms: number, from: number): number =>
    departures.filter(({ truth }) => truth >= from && truth < from + ms).reduce((sum, { parts }) => sum + parts, 0);
  for (const { truth } of departures) {
    assert.ok(within(HOUR - MINUTE, truth) <= 2 * life.perHour, 'more than two budgets within an hour');
    // The shortest day has 23 hours, and a clock that is set may cut one off at either end.
    assert.ok(within(21 * HOUR, truth) <= 2 * life.perDay, 'more than two budgets within a day');
  }
}

/** Asserts that a line gets free at the times that it tells, within two days, when its clock is set after all that. */
export function getsFreeAgain(life: Life, slow: number): void {
  const { meter, truth, set } = live(life);
  set(slow);
  let now = truth;
  for (let hold = meter.hold(now, 3, false); hold; hold = meter.hold(now, 3, false)) {
    assert.ok(hold.until > now, 'a hold ends later than now');
    now = hold.until;
    // This day and the next: one of them may have 25 hours, and a clock that is set may add one.
    assert.ok(now <= truth + 50 * HOUR, 'held for more than two days');
  }
}

function assertNoMore(departures: readonly Departure[], limit: number, labelOf: (one: Departure) => string): void {
  const sums = new Map<string, number>();
  for (const departure of departures) {
    const label = labelOf(departure);
    const sum = (sums.get(label) ?? 0) + departure.parts;
    assert.ok(sum <= limit, `${sum} SMS in ${label}, and ${limit} may`);
    sums.set(label, sum);
  }
}

function dayLabel(time: number): string {
  const date = new Date(time);
  return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;
}

function hourLabel(time: number): string {
  return `${dayLabel(time)} ${new Date(time).getHours()} o'clock`;
}

/** What became of a number. One whose result was never learned says nothing about the line. */
export function endNumber(meter: LineMeter, outcome: 'sent' | 'failed' | 'unknown', now: number): void {
  if (outcome === 'sent') meter.sent(now);
  if (outcome !== 'failed') return;
  meter.answered(now);
  meter.failed(now);
}
