/** Which number goes out on which line. A number waits in the pool of its lines, and a free line takes the one that is due. */
import type { Clock } from '../../time/clock.js';
import type { Line } from '../../lines/line.js';
import type { LineRegistry } from '../../lines/registry.js';
import { NUMBERS_PER_TURN } from '../../parameters.js';
import type { OutboxJob } from '../numbers/job.js';
import type { NumberEvent } from '../numbers/life.js';
import type { Recipient } from '../numbers/recipient.js';
import type { Ledger } from '../progress/ledger.js';
import type { Progress } from '../progress/progress.js';
import type { OutboxSettings } from '../settings.js';
import { forcedOutcome, unroutable } from './endings.js';
import type { Pool, Route, Turn } from './pool.js';
import type { NumberQueue } from './queue.js';
import type { Routes } from './routes.js';
import type { StickyLines } from './sticky.js';
import { Turns } from './turns.js';

/** A number that a line has taken. */
export interface Match {
  readonly job: OutboxJob;
  readonly recipient: Recipient;
  readonly pool: Pool;
}

export interface MatchingPorts {
  readonly lines: LineRegistry;
  readonly routes: Routes;
  readonly queue: NumberQueue;
  readonly sticky: StickyLines;
  readonly progress: Progress;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly settings: Pick<OutboxSettings, 'sessionsPerLine' | 'isPersistent'>;
  /** Numbers wait in these pools: their lines may have work. */
  waiting(pools: Iterable<Pool>): void;
  /** A line may have work. */
  serve(line: Line): void;
  /** Lets many numbers wait again, in slices. */
  requeue(job: OutboxJob, recipients: readonly Recipient[]): void;
}

export class Matching {
  readonly #turns: Turns;
  /** Numbers that lines have taken. */
  #taken = 0;
  #isClosing = false;

  constructor(private readonly ports: MatchingPorts) {
    const { lines, queue, sticky, clock } = ports;
    this.#turns = new Turns({
      ...{ lines, queue, sticky, clock },
      serve: (line) => ports.serve(line),
      troubled: (line) => this.releaseKept(line),
    });
  }

  /** Lines take no more numbers. Those that come back end at once, unless the next run goes on with them. */
  close(): void {
    this.#isClosing = true;
    this.#turns.close();
  }

  get isEmpty(): boolean {
    return this.ports.queue.size === 0;
  }

  get pools(): readonly Pool[] {
    return [...this.ports.queue.pools];
  }

  /** Lets numbers wait for a line, in order. Numbers without a candidate line fail. Returns the pools in which they wait. */
  queue(job: OutboxJob, recipients: readonly Recipient[]): Set<Pool> {
    const pools = new Set<Pool>();
    for (const recipient of recipients) for (const pool of this.#queueOne(job, recipient, 'last')) pools.add(pool);
    return pools;
  }

  /** Applies an event to a number, and lets it wait again if that follows. Returns the pool in which it waits then. */
  advance(job: OutboxJob, recipient: Recipient, event: NumberEvent): Pool[] {
    switch (this.ports.progress.handle(job, recipient, event)) {
      case undefined:
        return [];
      case 'save-refusal':
        void this.#saveRefusal(job, recipient);
        return [];
      case 'queue':
        return this.#queueOne(job, recipient, 'last');
      case 'queue-first':
        return this.#queueOne(job, recipient, 'first');
    }
  }

  /** A session has ended before it sent this number. Returns the pool in which the number waits then. */
  giveBack(job: OutboxJob, recipient: Recipient): Pool[] {
    return this.advance(job, recipient, { type: 'returned', ending: this.#forcedOutcome(job) });
  }

  /** The journal knows of a refusal before another line does, or a crash could lose who has refused. */
  async #saveRefusal(job: OutboxJob, recipient: Recipient): Promise<void> {
    await this.ports.ledger.saveRefusal(job, recipient);
    const event = { type: 'refusal-saved', ending: this.#forcedOutcome(job) } as const;
    this.ports.waiting(this.advance(job, recipient, event));
  }

  #forcedOutcome(job: OutboxJob): ReturnType<typeof forcedOutcome> {
    return forcedOutcome(job, this.#isClosing && !this.ports.settings.isPersistent);
  }

  #queueOne(job: OutboxJob, recipient: Recipient, place: 'first' | 'last'): Pool[] {
    const route = this.#routeOf(job, recipient);
    if (!this.#hasNoCandidate(route))
      return [this.ports.queue[place === 'first' ? 'putBack' : 'add'](job, recipient, route)];
    return this.advance(job, recipient, { type: 'ended', ending: unroutable(job, recipient) });
  }

  /** The number that is due on a line, which takes it. */
  takeDue(line: Line): Match | undefined {
    const turn = this.#turns.dueOn(line);
    return turn && this.#take(turn, line);
  }

  /**
   * The number that a session goes on with: the next one of its job, unless another job is due.
   * @param pool where the last number of the session waited
   * @param taken numbers that the session has taken
   */
  takeNext(job: OutboxJob, line: Line, pool: Pool | undefined, text: string, taken: number): Recipient | undefined {
    const turn = this.#isClosing ? undefined : this.#turns.nextOf(job, line, pool, text, taken);
    return turn && this.#take(turn, line).recipient;
  }

  #take(turn: Turn, line: Line): Match {
    const { sticky, queue, clock } = this.ports;
    const { job, pool } = turn;
    const recipient = queue.take(turn);
    this.advance(job, recipient, { type: 'taken' });
    this.#taken += 1;
    line.turnTaken(this.#taken, clock.now());
    if (sticky.isOn) sticky.assign(recipient.to, line.id);
    return { job, recipient, pool };
  }

  isFree(line: Line): boolean {
    return line.readiness === 'ready' && line.sessions < this.ports.settings.sessionsPerLine;
  }

  /** Free lines of a pool. The one served longest ago comes first, or single SMS would always come from the same SIM. */
  freeLinesIn(pool: Pool): readonly Line[] {
    const lines = this.#turns.linesIn(pool).filter((line) => this.isFree(line));
    return lines.sort((one, other) => one.lastTurn - other.lastTurn);
  }

  /** Lines that may send a number, without those that have refused it or its job, and without `except`. */
  candidatesFor(job: OutboxJob, recipient: Recipient, except: string): readonly Line[] {
    return this.#candidates(this.#routeOf(job, recipient)).filter(({ id }) => id !== except);
  }

  /** A line cannot send for a while: numbers that are kept for it go to other lines. */
  releaseKept(line: Line): void {
    this.#requeue(this.ports.queue.takeKept(line.id));
  }

  /** A job has excluded a line: its numbers go to other lines. */
  reroute(job: OutboxJob, line: Line): void {
    this.#requeue([[job, this.ports.queue.takeAll(job, (pool) => pool.has(line.id))]]);
  }

  #requeue(numbers: readonly (readonly [job: OutboxJob, recipients: readonly Recipient[]])[]): void {
    for (const [job, recipients] of numbers) {
      if (recipients.length > NUMBERS_PER_TURN) this.ports.requeue(job, recipients);
      else this.ports.waiting(this.queue(job, recipients));
    }
  }

  #routeOf(job: OutboxJob, { to, tried }: Recipient): Route {
    const lines = this.ports.routes.linesFor(to, job.record.devices);
    if (job.refusals.size === 0 && tried.length === 0) return { lines, except: NO_LINES };
    const refused = tried.filter(({ state }) => state === 'failed').map(({ device }) => device);
    return { lines, except: [...new Set([...job.refusals.keys(), ...refused])] };
  }

  #candidates({ lines, except }: Route): readonly Line[] {
    return this.ports.lines.named(lines).filter(({ id }) => !except.includes(id));
  }

  /** Whether every line has refused. Lines that are not in the list may be there again after the next start. */
  #hasNoCandidate(route: Route): boolean {
    return route.except.length > 0 && this.#candidates(route).length === 0;
  }
}

const NO_LINES: readonly string[] = [];
