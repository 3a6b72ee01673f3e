/** Memory that jobs take until their result was told, estimated. */
import { STEPS_OF_LOOK, type Work } from '../../time/pace.js';
import type { CheckedRequest, SendRequest } from './request.js';

/** Bytes of a job with what Node-RED keeps for it, and of a number on its way, in the list that it came from and in the result. */
const JOB_BYTES = 2500;
const NUMBER_BYTES = 600;

/** Strings have a head of this size, and a byte for each character or two. */
const STRING_BYTES = 24;

/** A value in an object or array, and the head of an object. Objects with many properties are hash tables. */
const VALUE_BYTES = 16;
const TABLE_VALUE_BYTES = 64;
const PROPERTIES_OF_TABLE = 12;
const OBJECT_BYTES = 56;

/** A string that a flow has put together is a tree of its parts, if it has so many characters (V8). */
const TREE_BYTES = 48;
const LEAST_TREE = 13;

/** Values that are counted between two looks at the pace. */
const VALUES_AT_ONCE = 100;

/** Node-RED's own objects in a message that came by HTTP: they hold connections, not data. */
const NOT_COUNTED: ReadonlySet<string> = new Set(['req', 'res']);

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

/**
 * Estimates the memory of what a caller holds until its job has ended, such as a message. The count ends once it is over
 * `most`. Numbers and text of the request itself are part of {@link bytesOf}. A step is a value.
 */
export function* heldBytes({ held, to, text }: SendRequest, most: number): Work<number> {
  const seen = new Set<unknown>();
  const open: unknown[] = [held];
  let bytes = 0;
  let steps = 0;
  while (open.length > 0 && bytes <= most) {
    const value = open.pop();
    if (typeof value === 'string' && value !== text) bytes += stringBytes(value) + treeBytes(value);
    if (typeof value !== 'object' || value === null || seen.has(value)) continue;
    seen.add(value);
    const items = itemsOf(value);
    const valueBytes = !Array.isArray(value) && items.length > PROPERTIES_OF_TABLE ? TABLE_VALUE_BYTES : VALUE_BYTES;
    bytes += OBJECT_BYTES + (ArrayBuffer.isView(value) ? value.byteLength : items.length * valueBytes);
    steps += 1 + items.length;
    if (steps >= VALUES_AT_ONCE) {
      yield steps;
      steps = 0;
    }
    for (const item of items) if (value !== to || typeof item === 'object') open.push(item);
  }
  return bytes;
}

/** The values in an object; none if it cannot be read. */
function itemsOf(value: object): readonly unknown[] {
  try {
    if (ArrayBuffer.isView(value)) return [];
    // A copy: reading the list itself may throw later.
    if (Array.isArray(value)) return (value as unknown[]).slice();
    if (value instanceof Map) return [...(value as Map<unknown, unknown>)].flat();
    if (value instanceof Set) return [...(value as Set<unknown>)];
    const names = Object.keys(value).filter((name) => !NOT_COUNTED.has(name));
    return names.map((name) => (value as Record<string, unknown>)[name]);
  } catch {
    return [];
  }
}

function treeBytes({ length }: string): number {
  return length < LEAST_TREE ? 0 : TREE_BYTES;
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
