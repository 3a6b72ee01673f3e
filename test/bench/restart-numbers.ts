/** What numbers that wait in the journal cost a start: as many jobs of one number, and one job that is half done. */
import { cp } from 'node:fs/promises';
import path from 'node:path';
import { systemClock } from '../../src/clock.js';
import { Journal } from '../../src/journal/journal.js';
import { storeOnDisk } from '../../src/journal/open-store.js';
import { JobLog, type JobRecord } from '../../src/outbox/job-log.js';
import { recipientFrom, resultOf as resultOfNumber, type Recipient } from '../../src/outbox/recipient.js';
import { Pace } from '../../src/pace.js';
import { segmentsOf } from '../../src/texts/segments.js';
import { resultOf } from './child.js';
import { megabytes, milliseconds, spread, type Figure, type Row } from './figures.js';
import type { RestartReport } from './restart-child.js';
import { TEXT } from './traffic.js';

/** Each round starts on a copy of the journal. */
const MOST_ROUNDS = 3;

/** Jobs, or results, that share a write. */
const BATCH = 1000;

export const restartNumbers: Row = async ({ numbers, rounds: wanted, directory }) => {
  const rounds = Math.min(wanted, MOST_ROUNDS);
  const loads = [
    { name: `${numbers} jobs of one number`, fill: fillSingles, place: 'singles' },
    { name: `a job of ${numbers} numbers that is half done`, fill: fillHalf, place: 'half' },
  ] as const;
  const figures: Figure[] = [];
  const empty = await starts(path.join(directory, 'empty'), rounds);
  for (const { name, fill, place } of loads) {
    const filled = path.join(directory, place);
    await withLog(filled, (log) => fill(log, numbers));
    const full = await starts(filled, rounds);
    const compare = (
      what: string,
      of: (report: RestartReport) => number,
      format: (value: number) => string,
      goal?: string,
    ): Figure => ({
      what: `${name}: ${what}, start with them : with an empty journal`,
      measured: spread(full.map(of), format),
      baseline: spread(empty.map(of), format),
      ...(goal === undefined ? {} : { goal }),
      size: `${rounds} starts each`,
    });
    figures.push(
      compare('first SMS acked', ({ ackedMs }) => ackedMs, milliseconds, '≤ 1000 ms'),
      compare('jobs read', ({ readMs }) => readMs, milliseconds),
      compare('longest standstill', ({ standstillMs }) => standstillMs, milliseconds, '≤ 50 ms'),
      compare('heap above that of before, after gc', ({ heap }) => heap, megabytes, '≤ 100 MB'),
    );
  }
  return figures;
};

async function starts(place: string, rounds: number): Promise<RestartReport[]> {
  const reports: RestartReport[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const copy = `${place}-${round}`;
    await cp(place, copy, { recursive: true }).catch(() => undefined);
    reports.push(await resultOf<RestartReport>('restart-child.ts', copy));
  }
  return reports;
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

async function fillSingles(log: JobLog, numbers: number): Promise<void> {
  for (let first = 0; first < numbers; first += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, numbers - first) }, (_, index) => first + index);
    await Promise.all(batch.map((index) => log.accept(jobRecord(`job-${index}`), [recipient(index, 0)])));
  }
}

async function fillHalf(log: JobLog, numbers: number): Promise<void> {
  const recipients = Array.from({ length: numbers }, (_, index) => recipient(index, index));
  const key = await log.accept(jobRecord('job'), recipients);
  const sent = { state: 'sent', device: 'line1', attempts: 1 } as const;
  for (let first = 0; first < numbers / 2; first += BATCH) {
    const batch = recipients.slice(first, Math.min(first + BATCH, numbers / 2));
    const results = batch.map((one) => [one.index, resultOfNumber({ ...one, ...sent })] as const);
    await log.results(key, new Map(results), new Map());
  }
}

function jobRecord(id: string): JobRecord {
  const more = { devices: null, reportMs: 0, expiresAt: null, paused: false, origin: null, context: null };
  return { id, text: TEXT, priority: 'normal', acceptedAt: Date.now(), ...more };
}

function recipient(number: number, index: number): Recipient {
  return recipientFrom(`+4917${10_000_000 + number}`, index, { text: TEXT, ...segmentsOf(TEXT) }, Date.now());
}
