import assert from 'node:assert/strict';
import { JobOwners } from '../../src/outbox/followers/owners.js';
import type { Job } from '../../src/outbox/result.js';
import { EndedJob } from '../../src/outbox/numbers/job-handle.js';
import { Pace } from '../../src/time/pace.js';

const jobOf = (id: string): Job =>
  new EndedJob(id, 1, { ended: () => undefined, resultsOf: () => Promise.resolve([]) });

describe('outbox: owners that throw', () => {
  it('keep no other owner from its jobs, nor the caller from going on', () => {
    const faults: string[] = [];
    const owners = new JobOwners({
      pace: new Pace(Infinity, () => undefined),
      jobsOf: (origin) => [jobOf(`${origin} 1`), jobOf(`${origin} 2`)].values(),
      fault: (error) => faults.push((error as Error).message),
    });
    const given: string[] = [];
    owners.add('bad', ({ id }) => {
      throw new Error(id);
    });
    owners.add('good', ({ id }) => given.push(id));
    owners.loaded();
    owners.accepted(jobOf('bad 3'), 'bad', undefined);
    owners.accepted(jobOf('good 3'), 'good', undefined);
    assert.deepEqual(given, ['good 1', 'good 2', 'good 3']);
    assert.deepEqual(faults, ['bad 1', 'bad 2', 'bad 3']);
  });
});
