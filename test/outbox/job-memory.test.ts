import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { NEVER_SET } from '../../src/clock.js';
import { reportFault } from '../../src/faults.js';
import { OutboxJob } from '../../src/outbox/job.js';
import { JobStatuses } from '../../src/outbox/statuses.js';
import { NumberQueue } from '../../src/outbox/queue.js';
import { recipientFrom } from '../../src/outbox/recipient.js';
import { segmentsOf } from '../../src/texts/segments.js';

const JOBS = 20_000;

/** Bytes of a job that waits, with its number and its place in the queue: 820, and some that differ between runs. */
const MOST_BYTES = 1000;

describe('outbox: memory', () => {
  it('is at most 1000 bytes for a job of one number that waits', () => {
    const text = { text: 'x', ...segmentsOf('x') };
    const ports = { wall: NEVER_SET, fault: reportFault, statuses: new JobStatuses() };
    const jobs = new Map<string, OutboxJob>();
    const queue = new NumberQueue();
    const more = { devices: null, reportMs: 0, expiresAt: null, paused: false, origin: null, context: null };
    const before = heapInUse();
    for (let index = 0; index < JOBS; index += 1) {
      const id = `job-${index}`;
      const recipient = recipientFrom(`+49170${1_000_000 + index}`, 0, text, Date.now());
      const record = { id, text: 'x', priority: 'normal', acceptedAt: Date.now(), ...more } as const;
      const job = new OutboxJob(index.toString(36).padStart(11, '0'), record, [recipient], 0, ports);
      jobs.set(id, job);
      queue.add(job, recipient, { lines: null, except: [] });
    }
    const bytes = (heapInUse() - before) / JOBS;
    assert(bytes < MOST_BYTES, `${bytes.toFixed(0)} bytes`);
    assert.equal(queue.size, jobs.size);
  });
});

function heapInUse(): number {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  gc();
  return process.memoryUsage().heapUsed;
}
