/** The object that callers of `send` and owners of jobs get for a job. */
import { EventEmitter } from 'node:events';
import { GoipError } from '../../errors.js';
import { emitGuarded, type FaultReport } from '../../faults.js';
import type { EndedRecord, JobRecord } from './job-record.js';
import type { Job, JobResult, RecipientResult, RecipientStatus } from '../result.js';

/** A job that runs. It does not refer to the numbers, because it is kept for reports that may come long after the end. */
export class JobHandle extends EventEmitter<{ status: [RecipientStatus] }> implements Job {
  /** Made when somebody asks for the result. */
  #result: Settleable<JobResult> | undefined;
  #outcome: Outcome<JobResult> | undefined;
  /** Undefined once it was called, or the job has ended: it leads to the numbers. */
  #keep: (() => void) | undefined;
  #isFollowed = false;

  /** @param keep is called when somebody listens or asks for the result: the handle must not be lost from then on */
  constructor(
    private readonly record: JobRecord,
    readonly total: number,
    /** Receives what listeners throw. */
    private readonly fault: FaultReport,
    keep: () => void,
  ) {
    super();
    this.#keep = keep;
    // Node.js emits this event itself, so it is not in the type. All handles share the listener.
    (this as EventEmitter).on('newListener', JobHandle.#onListener);
  }

  static readonly #onListener = function (this: JobHandle): void {
    this.#noteFollowed();
  };

  get id(): string {
    return this.record.id;
  }

  get context(): unknown {
    return this.record.context;
  }

  get hasEnded(): boolean {
    return this.#outcome !== undefined;
  }

  /** Settles when every number has ended. */
  get result(): Promise<JobResult> {
    this.#noteFollowed();
    if (this.#result) return this.#result.promise;
    this.#result = settleable();
    if (this.#outcome) this.#result.settle(this.#outcome);
    return this.#result.promise;
  }

  announce(status: RecipientStatus): void {
    emitGuarded(this, 'status', [status], this.fault);
  }

  settle(outcome: Outcome<JobResult>): void {
    this.#outcome = outcome;
    this.#keep = undefined;
    this.#result?.settle(outcome);
  }

  /** Somebody has listened to it, or asked for its result, since it was made or offered. */
  get isFollowed(): boolean {
    return this.#isFollowed;
  }

  /** An owner is about to get the job. Whoever has followed it may be gone. */
  offered(): this {
    this.#isFollowed = false;
    return this;
  }

  #noteFollowed(): void {
    this.#isFollowed = true;
    this.#keep?.();
    this.#keep = undefined;
  }
}

/** Where ended jobs are read from. */
interface EndedJobs {
  ended(id: string): EndedRecord | undefined;
  resultsOf(record: EndedRecord): Promise<readonly RecipientResult[]>;
}

/** A job that had ended before its result was wanted. The result is read then. */
export class EndedJob extends EventEmitter<{ status: [RecipientStatus] }> implements Job {
  readonly hasEnded = true;
  #result: Promise<JobResult> | undefined;

  constructor(
    readonly id: string,
    readonly total: number,
    private readonly log: EndedJobs,
  ) {
    super();
  }

  /** @throws GoipError `GOIP_STORAGE` while the journal is out of order */
  get context(): unknown {
    return this.log.ended(this.id)?.context;
  }

  /** Rejects with `GOIP_STORAGE` while the journal is out of order. */
  get result(): Promise<JobResult> {
    this.#result ??= this.#read();
    return this.#result;
  }

  async #read(): Promise<JobResult> {
    const record = this.log.ended(this.id);
    if (!record) throw new GoipError('GOIP_STORAGE', 'the result of the job is no longer kept');
    return { ...record.result, results: await this.log.resultsOf(record) };
  }
}

type Outcome<T> = { readonly result: T } | { readonly error: Error };

interface Settleable<T> {
  readonly promise: Promise<T>;
  readonly settle: (outcome: Outcome<T>) => void;
}

/** As `Promise.withResolvers`, which Node.js has from version 22. */
function settleable<T>(): Settleable<T> {
  let settle: Settleable<T>['settle'] = () => undefined;
  const promise = new Promise<T>((resolve, reject) => {
    settle = (outcome) => ('result' in outcome ? resolve(outcome.result) : reject(outcome.error));
  });
  // Nobody has to wait for it.
  promise.catch(() => undefined);
  return { promise, settle };
}
