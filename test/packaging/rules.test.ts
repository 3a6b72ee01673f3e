/** What the Node-RED library's scorecard and the import menu ask for, without the network. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { PACKAGE, ROOT } from './pack.js';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly keywords: readonly string[];
  readonly repository: { readonly url: string };
  readonly bugs: { readonly url: string };
  readonly publishConfig: Readonly<Record<string, unknown>>;
  readonly engines: { readonly node: string };
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly 'node-red': { readonly version: string; readonly nodes: Readonly<Record<string, string>> };
}

interface ExampleNode {
  readonly id: string;
  readonly type: string;
  readonly [property: string]: unknown;
}

const manifest = JSON.parse(read('package.json')) as Manifest;
const sets = Object.entries(manifest['node-red'].nodes);
const exampleFiles = readdirSync(path.join(ROOT, 'examples')).filter((name) => name.endsWith('.json'));
const examples = exampleFiles.map((name) => [name, JSON.parse(read('examples', name)) as ExampleNode[]] as const);

describe('the package follows the rules of the Node-RED library', () => {
  it('has a licence, a repository, a place for bugs and a scoped name', () => {
    assert.equal(manifest.name, PACKAGE);
    assert.equal(manifest.license, 'MIT');
    assert.match(read('LICENSE'), /MIT License/);
    assert.match(manifest.repository.url, /^git\+https:/);
    assert.match(manifest.bugs.url, /^https:/);
  });

  it('is found by the keyword node-red', () => assert(manifest.keywords.includes('node-red')));

  it('says which Node-RED and Node.js it runs on', () => {
    assert.equal(manifest['node-red'].version, '>=4.0.0');
    // Accepts 20.19, the first that can require ESM packages, and 22.9, which Node-RED 5 begins with.
    assert.equal(manifest.engines.node, '>=20.19');
  });

  it('has at most six runtime dependencies, each with its reason in the docs', () => {
    const dependencies = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies });
    assert(dependencies.length <= 6);
    const reasons = [...read('docs', 'dependencies.md').matchAll(/^- `([\w@/-]+)` – \S/gm)].map(([, name]) => name);
    assert.deepEqual(reasons.sort(), dependencies.sort());
  });

  it('is published for everybody, with its provenance', () => {
    assert.deepEqual(manifest.publishConfig, { access: 'public', provenance: true });
  });

  it('has the dependencies of all its folders updated', () => {
    const tests = readdirSync(path.join(ROOT, 'test')).filter((name) =>
      existsSync(path.join(ROOT, 'test', name, 'package.json')),
    );
    const updated = [...read('.github', 'dependabot.yml').matchAll(/^ {6}- (\/\S*)$/gm)].map(([, folder]) => folder);
    assert.deepEqual(updated.sort(), ['/', ...tests.map((name) => `/test/${name}`)].sort());
  });

  it('has a changelog with a dated section for its version, and a link for each heading', () => {
    const changelog = read('CHANGELOG.md');
    const headings = [...changelog.matchAll(/^## \[([^\]]+)\](?: - (\d{4}-\d{2}-\d{2}))?$/gm)];
    const dates = new Map(headings.map(([, name = '', date]) => [name, date]));
    assert.notEqual(dates.get(manifest.version), undefined, `${manifest.version} has no date`);
    const repository = manifest.repository.url.replace(/^git\+|\.git$/g, '');
    for (const [index, name] of [...dates.keys()].entries()) {
      const previous = [...dates.keys()][index + 1];
      const tag = name === 'Unreleased' ? 'HEAD' : `v${name}`;
      const link = previous === undefined ? `releases/tag/${tag}` : `compare/v${previous}...${tag}`;
      assert(changelog.includes(`\n[${name}]: ${repository}/${link}\n`), name);
    }
  });
});

describe('the README', () => {
  const readme = read('README.md');

  it('has every example in its list, once', () => {
    const listed = [...readme.matchAll(/^- \[[\w-]+\]\(examples\/([\w.-]+)\) – /gm)].map(([, file]) => file);
    assert.deepEqual(listed.sort(), exampleFiles.sort());
  });

  it('is short enough to be read', () => {
    const lines = readme.split('\n').length;
    assert(lines <= 180, `${lines} lines`);
  });
});

describe('the nodes', () => {
  it('have types that nobody else has, the same in the runtime and in the editor', () => {
    const types = sets.map(([set]) => typeOf(set));
    assert.deepEqual(types.sort(), ['goip in', 'goip send', 'goip status', 'goip-server']);
    for (const [set, file] of sets) {
      assert(read(path.dirname(file), set, 'runtime.js').includes(`registerType('${typeOf(set)}'`), file);
    }
  });

  for (const [set, file] of sets) {
    it(`${set}: editor, help, texts and icon lie where Node-RED looks for them`, () => {
      const folder = path.dirname(file);
      const html = read(folder, `${set}.html`);
      assert.match(html, new RegExp(`data-template-name="${typeOf(set)}"`));
      for (const language of readdirSync(path.join(ROOT, folder, 'locales'))) {
        // Never de-DE: Node-RED asks for the language alone, except where the script differs.
        assert.match(language, /^(en-US|zh-CN|zh-TW|pt-BR|[a-z]{2})$/);
        assert.match(read(folder, 'locales', language, `${set}.html`), new RegExp(`data-help-name="${typeOf(set)}"`));
        assert.doesNotThrow(() => JSON.parse(read(folder, 'locales', language, `${set}.json`)) as unknown);
      }
      const icon = /icon: ?['"]([\w-]+\.svg)['"]/.exec(html)?.[1];
      const isConfigNode = /category: ?['"]config['"]/.test(html);
      if (!isConfigNode)
        assert(icon !== undefined && existsSync(path.join(ROOT, folder, 'icons', icon)), `icon ${icon}`);
    });
  }
});

describe('the examples', () => {
  it('have every node in at least one of them', () => {
    const used = new Set(examples.flatMap(([, nodes]) => nodes.map(({ type }) => type)));
    for (const [set] of sets) assert(used.has(typeOf(set)), typeOf(set));
  });

  for (const [name, nodes] of examples) {
    it(`${name}: ids are unique, wires lead somewhere, and no secret is in it`, () => {
      const ids = nodes.map(({ id }) => id);
      assert.equal(new Set(ids).size, ids.length);
      for (const node of nodes) {
        for (const target of ((node.wires ?? []) as string[][]).flat())
          assert(ids.includes(target), `${node.id}: ${target}`);
        if (node.server !== undefined) assert(ids.includes(node.server as string), `${node.id}: server`);
      }
      assert.doesNotMatch(JSON.stringify(nodes), /"(credentials|passwords?|changes)":/);
    });
  }

  it('that share a server have the same one, so that importing a second one asks nothing', () => {
    const servers = examples.flatMap(([, nodes]) => nodes.filter(({ type }) => type === 'goip-server'));
    for (const server of servers) assert.deepEqual(server, servers[0]);
  });
});

function typeOf(set: string): string {
  return set === 'goip-server' ? set : set.replace('-', ' ');
}

function read(...names: readonly string[]): string {
  return readFileSync(path.join(ROOT, ...names), 'utf8');
}
