import assert from 'node:assert/strict';
import { withFolder } from '../program.js';
import { runTrial } from './trial.js';
import { KINDS } from './wounds.js';

/** A hundred times as many: `npm run damage`. */
const TRIALS = 3 * KINDS.length;

describe('journal: a damaged file loses nothing in silence, alters nothing and sends nothing twice', () => {
  for (let seed = 1; seed <= TRIALS; seed += 1) {
    it(`with seed ${seed}`, async () => {
      const trial = await withFolder('goip-damage-', (directory) => runTrial(seed, directory));
      assert.deepEqual(trial.complaints, [], `${trial.wound}; reported: ${trial.reported.join(' | ')}`);
    }).timeout(120_000);
  }
});
