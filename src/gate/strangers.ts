/** What it costs to fail: a source that gives wrong credentials gets ever fewer answers, and has to pause. */
import {
  ERROR_ANSWERS,
  ERROR_ANSWER_INTERVAL,
  FAILURES_FORGIVEN,
  FAILURE_FORGOTTEN,
  GUESSES_FORGIVEN,
  GUESS_FORGOTTEN,
  LONGEST_PAUSE,
  SOURCES_REMEMBERED,
} from '../parameters.js';
import { networkOf } from '../net/addresses.js';
import { BoundedMap } from '../net/bounded-map.js';

/** A bucket that drains with time: how full it is, and when that was. */
interface Bucket {
  level: number;
  at: number;
}

interface Failures extends Bucket {
  pausedUntil: number;
}

export class Strangers {
  /** Failed attempts by network and, where it is a known id that is tried, that id. */
  readonly #failures = new BoundedMap<string, Failures>(SOURCES_REMEMBERED);
  /** Replies with ids that were not used, by network. */
  readonly #guesses = new BoundedMap<string, Bucket>(SOURCES_REMEMBERED);
  /** Error answers by network. */
  readonly #answers = new BoundedMap<string, Bucket>(SOURCES_REMEMBERED);

  /**
   * Must a source wait before its credentials count again? Known ids each have a pause of their own: the sixteen lines of a
   * box share an address, and one with a wrong password must not take the others down.
   */
  isPaused(address: string, knownId: string | undefined, now: number): boolean {
    if (this.#failures.size === 0) return false;
    return now < (this.#failures.get(keyOf(address, knownId))?.pausedUntil ?? 0);
  }

  /** After the failures that are forgiven, each one doubles the pause. A device that fails at every keepalive never gets there. */
  failed(address: string, knownId: string | undefined, now: number): void {
    const key = keyOf(address, knownId);
    const failures = this.#failures.get(key) ?? { level: 0, at: now, pausedUntil: 0 };
    drain(failures, now, FAILURE_FORGOTTEN);
    failures.level = Math.min(failures.level + 1, MOST_FAILURES);
    const pause = failures.level <= FAILURES_FORGIVEN ? 0 : 2 ** (failures.level - FAILURES_FORGIVEN - 1);
    failures.pausedUntil = now + Math.min(pause, LONGEST_PAUSE) * 1000;
    this.#failures.set(key, failures);
  }

  /** A source sent a reply with ids that were not used. Returns whether it has sent so many that somebody guesses. */
  guessed(address: string, now: number): boolean {
    const key = networkOf(address);
    const guesses = this.#guesses.get(key) ?? { level: 0, at: now };
    drain(guesses, now, GUESS_FORGOTTEN);
    guesses.level = Math.min(guesses.level + 1, MOST_GUESSES);
    this.#guesses.set(key, guesses);
    return guesses.level > GUESSES_FORGIVEN;
  }

  /** May a stranger be told of its error? A few times; else we would send what it wants to whom it pretends to be. */
  mayAnswer(address: string, now: number): boolean {
    const key = networkOf(address);
    const answers = this.#answers.get(key) ?? { level: 0, at: now };
    drain(answers, now, ERROR_ANSWER_INTERVAL);
    if (answers.level > ERROR_ANSWERS - 1) return false;
    answers.level += 1;
    this.#answers.set(key, answers);
    return true;
  }
}

/** The same: an attack counts as over some minutes after its last datagram. */
const MOST_GUESSES = 2 * GUESSES_FORGIVEN;

/** More would only make the way back longer. */
const MOST_FAILURES = FAILURES_FORGIVEN + Math.ceil(Math.log2(LONGEST_PAUSE)) + 1;

function drain(bucket: Bucket, now: number, seconds: number): void {
  bucket.level = Math.max(0, bucket.level - (now - bucket.at) / (seconds * 1000));
  bucket.at = now;
}

/** No id holds a line end. */
function keyOf(address: string, knownId: string | undefined): string {
  return knownId === undefined ? networkOf(address) : `${networkOf(address)}\n${knownId}`;
}
