/**
 * `npm run bench`: figures, each beside what it is measured against in the same run.
 *
 *     npm run bench -- [--only NAME]… [--quick] [--rounds N] [--minutes N] [--numbers N] [--dir DIRECTORY]
 *
 * Servers run in processes of their own, built as users get them, and are talked to over real sockets on 127.0.0.1. Candidate
 * and baseline get the same datagrams in turns, after a round that only warms them up. Every answer is checked, and every SMS
 * that was acked must have been delivered. Processor time is that of all threads of the server's process while it is its turn;
 * it says more than the wall clock where the machine has other work. What the kernel dropped was sent again and is counted in
 * the last column.
 *
 * Loads are keepalives of 17 fields, SMS of 60 characters, and a mix of nine keepalives and one SMS. `--minutes` is for the rows
 * `flat`, which should be watched for ten, and `idle`, for three. `--quick` shows that everything works; its figures mean little.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { acks } from './acks.js';
import { bulk } from './bulk.js';
import { burst } from './burst.js';
import { bytes } from './bytes.js';
import { killChildren } from './child.js';
import { deploy } from './deploy.js';
import { echo, peer } from './echo.js';
import { table, type Figure, type Row } from './figures.js';
import { flat } from './flat.js';
import { jobOrders } from './job-orders.js';
import { latency } from './latency.js';
import { idle, lineMemory } from './line-memory.js';
import { lines } from './lines.js';
import { describeMachine } from './machine.js';
import { memory } from './memory.js';
import { nodeRed } from './node-red.js';
import { nodeRedLines } from './node-red-lines.js';
import { nodeRedNumbers } from './node-red-numbers.js';
import { restartNumbers } from './restart-numbers.js';
import { reply } from './reply.js';
import { session } from './session.js';
import { shortCut } from './short-cut.js';
import { start } from './start.js';
import { startup } from './startup.js';
import { timers } from './timers.js';

const ROWS: Readonly<Record<string, Row>> = {
  echo,
  peer,
  'short-cut': shortCut,
  'node-red': nodeRed,
  'node-red-lines': nodeRedLines,
  'node-red-numbers': nodeRedNumbers,
  deploy,
  'restart-numbers': restartNumbers,
  'job-orders': jobOrders,
  lines,
  reply,
  burst,
  start,
  'line-memory': lineMemory,
  idle,
  flat,
  timers,
  session,
  acks,
  latency,
  bytes,
  startup,
  memory,
  bulk,
};

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      minutes: { type: 'string' },
      numbers: { type: 'string' },
      dir: { type: 'string', default: os.tmpdir() },
    },
  });
  const names = values.only ?? Object.keys(ROWS);
  const rounds = Number(values.rounds ?? (values.quick ? 3 : 7));
  const minutes = Number(values.minutes ?? (values.quick ? 0.05 : 0.5));
  const numbers = Number(values.numbers ?? (values.quick ? 1000 : 10_000));
  const directory = await mkdtemp(path.join(values.dir, 'goip-bench-'));
  const count = (full: number): number => (values.quick ? Math.max(1, Math.ceil(full / 10)) : full);
  console.log(`${describeMachine(directory)}\nrounds    ${rounds}${values.quick ? ', a tenth of n (--quick)' : ''}\n`);
  const interruption = interrupted();
  const figures: Figure[] = [];
  try {
    for (const name of names) {
      const row = ROWS[name];
      if (!row) throw new RangeError(`no row ${name}; there are ${Object.keys(ROWS).join(', ')}`);
      console.error(`… ${name}`);
      const begin = performance.now();
      const setting = { count, rounds, minutes, numbers, directory: path.join(directory, name) };
      const measured = await Promise.race([row(setting), interruption]);
      figures.push(...measured.map((figure) => ({ ...figure, what: `${name}: ${figure.what}` })));
      console.error(`  ${((performance.now() - begin) / 1000).toFixed(0)} s`);
    }
  } finally {
    // Where a row fails, what was measured before it is shown all the same.
    console.log(`${table(figures)}\n`);
    console.log('A figure is the median of the rounds (least–most); candidate and baseline take turns.');
    console.log('One row again: npm run bench -- --only NAME, with the name before the colon.');
    await killChildren();
    await rm(directory, { recursive: true, force: true });
  }
}

/** Somebody ends it: what it has started and written goes with it. */
function interrupted(): Promise<never> {
  return new Promise((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        reject(new Error(`ended by ${signal}`));
      });
    }
  });
}

void main();
