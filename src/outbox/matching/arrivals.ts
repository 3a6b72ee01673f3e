/**
 * Numbers on their way into the queue. A job may have a hundred thousand: they are announced and queued in slices, and the
 * jobs take turns, the more urgent first.
 */
import type { Clock } from '../../time/clock.js';
import { NUMBERS_PER_TURN } from '../../parameters.js';
import type { Pace } from '../../time/pace.js';
import type { OutboxJob } from '../numbers/job.js';
import type { Pool } from './pool.js';
import type { Recipient } from '../numbers/recipient.js';
import { PRIORITIES, type Priority } from '../result.js';

interface Arrival {
  readonly job: OutboxJob;
  readonly recipients: readonly Recipient[];
  /** The job is new, and says of each number that it is queued. */
  readonly isNew: boolean;
  /** Index of the first that has not arrived. */
  next: number;
  /** Numbers of the same job that came later. */
  behind: Arrival | undefined;
}

interface ArrivalsPorts {
  readonly clock: Clock;
  readonly pace: Pace;
  /** Queues numbers, and returns where. */
  queue(job: OutboxJob, recipients: readonly Recipient[]): Iterable<Pool>;
  /** Numbers were queued. */
  queued(pools: Iterable<Pool>): void;
}

/** Numbers in a slice: a fraction of a turn, so that other work goes on beside them. */
const SLICE = Math.ceil(NUMBERS_PER_TURN / 5);

export class Arrivals {
  /** By job; the one that is due comes first. */
  readonly #waiting: Readonly<Record<Priority, Map<OutboxJob, Arrival>>> = {
    high: new Map(),
    normal: new Map(),
    low: new Map(),
  };
  #size = 0;
  #isRunning = false;
  #isStarted = false;

  constructor(private readonly ports: ArrivalsPorts) {}

  /** Numbers that have not arrived. */
  get size(): number {
    return this.#size;
  }

  /** Until then nothing arrives. */
  start(): void {
    this.#isStarted = true;
    this.#run();
  }

  /** The first of them arrive in the next turn of the event loop, so that the caller of `send` can listen before. */
  add(job: OutboxJob, recipients: readonly Recipient[], isNew = false): void {
    if (recipients.length === 0) return;
    const waiting = this.#waiting[job.priority];
    const arrival = { job, recipients, isNew, next: 0, behind: undefined };
    const known = waiting.get(job);
    if (known) lastOf(known).behind = arrival;
    else waiting.set(job, arrival);
    this.#size += recipients.length;
    this.#run();
  }

  /** Takes back the numbers of a job that have not arrived. */
  takeAll(job: OutboxJob): Recipient[] {
    const waiting = this.#waiting[job.priority];
    const taken: Recipient[] = [];
    for (let arrival = waiting.get(job); arrival; arrival = arrival.behind)
      for (const recipient of arrival.recipients.slice(arrival.next)) taken.push(recipient);
    waiting.delete(job);
    this.#size -= taken.length;
    return taken;
  }

  #run(): void {
    if (this.#isRunning || !this.#isStarted || this.#size === 0) return;
    this.#isRunning = true;
    this.ports.clock.soon(() => void this.#arrive());
  }

  async #arrive(): Promise<void> {
    while (this.#size > 0) {
      await this.ports.pace.turn(SLICE);
      const pools = new Set<Pool>();
      let room = SLICE;
      for (const arrival of this.#inOrder()) {
        room -= this.#bringIn(arrival, room, pools);
        if (room <= 0) break;
      }
      this.ports.queued(pools);
    }
    this.#isRunning = false;
  }

  /** To be read on: to find the first one takes longer the more have arrived before. */
  *#inOrder(): Iterable<Arrival> {
    for (const priority of PRIORITIES) yield* this.#waiting[priority].values();
  }

  /** Returns how many numbers it has brought in. */
  #bringIn(arrival: Arrival, most: number, pools: Set<Pool>): number {
    const { job, recipients, isNew } = arrival;
    const waiting = this.#waiting[job.priority];
    const isWhole = arrival.next === 0 && recipients.length <= most;
    const slice = isWhole ? recipients : recipients.slice(arrival.next, arrival.next + most);
    if (isNew) {
      for (const recipient of slice) {
        job.announce(recipient);
        // A listener may have cancelled the job.
        if (waiting.get(job) !== arrival) return slice.length;
      }
    }
    arrival.next += slice.length;
    this.#size -= slice.length;
    // The other jobs come first now.
    waiting.delete(job);
    const left = arrival.next < recipients.length ? arrival : arrival.behind;
    if (left) waiting.set(job, left);
    for (const pool of this.ports.queue(job, slice)) pools.add(pool);
    return slice.length;
  }
}

function lastOf(arrival: Arrival): Arrival {
  let last = arrival;
  while (last.behind) last = last.behind;
  return last;
}
