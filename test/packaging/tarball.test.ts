/** What npm would publish, and its core in the hands of programs without Node-RED. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { programsIn } from './code-blocks.js';
import { installInto, pack, PACKAGE, ROOT, temporaryDirectory, type Tarball } from './pack.js';

const run = promisify(execFile);

/** All that users need, and nothing else: no tests, no sources, no maps, no pictures. */
const WANTED = [
  /^(package\.json|README\.md|CHANGELOG\.md|SECURITY\.md|LICENSE)$/,
  /^docs\/(decisions\/)?[\w-]+\.md$/,
  /^examples\/[\w-]+\.json$/,
  /^resources\/[\w-]+\.js$/,
  /^dist\/nodes\/([\w-]+|shared\/[\w-]+|[\w-]+\/(runtime|def))\.js$/,
  /^dist\/nodes\/[\w-]+\.html$/,
  /^dist\/nodes\/icons\/[\w-]+\.svg$/,
  /^dist\/nodes\/locales\/[\w-]+\/[\w-]+\.(json|html)$/,
  /^dist\/src\/([\w-]+\/)*[\w-]+\.js$/,
  /^dist\/src\/(simulator\/)?index\.d\.ts$/,
];

/** As in the contract. It starts, tells its port and stops. */
const PROGRAM = `
const server = new GoipServer({ host: '127.0.0.1', port: 0, devices: [{ id: 'goipid1', password: 'password1' }] });
const { port } = await server.start();
console.log(port > 0, server.lines().map((line) => line.device));
await server.stop();
`;

const TYPED_PROGRAM = `
import { GoipServer, type JobResult, type LineState } from '${PACKAGE}/core';
import { GoipSimulator } from '${PACKAGE}/simulator';

export async function main(): Promise<JobResult> {
  const server = new GoipServer({ port: 44444, devices: [{ id: 'goipid1', password: 'password1' }] });
  const { address, port } = await server.start();
  const gateway = new GoipSimulator({ server: { host: address, port }, lines: [{ id: 'goipid1', password: 'password1' }] });
  await gateway.start();
  server.on('sms', (sms) => console.log(sms.text.length, sms.from, sms.device));
  server.on('event', (event) => console.log(event.event, event.device));
  const job = await server.send({ to: ['+8613800138000'], text: 'hello', device: undefined });
  job.on('status', (status) => console.log(status.state, status.to));
  const result = await job.result;
  const lines: LineState[] = server.lines();
  console.log(lines.length, result.ok, result.results.map(({ code }) => code));
  // @ts-expect-error: the types are real ones, not any
  server.lines().noSuchThing();
  await server.stop();
  return result;
}
`;

describe('the tarball', function () {
  // npm and tsc are slow starters on a busy machine.
  this.timeout(60_000);
  const directory = temporaryDirectory();
  let tarball: Tarball;
  before(async () => {
    tarball = await pack(directory.path);
    await installInto(directory.path, tarball);
  });

  it('holds what users need and nothing else', () => {
    const unwanted = tarball.contents.filter((file) => !WANTED.some((pattern) => pattern.test(file)));
    assert.deepEqual(unwanted, []);
    for (const pattern of WANTED)
      assert(
        tarball.contents.some((file) => pattern.test(file)),
        String(pattern),
      );
    for (const file of ['README.md', 'CHANGELOG.md', 'SECURITY.md', 'LICENSE'])
      assert(tarball.contents.includes(file), file);
  });

  it('holds every script that the pages ask for: without one, the editor would wait for ever', () => {
    const folder = path.join(ROOT, 'dist', 'nodes');
    const pages = readdirSync(folder).filter((name) => name.endsWith('.html'));
    const asked = pages.flatMap((name) => [
      ...readFileSync(path.join(folder, name), 'utf8').matchAll(/<script [^>]*src="([^"]*)"/g),
    ]);
    assert.equal(asked.length, pages.length);
    for (const [, source = ''] of asked) {
      const [, file = ''] = new RegExp(`^resources/${PACKAGE}/(.+)$`).exec(source) ?? [];
      assert(tarball.contents.includes(`resources/${file}`), source);
    }
  });

  it('speaks every language that there is', () => {
    const locales = path.join(ROOT, 'nodes', 'locales');
    for (const language of readdirSync(locales)) {
      for (const name of readdirSync(path.join(locales, language))) {
        const file = `dist/nodes/locales/${language}/${name}`;
        assert(tarball.contents.includes(file), file);
      }
    }
  });

  it('has a core that CommonJS requires', async () => {
    const source = `const { GoipServer } = require('${PACKAGE}/core');\n(async () => {${PROGRAM}})();`;
    assert.equal(await runProgram('program.cjs', source), "true [ 'goipid1' ]\n");
  });

  it('has a core that ESM imports', async () => {
    const source = `import { GoipServer } from '${PACKAGE}/core';\n${PROGRAM}`;
    assert.equal(await runProgram('program.mjs', source), "true [ 'goipid1' ]\n");
  });

  it('has a goip-simulator command', async () => {
    const command = path.join(directory.path, 'node_modules', '.bin', 'goip-simulator');
    const { stdout } = await run(command, ['--help']);
    assert.match(stdout, /^Usage: goip-simulator/);
  });

  for (const [moduleResolution, options] of [
    ['node10', { module: 'commonjs', ignoreDeprecations: '6.0' }],
    ['node16', { module: 'node16' }],
    ['bundler', { module: 'preserve' }],
  ] as const) {
    it(`has types that a strict TypeScript program compiles with (moduleResolution ${moduleResolution})`, () =>
      compile(
        moduleResolution,
        { ...options, moduleResolution },
        { 'as-esm.mts': TYPED_PROGRAM, 'as-cjs.cts': TYPED_PROGRAM },
      ));
  }

  it('has code in its pages and doc comments that compiles', async () => {
    const programs = programsIn(ROOT);
    assert(Object.keys(programs).length >= 2);
    await compile('pages', { module: 'node16', moduleResolution: 'node16' }, programs);
  });

  async function compile(
    name: string,
    options: Readonly<Record<string, string>>,
    files: Readonly<Record<string, string>>,
  ): Promise<void> {
    const project = path.join(directory.path, name);
    await mkdir(project);
    const compilerOptions = {
      ...options,
      ...{ target: 'ES2022', lib: ['ES2022'], strict: true, exactOptionalPropertyTypes: true, noEmit: true },
      ...{ types: ['node'], typeRoots: [path.join(ROOT, 'node_modules', '@types')] },
    };
    await writeFile(path.join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
    for (const [file, source] of Object.entries(files)) await writeFile(path.join(project, file), source);
    const tsc = path.join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    await run(process.execPath, [tsc, '-p', project]).catch((error: unknown) =>
      assert.fail((error as { stdout: string }).stdout),
    );
  }

  async function runProgram(name: string, source: string): Promise<string> {
    const file = path.join(directory.path, name);
    await writeFile(file, source);
    const { stdout } = await run(process.execPath, [file]);
    return stdout;
  }
});
