import assert from 'node:assert/strict';
import { canEver, LineMeter, type LineLimits } from '../../src/lines/limits.js';
import type { Usage } from '../../src/lines/usage.js';
import { parseQuietHours } from '../../src/time/quiet-hours.js';
import { endNumber } from './limit-schedules.js';

const NONE: LineLimits = {
  pauseMs: [0, 0],
  perHour: 0,
  perDay: 0,
  quietHours: undefined,
  cooldownAfter: 0,
  cooldownMs: 0,
};

/** A time of a summer's day without changes of clocks, whatever the time zone. */
const at = (hour: number, minute = 0, day = 15): number => new Date(2026, 6, day, hour, minute).getTime();
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** What a usage counts. */
const countsOf = ({ hour, hourCount, day, dayCount }: Usage): Usage => ({ hour, hourCount, day, dayCount });

const meterOf = (limits: Partial<LineLimits>, usage?: Usage, random = () => 0): LineMeter =>
  new LineMeter({ ...NONE, ...limits }, random, usage);

/** Hands over so many SMS one by one, with results at once. */
function send(meter: LineMeter, count: number, now: number): void {
  for (let n = 0; n < count; n += 1) {
    meter.usageSaved(meter.reserve(1, now));
    meter.sent(now);
  }
}

describe('lines: a meter', () => {
  it('without limits holds nothing', () => {
    const meter = meterOf({});
    send(meter, 1000, at(3));
    assert.equal(meter.hold(at(3), 1000, false), undefined);
  });

  it('counts what was handed to the device in the local hour and day', () => {
    const meter = meterOf({});
    send(meter, 2, at(10, 59));
    meter.usageSaved(meter.reserve(3, at(11)));
    assert.deepEqual(countsOf(meter.usage(at(11, 59))), { hour: at(11), hourCount: 3, day: at(0), dayCount: 5 });
    assert.deepEqual(countsOf(meter.usage(at(12))), { hour: at(12), hourCount: 0, day: at(0), dayCount: 5 });
    assert.deepEqual(countsOf(meter.usage(at(0, 0, 16))), {
      hour: at(0, 0, 16),
      hourCount: 0,
      day: at(0, 0, 16),
      dayCount: 0,
    });
  });

  it('starts with nothing', () => {
    assert.deepEqual(countsOf(meterOf({}).usage(at(10, 30))), { hour: at(10), hourCount: 0, day: at(0), dayCount: 0 });
  });

  it('goes on with what was saved', () => {
    const saved = meterOf({}).reserve(7, at(10, 30));
    assert.deepEqual(countsOf(saved), { hour: at(10), hourCount: 7, day: at(0), dayCount: 7 });
    assert.deepEqual(meterOf({}, saved).usage(at(10, 59)), saved);
  });
});

describe('lines: the hourly limit', () => {
  it('holds the line until the next hour of the clock', () => {
    const meter = meterOf({ perHour: 3 });
    send(meter, 2, at(10, 15));
    assert.equal(meter.hold(at(10, 20), 1, false), undefined);
    send(meter, 1, at(10, 20));
    assert.deepEqual(meter.hold(at(10, 20), 1, false), { reason: 'hour-limit', until: at(11) });
    assert.deepEqual(meter.hold(at(11) - 1, 1, false), { reason: 'hour-limit', until: at(11) });
    assert.equal(meter.hold(at(11), 1, false), undefined);
  });

  it('is for urgent SMS, too', () => {
    const meter = meterOf({ perHour: 1 });
    send(meter, 1, at(10));
    assert.equal(meter.hold(at(10), 1, true)?.reason, 'hour-limit');
  });

  it('holds a long text that has no room, and not a short one that has', () => {
    const meter = meterOf({ perHour: 5 });
    send(meter, 3, at(10));
    assert.equal(meter.hold(at(10), 3, false)?.reason, 'hour-limit');
    assert.equal(meter.hold(at(10), 2, false), undefined);
  });

  it('counts what is being saved: another session may ask meanwhile', () => {
    const meter = meterOf({ perHour: 2 });
    meter.reserve(1, at(10));
    assert.equal(meter.reserve(1, at(10)).hourCount, 2);
    assert.equal(meter.hold(at(10), 1, false)?.reason, 'hour-limit');
  });

  it('gives back what could not be saved, once', () => {
    const meter = meterOf({ perHour: 2 });
    const [first, second] = [meter.reserve(1, at(10)), meter.reserve(1, at(10))];
    meter.usageDropped(first);
    meter.usageDropped(first);
    meter.usageSaved(second);
    meter.usageDropped(second);
    assert.deepEqual(countsOf(meter.usage(at(10))), { hour: at(10), hourCount: 1, day: at(0), dayCount: 1 });
  });

  it('gives nothing back to an hour or a day that did not have it', () => {
    const meter = meterOf({});
    const old = meter.reserve(2, at(23, 59));
    send(meter, 1, at(0, 0, 16));
    meter.usageDropped(old);
    assert.deepEqual(countsOf(meter.usage(at(0, 0, 16))), {
      hour: at(0, 0, 16),
      hourCount: 1,
      day: at(0, 0, 16),
      dayCount: 1,
    });
  });
});

describe('lines: the daily limit', () => {
  it('holds the line until the next local day', () => {
    const meter = meterOf({ perDay: 2 });
    send(meter, 1, at(0));
    send(meter, 1, at(9));
    assert.deepEqual(meter.hold(at(10), 1, false), { reason: 'day-limit', until: at(0, 0, 16) });
    assert.equal(meter.hold(at(0, 0, 16), 1, false), undefined);
  });

  it('is what is told where the hourly one has been reached, too', () => {
    const meter = meterOf({ perHour: 1, perDay: 1 });
    send(meter, 1, at(23, 10));
    assert.deepEqual(meter.hold(at(23, 10), 1, false), { reason: 'day-limit', until: at(0, 0, 16) });
  });
});

describe('lines: a clock that is set', () => {
  /** A meter whose wall clock shows so many milliseconds more than passed. */
  function setMeter(limits: Partial<LineLimits>): { readonly meter: LineMeter; readonly set: (ms: number) => void } {
    let ahead = 0;
    const meter = new LineMeter(
      { ...NONE, ...limits },
      () => 0,
      undefined,
      (time) => time + ahead,
    );
    return { meter, set: (ms) => (ahead = ms) };
  }

  for (const [how, ms] of [
    ['an hour forward', HOUR],
    ['an hour back', -HOUR],
    ['half an hour forward', HOUR / 2],
    ['half an hour back', -HOUR / 2],
    ['a day forward', 24 * HOUR],
    ['a day back', -24 * HOUR],
    ['to 1970', -at(10, 30)],
  ] as const) {
    it(`${how} and back again does not renew a limit`, () => {
      const { meter, set } = setMeter({ perHour: 5, perDay: 5 });
      send(meter, 5, at(10, 30));
      for (let minute = 31; minute < 60; minute += 1) {
        set(minute % 4 < 2 ? ms : 0);
        assert.ok(meter.hold(at(10, minute), 1, false), `at 10:${minute}`);
      }
    });

    it(`${how} holds the line for two hours at most`, () => {
      const { meter, set } = setMeter({ perHour: 5 });
      send(meter, 5, at(10, 30));
      set(ms);
      let now = at(10, 31);
      for (let hold = meter.hold(now, 1, false); hold; hold = meter.hold(now, 1, false)) {
        assert.ok(hold.until > now, 'a hold ends later than now');
        now = hold.until;
      }
      assert.ok(at(11) <= now && now <= at(12), new Date(now).toISOString());
    });
  }

  it('from 1970 begins the day with the next one of the calendar, also after a deploy', () => {
    const { meter, set } = setMeter({ perDay: 1 });
    set(60_000 - at(18));
    send(meter, 1, at(18));
    assert.equal(meter.hold(at(18), 1, false)?.reason, 'day-limit');
    const next = setMeter({ perDay: 1 });
    next.meter.inherit(meter);
    for (const one of [{ meter, set }, next]) {
      one.set(0);
      assert.deepEqual(one.meter.hold(at(18, 1), 1, false), { reason: 'day-limit', until: at(0, 0, 16) });
      assert.equal(one.meter.hold(at(0, 0, 16), 1, false), undefined);
    }
  });

  it('by a few seconds changes neither hours nor days', () => {
    const { meter, set } = setMeter({ perHour: 1, perDay: 2 });
    send(meter, 1, at(22, 30));
    set(5000);
    assert.deepEqual(meter.hold(at(22, 40), 1, false), { reason: 'hour-limit', until: at(23) - 5000 });
    send(meter, 1, at(23, 30));
    assert.deepEqual(meter.hold(at(23, 40), 1, false), { reason: 'day-limit', until: at(0, 0, 16) - 5000 });
    assert.equal(meter.hold(at(0, 0, 16), 1, false), undefined);
  });

  it('and was years fast when usage was saved holds the line for the next hour and day at most, also after a deploy', () => {
    const future = new Date(2040, 0, 1, 12).getTime();
    const saved = countsOf(meterOf({}).reserve(1, future));
    const meter = meterOf({ perHour: 1, perDay: 1 }, saved);
    const next = meterOf({ perHour: 1, perDay: 1 });
    next.inherit(meter);
    for (const one of [meter, next]) {
      let now = at(10, 30);
      for (let hold = one.hold(now, 1, false); hold; hold = one.hold(now, 1, false)) now = hold.until;
      assert.ok(now <= at(0, 0, 17), new Date(now).toISOString());
    }
  });

  it('counts on with a usage of an older version, which has no ends', () => {
    const saved = countsOf(meterOf({}).reserve(2, at(10, 30)));
    const meter = meterOf({ perHour: 2 }, saved);
    assert.deepEqual(meter.hold(at(10, 59), 1, false), { reason: 'hour-limit', until: at(11) });
    assert.equal(meter.hold(at(11), 1, false), undefined);
  });
});

describe('lines: the pause', () => {
  const pauseMs = [2000, 10_000] as const;

  it('begins with a result, and is drawn', () => {
    const draws = [0, 0.5, 0.25, 0.999_999];
    const meter = meterOf({ pauseMs }, undefined, () => draws.shift() ?? 0);
    meter.usageSaved(meter.reserve(1, at(10)));
    meter.sent(at(10, 1));
    assert.deepEqual(meter.hold(at(10, 1), 1, true), { reason: 'pause', until: at(10, 1) + 6000 });
    assert.equal(meter.hold(at(10, 1) + 6000, 1, true), undefined);
    meter.usageSaved(meter.reserve(1, at(10, 2)));
    endNumber(meter, 'failed', at(10, 3));
    assert.deepEqual(meter.hold(at(10, 3), 1, true), { reason: 'pause', until: at(10, 3) + 10_000 });
  });

  it('begins when the SMS goes out, where its result is never learnt', () => {
    const meter = meterOf({ pauseMs });
    meter.usageSaved(meter.reserve(1, at(10)));
    endNumber(meter, 'unknown', at(10, 5));
    assert.deepEqual(meter.hold(at(10) + 1999, 1, false), { reason: 'pause', until: at(10) + 2000 });
    assert.equal(meter.hold(at(10, 5), 1, false), undefined);
  });

  it('is not there before the first SMS', () => {
    assert.equal(meterOf({ pauseMs }).hold(at(10), 1, false), undefined);
  });
});

describe('lines: the cooldown', () => {
  const limits = { cooldownAfter: 3, cooldownMs: 5 * MINUTE };
  const end = (meter: LineMeter, ...outcomes: readonly ('sent' | 'failed' | 'unknown')[]): void => {
    for (const outcome of outcomes) endNumber(meter, outcome, at(10));
  };

  it('begins with so many failures in a row', () => {
    const meter = meterOf(limits);
    end(meter, 'failed', 'failed');
    assert.equal(meter.hold(at(10), 1, true), undefined);
    end(meter, 'failed');
    assert.deepEqual(meter.hold(at(10, 1), 1, true), { reason: 'cooldown', until: at(10, 5) });
    assert.equal(meter.hold(at(10, 5), 1, true), undefined);
  });

  it('is warded off by an SMS that is sent', () => {
    const meter = meterOf(limits);
    end(meter, 'failed', 'failed', 'sent', 'failed', 'failed');
    assert.equal(meter.hold(at(10), 1, false), undefined);
  });

  it('has nothing to do with results that are never learnt', () => {
    const meter = meterOf(limits);
    end(meter, 'unknown', 'unknown', 'unknown', 'failed', 'unknown', 'failed', 'unknown');
    assert.equal(meter.hold(at(10), 1, false), undefined);
    end(meter, 'failed');
    assert.equal(meter.hold(at(10), 1, false)?.reason, 'cooldown');
  });

  it('lets failures count anew', () => {
    const meter = meterOf(limits);
    end(meter, 'failed', 'failed', 'failed');
    for (const minute of [5, 6]) endNumber(meter, 'failed', at(10, minute));
    assert.equal(meter.hold(at(10, 6), 1, false), undefined);
    endNumber(meter, 'failed', at(10, 7));
    assert.deepEqual(meter.hold(at(10, 7), 1, false), { reason: 'cooldown', until: at(10, 12) });
  });

  it('does not begin where it is switched off', () => {
    const meter = meterOf({ cooldownMs: MINUTE });
    end(meter, 'failed', 'failed', 'failed');
    assert.equal(meter.hold(at(10), 1, false), undefined);
  });
});

describe('lines: reasons to hold', () => {
  it('are told with the one that lasts longest', () => {
    const meter = meterOf({
      pauseMs: [MINUTE, MINUTE],
      perHour: 1,
      quietHours: parseQuietHours('22:00-07:00'),
      cooldownAfter: 1,
      cooldownMs: 5 * MINUTE,
    });
    const now = at(22, 30);
    meter.usageSaved(meter.reserve(1, now));
    assert.deepEqual(meter.hold(now, 1, false), { reason: 'quiet-hours', until: at(7, 0, 16) });
    assert.deepEqual(meter.hold(now, 1, true), { reason: 'hour-limit', until: at(23) });
    endNumber(meter, 'failed', at(22, 58));
    assert.deepEqual(meter.hold(at(22, 58), 1, true), { reason: 'cooldown', until: at(23, 3) });
    meter.sent(at(23, 2) + 1);
    assert.deepEqual(meter.hold(at(23, 2) + 1, 1, true), { reason: 'pause', until: at(23, 3) + 1 });
  });
});

describe('lines: new limits', () => {
  it('are for what the line has sent under the old ones, too', () => {
    const meter = meterOf({ cooldownAfter: 1, cooldownMs: 10 * MINUTE });
    send(meter, 4, at(10));
    endNumber(meter, 'failed', at(10));
    const next = meterOf({ perHour: 4, cooldownAfter: 1, cooldownMs: 20 * MINUTE });
    next.inherit(meter);
    assert.deepEqual(next.hold(at(10, 5), 1, false), { reason: 'hour-limit', until: at(11) });
    assert.deepEqual(meterInheriting(next, { ...limitsOf(20) }).hold(at(10, 5), 1, false), {
      reason: 'cooldown',
      until: at(10, 10),
    });
  });

  it('let failures in a row go on', () => {
    const meter = meterOf({ cooldownAfter: 3, cooldownMs: MINUTE });
    endNumber(meter, 'failed', at(10));
    const next = meterInheriting(meter, { cooldownAfter: 2, cooldownMs: MINUTE });
    endNumber(next, 'failed', at(10));
    assert.equal(next.hold(at(10), 1, false)?.reason, 'cooldown');
  });

  it('end a pause and a cooldown that would be too long, or are switched off', () => {
    const meter = meterOf({ pauseMs: [10 * MINUTE, 10 * MINUTE], ...limitsOf(20) });
    endNumber(meter, 'failed', at(10));
    assert.deepEqual(
      [{ pauseMs: [0, MINUTE] as const, ...limitsOf(2) }, { pauseMs: [0, MINUTE] as const }, {}].map(
        (limits) => meterInheriting(meter, limits).hold(at(10), 1, false)?.until,
      ),
      [at(10, 2), at(10, 1), undefined],
    );
  });

  const limitsOf = (minutes: number): Partial<LineLimits> => ({ cooldownAfter: 1, cooldownMs: minutes * MINUTE });
  const meterInheriting = (meter: LineMeter, limits: Partial<LineLimits>): LineMeter => {
    const next = meterOf(limits);
    next.inherit(meter);
    return next;
  };
});

describe('lines: a text of more parts than a limit', () => {
  it('can never go out', () => {
    const limits = { ...NONE, perHour: 3, perDay: 5 };
    assert.deepEqual(
      [1, 3, 4, 6].map((parts) => canEver(limits, parts)),
      [true, true, false, false],
    );
    assert.equal(canEver({ ...NONE, perDay: 5 }, 6), false);
    assert.equal(canEver({ ...NONE, perHour: 9, perDay: 5 }, 6), false);
    assert.equal(canEver(NONE, 1000), true);
  });
});
