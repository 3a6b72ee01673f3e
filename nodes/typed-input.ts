/** Values of the editor's TypedInputs. */
import type { Node, NodeAPI, NodeMessage } from 'node-red';

/** A TypedInput as saved in the flow, and where its value comes from if it was left blank. */
export interface TypedInput {
  readonly value: string | undefined;
  readonly type: string | undefined;
  /** The message property that a blank input stands for. */
  readonly fallback: string;
}

/** Resolves to the value; rejects where an expression cannot be evaluated. */
export async function evaluate(
  RED: NodeAPI,
  node: Node,
  { value, type, fallback }: TypedInput,
  msg: NodeMessage,
): Promise<unknown> {
  const property = value === undefined || value === '' ? fallback : value;
  // Without a type, only the default can be meant as a property: a flow made by hand has its text there.
  const kind = property === fallback && (type === undefined || value !== property) ? 'msg' : (type ?? 'str');
  if (kind === 'jsonata') {
    const expression = RED.util.prepareJSONataExpression(property, node);
    return new Promise((resolve, reject) =>
      RED.util.evaluateJSONataExpression(expression, msg, (error, result) => (error ? reject(error) : resolve(result))),
    );
  }
  return new Promise((resolve, reject) =>
    RED.util.evaluateNodeProperty(property, kind, node, msg, (error, result) =>
      error ? reject(error) : resolve(result),
    ),
  );
}
