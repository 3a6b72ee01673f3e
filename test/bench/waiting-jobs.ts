/** Journals with jobs that wait, for servers that start with them. */
import { systemClock } from '../../src/time/clock.js';
import { Journal } from '../../src/journal/journal.js';
import { storeOnDisk } from '../../src/journal/open-store.js';
import { JobLog } from '../../src/outbox/log/job-log.js';
import type { JobRecord } from '../../src/outbox/numbers/job-record.js';
import { Recipient, resultOf } from '../../src/outbox/numbers/recipient.js';
import { Pace } from '../../src/time/pace.js';
import { segmentsOf } from '../../src/gsm/segments.js';
import { TEXT } from './traffic.js';

/** Who has asked for the jobs. */
export const ORIGIN = 'bench';

const CONTENT = { text: TEXT, ...segmentsOf(TEXT) };

/** Jobs, or results, that share a write. */
const BATCH = 1000;

/** Writes so many jobs of one number. */
export async function fillSingles(place: string, numbers: number, origin = ORIGIN): Promise<void> {
  await withLog(place, async (log) => {
    for (let first = 0; first < numbers; first += BATCH) {
      const batch = Array.from({ length: Math.min(BATCH, numbers - first) }, (_, index) => first + index);
      await Promise.all(
        batch.map((index) => log.accept(jobRecord(`job-${index}`, origin, contextOf(index)), [recipient(index, 0)])),
      );
    }
  });
}

/** Writes a job of so many numbers. The first half of them was sent if `isHalfDone`. */
export async function fillOne(place: string, numbers: number, isHalfDone: boolean): Promise<void> {
  await withLog(place, async (log) => {
    const recipients = Array.from({ length: numbers }, (_, index) => recipient(index, index));
    const key = await log.accept(jobRecord('job', ORIGIN), recipients);
    if (!isHalfDone) return;
    const sent = { phase: 'sent', device: 'line1', smsNo: null, delivery: null, attempts: 1, tried: [] } as const;
    for (const one of recipients) if (one.index < numbers / 2) one.moveTo(sent, Date.now());
    for (let first = 0; first < numbers / 2; first += BATCH) {
      const batch = recipients.slice(first, Math.min(first + BATCH, numbers / 2));
      const results = batch.map((one) => [one.index, resultOf(one)] as const);
      await log.results(key, { results: new Map(results), reports: new Map() });
    }
  });
}

async function withLog(place: string, fill: (log: JobLog) => Promise<void>): Promise<void> {
  const journal = new Journal(
    storeOnDisk(place, () => undefined),
    systemClock,
  );
  await journal.open();
  const pace = new Pace(Infinity, (callback) => systemClock.soon(callback));
  await fill(new JobLog(journal, pace));
  await journal.close();
}

/** What _goip send_ keeps of a small message. */
function contextOf(index: number): object {
  return { _msgid: (0x5bd1e995 * (index + 1)).toString(16).padStart(16, '0'), topic: 'alarm', to: numberOf(index) };
}

const numberOf = (index: number): string => `+4917${10_000_000 + index}`;

function jobRecord(id: string, origin: string, context: unknown = null): JobRecord {
  const more = { devices: null, reportMs: 0, expiresAt: null, paused: false, origin, context };
  return { id, text: TEXT, priority: 'normal', acceptedAt: Date.now(), ...more };
}

function recipient(number: number, index: number): Recipient {
  return new Recipient(numberOf(number), index, CONTENT, Date.now());
}
