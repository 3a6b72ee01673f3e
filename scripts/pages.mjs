/**
 * The pages of the editor, and the words that they show. A node with an `editor.ts` gets a page: its form, and its script. What they import from
 * nodes/editor is in one script that all pages load.
 */
import { readFileSync, readdirSync, existsSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { expandRows } from './form-rows.mjs';
import { localesIn } from './locales.mjs';

/** Node-RED serves the folder `resources` of the package. */
const SHARED = 'resources/editor.js';

const OPTIONS = {
  bundle: true,
  // Types are checked elsewhere; the options of the runtime are not those of a browser.
  tsconfigRaw: {},
  write: false,
  metafile: true,
  target: 'es2022',
  charset: 'utf8',
  // Names stay, so that errors in a browser can be traced.
  minifyWhitespace: true,
  minifySyntax: true,
  loader: { '.css': 'text' },
  logLevel: 'warning',
};

/** @returns the text of each file that Node-RED or a browser reads, by its path in the package */
export async function pagesOf(root) {
  const { name } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const nodes = path.join(root, 'nodes');
  const folders = readdirSync(nodes).filter((folder) => existsSync(path.join(nodes, folder, 'editor.ts')));
  const shared = sharedScript(root).then((script) => [SHARED, script]);
  const pages = folders.map(async (folder) => [`dist/nodes/${folder}.html`, await pageOf(nodes, folder, name)]);
  const words = Array.from(localesIn(path.join(nodes, 'locales')), ([file, text]) => [
    `dist/nodes/locales/${file}`,
    text,
  ]);
  return new Map([...(await Promise.all([shared, ...pages])), ...legacyPages(nodes), ...words]);
}

/** Pages that are still written by hand. */
function legacyPages(nodes) {
  const files = readdirSync(nodes).filter((name) => name.endsWith('.html'));
  return files.map((file) => [`dist/nodes/${file}`, readFileSync(path.join(nodes, file), 'utf8')]);
}

async function sharedScript(root) {
  const file = path.join(root, 'nodes', 'editor', 'index.ts');
  const { outputFiles } = await build({ ...OPTIONS, stdin: entry(file), format: 'iife', plugins: [styles] });
  return outputFiles[0].text;
}

async function pageOf(nodes, folder, packageName) {
  const form = path.join(nodes, folder, 'form.html');
  return [
    `<script src="resources/${packageName}/editor.js"></script>`,
    existsSync(form) ? expandRows(readFileSync(form, 'utf8'), folder).trim() : '',
    `<script type="text/javascript">\n${await pageScript(path.join(nodes, folder))}</script>\n`,
  ].join('\n');
}

/** The script of one page: the modules of its own folder. */
async function pageScript(folder) {
  const stdin = entry(path.join(folder, 'editor.ts'));
  const options = { ...OPTIONS, absWorkingDir: folder, stdin, format: 'esm', plugins: [leaveShared] };
  const { metafile, outputFiles } = await build(options);
  const foreign = Object.keys(metafile.inputs).find((file) => file.startsWith('..'));
  if (foreign) throw new Error(`${stdin.sourcefile} must not import ${foreign}: the modules of nodes/editor may`);
  return `(()=>{${fromShared(outputFiles[0].text)}})();\n`;
}

/** As an entry of its own, a file without exports in a package of CommonJS would be wrapped as such. */
function entry(file) {
  return { contents: readFileSync(file, 'utf8'), sourcefile: file, resolveDir: path.dirname(file), loader: 'ts' };
}

const leaveShared = {
  name: 'leave shared',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\.\.\/editor\// }, ({ path: file }) => ({ path: file, external: true })),
};

/** Takes what a script imports from the shared script. */
function fromShared(script) {
  const code = script.replace(/\bimport\{([^}]*)\}from"\.\.\/editor\/[\w-]+\.js";/g, (_, names) => {
    return `const{${names.replaceAll(' as ', ':')}}=RED.goip;`;
  });
  if (/\bimport\b\s*[{"*\w]/.test(code)) throw new Error(`what is imported must be named: ${code.slice(0, 200)}`);
  return code;
}

/** Style sheets without blanks. */
const styles = {
  name: 'styles',
  setup({ onLoad, esbuild }) {
    onLoad({ filter: /\.css$/ }, async ({ path: file }) => {
      const { code } = await esbuild.transform(readFileSync(file, 'utf8'), { loader: 'css', minify: true });
      return { contents: code, loader: 'text' };
    });
  },
};
