import type { NodeMessage } from 'node-red';
import { sizeOfValue } from './size-of-value.js';

/** Node-RED passes these on and never copies them. */
const PASSED_ON: ReadonlySet<string> = new Set(['req', 'res']);

/**
 * Copies a message without the properties that cannot be read or copied: what a user has put there must not cost the message
 * itself.
 */
export function plainCopy(cloneMessage: (message: NodeMessage) => NodeMessage, message: object): NodeMessage {
  const copy: Record<string, unknown> = {};
  for (const name of namesIn(message)) {
    try {
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

function namesIn(message: object): readonly string[] {
  try {
    return Object.keys(message);
  } catch {
    return [];
  }
}
