/** What of a message is kept with its job, to be sent on with the result after a restart. */
import type { NodeMessage } from 'node-red';
import type { Job } from '../src/index.js';
import { sizeOfValue } from './size-of-value.js';

/** Longest JSON of all properties, in characters. */
const LONGEST_CONTEXT = 16_384;

/** Values in a property whose JSON may be short enough. */
const MOST_VALUES = 8192;

/** Recipients in `to`: the job itself has the list, so only a few numbers are kept a second time. */
const MOST_RECIPIENTS = 20;

export function contextOf(message: NodeMessage): unknown {
  const { payload, req, res, ...rest } = message as NodeMessage & { req?: unknown; res?: unknown };
  const kept = Object.entries(rest).filter(
    ([name, value]) => sizeOfValue(value, MOST_VALUES) <= (name === 'to' ? MOST_RECIPIENTS : MOST_VALUES),
  );
  try {
    const json = JSON.stringify(Object.fromEntries(kept));
    return json.length <= LONGEST_CONTEXT ? (JSON.parse(json) as unknown) : null;
  } catch {
    // A circular message or one with a BigInt is not kept.
    return null;
  }
}

/** Returns the message of a job whose own did not survive. */
export function messageOf(job: Job): NodeMessage {
  const context = (job.context ?? {}) as NodeMessage & { goip?: object };
  return { ...context, goip: { ...context.goip, redelivered: true } };
}
