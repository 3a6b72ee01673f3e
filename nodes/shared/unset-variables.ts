/** Environment variables that a flow names and that are not set. */
import { UnsetVariable } from '../../src/reading/values.js';

/** The whole of a value, as Node-RED replaces it: `${NAME}`, or `$(NAME)` in old flows. */
const REFERENCE = /^\$(?:\{(\S+)\}|\((\S+)\))$/;

/**
 * Returns the value with an {@link UnsetVariable} for each reference that Node-RED has left as it is, because there is no such
 * variable. Otherwise a password would be the text `${NAME}`.
 */
export function withUnsetVariables(value: unknown): unknown {
  if (typeof value === 'string') {
    const [, braced, name = braced] = REFERENCE.exec(value) ?? [];
    return name === undefined ? value : new UnsetVariable(name);
  }
  if (Array.isArray(value)) return value.map(withUnsetVariables);
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withUnsetVariables(item)]));
}

function isPlainObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
