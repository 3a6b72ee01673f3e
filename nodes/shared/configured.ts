/** Reads what a flow file says about a node: it may have been written by hand, and hold anything. */
import type { Node } from 'node-red';
import { GoipError, type GoipServer } from '../../src/index.js';
import { quoted } from '../../src/secrets.js';
import { fieldsOf as fieldsIn, isBlank, kindOf, textOf, UnsetVariable } from '../../src/reading/values.js';
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

/** The value for a log, with passwords hidden. Only its kind if there is no server that knows them. */
export function shownValue(server: GoipServer | undefined, value: unknown): string {
  const text = textOf(value);
  if (text === undefined || !server) return kindOf(value);
  return server.safeErrorOf(new GoipError('GOIP_BAD_SETTING', quoted(text))).message;
}
