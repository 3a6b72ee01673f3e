/** An outbox with lines, a disk and a virtual clock, and what goes in and out of it as text. */
import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../src/time/clock.js';
import { DeviceList } from '../../src/lines/devices.js';
import { Journal } from '../../src/journal/journal.js';
import type { LimitOptions } from '../../src/lines/limit-options.js';
import type { Line } from '../../src/lines/line.js';
import type { LineState } from '../../src/lines/line-state.js';
import type { Address } from '../../src/net/address.js';
import { LineRegistry } from '../../src/lines/registry.js';
import type { Job, JobResult, RecipientStatus } from '../../src/outbox/result.js';
import { Outbox } from '../../src/outbox/outbox.js';
import { Routes } from '../../src/outbox/matching/routes.js';
import type { SendRequest } from '../../src/outbox/accepting/request.js';
import { formatServerMessage, parseDeviceMessage } from '../../src/protocol/index.js';
import { SendIds } from '../../src/sessions/sendids.js';
import { settingsFrom, type ServerOptions, type Settings } from '../../src/config/settings.js';
import { TimeKeeper } from '../../src/journal/time-keeper.js';
import { Timeline, type KeptTime } from '../../src/time/timeline.js';
import { VirtualClock } from '../sessions/virtual-clock.js';
import { Disk } from './disk.js';

/** Here the first sendid is 1. */
const START = Date.UTC(2026, 0, 1);

export interface StageOptions extends ServerOptions {
  /** Device ids; the password of each is `password1`. */
  readonly ids?: readonly string[];
  /** Groups by device id. */
  readonly groups?: Readonly<Record<string, string>>;
  /** Limits by device id, where they differ from those of all. */
  readonly limits?: Readonly<Record<string, LimitOptions>>;
  /** Milliseconds in which results and reports can be taken back. */
  readonly settleMs?: number;
  /** Numbers in one record of the journal. */
  readonly numbersPerRecord?: number;
  /** Do jobs outlive the outbox? */
  readonly persistent?: boolean;
}

export type Request = Partial<SendRequest> & { readonly to: unknown };

/** A job with the diary of its statuses: `+1 queued`. */
export interface WatchedJob {
  readonly job: Job;
  readonly statuses: RecipientStatus[];
  /** The diary since the last time. */
  readonly news: () => string[];
  /** Ends the test where the job has not ended. */
  readonly result: () => Promise<JobResult>;
}

/** What lives from a start of the server to its end. */
interface Life {
  readonly clock: LifeClock;
  readonly timeline: Timeline;
  /** When it has read the journal. */
  began: number;
  readonly time: TimeKeeper;
  readonly journal: Journal;
  readonly lines: LineRegistry;
  readonly outbox: Outbox;
}

/** The clock of one life: nothing rings after its end. */
class LifeClock implements Clock {
  isAlive = true;
  readonly #cancels = new Set<() => void>();

  constructor(private readonly clock: VirtualClock) {}

  now(): number {
    return this.clock.now();
  }

  wall(): number {
    return this.clock.wall();
  }

  after(ms: number, callback: () => void): () => void {
    if (!this.isAlive) return () => undefined;
    const cancel = this.clock.after(ms, () => {
      this.#cancels.delete(cancel);
      callback();
    });
    this.#cancels.add(cancel);
    return () => {
      this.#cancels.delete(cancel);
      cancel();
    };
  }

  soon(callback: () => void): void {
    this.clock.soon(() => {
      if (this.isAlive) callback();
    });
  }

  end(): void {
    this.isAlive = false;
    for (const cancel of this.#cancels) cancel();
  }
}

export class Stage {
  readonly clock = new VirtualClock(START);
  readonly disk = new Disk();
  readonly settings: Settings;
  /** Takes over what goes out on a line. */
  readonly devices = new Map<string, (datagram: string) => void>();
  /** Is called before and after each datagram leaves: a place to lose power. */
  onStep: (what: string) => void = () => undefined;
  /** What lines were told of: `a line-failing`. */
  readonly events: string[] = [];
  readonly #ids: readonly string[];
  readonly #wire: { readonly line: string; readonly text: string }[] = [];
  /** Lines that send keepalives, with their fields and counter. */
  readonly #alive = new Map<string, { fields: string; count: number; lastAt: number }>();
  #life: Life;

  private constructor(private readonly options: StageOptions) {
    const { ids = ['a'], persistent = false } = options;
    this.#ids = ids;
    this.settings = settingsFrom(options, persistent);
    this.disk.onStep = (what) => this.onStep(what);
    this.#life = this.#newLife(ids);
  }

  static async create(options: StageOptions = {}): Promise<Stage> {
    const stage = new Stage(options);
    await stage.#load();
    return stage;
  }

  /** A stage whose lines are all online. */
  static async online(options: StageOptions = {}): Promise<Stage> {
    const stage = await Stage.create(options);
    for (const line of stage.lines) await stage.keepalive(line.id);
    return stage;
  }

  get outbox(): Outbox {
    return this.#life.outbox;
  }

  get lines(): LineRegistry {
    return this.#life.lines;
  }

  get journal(): Journal {
    return this.#life.journal;
  }

  get isAlive(): boolean {
    return this.#life.clock.isAlive;
  }

  line(id = 'a'): Line {
    const line = this.lines.get(id);
    assert.ok(line);
    return line;
  }

  /** As `goip status` shows it. */
  state(id = 'a'): LineState {
    return this.line(id).state(this.outbox.waitingFor(id), this.#life.timeline.now());
  }

  /** Milliseconds by which the wall clock was set forward without the journal's knowledge: to the next run, time that has passed. */
  get unkeptStepMs(): number {
    const kept = this.disk.content['time'] as KeptTime | undefined;
    return this.clock.wall() - this.#life.timeline.now() - (kept?.offset ?? 0);
  }

  /** kill -9, or no more power: from now on nothing leaves the server, or gets to its disk. */
  crash(): void {
    this.#life.clock.end();
  }

  /**
   * A new server on the disk of the one before, which has crashed or is closed. Its lines have to be heard of.
   * @param ids its lines, where they are others
   */
  async startAgain({ ids = this.#ids }: { readonly ids?: readonly string[] } = {}): Promise<void> {
    this.crash();
    this.#life = this.#newLife(ids);
    await this.#load();
  }

  /** A line says that it is there, and goes on saying so every 30 s. */
  async keepalive(id: string, fields = 'gsm_status:LOGIN;'): Promise<void> {
    this.#alive.set(id, { fields, count: (this.#alive.get(id)?.count ?? 0) + 1, lastAt: this.clock.now() });
    await this.clock.settle();
    this.#heard(id);
    await this.clock.settle();
  }

  /** A line loses power, and comes back with a counter that begins again. */
  async restart(id: string): Promise<void> {
    this.restartNow(id);
    await this.clock.settle();
  }

  restartNow(id: string): void {
    this.#alive.set(id, { fields: 'gsm_status:LOGIN;', count: 1, lastAt: this.clock.now() });
    this.#heard(id);
  }

  /** A line sends no more keepalives. */
  silence(id: string): void {
    this.#alive.delete(id);
  }

  addressOf(id: string): Address {
    return { address: '192.0.2.1', port: 9000 + this.#ids.indexOf(id) };
  }

  /** The device answers. */
  async say(id: string, ...datagrams: string[]): Promise<void> {
    for (const datagram of datagrams) {
      assert.ok(this.hears(datagram, this.addressOf(id)), `${datagram} is taken`);
      await this.clock.settle();
    }
  }

  /** Does a session take this datagram? */
  hears(datagram: string, from: Address): boolean {
    const reply = parseDeviceMessage(datagram);
    switch (reply.kind) {
      case 'PASSWORD':
      case 'SEND':
      case 'OK':
      case 'WAIT':
      case 'ERROR':
      case 'DONE':
        return this.isAlive && this.outbox.reply(reply, from).outcome === 'taken';
      default:
        throw new Error(`not a reply of a session: ${datagram}`);
    }
  }

  /** A delivery report; resolves when the device may be told that it has arrived. */
  async report(
    id: string,
    smsNo: number,
    status: number,
    number: string | null = null,
    recvid?: string,
  ): Promise<void> {
    const saved = this.outbox.delivered(this.line(id), smsNo, status, number, recvid);
    saved.catch(() => undefined);
    await this.clock.settle();
    return saved;
  }

  /** What went out since the last time, on this line or as `line: …` on all. */
  sent(id?: string): string[] {
    const news = this.#wire.splice(0);
    if (id === undefined) return news.map(({ line, text }) => `${line}: ${text}`);
    const [mine, others] = [news.filter(({ line }) => line === id), news.filter(({ line }) => line !== id)];
    this.#wire.push(...others);
    return mine.map(({ text }) => text);
  }

  /** The device opens the session that MSG asks for; returns its sendid. */
  async opens(id: string): Promise<number> {
    const sendid = this.sendid(id);
    await this.say(id, `PASSWORD ${sendid}`, `SEND ${sendid}`);
    return sendid;
  }

  /** Of the MSG that has just gone out on a line. */
  sendid(id: string): number {
    const [datagram, ...more] = this.sent(id);
    const match = /^MSG (\d+) /.exec(datagram ?? '');
    assert.ok(match && more.length === 0, `one MSG on ${id}, not ${JSON.stringify([datagram, ...more])}`);
    return Number(match[1]);
  }

  /** A job that has begun. */
  async accept(request: Request): Promise<WatchedJob> {
    const accepting = this.acceptNow(request);
    accepting.catch(() => undefined);
    await this.clock.settle();
    return accepting;
  }

  /** A job that is about to be accepted. */
  async acceptNow(request: Request): Promise<WatchedJob> {
    return this.watch(await this.outbox.accept({ text: 'hello', ...request }));
  }

  /** Jobs of an origin; none if the server crashes meanwhile. */
  async adopt(origin: string): Promise<Job[]> {
    const adopting = this.outbox.adopt(origin);
    const jobs = await Promise.race([adopting, turn(undefined)]);
    if (jobs) return jobs;
    await this.clock.settle();
    return Promise.race([adopting, turn([])]);
  }

  watch(job: Job): WatchedJob {
    const statuses: RecipientStatus[] = [];
    let read = 0;
    job.on('status', (status) => statuses.push(status));
    return {
      job,
      statuses,
      news: () => statuses.slice(read, (read = statuses.length)).map(({ to, state }) => `${to} ${state}`),
      result: async () => {
        const result = await Promise.race([job.result, turn(undefined)]);
        assert.ok(result, 'the job has not ended');
        return result;
      },
    };
  }

  /** Time passes as it does for a server: with keepalives, and a sweep every second. */
  async pass({ seconds }: { readonly seconds: number }): Promise<void> {
    for (let second = 0; second < seconds; second += 1) {
      await this.clock.pass({ seconds: Math.min(1, seconds - second) });
      const now = this.clock.now();
      if (this.isAlive) this.#life.time.look();
      for (const [id, alive] of this.#alive) {
        if (now - alive.lastAt < 30_000) continue;
        alive.count += 1;
        alive.lastAt = now;
        this.#heard(id);
      }
      if (!this.isAlive) continue;
      const time = this.#life.timeline.now();
      for (const line of this.lines.sweep(time - this.settings.offlineAfterMs, time)) this.outbox.lineOffline(line);
      this.outbox.sweep();
      await this.clock.settle();
    }
  }

  /** Time passes at once until the local clock shows this for the next time; then all lines say that they are there. */
  async passTo(hour: number, minute = 0): Promise<void> {
    const wanted = new Date(this.clock.now());
    wanted.setHours(hour, minute, 0, 0);
    if (wanted.getTime() < this.clock.now()) wanted.setDate(wanted.getDate() + 1);
    await this.clock.pass({ seconds: (wanted.getTime() - this.clock.now()) / 1000 });
    for (const { id } of this.lines) await this.keepalive(id);
  }

  /** Nothing is left to be done, but what the journal does by itself. */
  async assertQuiet(): Promise<void> {
    await this.clock.pass({ seconds: 0.5 });
    assert.equal(this.clock.pending, 0, 'no timer is left behind');
  }

  #newLife(ids: readonly string[]): Life {
    const clock = new LifeClock(this.clock);
    const journal = new Journal(
      this.disk.storeFor(() => clock.isAlive),
      clock,
    );
    const devices = new DeviceList(
      ids.map((id) => ({
        id,
        password: 'password1',
        group: this.options.groups?.[id],
        limits: this.options.limits?.[id],
      })),
      { limits: this.options },
    );
    const timeline = new Timeline(clock);
    const time = new TimeKeeper(timeline, journal);
    const lines = new LineRegistry(devices, undefined, timeline.wall);
    const life = { clock, timeline, time, journal, lines, began: timeline.now() };
    const outbox = new Outbox({
      settleMs: this.options.settleMs ?? 0,
      lines,
      routes: new Routes(devices, this.options.routes),
      tell: (kind, line) => this.events.push(`${line.id} ${kind}`),
      journal,
      numbersPerRecord: this.options.numbersPerRecord,
      settings: this.settings,
      clock: timeline,
      sendIds: new SendIds(clock.wall()),
      send: (line, request) => {
        const text = formatServerMessage(request);
        if (clock.isAlive) this.onStep(`before ${text.trimEnd()}`);
        if (!clock.isAlive) return;
        this.#wire.push({ line: line.id, text: text.trimEnd() });
        this.devices.get(line.id)?.(text);
        this.onStep(`after ${text.trimEnd()}`);
      },
      isOfflineForSure: (line) =>
        timeline.now() - Math.max(life.began, line.lastSeen ?? 0) >= this.settings.offlineAfterMs,
    });
    return Object.assign(life, { outbox });
  }

  async #load(): Promise<void> {
    await this.journal.open();
    await this.#life.time.load();
    this.#life.began = this.#life.timeline.now();
    await this.outbox.load();
  }

  #heard(id: string): void {
    if (!this.isAlive) return;
    const { fields, count } = this.#alive.get(id) ?? { fields: '', count: 1 };
    const keepalive = parseDeviceMessage(`req:${count};id:${id};pass:password1;${fields}`);
    assert.equal(keepalive.kind, 'req');
    const outcome = this.lines.heard(keepalive, this.addressOf(id), this.#life.timeline.now());
    if (outcome?.restarted) this.outbox.lineRestarted(outcome.line);
    if (outcome?.cameOnline) this.outbox.lineOnline(outcome.line);
    if (outcome && !outcome.stale) this.outbox.serve(outcome.line);
  }
}

/** What became of the numbers, in one line each. */
export function resultsOf({ results }: JobResult): string[] {
  return results.map(({ to, state, code, device }) => [to, state, code, device].filter(Boolean).join(' '));
}
