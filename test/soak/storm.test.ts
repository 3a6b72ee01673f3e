/** Nothing lost, nothing sent twice, with deploys at any moment. `npm run storm` does it for longer. */
import assert from 'node:assert/strict';
import { printedStorm, storm } from './storm.js';

const deploys = process.env.CI ? 20 : 8;
const seed = Number(process.env.SOAK_SEED ?? Date.now() % 1_000_000);

describe('node-red deployed again and again, with 30 % loss and duplication', function () {
  this.timeout(300_000);

  it('loses no acked SMS, sends no number twice, and reports every accepted number', async () => {
    const report = await storm({ deploys, seed });
    const books = printedStorm(report);
    console.log(books);
    assert.equal(report.complaints.length, 0, books);
  });
});
