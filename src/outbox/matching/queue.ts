/**
 * Numbers that wait for a line. Those that may go out on the same lines are in one pool, where the jobs take turns: a line
 * that is free takes from the job that was served longest ago, the more urgent first.
 */
import type { Priority } from '../result.js';
import type { Recipient } from '../numbers/recipient.js';
import type { OutboxJob } from '../numbers/job.js';
import { keptFor, Pool, Turn, TurnsOfJobs, type Route } from './pool.js';

export class NumberQueue {
  readonly #pools = new Map<string, Pool>();
  /** Pools that name their lines, by line, and those of all lines but a few. */
  readonly #named = new Map<string, Set<Pool>>();
  readonly #wide = new Set<Pool>();
  readonly #turns = new TurnsOfJobs();
  #size = 0;
  #stamp = 0;

  get size(): number {
    return this.#size;
  }

  get pools(): IterableIterator<Pool> {
    return this.#pools.values();
  }

  /** Puts a number where its route leads, behind those of its job. */
  add(job: OutboxJob, recipient: Recipient, route: Route): Pool {
    const pool = this.#pool(route);
    this.#turn(job, pool).push(recipient);
    this.#count(pool, 1);
    return pool;
  }

  /** Gives back a number that was taken: it is the next one of its job again. */
  putBack(job: OutboxJob, recipient: Recipient, route: Route): Pool {
    const pool = this.#pool(route);
    this.#turn(job, pool).unshift(recipient);
    this.#count(pool, 1);
    return pool;
  }

  /** The turn that is due on a line, of those that it may take. @param priorities the first one first */
  due(line: string, priorities: readonly Priority[], mayTake: (turn: Turn) => boolean): Turn | undefined {
    for (const priority of priorities) {
      let first: Turn | undefined;
      for (const pool of this.#poolsOf(line)) {
        let turn = pool.turns[priority].first;
        while (turn && !(first && first.stamp < turn.stamp)) {
          const { behind } = turn;
          if (mayTake(turn)) {
            first = turn;
            break;
          }
          turn = behind;
        }
      }
      if (first) return first;
    }
    return undefined;
  }

  /** What else a job has in the pool of one of its numbers. */
  turnOf(job: OutboxJob, pool: Pool): Turn | undefined {
    return this.#turns.get(job, pool);
  }

  /** Takes the next number of a turn; the other jobs come first then. */
  take(turn: Turn): Recipient {
    const recipient = turn.shift();
    if (turn.size > 0) this.#enter(turn);
    else this.#forget(turn);
    this.#count(turn.pool, -1);
    return recipient;
  }

  /** Takes all numbers of a job, or those of the pools that are meant. */
  takeAll(job: OutboxJob, isMeant: (pool: Pool) => boolean = () => true): Recipient[] {
    const taken: Recipient[] = [];
    for (const turn of this.#turns.of(job)) {
      if (!isMeant(turn.pool)) continue;
      this.#forget(turn);
      const numbers = turn.takeAll();
      this.#count(turn.pool, -numbers.length);
      // Spread over arguments, a hundred thousand would overflow the stack.
      for (const number of numbers) taken.push(number);
    }
    return taken.sort((one, other) => one.index - other.index);
  }

  /** Takes all numbers that are kept for a line, with their jobs. */
  takeKept(line: string): (readonly [job: OutboxJob, recipients: readonly Recipient[]])[] {
    const pool = this.#pools.get(keyOf(keptFor(line)));
    if (!pool) return [];
    return this.#turns.jobsIn(pool).map((job) => [job, this.takeAll(job, (one) => one === pool)]);
  }

  /** Lets a job wait without a turn until {@link release}. */
  hold(job: OutboxJob): void {
    for (const turn of this.#turns.of(job)) this.holdTurn(turn);
  }

  /** Likewise, for one turn of a job. */
  holdTurn(turn: Turn): void {
    turn.pool.turns[turn.job.priority].delete(turn);
  }

  release(job: OutboxJob): void {
    for (const turn of this.#turns.of(job)) this.#enter(turn);
  }

  /** Numbers that may go out on a line. */
  waitingFor(line: string): number {
    let waiting = 0;
    for (const pool of this.#poolsOf(line)) waiting += pool.size;
    return waiting;
  }

  *#poolsOf(line: string): IterableIterator<Pool> {
    yield* this.#named.get(line) ?? [];
    for (const pool of this.#wide) if (pool.has(line)) yield pool;
  }

  #pool(route: Route): Pool {
    const key = keyOf(route);
    const known = this.#pools.get(key);
    if (known) return known;
    const pool = new Pool(key, route);
    this.#pools.set(key, pool);
    if (!pool.lines) this.#wide.add(pool);
    for (const line of pool.lines ?? []) {
      const pools = this.#named.get(line) ?? new Set();
      this.#named.set(line, pools.add(pool));
    }
    return pool;
  }

  #turn(job: OutboxJob, pool: Pool): Turn {
    const known = this.#turns.get(job, pool);
    if (known) return known;
    const turn = new Turn(job, pool);
    this.#turns.add(turn);
    if (!job.isPaused) this.#enter(turn);
    return turn;
  }

  #enter(turn: Turn): void {
    this.#stamp += 1;
    turn.stamp = this.#stamp;
    turn.pool.turns[turn.job.priority].add(turn);
  }

  #forget(turn: Turn): void {
    turn.pool.turns[turn.job.priority].delete(turn);
    this.#turns.delete(turn);
  }

  #count(pool: Pool, change: number): void {
    pool.size += change;
    this.#size += change;
    if (pool.size > 0) return;
    this.#pools.delete(pool.key);
    this.#wide.delete(pool);
    for (const line of pool.lines ?? []) {
      const pools = this.#named.get(line);
      pools?.delete(pool);
      if (pools?.size === 0) this.#named.delete(line);
    }
  }
}

/** Of the lines of a route; most routes share the array, which may be long. */
const linesKeys = new WeakMap<readonly string[], string>();

/** No id holds a `;`. */
function keyOf({ lines, except, isKept }: Route): string {
  if (isKept) return `;${lines?.join(';')}`;
  let key = '*';
  if (lines) {
    key = linesKeys.get(lines) ?? lines.join(';');
    linesKeys.set(lines, key);
  }
  return except.length === 0 ? key : `${key};;${[...except].sort().join(';')}`;
}
