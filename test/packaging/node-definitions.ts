/** The nodes as the editor gets to know them: their definitions, taken from the html that it loads. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import vm from 'node:vm';
import { ROOT } from './pack.js';

export interface NodeDefinition {
  readonly defaults: Readonly<Record<string, { readonly value: unknown }>>;
  readonly credentials?: Readonly<Record<string, object>>;
}

/** Runs the script of the page of a set as the editor does while it loads. */
export function definitionOf(set: string): NodeDefinition {
  const html = readFileSync(path.join(ROOT, 'dist', 'nodes', `${set}.html`), 'utf8');
  const [, script = ''] = /<script type="text\/javascript">([\s\S]*?)<\/script>/.exec(html) ?? [];
  let definition: NodeDefinition | undefined;
  const nodes = { registerType: (_type: string, registered: NodeDefinition) => (definition = registered) };
  const editor: Readonly<Record<string, unknown>> = { nodes, goip: undefined };
  // All other things of the editor that a script uses while it is loaded have no effect on what it registers.
  const RED = new Proxy(editor, { get: (target, name) => (name in target ? target[String(name)] : ANYTHING) });
  const context = vm.createContext({ RED, $: ANYTHING, document: ANYTHING, window: ANYTHING });
  vm.runInContext(readFileSync(path.join(ROOT, 'resources', 'editor.js'), 'utf8'), context);
  vm.runInContext(script, context);
  if (!definition) throw new Error(`dist/nodes/${set}.html registers no node; run npm run build first`);
  return definition;
}

/** Can be called, and has every property; each is the same again. */
const ANYTHING: object = new Proxy(() => undefined, {
  get: (_target, name) => (name === Symbol.toPrimitive ? () => '' : ANYTHING),
  apply: () => ANYTHING,
});
