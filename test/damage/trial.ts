/**
 * One trial: a server with SMS and jobs is stopped or killed, one of its files is damaged, and it is started again. Then the
 * books are compared: nothing may be lost in silence, altered, on air twice or reported wrongly, and it must start.
 */
import { cp } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { GoipServer, type Address, type Job, type JobResult, type Sms, type StorageEvent } from '../../src/index.js';
import { storeOnDisk } from '../../src/journal/open-store.js';
import { GoipSimulator, makeLines } from '../../src/simulator/index.js';
import { mulberry32, type Random } from '../../src/simulator/random.js';
import { hurried } from '../server/hurried.js';
import { Freezer } from './freezer.js';
import { KINDS, wound, type Kind } from './wounds.js';

export interface Trial {
  readonly kind: Kind;
  /** What was damaged. */
  readonly wound: string;
  /** What the server reported about it. */
  readonly reported: readonly string[];
  /** What must not be; empty if all is well. */
  readonly complaints: readonly string[];
}

const ORIGIN = 'node';
const SERVER = { resendInterval: 0.05, queryInterval: 0.03, sessionIdle: 0.9, offlineAfter: 1.5, host: '127.0.0.1' };
const HABITS = { resendInterval: 0.03, lineTime: 0.004, sessionIdle: 0.9, keepaliveInterval: 0.1 };
/** Longest time until all jobs have ended: hurried timers of a machine that has other work as well. */
const PATIENCE = 30_000;

/** What the server has promised. */
interface Books {
  /** Acked SMS that nobody has taken. */
  readonly held: string[];
  readonly delivered: string[];
  readonly jobs: Map<string, { readonly to: readonly string[]; readonly text: string }>;
  /** Results that nobody has acknowledged. */
  readonly results: Map<string, JobResult>;
}

/** @param directory empty */
export async function runTrial(seed: number, directory: string): Promise<Trial> {
  const random = mulberry32(seed);
  const kind = KINDS[seed % KINDS.length] ?? 'flip';
  const storage = path.join(directory, 'journal');
  const lines = makeLines({ count: 3, password: 'secret' });
  const devices = lines.map(({ id }) => ({ id, password: 'secret' }));
  const books: Books = { held: [], delivered: [], jobs: new Map(), results: new Map() };
  const address = await fillTables(storage, devices, books);
  const options = { ...SERVER, devices, port: address.port };
  const server = { host: address.address, port: address.port };
  const gateway = new GoipSimulator({ server, lines: lines.slice(0, 2), seed, ...HABITS });
  const late = new GoipSimulator({ server, lines: lines.slice(2), seed, ...HABITS });
  try {
    const damaged = await interrupt(storage, options, gateway, books, random);
    const done = await wound(damaged, kind, random);
    setSilent(gateway, false);
    await late.start();
    const after = await restart(damaged, options, books);
    const onAir = [...gateway.onAir, ...late.onAir];
    return {
      kind,
      wound: done,
      reported: after.events.map((event) => ('error' in event ? event.error.message : event.state)),
      complaints: complaintsAbout(books, after, onAir),
    };
  } finally {
    await gateway.stop();
    await late.stop();
  }
}

type Devices = readonly { readonly id: string; readonly password: string }[];

/** A first run, whose entries the next one puts into a table. */
async function fillTables(storage: string, devices: Devices, books: Books): Promise<Address> {
  const server = new GoipServer({ ...SERVER, port: 0, devices, storage }, { clock: hurried });
  const address = await server.start();
  const gateway = new GoipSimulator({
    server: { host: address.address, port: address.port },
    lines: makeLines({ count: 2, password: 'secret' }),
    ...HABITS,
  });
  await gateway.start();
  await gateway.whenRegistered();
  server.takeSms({ take: ({ text }) => books.delivered.push(text) });
  await receive(gateway, texts('taken', 10));
  for (const id of ['acknowledged', 'ended']) {
    const job = await server.send(jobFor(books, id, 6));
    books.results.set(id, await job.result);
  }
  server.told('acknowledged');
  books.results.delete('acknowledged');
  await server.stop();
  await gateway.stop();
  return address;
}

/** A second run, which is stopped or killed in the middle of a job. Returns a copy of its folder. */
async function interrupt(
  storage: string,
  options: ConstructorParameters<typeof GoipServer>[0],
  gateway: GoipSimulator,
  books: Books,
  random: Random,
): Promise<string> {
  const freezer = new Freezer(storeOnDisk(storage, () => undefined));
  const server = new GoipServer(options, { clock: hurried, openStore: freezer.open });
  await server.start();
  await gateway.start();
  await gateway.whenRegistered();
  books.held.push(...texts('held', 3));
  const [waiting, more] = [jobFor(books, 'waiting', 5), jobFor(books, 'half', 20)];
  await server.send({ ...waiting, device: options?.devices?.[2]?.id });
  await receive(gateway, books.held);
  const before = gateway.onAir.length;
  const most = 1 + Math.floor(random() * (more.to.length - 1));
  const whenSilent = new Promise<void>((resolve) => {
    gateway.on('air', () => {
      if (gateway.onAir.length - before < most) return;
      setSilent(gateway, true);
      resolve();
    });
  });
  await server.send(more);
  await whenSilent;
  const copy = `${storage}-damaged`;
  const isKilled = random() < 0.5;
  if (isKilled) await freezer.freeze();
  else await server.stop();
  await cp(storage, copy, { recursive: true });
  freezer.thaw();
  await server.stop();
  return copy;
}

/** Resolves when all are acked. */
async function receive({ lines }: GoipSimulator, smses: readonly string[]): Promise<void> {
  await Promise.all(
    lines.flatMap((line, index) =>
      smses.filter((_, n) => n % lines.length === index).map((text) => line.receiveSms({ from: '+4930', text })),
    ),
  );
}

function setSilent(gateway: GoipSimulator, silent: boolean): void {
  for (const line of gateway.lines) line.configure({ silent });
}

interface After {
  readonly events: readonly StorageEvent[];
  readonly sms: readonly Sms[];
  readonly results: ReadonlyMap<string, JobResult>;
  readonly problem: string | undefined;
}

async function restart(
  storage: string,
  options: ConstructorParameters<typeof GoipServer>[0],
  books: Books,
): Promise<After> {
  const server = new GoipServer({ ...options, storage }, { clock: hurried });
  const events: StorageEvent[] = [];
  const sms: Sms[] = [];
  const results = new Map<string, JobResult>();
  server.on('storage', (event) => events.push(event));
  try {
    await server.start();
    server.takeSms({ take: (one) => sms.push(one) });
    const jobs = await server.adopt(ORIGIN);
    const ended = Promise.all(jobs.map(async (job: Job) => results.set(job.id, await job.result)));
    const isInTime = await Promise.race([ended.then(() => true), delay(PATIENCE, false, { ref: false })]);
    const running = jobs.map(({ id }) => id).filter((id) => !results.has(id));
    const problem = isInTime ? undefined : `jobs that do not end: ${running.join()}`;
    // What comes after it must be able to read what this run has written.
    if (problem === undefined && books.held.length > 0) await server.stop();
    return { events, sms, results, problem };
  } catch (error) {
    return { events, sms, results, problem: `refused start: ${(error as Error).message}` };
  } finally {
    await server.stop();
  }
}

function complaintsAbout(
  books: Books,
  { events, sms, results, problem }: After,
  onAir: readonly { readonly to: string; readonly text: string }[],
): string[] {
  const complaints = problem === undefined ? [] : [problem];
  const damage = events.find((event) => event.state === 'damaged');
  const isReported = events.length > 0;

  const texts = new Set([...books.held, ...books.delivered]);
  for (const { text, from } of sms)
    if (!texts.has(text) || from !== '+4930') complaints.push(`altered: the SMS ${JSON.stringify(text)} from ${from}`);
  // So few entries are listed one by one: no number is too low.
  if (damage && damage.atLeast.length > 0) complaints.push(`misreported: at least, of ${damage.atLeast.join()}`);
  const lostSms = books.held.filter((held) => !sms.some(({ text }) => text === held));
  if (lostSms.length > (damage ? (damage.sms ?? Infinity) : 0)) complaints.push(`lost in silence: ${lostSms.join()}`);

  const counts = new Map<string, number>();
  for (const { to, text } of onAir) {
    counts.set(to, (counts.get(to) ?? 0) + 1);
    if (![...books.jobs.values()].some((job) => job.text === text && job.to.includes(to)))
      complaints.push(`altered: ${JSON.stringify(text)} to ${to}`);
  }
  for (const [to, count] of counts) if (count > 1) complaints.push(`twice: ${to}`);

  const lostJobs = ['waiting', 'half'].filter((id) => !results.has(id));
  if (lostJobs.length > (damage ? (damage.jobs ?? Infinity) : 0))
    complaints.push(`lost in silence: the jobs ${lostJobs.join()}`);
  const lostResults = [...books.results.keys()].filter((id) => !results.has(id));
  if (lostResults.length > (damage ? (damage.results ?? Infinity) : 0))
    complaints.push(`lost in silence: the results of ${lostResults.join()}`);
  for (const [id, result] of results) {
    const job = books.jobs.get(id);
    if (
      !job ||
      !isDeepStrictEqual(
        job.to,
        result.results.map(({ to }) => to),
      )
    )
      complaints.push(`altered: the job ${id}`);
    const before = books.results.get(id);
    if (before && !isDeepStrictEqual(result, before) && !isReported) complaints.push(`altered: the result of ${id}`);
    for (const { to, state } of result.results) {
      const count = counts.get(to) ?? 0;
      if (before) continue;
      if (state === 'sent' ? count === 0 : state !== 'unknown') complaints.push(`misreported: ${to} is ${state}`);
    }
    // A device may forget the numbers that were in flight, and a busy machine may let times of this world pass.
    const unknown = result.results.filter(({ to, state }) => state === 'unknown' && !counts.has(to));
    if (unknown.length > 6 && !isReported)
      complaints.push(`unknown without a reason: ${unknown.length} numbers of ${id}`);
  }
  return complaints;
}

function jobFor(books: Books, id: string, count: number): { id: string; origin: string; to: string[]; text: string } {
  const first = 100_000 * (books.jobs.size + 1);
  const to = Array.from({ length: count }, (_, n) => `+49170${first + n}`);
  const text = `to be sent ${id}`;
  books.jobs.set(id, { to, text });
  return { id, origin: ORIGIN, to, text };
}

const texts = (kind: string, count: number): string[] =>
  Array.from({ length: count }, (_, n) => `${kind} ${n}: ${'x'.repeat(20 * n)}`);
