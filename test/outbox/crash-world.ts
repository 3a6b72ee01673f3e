/**
 * A server that loses power again and again, over devices that live on: books of what was asked for, what was told and what
 * went on air, and the rules that they must keep.
 */
import assert from 'node:assert/strict';
import type { Job, JobResult, Priority } from '../../src/outbox/result.js';
import { REPORT_PATIENCE } from '../../src/parameters.js';
import { ReferenceDevice, type DeviceTraits } from '../sessions/reference-device.js';
import { Channel, randomFrom, type Weather } from '../sessions/weather.js';
import type { SendRequest } from '../../src/outbox/accepting/request.js';
import type { WriteOutcome } from './disk.js';
import { fateOn, type Wish } from './fates.js';
import { Requests } from './requests.js';
import { Reports } from './report-book.js';
import { Stage } from './stage.js';

export interface Crash {
  /** Steps from the start of the server: each write and each datagram has two, before and after it is made. */
  readonly step: number;
  /** Seconds until the server starts again. */
  readonly down: number;
  /** Do the devices lose power too? */
  readonly restarts: boolean;
  /** Seconds by which the wall clock is set meanwhile. */
  readonly clockStep?: number;
}

export interface CrashPlan {
  readonly seed: number;
  readonly weather: Weather;
  readonly lines: readonly Omit<DeviceTraits, 'password' | 'fateOf'>[];
  readonly statusQuery: 'auto' | 'poll' | 'never';
  readonly sessionsPerLine: number;
  readonly attempts: number;
  readonly sticky: boolean;
  /** SMS of each line; 0 for no limit. */
  readonly hourLimit: number;
  /** Seconds that each line pauses for. */
  readonly pause: number;
  /** Seconds until the hour is over, at the start. */
  readonly untilNextHour: number;
  readonly jobs: readonly {
    /** Seconds. */
    readonly at: number;
    /** All lines, the first one, or a group of all but the first one, where there are such. */
    readonly device: 'any' | 'first' | 'others';
    readonly priority: Priority;
    /** Seconds. */
    readonly waitForReport: number;
    readonly fates: readonly Wish[];
    /** Does the caller ask again, with the same id, where a crash came before the answer? */
    readonly asksAgain: boolean;
    readonly cancelAt: number | null;
  }[];
  readonly crashes: readonly Crash[];
  /** When somebody sets the wall clock, and by how much, in seconds. */
  readonly clockSteps: readonly { readonly at: number; readonly by: number }[];
  readonly disk: {
    /** Seconds that a write takes at the most. */
    readonly delay: number;
    /** When it fails, and for how long, in seconds. */
    readonly trouble: { readonly at: number; readonly seconds: number; readonly outcome: WriteOutcome } | null;
  };
}

const ORIGIN = 'node 1';
const BOOT_SECONDS = 10;
/** Numbers that a device does not answer for hold their line for minutes each. */
const LONGEST_HOURS = 2;

interface Asked {
  readonly id: string;
  readonly to: readonly string[];
  readonly request: SendRequest;
  state: 'not yet' | 'asked' | 'accepted' | 'refused';
  cancelledAt: number | null;
  /** Numbers that counted as submitted when it was cancelled, and go on. */
  submitted: readonly string[];
}

/** Runs a plan to the end of all jobs and checks the books. Returns how many steps the last life had, and all results. */
export async function runCrashes(plan: CrashPlan): Promise<{ steps: number; results: ReadonlyMap<string, JobResult> }> {
  const random = randomFrom(plan.seed);
  const ids = plan.lines.map((_, index) => `line${index}`);
  const { statusQuery, sessionsPerLine, attempts, sticky, hourLimit, pause } = plan;
  const stage = await Stage.create({
    ids,
    groups: Object.fromEntries(ids.slice(1).map((id) => [id, 'others'])),
    ...{ statusQuery, sessionsPerLine, attempts, sticky, hourLimit, pauseMin: pause, persistent: true },
    // Every other plan has its jobs in several records.
    ...(plan.seed % 2 === 0 ? { numbersPerRecord: 2 } : {}),
  });
  const { clock } = stage;
  await clock.pass({ seconds: 3600 - plan.untilNextHour });

  const fates = new Map<string, Wish>();
  const linesOf = new Map<string, readonly number[]>();
  const asked = plan.jobs.map(({ fates: ofJob, device, priority, waitForReport }, index): Asked => {
    const places = placesOf(device, ids.length);
    const to = ofJob.map((fate) => {
      const number = `+${1_000_000 + fates.size}`;
      fates.set(number, fate);
      if (places) linesOf.set(number, places);
      return number;
    });
    const named = places && (device === 'first' ? 'line0' : 'others');
    const request = { to, text: 'hello', device: named, priority, waitForReport, id: `job ${index}`, origin: ORIGIN };
    return { id: request.id, to, request, state: 'not yet', cancelledAt: null, submitted: [] };
  });

  // --- the disk
  const { delay, trouble } = plan.disk;
  if (delay > 0)
    stage.disk.delay = () => new Promise((resolve) => clock.after(random() * delay * 1000, () => resolve(0)));
  const began = clock.now();
  stage.disk.outcome = () => {
    const seconds = (clock.now() - began) / 1000;
    return trouble && seconds >= trouble.at && seconds < trouble.at + trouble.seconds ? trouble.outcome : 'made';
  };

  // --- the devices
  const requests = new Requests({
    ...{ clock, fates, attempts, hourLimit, pause, delay },
    linesOf: (number) => linesOf.get(number),
  });
  let complaint: Error | undefined;
  const reports = new Reports(stage, random);
  const devices: ReferenceDevice[] = [];
  for (const [index, traits] of plan.lines.entries()) {
    const id = ids[index] ?? '';
    const toServer = new Channel(clock, plan.weather, random, (text) => void stage.hears(text, stage.addressOf(id)));
    const device: ReferenceDevice = new ReferenceDevice(
      { ...traits, password: 'password1', fateOf: (number) => fateOn(index, fates.get(number)) },
      clock,
      random,
      (text) => {
        reports.deviceSays(id, text, device.onAir);
        toServer.send(text);
      },
    );
    const toDevice = new Channel(clock, plan.weather, random, (text) => device.receive(text));
    stage.devices.set(id, (text) => {
      try {
        requests.check(text, index);
      } catch (error) {
        // Who sends would not know what to do with it.
        complaint ??= error as Error;
      }
      toDevice.send(text);
    });
    devices.push(device);
  }

  // --- the power
  const crashes = [...plan.crashes];
  let steps = 0;
  stage.onStep = () => {
    steps += 1;
    if (crashes[0]?.step === steps) stage.crash();
  };

  // --- who asks, and hears
  const told = new Map<string, string>();
  const results = new Map<string, JobResult>();
  /** Jobs whose result could not be read. */
  const unread = new Set<string>();
  const follow = (job: Job): void => {
    const life = stage.outbox;
    const isHeard = (): boolean => stage.isAlive && stage.outbox === life;
    job.on('status', ({ to, state, at }) => {
      if (!isHeard() || ['queued', 'submitted', 'waiting'].includes(state)) return;
      if (state === 'delivered') return void reports.told.add(to);
      if (state === 'sent') reports.sent.add(to);
      const key = `${job.id} ${to}`;
      assert.ok(!told.has(key), `the result of ${to} is told twice by status`);
      told.set(key, `${state} ${at}`);
    });
    job.result.then(
      (result) => {
        if (!isHeard()) return;
        for (const { to, state, at, delivery } of result.results) {
          if (delivery) reports.told.add(to);
          const before = told.get(`${job.id} ${to}`);
          if (before !== undefined) assert.equal(`${state} ${at}`, before, `${to} was told before`);
        }
        if (results.has(job.id)) assert.deepEqual(result, results.get(job.id), 'the same result as before');
        results.set(job.id, result);
        life.told(job.id);
      },
      // The disk did not work. It is asked again, as a server does when its storage has healed.
      () => unread.add(job.id),
    );
  };
  const readAgain = async (): Promise<void> => {
    if (!stage.isAlive || unread.size === 0) return;
    for (const job of await stage.adopt(ORIGIN)) if (unread.delete(job.id)) follow(job);
  };
  const ask = (one: Asked): void => {
    one.state = 'asked';
    const life = stage.outbox;
    life.accept(one.request).then(
      (job) => {
        if (!stage.isAlive || stage.outbox !== life) return;
        one.state = 'accepted';
        assert.equal(job.total, one.to.length);
        follow(job);
      },
      (error: unknown) => {
        if (!stage.isAlive || stage.outbox !== life) return;
        assert.equal((error as { code?: string }).code, 'GOIP_STORAGE');
        one.state = 'refused';
      },
    );
  };
  const cancel = (one: Asked): void => {
    if (!stage.isAlive) return;
    const life = stage.outbox;
    one.submitted = submittedOnDisk(stage, one);
    life.cancel({ jobId: one.id }).then(
      (found) => {
        if (found.length > 0 && stage.isAlive && stage.outbox === life) one.cancelledAt = clock.now();
      },
      () => undefined,
    );
  };

  const startAgain = async ({ down, restarts, clockStep = 0 }: Crash): Promise<void> => {
    if (restarts) {
      for (const [index, device] of devices.entries()) {
        device.restart(BOOT_SECONDS);
        stage.silence(ids[index] ?? '');
        clock.after(BOOT_SECONDS * 1000, () => stage.restartNow(ids[index] ?? ''));
      }
    }
    clock.step({ seconds: clockStep });
    await stage.pass({ seconds: down });
    steps = 0;
    requests.serverHasRestarted();
    await stage.startAgain();
    reports.listen();
    for (const [index, one] of asked.entries()) {
      const isThere = stage.outbox.jobs().find(({ id }) => id === one.id);
      if (isThere) assert.equal(isThere.total, one.to.length, 'a job exists whole or not at all');
      if (one.state === 'accepted' && !results.has(one.id)) assert.ok(isThere, `${one.id} was accepted and is gone`);
      if (one.state === 'asked' && !isThere && !plan.jobs[index]?.asksAgain) one.state = 'refused';
      if (one.state !== 'not yet' && isThere) one.state = 'accepted';
      // Its submission was on its way to the disk when it was cancelled, and there it is.
      if (one.cancelledAt !== null) one.submitted = [...one.submitted, ...submittedOnDisk(stage, one)];
    }
    for (const job of await stage.adopt(ORIGIN)) follow(job);
    for (const one of asked) if (one.state === 'asked') ask(one);
  };

  reports.listen();
  for (const id of ids) await stage.keepalive(id);
  let seconds = 0;
  // All attempts may have to go out on one line.
  const limitedHours = hourLimit === 0 ? 0 : Math.ceil((fates.size * attempts) / hourLimit);
  const longestSeconds = 3600 * (LONGEST_HOURS + limitedHours);
  const isOver = (): boolean =>
    asked.every(({ id, state }) => results.has(id) || state === 'refused') || seconds > longestSeconds;
  while (!isOver() || !stage.isAlive) {
    for (const [index, { at, cancelAt }] of plan.jobs.entries()) {
      const one = asked[index];
      if (!one || !stage.isAlive) continue;
      if (one.state === 'not yet' && seconds >= at) ask(one);
      if (seconds === cancelAt) cancel(one);
    }
    for (const { at, by } of plan.clockSteps) if (seconds === at) clock.step({ seconds: by });
    await stage.pass({ seconds: 1 });
    if (complaint) throw complaint;
    seconds += 1;
    await readAgain();
    const [crash] = crashes;
    if (crash && !stage.isAlive) {
      crashes.shift();
      // The next run cannot know that this time has not passed, and that an SMS is not too old for a report.
      if (stage.unkeptStepMs >= REPORT_PATIENCE * 1000) reports.excuse(devices.flatMap((device) => device.onAir));
      await startAgain(crash);
    }
  }
  const stepsOfLastLife = steps;
  crashes.length = 0;
  assert.ok(
    seconds <= longestSeconds,
    `jobs without a final result: ${JSON.stringify(asked.filter(({ id }) => !results.has(id)))}`,
  );

  // Late copies do their worst, then the server is started once more: there must be nothing left to do.
  await stage.pass({ seconds: 150 });
  await readAgain();
  await stage.pass({ seconds: 150 });
  await stage.startAgain();
  for (const id of ids) await stage.keepalive(id);
  requests.isOver = true;
  await stage.pass({ seconds: 120 });
  assert.deepEqual(await stage.adopt(ORIGIN), [], 'nothing is told once more');
  for (const prefix of ['job/', 'part/', 'number/', 'refused/', 'session/', 'untold/'])
    assert.deepEqual(stage.disk.keys(prefix), [], 'nothing is left on the disk');
  for (const line of stage.lines) assert.deepEqual([line.sessions, line.sending], [0, 0]);

  if (complaint) throw complaint;
  reports.check();
  const onAir = devices.flatMap((device) => device.onAir);
  for (const number of fates.keys()) {
    const times = onAir.filter((other) => other === number).length;
    assert.ok(times <= 1, `${number} went on air ${times} times`);
  }
  for (const [id, result] of results) {
    const one = asked.find((other) => other.id === id);
    assert.ok(one);
    assert.deepEqual(
      result.results.map(({ to }) => to),
      one.to,
      'each number has one result',
    );
    for (const { to, state } of result.results) {
      const isOnAir = onAir.includes(to);
      if (state === 'sent') assert.ok(isOnAir, `${to} was reported sent`);
      else if (state !== 'unknown') assert.ok(!isOnAir, `${to} was reported ${state}`);
      const sentAt = requests.firstSendOf(to);
      if (one.cancelledAt !== null && sentAt !== undefined && !one.submitted.includes(to))
        assert.ok(sentAt <= one.cancelledAt + 1000 * (1 + delay), `${to} was submitted after it was cancelled`);
    }
  }
  return { steps: stepsOfLastLife, results };
}

/** Undefined for all lines. */
function placesOf(device: 'any' | 'first' | 'others', lines: number): readonly number[] | undefined {
  if (device === 'any' || lines < 2) return undefined;
  return device === 'first' ? [0] : Array.from({ length: lines - 1 }, (_, index) => index + 1);
}

function submittedOnDisk({ disk }: Stage, { id, to }: Asked): readonly string[] {
  const { content } = disk;
  const key = disk
    .keys('job/')
    .find((job) => (content[job] as { id: string }).id === id)
    ?.slice('job/'.length);
  return disk
    .keys(`number/${key}/`)
    .filter((number) => (content[number] as { state: string }).state === 'submitted')
    .map((number) => to[Number.parseInt(number.split('/')[2] ?? '', 36)] ?? '');
}
