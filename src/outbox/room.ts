/** Memory that jobs take until their result was told, estimated. */
import { STEPS_OF_LOOK, type Work } from '../time/pace.js';
import type { CheckedRequest } from './request.js';

/** Bytes of a job with what Node-RED keeps for it, and of a number on its way, in the list that it came from and in the result. */
const JOB_BYTES = 2500;
const NUMBER_BYTES = 600;

/** Strings have a head of this size, and a byte for each character or two. */
const STRING_BYTES = 24;

/** A parsed context takes a multiple of its JSON. */
const CONTEXT_FACTOR = 4;

/** The least that so many numbers take. */
export function leastBytesOf(numbers: number): number {
  return JOB_BYTES + numbers * NUMBER_BYTES;
}

/** @param text of all numbers, or one for each */
export function* bytesOf(
  numbers: number,
  text: CheckedRequest['text'] | Iterable<string>,
  context: unknown,
): Work<number> {
  let texts = 0;
  if (typeof text === 'string') texts = stringBytes(text);
  else {
    for (const one of text) {
      yield STEPS_OF_LOOK;
      texts += stringBytes(one);
    }
  }
  return leastBytesOf(numbers) + texts + contextBytes(context);
}

export function stringBytes(text: string): number {
  // A first character beyond Latin 1 doubles all of them.
  return STRING_BYTES + Math.max(text.length, Buffer.byteLength(text));
}

function contextBytes(context: unknown): number {
  if (context === undefined || context === null) return 0;
  try {
    return CONTEXT_FACTOR * JSON.stringify(context).length;
  } catch {
    return 0;
  }
}
