import assert from 'node:assert/strict';
import { Strangers } from '../../src/gate/strangers.js';
import {
  ERROR_ANSWERS,
  ERROR_ANSWER_INTERVAL,
  FAILURES_FORGIVEN,
  FAILURE_FORGOTTEN,
  KEEPALIVE_INTERVAL,
  LONGEST_PAUSE,
  SOURCES_REMEMBERED,
} from '../../src/parameters.js';

const NOW = Date.UTC(2026, 10, 22, 10);
const BOX = '192.0.2.7';

describe('gate: failures and pauses', () => {
  let strangers: Strangers;
  beforeEach(() => (strangers = new Strangers()));

  const fail = (times: number, id?: string, now = NOW, address = BOX): void => {
    for (let n = 0; n < times; n += 1) strangers.failed(address, id, now);
  };

  /** Seconds from `now` to the end of the pause, to a tenth. */
  function pauseOf(id: string | undefined, now = NOW, address = BOX): number {
    let seconds = 0;
    while (strangers.isPaused(address, id, now + seconds * 1000)) seconds += 0.1;
    return Math.round(seconds * 10) / 10;
  }

  it('forgives some failures', () => {
    assert.equal(pauseOf('goip1'), 0);
    fail(FAILURES_FORGIVEN, 'goip1');
    assert.equal(pauseOf('goip1'), 0);
  });

  it('doubles the pause with each further one, up to the longest', () => {
    fail(FAILURES_FORGIVEN, 'goip1');
    const pauses = Array.from({ length: 8 }, () => {
      fail(1, 'goip1');
      return pauseOf('goip1');
    });
    assert.deepEqual(pauses, [1, 2, 4, 8, 16, 32, LONGEST_PAUSE, LONGEST_PAUSE]);
  });

  it('forgets failures with time: after the longest pause the next ones are forgiven soon', () => {
    fail(1000, 'goip1');
    assert.equal(pauseOf('goip1'), LONGEST_PAUSE);
    const later = NOW + LONGEST_PAUSE * 1000;
    fail(1, 'goip1', later);
    assert.ok(pauseOf('goip1', later) < LONGEST_PAUSE);
    const muchLater = later + 20 * FAILURE_FORGOTTEN * 1000;
    fail(FAILURES_FORGIVEN, 'goip1', muchLater);
    assert.equal(pauseOf('goip1', muchLater), 0);
  });

  it('never lets a device pause that fails with every keepalive', () => {
    for (let n = 0; n < 1000; n += 1) {
      const now = NOW + n * KEEPALIVE_INTERVAL * 1000;
      assert.equal(strangers.isPaused(BOX, 'goip1', now), false, `keepalive ${n}`);
      fail(1, 'goip1', now);
    }
  });

  it('lets only the line pause that fails, not its sisters on the same address', () => {
    fail(100, 'goip1');
    assert.equal(pauseOf('goip1'), LONGEST_PAUSE);
    assert.equal(pauseOf('goip2'), 0);
    assert.equal(pauseOf(undefined), 0);
  });

  it('lets a line pause only where it failed', () => {
    fail(100, 'goip1');
    assert.equal(pauseOf('goip1', NOW, '192.0.2.8'), 0);
  });

  it('has one pause for all ids of a network that nobody knows', () => {
    fail(FAILURES_FORGIVEN + 1, undefined, NOW, '2001:db8::1');
    assert.equal(pauseOf(undefined, NOW, '2001:db8::2'), 1);
    assert.equal(pauseOf('goip1', NOW, '2001:db8::1'), 0);
    assert.equal(pauseOf(undefined, NOW, '2001:db8:0:1::1'), 0);
  });

  it('remembers so many sources: the one that was seen longest ago is forgotten', () => {
    fail(100, 'goip1');
    fail(100, 'goip2');
    for (let n = 0; n < SOURCES_REMEMBERED - 1; n += 1)
      fail(1, undefined, NOW, `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`);
    assert.equal(strangers.isPaused(BOX, 'goip1', NOW), false);
    assert.equal(strangers.isPaused(BOX, 'goip2', NOW), true);
  });
});

describe('gate: error answers', () => {
  const answersAt = (strangers: Strangers, now: number, address = BOX): number => {
    let answers = 0;
    while (strangers.mayAnswer(address, now)) answers += 1;
    return answers;
  };

  it('are few at once, and then one from time to time', () => {
    const strangers = new Strangers();
    assert.equal(answersAt(strangers, NOW), ERROR_ANSWERS);
    assert.equal(answersAt(strangers, NOW + ERROR_ANSWER_INTERVAL * 1000 - 1), 0);
    assert.equal(answersAt(strangers, NOW + ERROR_ANSWER_INTERVAL * 1000), 1);
    assert.equal(answersAt(strangers, NOW + 3 * ERROR_ANSWER_INTERVAL * 1000), 2);
  });

  it('are not saved up', () => {
    const strangers = new Strangers();
    answersAt(strangers, NOW);
    assert.equal(answersAt(strangers, NOW + 86_400_000), ERROR_ANSWERS);
  });

  it('are counted for a whole network', () => {
    const strangers = new Strangers();
    assert.equal(answersAt(strangers, NOW, '2001:db8::1'), ERROR_ANSWERS);
    assert.equal(answersAt(strangers, NOW, '2001:db8::2'), 0);
    assert.equal(answersAt(strangers, NOW, '2001:db8:0:1::1'), ERROR_ANSWERS);
    assert.equal(answersAt(strangers, NOW, '192.0.2.7'), ERROR_ANSWERS);
    assert.equal(answersAt(strangers, NOW, '::ffff:192.0.2.7'), 0);
  });
});
