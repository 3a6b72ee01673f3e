/**
 * Numbers on their way into the queue. A job may have a hundred thousand: they are announced and queued in slices, and the
 * jobs take turns, the more urgent first.
 */
import type { Clock } from '../clock.js';
import { NUMBERS_PER_TURN } from '../parameters.js';
import type { Pace } from '../pace.js';
import type { OutboxJob } from './job.js';
import type { Pool } from './queue.js';
import type { Recipient } from './recipient.js';
import { PRIORITIES, type Priority } from './result.js';

interface Arrival {
  readonly job: OutboxJob;
  readonly recipients: readonly Recipient[];
  /** The job is new, and says of each number that it is queued. */
  readonly isNew: boolean;
  /** Index of the first that has not arrived. */
  next: number;
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
  readonly #waiting: Readonly<Record<Priority, Set<Arrival>>> = { high: new Set(), normal: new Set(), low: new Set() };
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
    this.#waiting[job.priority].add({ job, recipients, isNew, next: 0 });
    this.#size += recipients.length;
    this.#run();
  }

  /** Takes back the numbers of a job that have not arrived. */
  takeAll(job: OutboxJob): Recipient[] {
    if (this.#size === 0) return [];
    const taken: Recipient[] = [];
    for (const arrival of this.#waiting[job.priority]) {
      if (arrival.job !== job) continue;
      this.#waiting[job.priority].delete(arrival);
      for (const recipient of arrival.recipients.slice(arrival.next)) taken.push(recipient);
    }
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
      for (let room = SLICE; room > 0;) {
        const arrival = this.#first();
        if (!arrival) break;
        room -= this.#bringIn(arrival, room, pools);
      }
      this.ports.queued(pools);
    }
    this.#isRunning = false;
  }

  #first(): Arrival | undefined {
    for (const priority of PRIORITIES) for (const arrival of this.#waiting[priority]) return arrival;
    return undefined;
  }

  /** Returns how many numbers it has brought in. */
  #bringIn(arrival: Arrival, most: number, pools: Set<Pool>): number {
    const { job, recipients, isNew } = arrival;
    const waiting = this.#waiting[job.priority];
    const slice = recipients.slice(arrival.next, arrival.next + most);
    if (isNew) {
      for (const recipient of slice) {
        job.announce(recipient);
        // A listener may have cancelled the job.
        if (!waiting.has(arrival)) return slice.length;
      }
    }
    arrival.next += slice.length;
    this.#size -= slice.length;
    // The other jobs come first now.
    waiting.delete(arrival);
    if (arrival.next < recipients.length) waiting.add(arrival);
    for (const pool of this.ports.queue(job, slice)) pools.add(pool);
    return slice.length;
  }
}
