// Compiles nodes/ and src/ to dist/ and lays beside the nodes what Node-RED reads from there: html, locales, icons.
import './preconditions.mjs';
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { bundleDeclarations } from './declarations.mjs';
import { pagesOf } from './pages.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const dist = path.join(root, 'dist');
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');

rmSync(dist, { recursive: true, force: true });
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
await bundleDeclarations(root);
// Node-RED looks for the html, the locales and the icons of a node beside its script, under the name of that.
for (const folder of readdirSync(path.join(root, 'nodes'))) {
  if (!existsSync(path.join(root, 'nodes', folder, 'runtime.ts'))) continue;
  writeFileSync(path.join(dist, 'nodes', `${folder}.js`), `module.exports = require('./${folder}/runtime.js');\n`);
}
for (const [file, text] of await pagesOf(root)) {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  writeFileSync(path.join(root, file), text);
}
cpSync(path.join(root, 'icons'), path.join(dist, 'nodes', 'icons'), { recursive: true });
chmodSync(path.join(dist, 'src', 'simulator', 'cli.js'), 0o755);
