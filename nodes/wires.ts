import type { Node } from 'node-red';

/** Returns whether a wire leads from an output. Wires can change without a new node, so ask each time. */
export function isWired(node: Node, output: number): boolean {
  const { wires } = node as Node & { readonly wires?: readonly (readonly string[])[] };
  return (wires?.[output]?.length ?? 0) > 0;
}
