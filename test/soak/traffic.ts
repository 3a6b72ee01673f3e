/** What goes on all the while: bursts of SMS, bulk jobs, impatient users, devices that restart. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Priority } from '../../src/index.js';
import { between, pick, type Random } from '../../src/simulator/random.js';
import { inventSms } from '../../src/simulator/traffic.js';
import type { OrderedJob } from './books.js';
import type { Life } from './life.js';
import { GROUPS, HOUR_LIMITS } from './lines.js';
import type { Radio } from './radio.js';
import type { Story, StoryFact } from './story.js';

/** Numbers that may be without a result: enough that every kill meets some, and not too many to be done in the end. */
const MOST_OPEN = 100;

interface Order {
  readonly tag: string;
  readonly to: readonly (string | { readonly number: string; readonly name: string })[];
  readonly payload: string;
  readonly goip?: { readonly jobId: string };
  readonly device?: string;
  readonly expire?: number;
  readonly priority?: Priority;
  readonly waitForReport?: number;
}

export class Traffic {
  readonly jobs = new Map<string, OrderedJob>();
  /** Orders that were given again, and orders to cancel. */
  repeats = 0;
  cancels = 0;
  /** Takes orders, if it has started. */
  life: Life | undefined;
  readonly #orders = new Map<string, Order>();
  readonly #accepted = new Set<string>();
  readonly #ended = new Set<string>();
  readonly #open = new Set<string>();
  #lastNumber = 0;
  #lastText = 0;
  #isOver = false;

  constructor(
    private readonly radio: Radio,
    private readonly story: Story,
    private readonly random: Random,
  ) {}

  /** Goes on until {@link end}. */
  async run(): Promise<void> {
    while (!this.#isOver) {
      await delay(between(this.random, [10, 80]));
      this.learn();
      this.#act();
    }
  }

  end(): void {
    this.#isOver = true;
  }

  /** Reads the story, as far as it has come. */
  learn(): void {
    for (const fact of this.story.read()) this.#note(fact);
  }

  /** Jobs that have a name or were accepted, and no result. */
  get unfinished(): string[] {
    return [...this.jobs.values()]
      .filter(({ tag, lastOrderedIn }) => !this.#ended.has(tag) && lastOrderedIn === undefined)
      .filter(({ tag, isNamed }) => isNamed || this.#accepted.has(tag))
      .map(({ tag }) => tag);
  }

  /**
   * Orders again what may never have been accepted: the only thing to do after a crash, and harmless. Without a name it is
   * not; such a job is given up.
   */
  repeatUncertain(): void {
    for (const { tag, isNamed } of this.jobs.values()) {
      if (this.#accepted.has(tag)) continue;
      if (isNamed) this.#repeat(tag);
      else this.#close(tag);
    }
  }

  /**
   * The journal is damaged, after this life: the server may have forgotten any job, and would send its numbers again if
   * somebody ordered it again.
   */
  repeatNoMore(life: number): void {
    for (const job of this.jobs.values()) {
      if (job.lastOrderedIn === undefined) this.jobs.set(job.tag, { ...job, lastOrderedIn: life });
      this.#orders.delete(job.tag);
      this.#close(job.tag);
    }
  }

  #note(fact: StoryFact): void {
    if (fact.kind === 'status' || fact.kind === 'result') this.#accepted.add(fact.tag);
    if (fact.kind !== 'result') return;
    this.#ended.add(fact.tag);
    this.#close(fact.tag);
  }

  #close(tag: string): void {
    this.#open.delete(tag);
  }

  get #openNumbers(): number {
    return [...this.#open].reduce((sum, tag) => sum + (this.jobs.get(tag)?.to.length ?? 0), 0);
  }

  #act(): void {
    const { random } = this;
    const die = random();
    if (die < 0.3) this.#burst();
    else if (die < 0.65) this.#newJob();
    else if (die < 0.7) this.#repeatAny();
    else if (die < 0.71) this.#cancelAny();
    else if (die < 0.73) void this.radio.gateway.line(this.#anyLine()).restart({ downtime: between(random, [0, 0.5]) });
  }

  /** SMS that come together; some with a text that the sender repeats, and then the recvid alone tells them apart. */
  #burst(): void {
    const { random, radio } = this;
    const line = this.#anyLine();
    for (let count = Math.ceil(between(random, [0, 6])); count > 0; count -= 1) {
      const { from, text } = inventSms(random);
      const isRepeated = random() < 0.2;
      this.#lastText += 1;
      if (isRepeated) void radio.receive(line, '+15550001', `ok ${radio.powerUps(line)}`);
      else void radio.receive(line, from, `${this.#lastText}: ${text}`);
    }
  }

  #newJob(): void {
    const { random } = this;
    if (!this.life || this.#openNumbers > MOST_OPEN) return;
    const tag = `job-${this.jobs.size + 1}`;
    const size = Math.ceil(between(random, pick(random, [0, 3], [0, 12], [0, 25])));
    const to = Array.from({ length: size }, () => this.#newNumber());
    const isNamed = random() < 0.8;
    const { device, lines } = this.#anyDevice();
    const names = random() < 0.2 ? to.map((number) => [number, pick(random, 'Ann', 'Bob', 'Eve')] as const) : undefined;
    const payload = `text of ${tag}${names ? ' for {{name}}' : ''}`;
    const order: Order = {
      tag,
      to: names?.map(([number, name]) => ({ number, name })) ?? to,
      payload,
      ...(isNamed ? { goip: { jobId: tag } } : {}),
      ...(device === undefined ? {} : { device }),
      ...(random() < 0.07 ? { expire: between(random, [0.3, 3]) } : {}),
      ...(random() < 0.5 ? { priority: pick(random, 'high', 'normal', 'low') } : {}),
      ...(random() < 0.3 ? { waitForReport: between(random, [0.3, 3]) } : {}),
    };
    const text = names ? new Map(names.map(([number, name]) => [number, `text of ${tag} for ${name}`])) : payload;
    this.jobs.set(tag, { tag, isNamed, to, text, lines, expires: order.expire !== undefined });
    this.#open.add(tag);
    this.#orders.set(tag, order);
    this.life.order(order);
  }

  /**
   * Somebody who does not wait for the result, or did not see that it was there. Half of the named jobs are never ordered
   * again once they were accepted: those must get on by themselves.
   */
  #repeatAny(): void {
    const tag = this.#anyJob();
    if (tag === undefined) return;
    if (!this.#accepted.has(tag) || Number(tag.slice('job-'.length)) % 2 === 0) this.#repeat(tag);
  }

  #cancelAny(): void {
    const tag = this.#anyJob();
    if (tag === undefined || this.#ended.has(tag)) return;
    this.cancels += 1;
    const job = this.jobs.get(tag);
    if (job) this.jobs.set(tag, { ...job, isCancelled: true });
    this.life?.order({ tag, action: 'cancel', jobId: tag });
  }

  #repeat(tag: string): void {
    const order = this.#orders.get(tag);
    if (!order || !this.life) return;
    this.repeats += 1;
    this.life.order(order);
  }

  /** One of the last that have a name. */
  #anyJob(): string | undefined {
    const named = [...this.jobs.values()].slice(-12).filter(({ isNamed }) => isNamed);
    return named[Math.floor(this.random() * named.length)]?.tag;
  }

  /** All lines, a group, or one: not one with a limit, whose numbers would have to wait for the next hour. */
  #anyDevice(): { readonly device?: string; readonly lines?: readonly string[] } {
    const die = this.random();
    if (die < 0.5) return {};
    const group = pick(this.random, 'plain', 'reporting');
    if (die < 0.75) return { device: group, lines: GROUPS.get(group) ?? [] };
    const line = this.#anyLine();
    return HOUR_LIMITS.has(line) ? {} : { device: line, lines: [line] };
  }

  #anyLine(): string {
    const { lines } = this.radio.gateway;
    return lines[Math.floor(this.random() * lines.length)]?.id ?? '';
  }

  #newNumber(): string {
    this.#lastNumber += 1;
    return `+8613${String(this.#lastNumber).padStart(9, '0')}`;
  }
}
