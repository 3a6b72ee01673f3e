import type { NodeMessage } from 'node-red';
import { sizeOfValue } from './size-of-value.js';

/** Node-RED passes these on and never copies them. */
const PASSED_ON: ReadonlySet<string> = new Set(['req', 'res']);

/** Names that JavaScript and Node-RED take for something else than a property of a message. */
const MISREAD: ReadonlySet<string> = new Set(['__proto__', 'hasOwnProperty']);

/**
 * Copies a message without the properties that cannot be read or copied: what a user has put there must not cost the message
 * itself.
 */
export function plainCopy(cloneMessage: (message: NodeMessage) => NodeMessage, message: object): NodeMessage {
  const copy: Record<string, unknown> = {};
  for (const name of namesIn(message)) {
    try {
      if (MISREAD.has(name)) continue;
      const value = (message as Record<string, unknown>)[name];
      if (PASSED_ON.has(name)) copy[name] = value;
      else if (sizeOfValue(value, Infinity) < Infinity)
        copy[name] = (cloneMessage({ value }) as { value?: unknown }).value;
    } catch {
      // The property is lost, the message is not.
    }
  }
  return copy;
}

/** Returns whether Node-RED can copy a message. The payload is not looked at: it is an answer of ours. */
export function isCopyable(cloneMessage: (message: NodeMessage) => NodeMessage, message: object): boolean {
  try {
    const { payload, ...rest } = message as NodeMessage;
    cloneMessage(rest);
    return !Object.keys(rest).some((name) => MISREAD.has(name));
  } catch {
    return false;
  }
}

/** The names of the properties of a message; none if it cannot be read. */
export function namesIn(message: object): readonly string[] {
  try {
    return Object.keys(message);
  } catch {
    return [];
  }
}
