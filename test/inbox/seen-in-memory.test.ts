import assert from 'node:assert/strict';
import fc from 'fast-check';
import { digestOf } from '../../src/inbox/seen.js';
import { SeenInMemory } from '../../src/inbox/seen-in-memory.js';
import { DUPLICATE_LIMIT } from '../../src/parameters.js';
import { check } from '../protocol/property.js';
import { sms } from './stage.js';

const RETENTION_MS = 100;

const digest = (number: number): string => digestOf(sms({ recvid: String(number) }));

describe('the memory of copies where nothing is on disk', () => {
  it('knows what a map would know', () => {
    const numbers = fc.integer({ min: 0, max: 400 });
    const steps = fc.array(
      fc.oneof(
        { weight: 20, arbitrary: fc.record({ kind: fc.constant('saved' as const), first: numbers, count: numbers }) },
        { weight: 3, arbitrary: fc.record({ kind: fc.constant('prune' as const) }) },
        {
          weight: 5,
          arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 60 }) }),
        },
      ),
      { maxLength: 30 },
    );
    check(steps, (all) => {
      const seen = new SeenInMemory();
      const model = new Map<number, number>();
      let now = 0;
      for (const step of all) {
        if (step.kind === 'pass') now += step.ms;
        else if (step.kind === 'prune') {
          void seen.prune(now, RETENTION_MS);
          for (const [number, time] of model) if (now - time >= RETENTION_MS) model.delete(number);
        } else {
          for (let number = step.first; number < step.first + step.count; number += 1) {
            seen.saved(digest(number), now);
            model.set(number, now);
          }
        }
        for (let number = 0; number < 800; number += 7) assert.equal(seen.timeOf(digest(number)), model.get(number));
      }
    });
  });

  it('tells all of them apart, and knows none that never came', () => {
    const seen = new SeenInMemory();
    for (let number = 0; number < DUPLICATE_LIMIT; number += 1) seen.saved(digest(number), number);
    for (let number = 0; number < DUPLICATE_LIMIT; number += 1) assert.equal(seen.timeOf(digest(number)), number);
    for (let number = 1; number < DUPLICATE_LIMIT; number += 1) assert.equal(seen.timeOf(digest(-number)), undefined);
  }).timeout(20_000);

  it('keeps the youngest where there are too many, and has a bound between two prunes, too', async () => {
    const seen = new SeenInMemory();
    const all = 3 * DUPLICATE_LIMIT;
    let most = 0;
    for (let number = 0; number < all; number += 1) {
      // Short ones, for speed: 27 characters as those of a digest.
      seen.saved(String(number).padStart(27, 'A'), number);
      most = Math.max(most, seen.size);
    }
    const isKnown = (number: number): boolean => seen.timeOf(String(number).padStart(27, 'A')) !== undefined;
    assert.ok(most >= 2 * DUPLICATE_LIMIT && most <= 3 * DUPLICATE_LIMIT, String(most));
    await seen.prune(all, 10 * all);
    assert.equal(seen.size, DUPLICATE_LIMIT);
    assert.deepEqual([all - DUPLICATE_LIMIT - 1, all - DUPLICATE_LIMIT, all - 1].map(isKnown), [false, true, true]);
  }).timeout(20_000);
});
