/** Reads what a flow file says about a node: it may have been written by hand, and hold anything. */
import type { Node } from 'node-red';
import { GoipError, type GoipServer } from '../src/index.js';
import { fieldsOf as fieldsIn, isBlank, textOf, UnsetVariable } from '../src/reading/values.js';
import { withUnsetVariables } from './unset-variables.js';

export { isBlank, textOf };

/** The fields of an object; none of anything else. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return fieldsIn(value) ?? {};
}

/**
 * The texts of a list, or of one text. Undefined if it is blank or empty. What is no text is named in the log and left out,
 * so that a list of wrong items selects nothing, and not everything.
 */
export function listFrom(node: Node, name: string, value: unknown): readonly string[] | undefined {
  const items: readonly unknown[] = Array.isArray(value) ? value : isBlank(value) ? [] : [value];
  if (items.length === 0) return undefined;
  return items.flatMap((item) => {
    const written = withUnsetVariables(item);
    const text = textOf(written);
    const problem = written instanceof UnsetVariable ? String(written) : 'what is neither a text nor a number';
    if (text === undefined) node.warn(`${name} holds ${problem}; it is left out`);
    return text ?? [];
  });
}

/** A sentence about a flow that quotes values, with passwords hidden if the server is there to know them. */
export function messageOfProblem(server: GoipServer | undefined, sentence: string): string {
  const error = new GoipError('GOIP_BAD_SETTING', sentence);
  return (server?.safeErrorOf(error) ?? error).message;
}
