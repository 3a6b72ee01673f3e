/** Strangers fire at a server for a moment. `npm run fuzz` does it for longer. */
import assert from 'node:assert/strict';
import { fuzz } from './fuzz.js';
import { printed } from './report.js';

const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 1_000_000);

describe('server under fire', () => {
  it('does not fall, forgets strangers, and serves its honest lines as if nothing were', async () => {
    const report = await fuzz({ count: 15_000, seconds: 20, seed });
    assert.deepEqual(report.complaints, [], printed(report));
  });
});
