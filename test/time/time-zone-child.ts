/**
 * Checks limits and quiet hours in time zones, around all changes of their clocks in 2026, and says what it found. Arguments:
 * for each zone its name and the groups of checks, as in `Europe/Berlin=everywhere,withoutGaps`. In a process of its own,
 * because the time zone is the process's.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { LOCAL_DAY, LOCAL_HOUR, LOCAL_TIME, type LocalTime } from '../../src/time/local-time.js';
import { parseQuietHours } from '../../src/time/quiet-hours.js';
import { timeOfZone } from '../../src/time/zone-time.js';
import { SEED } from '../protocol/property.js';
import { getsFreeAgain, lives, staysWithinLimits, staysWithinTwoBudgets } from '../lines/limit-schedules.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const YEAR = 365 * 24 * HOUR;

function check<T>(arbitrary: fc.Arbitrary<T>, holds: (value: T) => void, numRuns = 150): void {
  // To look for the smallest case takes longer than anybody waits for a test.
  fc.assert(fc.property(arbitrary, holds), { seed: SEED, numRuns, endOnFailure: true });
}

const offset = (time: number): number => new Date(time).getTimezoneOffset();

/** The times in 2026 at which clocks are changed; where they never are, a time like any other. */
function changes(): number[] {
  const found: number[] = [];
  for (let time = Date.UTC(2026, 0); time < Date.UTC(2027, 0); time += HOUR / 4)
    if (offset(time) !== offset(time - HOUR / 4)) found.push(time);
  return found.length > 0 ? found : [Date.UTC(2026, 6, 1)];
}

const times = (): fc.Arbitrary<number> =>
  fc.tuple(fc.constantFrom(...changes()), fc.integer({ min: -30 * HOUR, max: 30 * HOUR })).map(([a, b]) => a + b);

type Checks = Readonly<Record<string, () => void>>;

/** What is true in every time zone. */
const everywhere: Checks = {
  'a line gets free again': () => {
    const years = fc.integer({ min: -YEAR, max: YEAR });
    check(fc.tuple(lives(changes(), years), years), ([life, setBack]) => getsFreeAgain(life, setBack));
  },
  'a server in another zone counts its hours and days': () => {
    const zone = timeOfZone(process.env.TZ ?? '');
    assert.ok(zone);
    const datesOf = (local: LocalTime, time: number): readonly number[] => {
      const ends = [local.hour, local.day].flatMap((span) => [span.startOf(time), span.endOf(time)]);
      return [...ends, local.minuteOfDay(time)];
    };
    check(
      fc.oneof(times(), fc.integer({ min: Date.UTC(1990, 0), max: Date.UTC(2040, 0) })),
      (time) => assert.deepEqual(datesOf(zone, time), datesOf(LOCAL_TIME, time)),
      1000,
    );
  },
  'quiet hours end at the first minute that is not quiet': () => {
    const time = fc.tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }));
    const text = ([hour, minute]: readonly number[]): string =>
      `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
    const range = fc.tuple(time, time).map(([start, end]) => [text(start), text(end)] as const);
    const ranges = fc.array(
      range.filter(([start, end]) => start !== end),
      { minLength: 1, maxLength: 2 },
    );
    check(fc.tuple(ranges, fc.array(times(), { minLength: 1, maxLength: 4 })), ([chosen, nows]) => {
      const isQuiet = (at: number): boolean => {
        const date = new Date(at);
        const now = text([date.getHours(), date.getMinutes()]);
        return chosen.some(([start, end]) => (start < end ? start <= now && now < end : start <= now || now < end));
      };
      const allDay = Array.from({ length: 1440 }, (_, minute) => isQuiet(new Date(2026, 6, 1, 0, minute).getTime()));
      fc.pre(allDay.includes(false));
      const quiet = parseQuietHours(chosen.map((ends) => ends.join('-')).join(', '));
      for (const now of nows) {
        let end = now;
        while (isQuiet(end)) end += MINUTE - (end % MINUTE);
        assert.equal(quiet?.until(now), end === now ? undefined : end);
      }
    });
  },
};

/** What is true where an hour of the clock does not begin, end, and begin again. */
const withoutGaps: Checks = {
  'hours and days begin before they end, and with the first minute of that name': () => {
    check(times(), (time) => {
      for (const [span, name] of [
        [LOCAL_HOUR, (at: number) => `${new Date(at).getDate()} ${new Date(at).getHours()}`],
        [LOCAL_DAY, (at: number) => String(new Date(at).getDate())],
      ] as const) {
        const [start, end] = [span.startOf(time), span.endOf(time)];
        assert.ok(start <= time && time < end);
        assert.deepEqual([name(start), name(end - 1)], [name(time), name(time)]);
        assert.ok(name(start - 1) !== name(time) && name(end) !== name(time));
      }
    });
  },
  'limits hold in each hour and day of the clock': () => {
    check(lives(changes(), fc.constant(0)), staysWithinLimits);
  },
};

/** What is true where every hour has sixty minutes at least. */
const withWholeHours: Checks = {
  'a clock that is set to whatever time brings no more than the next budget': () => {
    // Not as far as 2025, which is that of a clock that was not set.
    const within = (ms: number): fc.Arbitrary<number> => fc.integer({ min: -ms, max: ms });
    const steps = fc.oneof(fc.constant(0), within(HOUR / 2), within(3 * HOUR), within(50 * 24 * HOUR));
    check(lives(changes(), steps), staysWithinTwoBudgets);
  },
};

const groups: Readonly<Record<string, Checks>> = { everywhere, withoutGaps, withWholeHours };

function failuresIn(names: readonly string[]): string[] {
  return names.flatMap((group) =>
    Object.entries(groups[group] ?? {}).flatMap(([name, holds]) => {
      try {
        holds();
        return [];
      } catch (error) {
        const { message, cause } = error as Error;
        return [`${name}: ${String(cause)}, ${message.slice(0, 100)}`];
      }
    }),
  );
}

const found = process.argv.slice(2).map((argument) => {
  const [zone = '', names = ''] = argument.split('=');
  process.env.TZ = zone;
  return [zone, { offsets: changes().map((time) => offset(time)), failures: failuresIn(names.split(',')) }];
});
process.stdout.write(JSON.stringify(Object.fromEntries(found)));
