/** How long a start takes with a long past, against one without. */
import path from 'node:path';
import { systemClock } from '../../src/time/clock.js';
import { Duplicates } from '../../src/inbox/duplicates.js';
import { Inbox } from '../../src/inbox/inbox.js';
import { SeenInJournal } from '../../src/inbox/seen-in-journal.js';
import { Journal } from '../../src/journal/journal.js';
import { storeOnDisk } from '../../src/journal/open-store.js';
import { JobLog } from '../../src/outbox/log/job-log.js';
import { Recipient } from '../../src/outbox/numbers/recipient.js';
import type { RecipientResult } from '../../src/outbox/result.js';
import { Pace } from '../../src/time/pace.js';
import { segmentsOf } from '../../src/gsm/segments.js';
import { resultOf } from './child.js';
import { LINES, TEXT } from './traffic.js';
import { median, milliseconds, ratiosOf, spread, times, type Row } from './figures.js';
import type { StartReport } from './startup-child.js';

const DAY_MS = 86_400_000;

export const startup: Row = async ({ count, rounds, directory }) => {
  const entries = count(100_000);
  const places = { empty: path.join(directory, 'empty'), old: path.join(directory, 'old') };
  await fill(places.old, entries / 2);
  const reports = { empty: [] as StartReport[], old: [] as StartReport[] };
  // The first of each makes the empty one and sorts in what the filling left in the log.
  for (let round = 0; round <= rounds; round += 1) {
    for (const kind of ['empty', 'old'] as const) {
      const report = await resultOf<StartReport>('startup-child.ts', places[kind]);
      if (round > 0) reports[kind].push(report);
    }
  }
  const size = `${entries / 2} SMS seen + ${entries / 2} jobs ended, ${rounds} starts each`;
  const compare = (what: string, of: (report: StartReport) => number) => {
    const [old, empty] = [reports.old.map(of), reports.empty.map(of)];
    return {
      what,
      measured: spread(old, milliseconds),
      baseline: spread(empty, milliseconds),
      ratio: spread(ratiosOf(old, empty), times),
      size,
    };
  };
  return [
    compare(`start with ${entries} old entries : with an empty journal`, ({ startMs }) => startMs),
    compare('longest stall of the event loop in the first prune', ({ stallMs }) => stallMs),
    compare('processor time of the 2.5 s around it', ({ cpuMs }) => cpuMs),
    {
      what: 'RSS after it',
      measured: `${(median(reports.old.map(({ rss }) => rss)) / 1e6).toFixed(0)} MB`,
      baseline: `${(median(reports.empty.map(({ rss }) => rss)) / 1e6).toFixed(0)} MB`,
      size,
    },
  ];
};

/** Leaves behind so many SMS that were delivered and so many jobs that ended, a day ago. */
async function fill(place: string, each: number): Promise<void> {
  const journal = new Journal(
    storeOnDisk(place, () => undefined),
    systemClock,
  );
  await journal.open();
  const inbox = new Inbox(journal, new Duplicates(journal, new SeenInJournal(journal), 7 * DAY_MS));
  const pace = new Pace(1_000_000, (callback) => systemClock.soon(callback));
  const log = new JobLog(journal, pace);
  inbox.addTaker({ take: () => undefined });
  const then = Date.now() - DAY_MS;
  const at = new Date(then).toISOString();
  const device = LINES[0]?.id ?? '';

  await inBatches(each, async (index) => {
    const from = `+4917${String(10_000_000 + index)}`;
    const remote = { address: '192.0.2.1', port: 10991 };
    const sms = { event: 'sms', device, name: device, from, text: TEXT, recvid: String(index), receivedAt: at, remote };
    const { deliver } = await inbox.accept(sms as Parameters<Inbox['accept']>[0], then);
    deliver();
  });
  await inBatches(each, async (index) => {
    const to = `+4917${String(10_000_000 + index)}`;
    const id = `job-${index}`;
    const acceptedAt = then;
    const job = { id, text: TEXT, devices: null, acceptedAt, expiresAt: null, paused: false };
    const more = { priority: 'normal', reportMs: 0, origin: null, context: null } as const;
    const recipient = new Recipient(to, 0, { text: TEXT, ...segmentsOf(TEXT) }, acceptedAt);
    const key = await log.accept({ ...job, ...more }, [recipient]);
    const outcome = {
      state: 'sent',
      device,
      code: null,
      reason: null,
      smsNo: null,
      errorstatus: null,
      attempts: 1,
      tried: [],
      parts: 1,
      encoding: 'GSM-7',
      delivery: null,
      at,
    };
    const results = [{ to, ...outcome } as RecipientResult];
    const counts = { id, ok: true, total: 1, sent: 1, failed: 0, unknown: 0, expired: 0, cancelled: 0 };
    const ended = { result: counts, origin: null, context: null, priority: 'normal', endedAt: then } as const;
    await log.end(key, { ...counts, results }, new Map(), ended);
  });
  await journal.close();
}

async function inBatches(count: number, act: (index: number) => Promise<void>): Promise<void> {
  for (let done = 0; done < count; done += 1000) {
    await Promise.all(Array.from({ length: Math.min(1000, count - done) }, (_, index) => act(done + index)));
  }
}
