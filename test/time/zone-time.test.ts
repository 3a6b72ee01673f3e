import assert from 'node:assert/strict';
import { LineMeter, type Hold } from '../../src/lines/limits.js';
import { LOCAL_TIME } from '../../src/time/local-time.js';
import { parseQuietHours } from '../../src/time/quiet-hours.js';
import { timeOfZone } from '../../src/time/zone-time.js';
import { limitsFrom } from '../../src/lines/limit-options.js';

const BERLIN = timeOfZone('Europe/Berlin') ?? assert.fail();
const at = (time: string): number => Date.parse(time);
const shown = (time: number | undefined): string | undefined =>
  time === undefined ? undefined : new Date(time).toISOString();

/** When a line of Berlin that has sent all that it may is free again. */
function holdAt(time: string, limits: Parameters<typeof limitsFrom>[0]): Hold | undefined {
  const meter = new LineMeter(limitsFrom(limits), Math.random, undefined, undefined, BERLIN);
  meter.usageSaved(meter.reserve(1, at(time)));
  return meter.hold(at(time), 1, false);
}

describe('the local time of a zone', () => {
  const DAYS = [
    ['that is like any other', '2026-07-01T10:00:00Z', '2026-06-30T22:00:00.000Z', '2026-07-01T22:00:00.000Z'],
    ['of 23 hours', '2026-03-29T10:00:00Z', '2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z'],
    ['of 25 hours', '2026-10-25T10:00:00Z', '2026-10-24T22:00:00.000Z', '2026-10-25T23:00:00.000Z'],
  ] as const;
  for (const [what, time, start, end] of DAYS) {
    it(`knows a day ${what}`, () => {
      assert.deepEqual([shown(BERLIN.day.startOf(at(time))), shown(BERLIN.day.endOf(at(time)))], [start, end]);
    });

    it(`holds a line that has sent its day limit until the end of a day ${what}`, () => {
      const { reason, until } = holdAt(time, { dayLimit: 1 }) ?? {};
      assert.deepEqual([reason, shown(until)], ['day-limit', end]);
    });
  }

  it('takes an hour that comes twice as one hour', () => {
    const { reason, until } = holdAt('2026-10-25T00:30:00Z', { hourLimit: 1 }) ?? {};
    assert.deepEqual([reason, shown(until)], ['hour-limit', '2026-10-25T02:00:00.000Z']);
  });

  const NIGHTS = [
    ['in winter', '2026-01-15T22:00:00Z', '2026-01-16T06:00:00.000Z'],
    ['in summer', '2026-07-15T22:00:00Z', '2026-07-16T05:00:00.000Z'],
    ['in which clocks are set forward', '2026-03-28T22:00:00Z', '2026-03-29T05:00:00.000Z'],
    ['in which clocks are set back', '2026-10-24T22:00:00Z', '2026-10-25T06:00:00.000Z'],
  ] as const;
  for (const [what, time, end] of NIGHTS) {
    it(`ends quiet hours at 7 in a night ${what}`, () => {
      assert.equal(shown(parseQuietHours('22:00-07:00')?.until(at(time), BERLIN)), end);
    });
  }

  it('is asked for anew if the same quiet hours are used in two zones', () => {
    const quiet = parseQuietHours('22:00-07:00') ?? assert.fail();
    const tokyo = timeOfZone('Asia/Tokyo') ?? assert.fail();
    const time = at('2026-07-15T21:00:00Z');
    assert.equal(shown(quiet.until(time, tokyo)), '2026-07-15T22:00:00.000Z');
    assert.equal(shown(quiet.until(time, BERLIN)), '2026-07-16T05:00:00.000Z');
  });

  it('has a name, as that of the process has', () => {
    assert.equal(BERLIN.name, 'Europe/Berlin');
    assert.equal(LOCAL_TIME.name, Intl.DateTimeFormat().resolvedOptions().timeZone);
  });

  it('is undefined for what is no zone', () => {
    for (const name of ['', 'Berlin', 'Europe/Bonn', '22:00']) assert.equal(timeOfZone(name), undefined, name);
  });
});
