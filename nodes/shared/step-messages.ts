import type { NodeMessage } from 'node-red';
import { namesIn } from './plain-copy.js';
import { sizeOfValue } from './size-of-value.js';

/** Values in a property that each step gets a copy of its own of. */
const MOST_COPIED = 250;

/** Values in a property that all steps share one frozen copy of. Larger properties are left out. */
const MOST_SHARED = 2500;

/** Node-RED passes these on and never copies them. */
const PASSED_ON: ReadonlySet<string> = new Set(['req', 'res']);

/** Properties that each step has of its own, and one that would be taken for something else. */
const OWN_NAMES: ReadonlySet<string> = new Set(['payload', '__proto__']);

/**
 * Makes the messages for the steps of a job's numbers: the properties of the input message with another payload. The cost of a
 * message is bounded, so that it does not depend on the number of recipients.
 */
export class StepMessages {
  readonly #copied: Record<string, unknown> = {};
  readonly #shared: Record<string, unknown> = {};

  constructor(
    private readonly cloneMessage: (message: NodeMessage) => NodeMessage,
    message: NodeMessage,
  ) {
    for (const name of namesIn(message)) if (!OWN_NAMES.has(name)) this.#add(name, message);
  }

  next(payload: unknown): NodeMessage {
    return { ...this.#clone(this.#copied), ...this.#shared, payload };
  }

  #add(name: string, message: object): void {
    try {
      const value = (message as Record<string, unknown>)[name];
      const size = PASSED_ON.has(name) ? 0 : sizeOfValue(value, MOST_SHARED);
      if (size > MOST_SHARED) return;
      // A value that cannot be copied shows it here.
      const copy = PASSED_ON.has(name) ? value : this.#clone({ value })['value'];
      if (size > MOST_COPIED) this.#shared[name] = deepFrozen(copy);
      else if (PASSED_ON.has(name)) this.#shared[name] = value;
      else this.#copied[name] = copy;
    } catch {
      // The property is lost, the step is not.
    }
  }

  #clone(properties: Record<string, unknown>): Record<string, unknown> {
    return this.cloneMessage(properties);
  }
}

function deepFrozen(value: unknown): unknown {
  // Elements of a Buffer cannot be frozen.
  if (typeof value !== 'object' || value === null || Object.isFrozen(value) || ArrayBuffer.isView(value)) return value;
  Object.freeze(value);
  for (const item of Object.values(value)) deepFrozen(item);
  return value;
}
