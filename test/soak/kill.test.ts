/** Nothing lost, nothing sent twice, with a real node-red that dies at any moment. `npm run soak` does it for longer. */
import assert from 'node:assert/strict';
import { printed } from './report.js';
import { soak } from './soak.js';

/** Each takes two seconds. */
const kills = process.env.CI ? 20 : 6;
const seed = Number(process.env.SOAK_SEED ?? Date.now() % 1_000_000);

describe('node-red killed with -9, again and again', function () {
  this.timeout(300_000);

  it('loses no acked SMS and sends no number twice', async () => {
    const report = await soak({ kills, seed });
    const books = printed(report);
    console.log(books);
    assert.equal(report.complaints.length, 0, books);
  });
});
