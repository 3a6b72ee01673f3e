import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { NEVER_SET, systemClock } from '../../src/time/clock.js';
import { reportFault } from '../../src/faults.js';
import { Journal } from '../../src/journal/journal.js';
import { MemoryStore } from '../../src/journal/memory-store.js';
import { OutboxJob } from '../../src/outbox/numbers/job.js';
import { JobLog } from '../../src/outbox/log/job-log.js';
import { JobStatuses } from '../../src/outbox/followers/statuses.js';
import { NumberQueue } from '../../src/outbox/matching/queue.js';
import { Recipient } from '../../src/outbox/numbers/recipient.js';
import { deliveryFrom, DeliveryReports } from '../../src/outbox/reports/reports.js';
import { Pace } from '../../src/time/pace.js';
import { segmentsOf } from '../../src/gsm/segments.js';

const JOBS = 20_000;

/** Bytes of a job that waits, with its number and its place in the queue: 820, and some that differ between runs. */
const MOST_BYTES = 1000;

/** Bytes of an SMS whose report may come, with the id of its job and its number. */
const MOST_REPORT_BYTES = 300;

const text = { text: 'x', ...segmentsOf('x') };
const ports = { wall: NEVER_SET, fault: reportFault, statuses: new JobStatuses() };

function jobOf(index: number, recipient: Recipient): OutboxJob {
  const more = { devices: null, reportMs: 0, expiresAt: null, paused: false, origin: null, context: null };
  const record = { id: `job-${index}`, text: 'x', priority: 'normal', acceptedAt: Date.now(), ...more } as const;
  return new OutboxJob(index.toString(36).padStart(11, '0'), record, [recipient], 0, ports);
}

describe('outbox: memory', () => {
  it('is at most 1000 bytes for a job of one number that waits', () => {
    const jobs = new Map<string, OutboxJob>();
    const queue = new NumberQueue();
    const before = heapInUse();
    for (let index = 0; index < JOBS; index += 1) {
      const recipient = new Recipient(`+49170${1_000_000 + index}`, 0, text, Date.now());
      const job = jobOf(index, recipient);
      jobs.set(job.id, job);
      queue.add(job, recipient, { lines: null, except: [] });
    }
    const bytes = (heapInUse() - before) / JOBS;
    assert(bytes < MOST_BYTES, `${bytes.toFixed(0)} bytes`);
    assert.equal(queue.size, jobs.size);
  });

  it('is at most 300 bytes for an SMS whose report may come, once its job has ended', () => {
    const store = new MemoryStore();
    const journal = new Journal(() => Promise.resolve(store), systemClock);
    const reports = new DeliveryReports(new JobLog(journal, new Pace(Infinity, () => undefined)));
    const before = heapInUse();
    for (let index = 0; index < JOBS; index += 1) {
      const sent = { phase: 'sent', device: 'line-1', smsNo: index, delivery: null, attempts: 1, tried: [] } as const;
      const recipient = new Recipient(`+49170${1_000_000 + index}`, 0, text, Date.now(), sent);
      reports.sent(jobOf(index, recipient), recipient, Date.now());
    }
    const bytes = (heapInUse() - before) / JOBS;
    assert(bytes < MOST_REPORT_BYTES, `${bytes.toFixed(0)} bytes`);
    const report = { device: 'line-1', smsNo: 5, number: null, at: Date.now() };
    assert.equal(reports.find({ ...report, delivery: deliveryFrom(0, 0) }, false)?.jobId, 'job-5');
  });
});

function heapInUse(): number {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  gc();
  return process.memoryUsage().heapUsed;
}
