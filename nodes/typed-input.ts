/** Values of the editor's TypedInputs. */
import type { Node, NodeAPI, NodeMessage } from 'node-red';
import { GoipError } from '../src/index.js';

/** A TypedInput as saved in the flow, and where its value comes from if it was left blank. */
export interface TypedInput {
  readonly value: string | undefined;
  readonly type: string | undefined;
  /** The message property that a blank input stands for. */
  readonly fallback: string;
}

/** Resolves to the value; rejects with `GOIP_BAD_SETTING` where an expression cannot be evaluated. */
export async function evaluate(RED: NodeAPI, node: Node, input: TypedInput, msg: NodeMessage): Promise<unknown> {
  const { property, type } = sourceOf(input);
  if (type === 'msg') return messageProperty(RED, msg, property);
  try {
    return await new Promise((resolve, reject) => {
      const settle = (error: Error | null, value: unknown): void => (error ? reject(error) : resolve(value));
      if (type === 'jsonata') {
        RED.util.evaluateJSONataExpression(RED.util.prepareJSONataExpression(property, node), msg, settle);
      } else {
        RED.util.evaluateNodeProperty(property, type, node, msg, settle);
      }
    });
  } catch (error) {
    const { message } = error as Error;
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
  if (value === undefined || value === '') return { property: fallback, type: 'msg' };
  return { property: value, type: type ?? (value === fallback ? 'msg' : 'str') };
}
