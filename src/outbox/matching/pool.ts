import type { OutboxJob } from '../numbers/job.js';
import type { Priority } from '../result.js';
import type { Recipient } from '../numbers/recipient.js';

/** Where a number may go out. */
export interface Route {
  /** Device ids; null for every line. The same array for the same lines. */
  readonly lines: readonly string[] | null;
  /** Device ids of these that will not do. */
  readonly except: readonly string[];
  /** It is but one of the lines that would do: the one that the number went out on before. */
  readonly isKept?: boolean;
}

/** The route of numbers that are kept for a line until it cannot send. */
export function keptFor(line: string): Route {
  return { lines: [line], except: [], isKept: true };
}

/** Lines, and the jobs that wait for one of them. */
export class Pool {
  readonly #lines: ReadonlySet<string> | undefined;
  readonly #except: ReadonlySet<string>;
  readonly isKept: boolean;
  /** Served longest ago first. */
  readonly turns: Readonly<Record<Priority, TurnList>> = {
    high: new TurnList(),
    normal: new TurnList(),
    low: new TurnList(),
  };
  /** Numbers, those of jobs that are held back included. */
  size = 0;

  constructor(
    readonly key: string,
    { lines, except, isKept = false }: Route,
  ) {
    this.isKept = isKept;
    this.#lines = lines ? new Set(lines.filter((line) => !except.includes(line))) : undefined;
    this.#except = new Set(except);
  }

  /** Device ids; undefined for all but a few. */
  get lines(): ReadonlySet<string> | undefined {
    return this.#lines;
  }

  get isOfAll(): boolean {
    return !this.#lines && this.#except.size === 0;
  }

  has(line: string): boolean {
    return this.#lines ? this.#lines.has(line) : !this.#except.has(line);
  }
}

/** The numbers of one job in one pool, in order. Kept small: there may be a hundred thousand jobs. */
export class Turn {
  /** A list of one number would take as much memory as the turn itself. */
  #numbers: Recipient | Recipient[] | undefined;
  /** Index of the head in the list. */
  #next = 0;
  /** When it was served last, in turns. */
  stamp = 0;
  /** Neighbours in its {@link TurnList}, which alone changes them. */
  before: Turn | undefined;
  behind: Turn | undefined;

  constructor(
    readonly job: OutboxJob,
    readonly pool: Pool,
  ) {}

  get head(): Recipient {
    const recipient = Array.isArray(this.#numbers) ? this.#numbers[this.#next] : this.#numbers;
    if (!recipient) throw new Error('an empty turn was left in its pool');
    return recipient;
  }

  get size(): number {
    if (Array.isArray(this.#numbers)) return this.#numbers.length - this.#next;
    return this.#numbers ? 1 : 0;
  }

  push(recipient: Recipient): void {
    if (this.size === 0) this.#setOnly(recipient);
    else this.#list().push(recipient);
  }

  unshift(recipient: Recipient): void {
    if (this.size === 0) return this.#setOnly(recipient);
    const list = this.#list();
    if (this.#next > 0) list[--this.#next] = recipient;
    else list.unshift(recipient);
  }

  shift(): Recipient {
    const recipient = this.head;
    if (Array.isArray(this.#numbers)) this.#next += 1;
    else this.#numbers = undefined;
    return recipient;
  }

  takeAll(): Recipient[] {
    const all = this.size === 0 ? [] : this.#list().slice(this.#next);
    this.#numbers = undefined;
    this.#next = 0;
    return all;
  }

  #setOnly(recipient: Recipient): void {
    this.#numbers = recipient;
    this.#next = 0;
  }

  #list(): Recipient[] {
    if (!Array.isArray(this.#numbers)) this.#numbers = this.#numbers ? [this.#numbers] : [];
    return this.#numbers;
  }
}

/**
 * Turns in the order in which they are due. A Set would do, but looks at the place of each turn that has left before it finds
 * the first one.
 */
export class TurnList {
  #first: Turn | undefined;
  #last: Turn | undefined;

  get first(): Turn | undefined {
    return this.#first;
  }

  /** Puts a turn at the end, wherever it was in this list. */
  add(turn: Turn): void {
    this.delete(turn);
    turn.before = this.#last;
    if (this.#last) this.#last.behind = turn;
    else this.#first = turn;
    this.#last = turn;
  }

  /** Does nothing if the turn is not in this list. */
  delete(turn: Turn): void {
    const { before, behind } = turn;
    if (!before && this.#first !== turn) return;
    if (before) before.behind = behind;
    else this.#first = behind;
    if (behind) behind.before = before;
    else this.#last = before;
    turn.before = undefined;
    turn.behind = undefined;
  }
}

/** The turns of each job, by their pools. */
export class TurnsOfJobs {
  /** Most jobs have one turn. */
  readonly #turns = new Map<OutboxJob, Turn | Map<Pool, Turn>>();

  of(job: OutboxJob): readonly Turn[] {
    const turns = this.#turns.get(job);
    if (!turns) return [];
    return turns instanceof Turn ? [turns] : [...turns.values()];
  }

  get(job: OutboxJob, pool: Pool): Turn | undefined {
    const turns = this.#turns.get(job);
    if (turns instanceof Turn) return turns.pool === pool ? turns : undefined;
    return turns?.get(pool);
  }

  add(turn: Turn): void {
    const { job, pool } = turn;
    const turns = this.#turns.get(job);
    if (!turns) this.#turns.set(job, turn);
    else if (turns instanceof Turn) this.#turns.set(job, new Map([turns, turn].map((one) => [one.pool, one])));
    else turns.set(pool, turn);
  }

  delete({ job, pool }: Turn): void {
    const turns = this.#turns.get(job);
    if (turns instanceof Map) {
      turns.delete(pool);
      if (turns.size > 0) return;
    }
    this.#turns.delete(job);
  }

  /** Jobs that have a turn in a pool. */
  jobsIn(pool: Pool): OutboxJob[] {
    return [...this.#turns.keys()].filter((job) => this.get(job, pool) !== undefined);
  }
}
