import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { parseQuietHours } from '../../src/time/quiet-hours.js';

/** A time of a summer's day without changes of clocks, whatever the time zone. */
const at = (hour: number, minute = 0, day = 15): number => new Date(2026, 6, day, hour, minute).getTime();

/** When the quiet time ends in which a time is; undefined for no quiet time. */
const until = (text: string, now: number): number | undefined => parseQuietHours(text)?.until(now);

describe('lines: quiet hours', () => {
  const NIGHT = '22:00-07:00';

  it('may go over midnight', () => {
    assert.equal(until(NIGHT, at(21, 59)), undefined);
    assert.equal(until(NIGHT, at(22)), at(7, 0, 16));
    assert.equal(until(NIGHT, at(0)), at(7));
    assert.equal(until(NIGHT, at(7) - 1), at(7));
    assert.equal(until(NIGHT, at(7)), undefined);
  });

  it('may be within the day', () => {
    const times = ['12:29', '12:30', '13:29', '13:30'].map((time) => {
      const [hour, minute] = time.split(':').map(Number);
      return until('12:30-13:30', at(hour ?? 0, minute));
    });
    assert.deepEqual(times, [undefined, at(13, 30), at(13, 30), undefined]);
  });

  it('may be several', () => {
    for (const text of [
      '22:00-07:00, 12:30-13:30',
      '22:00-07:00 12:30-13:30',
      ' 12:30-13:30,22:00-07:00, ',
      '22:00 - 7:00; 12:30 – 13:30',
    ]) {
      assert.deepEqual([until(text, at(13)), until(text, at(23))], [at(13, 30), at(7, 0, 16)], text);
    }
  });

  it('that adjoin or overlap are one', () => {
    assert.equal(until('20:00-24:00, 00:00-06:00', at(21)), at(6, 0, 16));
    assert.equal(until('20:00-23:00, 22:00-01:00', at(20, 30)), at(1, 0, 16));
    assert.equal(until('20:00-23:00, 21:00-22:00', at(20, 30)), at(23));
  });

  it('are looked up anew for every time, in whichever order', () => {
    const quiet = parseQuietHours('22:00-07:00, 12:30-13:30');
    const times = [at(23), at(12), at(13), at(6), at(23, 0, 14), at(8), at(23, 30)];
    assert.deepEqual(
      times.map((time) => quiet?.until(time)),
      [at(7, 0, 16), undefined, at(13, 30), at(7), at(7), undefined, at(7, 0, 16)],
    );
  });

  it('may be none', () => {
    for (const text of ['', '  ', ' , ']) assert.equal(parseQuietHours(text), undefined);
  });

  const RUBBISH: readonly unknown[] = [
    ...['22', '22:00', '22:00-', '-07:00', '22:00-07:00-08:00', '22-7', '22:0-7:00', '22:00 07:00', 'night', '-', '–'],
    ...['24:00-07:00', '22:00-24:01', '22:60-07:00', '22:00-25:00', '122:00-07:00', '22:00-07:00, x', '٢٢:00-07:00'],
    ...['00:00-00:00', '07:00-07:00', '00:00-24:00', 7, null, ['22:00-07:00']],
  ];
  for (const text of RUBBISH) {
    it(`are not ${inspect(text)}`, () => {
      assert.throws(() => parseQuietHours(text as string), {
        code: 'GOIP_BAD_SETTING',
        message: /^quietHours must be times like 22:00-07:00, not /,
      });
    });
  }

  it('must leave some time of the day', () => {
    assert.throws(() => parseQuietHours('00:00-12:00, 12:00-00:00'), {
      code: 'GOIP_BAD_SETTING',
      message: 'quietHours must leave some time of the day',
    });
    assert.equal(until('00:00-23:59', at(0)), at(23, 59));
  });
});
