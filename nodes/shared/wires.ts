import type { Node } from 'node-red';

/** Returns whether a wire leads from an output. Wires can change without a new node, so ask each time. */
export function isWired(node: Node, output: number): boolean {
  return wiresOf(node, output).length > 0;
}

/** The ids of the nodes at the ends of an output's wires. */
export function wiresOf(node: Node, output: number): readonly string[] {
  const { wires } = node as Node & { readonly wires?: readonly (readonly string[])[] };
  return wires?.[output] ?? [];
}
