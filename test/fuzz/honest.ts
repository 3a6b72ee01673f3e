/** Honest lines and people who send SMS with them, all the while; and the books of what has to become of that. */
import { setTimeout as delay } from 'node:timers/promises';
import type { JobResult } from '../../src/index.js';
import { GoipSimulator, type DatagramEvent } from '../../src/simulator/index.js';
import { inventSms } from '../../src/simulator/traffic.js';
import { Dice } from './dice.js';
import { CALM, STORMY } from './lines.js';
import type { ServerProcess } from './server-process.js';
import type { RunningSession } from './talk.js';

const WEATHER = { loss: 0.06, duplicate: 0.06, reorder: 0.06, delay: [0, 3], holdBack: [5, 30] } as const;

/** Jobs that may be under way, and milliseconds between two things that honest people do. */
const MOST_JOBS = 6;
const PACE = 20;

/** Milliseconds for all to come to its end. */
const PATIENCE = 40_000;

/** The network refuses one number in eight. */
const REFUSED = 38;
const isRefused = (to: string): boolean => Number(to) % 8 === 3;

interface Inbound {
  readonly device: string;
  readonly recvid: string;
  readonly from: string;
  readonly text: string;
  acked: boolean | null;
}

interface Order {
  readonly to: readonly string[];
  readonly isCalm: boolean;
  result: JobResult | null;
}

export interface HonestFigures {
  readonly keepalives: number;
  /** Milliseconds from a keepalive to its ack, at most. */
  readonly longestAck: number;
  readonly sms: number;
  /** Copies of SMS that devices sent again. */
  readonly resent: number;
  readonly reports: number;
  readonly jobs: number;
  readonly numbers: Readonly<Record<'sent' | 'failed' | 'unknown', number>>;
  /** Session replies that calm lines sent in the wrong state. */
  readonly wrongReplies: number;
}

export class Honest {
  readonly #dice: Dice;
  readonly #calm: GoipSimulator;
  readonly #stormy: GoipSimulator;
  readonly #inbound: Inbound[] = [];
  readonly #delivered = new Map<string, number>();
  readonly #reports = new Map<string, number>();
  readonly #orders = new Map<string, Order>();
  /** Keepalives without an ack, with the time at which they were sent. */
  readonly #unacked = new Map<string, number>();
  readonly #running = new Map<number, RunningSession & { readonly line: string }>();
  #longestAck = 0;
  #keepalives = 0;
  #resent = 0;
  #wrongReplies = 0;
  #lastNumber = 0;
  #isOver = false;
  #living: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(
    private readonly server: ServerProcess,
    seed: number,
    private readonly complain: (complaint: string) => void,
  ) {
    this.#dice = new Dice(seed);
    const habits = {
      server: { host: server.address.address, port: server.address.port },
      seed,
      lineTime: 0.02,
      keepaliveInterval: 0.5,
      resendInterval: 0.6,
      failNumbers: (to: string) => (isRefused(to) ? REFUSED : null),
    };
    this.#calm = new GoipSimulator({ ...habits, lines: CALM, resendInterval: 3 });
    this.#stormy = new GoipSimulator({ ...habits, lines: STORMY, faults: WEATHER });
    this.#calm.on('datagram', (datagram) => this.#onCalmDatagram(datagram));
    for (const gateway of [this.#calm, this.#stormy])
      gateway.on('datagram', (datagram) => this.#followSession(datagram));
    server.on('sms', ({ device, recvid, from, text }) => this.#onSms(JSON.stringify([device, recvid, from, text])));
    server.on('event', ({ device, event, payload }) => this.#onEvent(JSON.stringify([device, event, payload])));
    server.on('result', (result) => this.#onResult(result));
  }

  /** Bulk sessions that are going on. */
  readonly running = (): readonly RunningSession[] => [...this.#running.values()];

  async start(): Promise<void> {
    const registered = Promise.all([this.#calm.whenRegistered(), this.#stormy.whenRegistered()]);
    await this.#calm.start();
    await this.#stormy.start();
    await registered;
    this.#living = this.#live();
  }

  /** Lets all that is under way come to its end, and balances the books. */
  async end(): Promise<void> {
    this.#isOver = true;
    await this.#living;
    const deadline = Date.now() + PATIENCE;
    while (!this.#isDone && !this.server.life.aborted && Date.now() < deadline) await delay(20);
    await Promise.all([this.#calm.stop(), this.#stormy.stop()]);
    if (!this.server.life.aborted) this.#balance();
  }

  async abandon(): Promise<void> {
    this.#isOver = true;
    await Promise.all([this.#living, this.#calm.stop(), this.#stormy.stop()]);
  }

  /** Replies that no session waits for, from lines that are where they should be. */
  replyWrongly(): void {
    const sessions = [...this.#running.values()];
    if (sessions.length === 0) return;
    const line = this.#calm.line(this.#dice.pick(CALM).id);
    const { sendid, telid, line: owner } = this.#dice.pick(sessions);
    const isOwn = owner === line.id;
    // Of its own session only what that has had, or cannot mean the number in hand: anything else would be true.
    const replies = isOwn
      ? [`PASSWORD ${sendid}\n`, `SEND ${sendid}\n`, `OK ${sendid} ${telid + 5}\n`, `WAIT ${sendid} ${telid + 5}\n`]
      : [
          `OK ${sendid} ${telid}\n`,
          `DONE ${sendid}\n`,
          `ERROR ${sendid} SENDID\n`,
          `ERROR ${sendid} ${telid} errorstatus:1\n`,
        ];
    this.#wrongReplies += 1;
    line.sendRaw(this.#dice.pick(replies));
  }

  get figures(): HonestFigures {
    const numbers = { sent: 0, failed: 0, unknown: 0 };
    for (const { result } of this.#orders.values()) {
      numbers.sent += result?.sent ?? 0;
      numbers.failed += result?.failed ?? 0;
      numbers.unknown += result?.unknown ?? 0;
    }
    return {
      keepalives: this.#keepalives,
      longestAck: this.#longestAck,
      sms: this.#inbound.length,
      resent: this.#resent,
      reports: this.#reports.size,
      jobs: this.#orders.size,
      numbers,
      wrongReplies: this.#wrongReplies,
    };
  }

  async #live(): Promise<void> {
    while (!this.#isOver && !this.server.life.aborted) {
      await delay(PACE);
      const die = this.#dice.below(10);
      if (die < 5) void this.#receive();
      else if (die < 7) void this.#report();
      else if (this.#openJobs < MOST_JOBS) this.#order();
    }
  }

  async #receive(): Promise<void> {
    const gateway = this.#dice.chance(0.6) ? this.#calm : this.#stormy;
    const line = this.#dice.pick(gateway.lines);
    const sms = inventSms(() => this.#dice.below(2 ** 30) / 2 ** 30);
    const text = `${this.#inbound.length}: ${sms.text}`;
    this.#waiting += 1;
    const outcome = line.receiveSms({ from: sms.from, text });
    const recvid = gateway.received.at(-1)?.recvid ?? '';
    const inbound: Inbound = { device: line.id, recvid, from: sms.from, text, acked: null };
    this.#inbound.push(inbound);
    const { acked, copies, error } = await outcome;
    inbound.acked = acked;
    this.#resent += copies - 1;
    this.#waiting -= 1;
    if (error === 'unauthorized' || (!acked && gateway === this.#calm)) {
      this.complain(`${line.id} was told ${error} about ${JSON.stringify(text)}`);
    }
  }

  async #report(): Promise<void> {
    const line = this.#dice.pick(this.#calm.lines);
    const number = this.#newNumber();
    this.#waiting += 1;
    const outcome = line.notify({ kind: 'STATE', state: 'DIALING', number });
    const { acked, recvid } = await outcome;
    this.#waiting -= 1;
    const told = JSON.stringify([line.id, 'state', { recvid, state: 'DIALING', number }]);
    this.#reports.set(told, this.#reports.get(told) ?? 0);
    if (!acked) this.complain(`a report of ${line.id} was not acked`);
  }

  #order(): void {
    const id = `job-${this.#orders.size + 1}`;
    const isCalm = this.#dice.chance(0.6);
    const to = Array.from({ length: 1 + this.#dice.small(isCalm ? 11 : 2) }, () => this.#newNumber());
    const lines = isCalm ? CALM : [...CALM, ...STORMY];
    const device = this.#dice.chance(0.3) ? [this.#dice.pick(lines).id] : lines.map((line) => line.id);
    this.#orders.set(id, { to, isCalm, result: null });
    this.server.send({ id, to, text: `text of ${id}`, device });
  }

  #onCalmDatagram({ line, direction, text }: DatagramEvent): void {
    const [, verb, count] = /^\W*(req|reg):(\d+);/.exec(text) ?? [];
    if (verb === undefined) return;
    const key = `${line}:${count}`;
    if (direction === 'toServer') {
      this.#keepalives += 1;
      this.#unacked.set(key, performance.now());
      return;
    }
    const sentAt = this.#unacked.get(key);
    if (sentAt === undefined) this.complain(`${line} got an ack that it did not wait for: ${text}`);
    else this.#longestAck = Math.max(this.#longestAck, performance.now() - sentAt);
    this.#unacked.delete(key);
  }

  #followSession({ line, direction, text }: DatagramEvent): void {
    if (direction !== 'toDevice') return;
    const [verb, id = '', telid = ''] = text.split(/[ \n]/, 3);
    const sendid = Number(id);
    if (verb === 'MSG' || verb === 'PASSWORD') this.#running.set(sendid, { line, sendid, telid: 1 });
    else if (verb === 'SEND') this.#running.set(sendid, { line, sendid, telid: Number(telid) });
    else if (verb === 'DONE') this.#running.delete(sendid);
  }

  #onSms(sms: string): void {
    this.#delivered.set(sms, (this.#delivered.get(sms) ?? 0) + 1);
  }

  #onEvent(event: string): void {
    this.#reports.set(event, (this.#reports.get(event) ?? 0) + 1);
  }

  #onResult(result: JobResult): void {
    const order = this.#orders.get(result.id);
    if (!order || order.result) this.complain(`a result of ${result.id}, which nobody waits for`);
    else order.result = result;
  }

  get #openJobs(): number {
    return [...this.#orders.values()].filter(({ result }) => result === null).length;
  }

  get #isDone(): boolean {
    const isRadioSilent = [...this.#calm.lines, ...this.#stormy.lines].every(({ queue }) => queue === 0);
    return this.#openJobs === 0 && this.#waiting === 0 && this.#unacked.size === 0 && isRadioSilent;
  }

  #balance(): void {
    for (const [keepalive] of this.#unacked) this.complain(`keepalive ${keepalive} was not acked`);
    this.#balanceSms();
    this.#balanceReports();
    this.#balanceJobs();
  }

  #balanceSms(): void {
    const known = new Set<string>();
    for (const { device, recvid, from, text, acked } of this.#inbound) {
      const name = JSON.stringify([device, recvid, from, text]);
      known.add(name);
      const times = this.#delivered.get(name) ?? 0;
      if (times > 1 || (acked === true && times === 0)) this.complain(`delivered ${times} times: ${name}`);
    }
    for (const name of this.#delivered.keys())
      if (!known.has(name)) this.complain(`delivered, but never sent: ${name}`);
  }

  /** Each line comes online once, and each report is told once; nothing else happens to honest lines. */
  #balanceReports(): void {
    for (const [event, times] of this.#reports) {
      const [device, kind, payload] = JSON.parse(event) as [string, string, { number?: string }];
      // Some of their numbers are refused, and those may well come one after the other.
      if (kind === 'line-failing' || kind === 'line-recovered') continue;
      const isExpected = kind === 'online' || (kind === 'state' && payload.number !== undefined);
      if (!isExpected) this.complain(`${device} ${kind}: ${event}`);
      else if (times !== 1) this.complain(`told ${times} times: ${event}`);
    }
    const online = [...this.#reports.keys()].filter((event) => event.includes('"online",'));
    // The line of the barriers comes online, too.
    if (online.length !== CALM.length + STORMY.length + 1) this.complain(`came online: ${online.join(', ')}`);
  }

  #balanceJobs(): void {
    const onAir = [...this.#calm.onAir, ...this.#stormy.onAir];
    const aired = new Set(onAir.map(({ to }) => to));
    if (aired.size !== onAir.length) this.complain('numbers on air twice');
    const ordered = new Map([...this.#orders].flatMap(([id, { to }]) => to.map((number) => [number, id] as const)));
    for (const { to, text } of onAir) {
      if (text !== `text of ${ordered.get(to) ?? ''}`) this.complain(`on air to ${to}: ${text}`);
    }
    for (const [id, { to, isCalm, result }] of this.#orders) {
      if (result?.results.map((one) => one.to).join() !== to.join()) {
        this.complain(`the result of ${id} is ${JSON.stringify(result)}`);
        continue;
      }
      for (const one of result.results) {
        const right = isRefused(one.to) ? `failed ${REFUSED} false` : 'sent null true';
        const told = `${one.state} ${one.errorstatus} ${aired.has(one.to)}`;
        // On a network that loses the answers, a result may never be learnt.
        if (told !== right && (isCalm || one.state !== 'unknown')) this.complain(`${id}: ${JSON.stringify(one)}`);
      }
    }
  }

  #newNumber(): string {
    this.#lastNumber += 1;
    return `49151${String(this.#lastNumber).padStart(8, '0')}`;
  }
}
