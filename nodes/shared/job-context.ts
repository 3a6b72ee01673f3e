/** What of a message is kept with its job, to be sent on with the result after a restart. */
import type { NodeMessage } from 'node-red';
import { namesIn } from './plain-copy.js';
import { sizeOfValue } from './size-of-value.js';

/** Longest JSON of all properties, in characters. */
const LONGEST_CONTEXT = 16_384;

/** Values in a property whose JSON may be short enough. */
const MOST_VALUES = 8192;

/** Recipients in `to`: the job itself has the list, so only a few numbers are kept a second time. */
const MOST_RECIPIENTS = 20;

export function contextOf(message: NodeMessage): unknown {
  const kept: string[] = [];
  for (const name of namesIn(message)) {
    const json = NOT_KEPT.has(name) ? undefined : jsonOf(name, message);
    if (json !== undefined) kept.push(`${JSON.stringify(name)}:${json}`);
  }
  const json = `{${kept.join(',')}}`;
  return json.length <= LONGEST_CONTEXT ? (JSON.parse(json) as unknown) : null;
}

const NOT_KEPT: ReadonlySet<string> = new Set(['payload', 'req', 'res']);

/** Undefined for a property that is too large, is circular, or cannot be read. */
function jsonOf(name: string, message: object): string | undefined {
  try {
    const value = (message as Record<string, unknown>)[name];
    const most = name === 'to' ? MOST_RECIPIENTS : MOST_VALUES;
    return sizeOfValue(value, MOST_VALUES) <= most ? JSON.stringify(value) : undefined;
  } catch {
    return undefined;
  }
}

/** Returns the message of a job whose own did not survive, from its context. */
export function messageOf(context: unknown): NodeMessage {
  const properties = (context ?? {}) as NodeMessage & { goip?: object };
  return { ...properties, goip: { ...properties.goip, redelivered: true } };
}
