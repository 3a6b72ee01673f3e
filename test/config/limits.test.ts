import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { limitsFrom, problemOfLimits, type LimitOptions } from '../../src/lines/limit-options.js';

describe('lines: settings of limits', () => {
  const OFF = {
    pauseMs: [0, 0],
    perHour: 0,
    perDay: 0,
    quietHours: undefined,
    cooldownAfter: 0,
    cooldownMs: 300_000,
  };

  it('are off by default', () => {
    const options: Record<keyof LimitOptions, undefined> = {
      pauseMin: undefined,
      pauseMax: undefined,
      hourLimit: undefined,
      dayLimit: undefined,
      quietHours: undefined,
      cooldownAfter: undefined,
      cooldown: undefined,
    };
    assert.deepEqual(limitsFrom({}), OFF);
    assert.deepEqual(limitsFrom(options), OFF);
    assert.deepEqual(limitsFrom({ quietHours: ' ', pauseMax: 0 }), OFF);
  });

  it('are taken, and times become milliseconds', () => {
    const { quietHours, ...limits } = limitsFrom({
      pauseMin: 2,
      pauseMax: 7.5,
      hourLimit: 30,
      dayLimit: 200,
      quietHours: '22:00-07:00',
      cooldownAfter: 3,
      cooldown: 60,
    });
    assert.deepEqual(limits, {
      pauseMs: [2000, 7500],
      perHour: 30,
      perDay: 200,
      cooldownAfter: 3,
      cooldownMs: 60_000,
    });
    assert.notEqual(quietHours, undefined);
  });

  it('of the pause need one end only', () => {
    assert.deepEqual(limitsFrom({ pauseMin: 4 }).pauseMs, [4000, 4000]);
    assert.deepEqual(limitsFrom({ pauseMin: 4, pauseMax: 0 }).pauseMs, [4000, 4000]);
    assert.deepEqual(limitsFrom({ pauseMax: 4 }).pauseMs, [0, 4000]);
  });

  it('may be texts, as flow files hold them', () => {
    const { pauseMs, perHour } = limitsFrom({
      pauseMin: '1.5',
      pauseMax: ' 2 ',
      hourLimit: '30',
    } as unknown as LimitOptions);
    assert.deepEqual([pauseMs, perHour], [[1500, 2000], 30]);
  });

  it('refuse a longest pause that is shorter than the shortest', () => {
    assert.throws(() => limitsFrom({ pauseMin: 4, pauseMax: 3.9 }), {
      code: 'GOIP_BAD_SETTING',
      message: 'pauseMax must be no less than pauseMin',
    });
  });

  it('that are misspelt are refused by name, unless they are blank', () => {
    assert.match(problemOfLimits({ hourLimit: 1, daylimit: 1 }) ?? '', /^limits must be some of .*, not "daylimit"$/);
    for (const blank of ['', null, undefined]) assert.equal(problemOfLimits({ daylimit: blank }), undefined);
  });

  const REFUSED: Readonly<Record<keyof LimitOptions, readonly unknown[]>> = {
    pauseMin: [-1, NaN, Infinity, 86_401, '5 s', true, {}, []],
    pauseMax: [-1, NaN, Infinity, 86_401, '5 s', true, {}, []],
    hourLimit: [-1, 0.5, NaN, Infinity, 1_000_001, 'many', true, {}, []],
    dayLimit: [-1, 0.5, NaN, Infinity, 1_000_001, 'many', true, {}, []],
    quietHours: ['22:00', 22, true, '00:00-24:00', {}, ['22:00-07:00']],
    cooldownAfter: [-1, 0.5, NaN, Infinity, 1_000_001, 'many', true, {}, []],
    cooldown: [-1, NaN, Infinity, 86_401, '5 s', true, {}, []],
  };
  for (const [name, values] of Object.entries(REFUSED)) {
    for (const value of values) {
      it(`refuse ${name} ${inspect(value)}, and name it`, () => {
        assert.throws(() => limitsFrom({ [name]: value }), {
          code: 'GOIP_BAD_SETTING',
          message: new RegExp(`^${name} must `),
        });
      });
    }
  }
});
