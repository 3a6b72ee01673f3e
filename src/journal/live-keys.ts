/**
 * The keys of what a journal must not lose, in a form that is short enough for its mark. After a damage the keys that are left
 * are compared with it. Counts alone are not enough: deletions get lost as well, and an entry that comes back makes up for one
 * that is lost.
 */
import { hash } from 'node:crypto';
import { JOBS, RESULTS, SMS } from './keys.js';

/** What is counted: acked SMS, accepted jobs, and results that were not acknowledged yet. */
export const COUNTED = ['sms', 'jobs', 'results'] as const;
export type Counted = (typeof COUNTED)[number];

export const PREFIX_OF: Readonly<Record<Counted, string>> = { sms: SMS, jobs: JOBS, results: RESULTS };

/** All keys of one kind. */
export interface KeySummary {
  readonly count: number;
  /** Sum of the digests of all keys. */
  readonly sum: number;
  /** The digest of each key; null if there are more than {@link MOST_LISTED}. */
  readonly digests: readonly number[] | null;
}

export type KeySummaries = Readonly<Record<Counted, KeySummary>>;

/** Keys of one kind that are listed one by one. Our choice: the mark is written with each batch. */
export const MOST_LISTED = 1000;

export class LiveKeys {
  readonly #keys = { sms: new KeySet(), jobs: new KeySet(), results: new KeySet() };

  constructor(keys: Iterable<string> = []) {
    for (const key of keys) this.note({ type: 'put', key });
  }

  note({ type, key }: { readonly type: 'put' | 'del'; readonly key: string }): void {
    const kind = COUNTED.find((one) => key.startsWith(PREFIX_OF[one]));
    if (kind === undefined) return;
    if (type === 'put') this.#keys[kind].add(digestOf(key));
    else this.#keys[kind].delete(digestOf(key));
  }

  get summaries(): KeySummaries {
    const { sms, jobs, results } = this.#keys;
    return { sms: sms.summary, jobs: jobs.summary, results: results.summary };
  }
}

/** Digests have 48 bits, so that a sum of two is an exact number. */
const DIGITS = 12;
const RANGE = 2 ** 48;

const digestOf = (key: string): number => Number.parseInt(hash('sha256', key).slice(0, DIGITS), 16);

class KeySet {
  readonly #digests = new Set<number>();
  #sum = 0;

  add(digest: number): void {
    if (this.#digests.has(digest)) return;
    this.#digests.add(digest);
    this.#sum = (this.#sum + digest) % RANGE;
  }

  delete(digest: number): void {
    if (this.#digests.delete(digest)) this.#sum = (this.#sum - digest + RANGE) % RANGE;
  }

  get summary(): KeySummary {
    const count = this.#digests.size;
    return { count, sum: this.#sum, digests: count > MOST_LISTED ? null : [...this.#digests] };
  }
}

/** How many keys are lost. */
export interface Loss {
  /** Null if the number cannot be known. */
  readonly count: number | null;
  /** More may be lost. */
  readonly isAtLeast: boolean;
}

/**
 * Compares the keys that are left with all that there were.
 *
 * @param accounted keys that are not lost although they are missing, because they were deleted since then
 * @param isCurrent whether the summary was made after the last change
 */
export function lossOf(
  before: KeySummary,
  found: readonly string[],
  accounted: readonly string[],
  isCurrent: boolean,
): Loss {
  if (before.digests) {
    const known = new Set([...found, ...accounted].map(digestOf));
    return { count: before.digests.filter((digest) => !known.has(digest)).length, isAtLeast: false };
  }
  const keys = new KeySet();
  for (const key of found) keys.add(digestOf(key));
  const { count, sum } = keys.summary;
  if (count === before.count && sum === before.sum) return { count: 0, isAtLeast: false };
  const fewer = before.count - count;
  return fewer > 0 && isCurrent ? { count: fewer, isAtLeast: true } : { count: null, isAtLeast: false };
}
