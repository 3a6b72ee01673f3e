/** The declarations of the package, as each module resolution of TypeScript finds them. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { pack, PACKAGE, ROOT, temporaryDirectory, type Tarball } from './pack.js';

const run = promisify(execFile);

const ENTRIES = ['core', 'simulator'] as const;

const { exports } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
  readonly exports: Readonly<Record<string, { readonly types: string }>>;
};

/** Prints the problems of a tarball, and the declarations that each module resolution finds for each entry. */
const ARE_THE_TYPES_WRONG = `
import { readFileSync } from 'node:fs';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';

const { problems, entrypoints } = await checkPackage(createPackageFromTarballData(readFileSync(process.argv[1])));
const found = Object.entries(entrypoints).map(([entry, { resolutions }]) => [
  entry,
  Object.fromEntries(Object.entries(resolutions).map(([kind, { resolution }]) => [kind, resolution?.fileName])),
]);
console.log(JSON.stringify({ problems, found: Object.fromEntries(found) }));
`;

interface Analysis {
  readonly problems: readonly unknown[];
  readonly found: Readonly<Record<string, unknown>>;
}

describe('the types of the package', function () {
  // npm and TypeScript are slow starters on a busy machine.
  this.timeout(60_000);
  const directory = temporaryDirectory();
  let tarball: Tarball;
  before(async () => {
    tarball = await pack(directory.path);
  });

  it('are found by node10, by node16 in CommonJS and in ESM, and by bundlers', async () => {
    // A process of its own: the loader of the tests cannot load the tool.
    const parameters = ['--input-type=module', '--eval', ARE_THE_TYPES_WRONG, tarball.file];
    const { stdout } = await run(process.execPath, parameters, { cwd: ROOT });
    const { problems, found } = JSON.parse(stdout) as Analysis;
    assert.deepEqual(problems, []);
    for (const entry of ENTRIES) {
      const types = path.posix.join('/node_modules', PACKAGE, typesOf(entry));
      const everywhere = { node10: types, 'node16-cjs': types, 'node16-esm': types, bundler: types };
      assert.deepEqual(found[`./${entry}`], everywhere);
    }
  });

  it('and all else that package.json names pass publint', async () => {
    const { messages } = await publint({
      pack: { tarball: new Uint8Array(readFileSync(tarball.file)).buffer },
      strict: true,
    });
    assert.deepEqual(messages, []);
  });

  it('are in one file for each entry', () => {
    const declarations = tarball.contents.filter((file) => file.endsWith('.d.ts'));
    assert.deepEqual(declarations.sort(), ENTRIES.map((entry) => path.posix.normalize(typesOf(entry))).sort());
  });

  for (const entry of ENTRIES) {
    it(`${entry}: the declarations need nothing but Node.js, and have no internal class`, () => {
      const code = readFileSync(path.join(ROOT, typesOf(entry)), 'utf8');
      const imported = [...code.matchAll(/^(?:import|export) .*from '([^']+)'|\bimport\("([^"]+)"\)/gm)].map(
        ([, from, name = from]) => name,
      );
      assert.deepEqual(imported, ['node:events']);
      const exported = [...code.matchAll(/^export (?:type )?\{ (.+) \};$/gm)].flatMap(([, names = '']) =>
        names.split(', '),
      );
      const classes = [...code.matchAll(/^(?:declare )?(?:abstract )?class (\w+)/gm)].map(([, name = '']) => name);
      assert(classes.length > 0);
      assert.deepEqual(
        classes.filter((name) => !exported.includes(name) && !exported.includes(`type ${name}`)),
        [],
      );
    });
  }
});

function typesOf(entry: string): string {
  return exports[`./${entry}`]?.types ?? assert.fail(`./${entry} has no types`);
}
