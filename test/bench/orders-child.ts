/** Starts a server on a journal with jobs and gives it orders about all of them: `orders-child.ts DIRECTORY`. */
import { setTimeout as sleep } from 'node:timers/promises';
import { GoipServer } from './core.js';
import { took, type Took } from './took.js';
import { LINES } from './traffic.js';
import { ORIGIN } from './waiting-jobs.js';

export type OrdersReport = Readonly<Record<'follow' | 'list' | 'pause' | 'resume' | 'cancel', Took>>;

async function main(): Promise<void> {
  const [storage = ''] = process.argv.slice(2);
  const server = new GoipServer({ host: '127.0.0.1', port: 0, devices: LINES, storage });
  await server.start();
  const selector = { origin: ORIGIN };
  // Resolves when the jobs are read.
  await server.resume({ origin: 'nobody' });
  let taken = 0;
  const follow = async (): Promise<void> => {
    server.takeJobs(ORIGIN, (job) => {
      taken += 1;
      job.result.catch(() => undefined);
    });
    while (taken < server.jobCount) await sleep(5);
  };
  const report: OrdersReport = {
    follow: await took(follow),
    list: await took(() => server.jobs()),
    pause: await took(() => server.pause(selector)),
    resume: await took(() => server.resume(selector)),
    cancel: await took(() => server.cancel(selector)),
  };
  process.send?.(report, () => process.exit());
}

void main();
