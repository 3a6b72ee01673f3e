/** Values of the editor's TypedInputs. */
import type { Node, NodeAPI, NodeMessage } from 'node-red';
import { textOf } from './configured.js';
import { withUnsetVariables } from './unset-variables.js';
import { UnsetVariable } from '../../src/reading/values.js';
import { GoipError } from '../../src/index.js';

/** A TypedInput as saved in the flow, and where its value comes from if it was left blank. Flows made by hand hold anything. */
export interface TypedInput {
  readonly value: unknown;
  readonly type: unknown;
  /** The message property that a blank input stands for. */
  readonly fallback: string;
}

/** In an object: a value with a method `then`, as messages may have one, must not be awaited. */
export interface Evaluated {
  readonly value: unknown;
}

export interface Evaluation {
  readonly RED: NodeAPI;
  readonly node: Node;
  /** Makes an error fit for users: expressions quote the values that they fail at. */
  readonly safeErrorOf: (error: unknown) => Error;
}

/** Rejects with `GOIP_BAD_SETTING` if the input cannot be evaluated. */
export async function evaluate(
  { RED, node, safeErrorOf }: Evaluation,
  input: TypedInput,
  msg: NodeMessage,
): Promise<Evaluated> {
  try {
    const { property, type } = sourceOf(input);
    if (type === 'msg') return { value: messageProperty(RED, msg, property) };
    return await new Promise((resolve, reject) => {
      const settle = (error: unknown, value: unknown): void => (error ? reject(asError(error)) : resolve({ value }));
      if (type === 'jsonata') {
        RED.util.evaluateJSONataExpression(RED.util.prepareJSONataExpression(property, node), msg, settle);
      } else {
        RED.util.evaluateNodeProperty(property, type, node, msg, settle);
      }
    });
  } catch (error) {
    const { message } = safeErrorOf(asError(error));
    throw new GoipError('GOIP_BAD_SETTING', `the value for ${input.fallback} cannot be evaluated: ${message}`);
  }
}

/** Undefined, too, where a property on the way to it is missing. */
function messageProperty(RED: NodeAPI, msg: NodeMessage, property: string): unknown {
  try {
    return RED.util.getMessageProperty(msg, property) as unknown;
  } catch {
    return undefined;
  }
}

/** A flow made by hand may name no type: then a text is meant as it stands, but for the default of the editor. */
function sourceOf({ value, type, fallback }: TypedInput): { readonly property: string; readonly type: string } {
  if (value === undefined || value === null || value === '') return { property: fallback, type: 'msg' };
  const property = typeof value === 'boolean' && type === 'bool' ? String(value) : textOf(value);
  if (property === undefined) throw new Error('it is neither a text nor a number');
  const written = withUnsetVariables(property);
  if (type !== 'env' && written instanceof UnsetVariable) throw new Error(`it is ${String(written)}`);
  if (type === undefined || type === null || type === '')
    return { property, type: property === fallback ? 'msg' : 'str' };
  if (typeof type === 'string') return { property, type };
  throw new Error('its type is no text');
}

/** JSONata throws objects with a message, and no errors. */
function asError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  const { message } = Object(thrown) as { readonly message?: unknown };
  return new Error(typeof message === 'string' ? message : 'something was thrown that is no error');
}
