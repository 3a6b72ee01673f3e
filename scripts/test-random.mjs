// `npm run test:random`: the tests that draw random values, with three fresh seeds; `npm run test:random -- 1 2` with these.
import './preconditions.mjs';
import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const SEEDS = 3;
const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const given = process.argv.slice(2);
const seeds = given.length > 0 ? given : Array.from({ length: SEEDS }, () => String(randomInt(2 ** 31)));
const mocha = path.join(root, 'node_modules', 'mocha', 'bin', 'mocha.js');
const options = [
  '--no-config',
  '--require',
  'tsx/cjs',
  '--parallel',
  '--timeout',
  '60000',
  '--reporter',
  './test/reporter.cjs',
];

console.log(`Seeds: ${seeds.join(' ')}`);
for (const seed of seeds) {
  console.log(`FC_SEED=${seed}`);
  try {
    const env = { ...process.env, FC_SEED: seed };
    execFileSync(process.execPath, [mocha, ...options, ...randomTests()], { cwd: root, env, stdio: 'inherit' });
  } catch {
    console.error(`The random tests have failed with this seed. Again: npm run test:random -- ${seed}`);
    process.exitCode = 1;
  }
}

/** All files that take their seed from test/protocol/property.ts. */
function randomTests() {
  const files = readdirSync(path.join(root, 'test'), { recursive: true });
  const tests = files.filter((file) => file.endsWith('.test.ts') && !file.includes('node_modules'));
  const imports = /from '\.[^']*\/property\.js'/;
  const names = tests.map((file) => path.join('test', file));
  return names.filter((file) => imports.test(readFileSync(path.join(root, file), 'utf8')));
}
