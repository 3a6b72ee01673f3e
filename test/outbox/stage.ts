/** An outbox with lines and a virtual clock, and what goes in and out of it as text. */
import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { DeviceList } from '../../src/devices.js';
import { LineRegistry } from '../../src/lines/registry.js';
import type { Address, Line } from '../../src/lines/line.js';
import type { Job, JobResult, RecipientStatus } from '../../src/outbox/job.js';
import { Outbox } from '../../src/outbox/outbox.js';
import type { SendRequest } from '../../src/outbox/request.js';
import { formatServerMessage, parseDeviceMessage } from '../../src/protocol/index.js';
import { SendIds } from '../../src/sessions/sendids.js';
import { settingsFrom, type ServerOptions, type Settings } from '../../src/settings.js';
import { VirtualClock } from '../sessions/virtual-clock.js';

/** Here the first sendid is 1. */
const START = Date.UTC(2026, 0, 1);

export interface StageOptions extends ServerOptions {
  /** Device ids; the password of each is `password1`. */
  readonly ids?: readonly string[];
}

/** A job with the diary of its statuses: `+1 queued`. */
export interface WatchedJob {
  readonly job: Job;
  readonly statuses: RecipientStatus[];
  /** The diary since the last time. */
  readonly news: () => string[];
  /** Ends the test where the job has not ended. */
  readonly result: () => Promise<JobResult>;
}

export class Stage {
  readonly clock = new VirtualClock(START);
  readonly settings: Settings;
  readonly lines: LineRegistry;
  readonly outbox: Outbox;
  /** Takes over what goes out on a line. */
  readonly devices = new Map<string, (datagram: string) => void>();
  readonly #wire: { readonly line: string; readonly text: string }[] = [];
  /** Lines that send keepalives, with their fields and counter. */
  readonly #alive = new Map<string, { fields: string; count: number }>();

  constructor({ ids = ['a'], ...options }: StageOptions = {}) {
    this.settings = settingsFrom(options);
    this.lines = new LineRegistry(
      new DeviceList(
        ids.map((id) => ({ id, password: 'password1' })),
        undefined,
      ),
    );
    this.outbox = new Outbox({
      lines: this.lines,
      settings: this.settings,
      clock: this.clock,
      sendIds: new SendIds(this.clock.now()),
      send: (line, request) => {
        const text = formatServerMessage(request);
        this.#wire.push({ line: line.id, text: text.trimEnd() });
        this.devices.get(line.id)?.(text);
      },
      isOfflineForSure: (line) =>
        this.clock.now() - Math.max(START, line.lastSeen ?? 0) >= this.settings.offlineAfterMs,
    });
  }

  /** A stage whose lines are all online. */
  static online(options: StageOptions = {}): Stage {
    const stage = new Stage(options);
    for (const line of stage.lines) stage.keepalive(line.id);
    return stage;
  }

  line(id = 'a'): Line {
    const line = this.lines.get(id);
    assert.ok(line);
    return line;
  }

  /** A line says that it is there, and goes on saying so every 30 s. */
  keepalive(id: string, fields = 'gsm_status:LOGIN;'): void {
    this.#alive.set(id, { fields, count: (this.#alive.get(id)?.count ?? 0) + 1 });
    this.#heard(id);
  }

  /** A line loses power, and comes back with a counter that begins again. */
  restart(id: string): void {
    this.#alive.set(id, { fields: 'gsm_status:LOGIN;', count: 1 });
    this.#heard(id);
  }

  /** A line sends no more keepalives. */
  silence(id: string): void {
    this.#alive.delete(id);
  }

  addressOf(id: string): Address {
    return { address: '192.0.2.1', port: 9000 + [...this.lines].findIndex((line) => line.id === id) };
  }

  /** The device answers. */
  say(id: string, ...datagrams: string[]): void {
    for (const datagram of datagrams) assert.ok(this.hears(datagram, this.addressOf(id)), `${datagram} is taken`);
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
        return this.outbox.reply(reply, from);
      default:
        throw new Error(`not a reply of a session: ${datagram}`);
    }
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
  opens(id: string): number {
    const sendid = this.sendid(id);
    this.say(id, `PASSWORD ${sendid}`, `SEND ${sendid}`);
    return sendid;
  }

  /** Of the MSG that has just gone out on a line. */
  sendid(id: string): number {
    const [datagram, ...more] = this.sent(id);
    const match = /^MSG (\d+) /.exec(datagram ?? '');
    assert.ok(match && more.length === 0, `one MSG on ${id}, not ${JSON.stringify([datagram, ...more])}`);
    return Number(match[1]);
  }

  async accept(request: Partial<SendRequest> & { readonly to: unknown }): Promise<WatchedJob> {
    const watched = this.acceptNow(request);
    await turn();
    return watched;
  }

  /** A job that is accepted and has not begun. */
  acceptNow(request: Partial<SendRequest> & { readonly to: unknown }): WatchedJob {
    const job = this.outbox.accept({ text: 'hello', ...request });
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
  pass({ seconds }: { readonly seconds: number }): void {
    for (let second = 0; second < seconds; second += 1) {
      this.clock.pass({ seconds: Math.min(1, seconds - second) });
      const now = this.clock.now();
      for (const [id, alive] of this.#alive) {
        if (now - (this.line(id).lastSeen ?? 0) < 30_000) continue;
        alive.count += 1;
        this.#heard(id);
      }
      this.lines.sweep(now - this.settings.offlineAfterMs, now);
      this.outbox.sweep();
    }
  }

  #heard(id: string): void {
    const { fields, count } = this.#alive.get(id) ?? { fields: '', count: 1 };
    const keepalive = parseDeviceMessage(`req:${count};id:${id};pass:password1;${fields}`);
    assert.equal(keepalive.kind, 'req');
    const outcome = this.lines.heard(keepalive, this.addressOf(id), this.clock.now());
    if (outcome?.restarted) this.outbox.lineRestarted(outcome.line);
    this.outbox.dispatch();
  }
}

/** What became of the numbers, in one line each. */
export function resultsOf({ results }: JobResult): string[] {
  return results.map(({ to, state, code, device }) => [to, state, code, device].filter(Boolean).join(' '));
}
