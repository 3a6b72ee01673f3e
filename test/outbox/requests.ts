/** What a server asks of its devices, over all its lives, and the rules for that. */
import assert from 'node:assert/strict';
import type { Clock } from '../../src/time/clock.js';
import { LOCAL_HOUR } from '../../src/time/local-time.js';
import { fateOn, type Wish } from './fates.js';

export interface RequestRules {
  readonly clock: Clock;
  readonly fates: ReadonlyMap<string, Wish>;
  /** Places of the lines that a number may go out on; undefined for all. */
  readonly linesOf: (number: string) => readonly number[] | undefined;
  readonly attempts: number;
  /** 0 for no limit. */
  readonly hourLimit: number;
  /** Seconds. */
  readonly pause: number;
  /** Seconds from the decision to send a number until it leaves: the disk takes its time. */
  readonly delay: number;
}

export class Requests {
  /** No more jobs: nothing but DONE may go out. */
  isOver = false;
  #lastSendid = 0;
  readonly #sendids = new Set<number>();
  /** By the number: its sessions and telids, one for each line. */
  readonly #submissions = new Map<string, Map<number, string>>();
  readonly #firstSends = new Map<string, number>();
  /** SMS by line and hour. */
  readonly #counts = new Map<string, number>();
  /** When the last SMS went out, by line; of this run only. */
  readonly #lastSends = new Map<number, number>();

  constructor(private readonly rules: RequestRules) {}

  /** @param line its place */
  check(text: string, line: number): void {
    const [verb, sendid = '', telid = '', number = ''] = text.trimEnd().split(' ');
    assert.ok(!this.isOver || verb === 'DONE', `${text} goes out after the last job`);
    if (verb === 'MSG') this.#open(Number(sendid));
    if (verb !== 'SEND') return;
    assert.ok(this.#sendids.has(Number(sendid)), 'a SEND belongs to a session that was opened');
    const ids = `${sendid} ${telid}`;
    const submissions = this.#submissions.get(number) ?? new Map<number, string>();
    assert.equal(submissions.get(line) ?? ids, ids, `${number} is submitted to the same line a second time`);
    if (!submissions.has(line)) this.#submit(number, line, [...submissions.keys()]);
    this.#submissions.set(number, submissions.set(line, ids));
  }

  /** A pause may begin later, and is then saved later, than the SMS that it follows: tests of their own look at restarts. */
  serverHasRestarted(): void {
    this.#lastSends.clear();
  }

  firstSendOf(number: string): number | undefined {
    return this.#firstSends.get(number);
  }

  #open(sendid: number): void {
    assert.ok(sendid >= this.#lastSendid || this.#sendids.has(sendid), `sendid ${sendid} after ${this.#lastSendid}`);
    this.#lastSendid = Math.max(this.#lastSendid, sendid);
    this.#sendids.add(sendid);
  }

  #submit(number: string, line: number, before: readonly number[]): void {
    const { clock, fates, linesOf, attempts, pause, delay } = this.rules;
    const now = clock.now();
    for (const other of before)
      assert.equal(fateOn(other, fates.get(number)), 'refused', `${number} goes to another line, not refused`);
    assert.ok(before.length < attempts, `${number} is submitted ${before.length + 1} times`);
    assert.ok(linesOf(number)?.includes(line) ?? true, `${number} goes to line ${line}`);
    if (!this.#firstSends.has(number)) this.#firstSends.set(number, now);

    this.#count(line, now);
    const gap = now - (this.#lastSends.get(line) ?? -Infinity);
    this.#lastSends.set(line, now);
    assert.ok(gap >= Math.floor((pause - delay) * 1000), `line ${line} pauses for ${gap} ms`);
  }

  #count(line: number, now: number): void {
    const { hourLimit, delay } = this.rules;
    const countOf = (time: number): number => this.#counts.get(`${line} ${LOCAL_HOUR.startOf(time)}`) ?? 0;
    // One that the disk has held up may belong to the hour before.
    const time = countOf(now - delay * 1000) < hourLimit ? now - delay * 1000 : now;
    const count = countOf(time) + 1;
    this.#counts.set(`${line} ${LOCAL_HOUR.startOf(time)}`, count);
    assert.ok(hourLimit === 0 || count <= hourLimit, `line ${line} sends ${count} SMS in an hour`);
  }
}
