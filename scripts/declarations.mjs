// Bundles the declarations of each entry of the package into one file, and removes all others: the types of the package are
// those that its entries export.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';

const require = createRequire(import.meta.url);

/** @param root folder of package.json, with the declarations and the JavaScript of the compiler in `dist` */
export async function bundleDeclarations(root) {
  const { exports } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const entries = Object.values(exports).filter(({ types }) => types !== undefined);
  const bundles = await Promise.all(
    entries.map((entry) => bundleOf(path.join(root, entry.types), path.join(root, entry.default))),
  );
  const files = readdirSync(path.join(root, 'dist'), { recursive: true });
  for (const file of files.filter((name) => name.endsWith('.d.ts'))) rmSync(path.join(root, 'dist', file));
  for (const [index, { types }] of entries.entries()) writeFileSync(path.join(root, types), bundles[index]);
}

async function bundleOf(input, script) {
  const bundle = await rollup({ input, external: /^node:/, plugins: [dts()], onwarn: fail });
  const { output } = await bundle.generate({ format: 'es' });
  return withTypesOnly(output[0].code, new Set(Object.keys(require(script))));
}

/** Marks classes that are exported as types only: the bundler exports them as values, which do not exist. */
function withTypesOnly(code, values) {
  return code.replace(/^export \{ (.+) \};$/m, (_, names) => {
    const marked = names.split(', ').map((name) => (values.has(name) ? name : `type ${name}`));
    return `export { ${marked.join(', ')} };`;
  });
}

function fail({ message }) {
  throw new Error(message);
}
