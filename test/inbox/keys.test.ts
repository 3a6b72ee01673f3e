import assert from 'node:assert/strict';
import fc from 'fast-check';
import { keyOf } from '../../src/inbox/keys.js';
import { check } from '../protocol/property.js';

describe('key of parts', () => {
  it('is the same for the same parts only: parts cannot run into one another', () => {
    const parts = fc.array(fc.string({ unit: fc.constantFrom('a', ':', '1', ''), maxLength: 3 }), { maxLength: 3 });
    check(fc.tuple(parts, parts), ([one, other]) => {
      assert.equal(keyOf(...one) === keyOf(...other), JSON.stringify(one) === JSON.stringify(other));
    });
  });
});
