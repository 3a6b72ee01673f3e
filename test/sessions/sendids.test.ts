import assert from 'node:assert/strict';
import { CLOCK_PLAUSIBLE, MAX_ID } from '../../src/parameters.js';
import { SendIds } from '../../src/sessions/sendids.js';

const START = Date.UTC(2026, 10, 22, 10);
const YEAR_MS = 365 * 86_400_000;
/** The instant of the clock's last id before the space begins again: 2³¹−1 quarters of a second after 2026 began. */
const LAST = Date.UTC(2026, 0, 1) + (MAX_ID - 1) * 250;

describe('sendids (protocol §4)', () => {
  it('rise by one', () => {
    const ids = new SendIds(START);
    const first = ids.next();
    assert.deepEqual([ids.next(), ids.next(), ids.next()], [first + 1, first + 2, first + 3]);
  });

  it('go on above all ids of before after a restart, at up to four sessions a second', () => {
    const before = new SendIds(START);
    let last = 0;
    for (let session = 0; session < 4 * 3600; session += 1) last = before.next();
    assert.ok(new SendIds(START + 3_600_000).next() > last);
  });

  it('are higher a second later, even if no session was opened', () => {
    assert.ok(new SendIds(START + 1000).next() > new SendIds(START).next());
  });

  it('are all between 1 and 2³¹−1, for many years', () => {
    for (let years = 0; years < 60; years += 1) {
      const id = new SendIds(START + years * YEAR_MS).next();
      assert.ok(Number.isInteger(id) && id >= 1 && id <= MAX_ID, `${id} after ${years} years`);
    }
  });

  it('begin again at 1 behind 2³¹−1', () => {
    const ids = new SendIds(LAST);
    assert.deepEqual([ids.next(), ids.next(), ids.next()], [MAX_ID, 1, 2]);
  });

  it('begin with a random one below all others if the clock was not set', () => {
    const [first, second, last] = [0.25, 0.5, 0.999_999].map((random) => new SendIds(0, () => random).next());
    assert.ok(first && second && last);
    assert.ok(1 < first && first < second && second < last, [first, second, last].join(' '));
    assert.ok(last < new SendIds(Date.UTC(2026, 6, 1)).next(), 'they rise when the clock has been set');
  });

  it('go on behind the last one of an earlier run, where the clock is behind it', () => {
    const ids = new SendIds(CLOCK_PLAUSIBLE);
    ids.raiseTo(7);
    assert.deepEqual([ids.next(), ids.next()], [8, 9]);
  });

  it('and by the clock where that is further', () => {
    const ids = new SendIds(START);
    ids.raiseTo(7);
    assert.equal(ids.next(), new SendIds(START).next());
  });
});
