/** The pages for people: what they link to is there, and what the code has is in them. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { DeviceList } from '../../src/lines/devices.js';
import { EVENT_KINDS, GoipServer } from '../../src/index.js';
import { Line } from '../../src/lines/line.js';
import { CODES } from '../../src/tables/codes.js';
import { Recipient, shownOf } from '../../src/outbox/numbers/recipient.js';
import { anchorsIn, codeIn, linksIn, sectionOf, tableRowsIn } from './markdown.js';
import { definitionOf } from './node-definitions.js';
import { ROOT } from './pack.js';

const NODES = ['goip-server', 'goip-in', 'goip-send', 'goip-status'] as const;
const PAGES = filesIn('docs').filter((file) => file.endsWith('.md'));
const DECISIONS = filesIn('docs/decisions');
const MARKDOWN = ['README.md', 'SECURITY.md', 'CHANGELOG.md', 'CONTRIBUTING.md', ...PAGES, ...DECISIONS];
const manifest = JSON.parse(read('package.json')) as {
  readonly files: readonly string[];
  readonly scripts: Readonly<Record<string, string>>;
};

/** Where a link to our own repository leads, whatever the branch. */
const REPOSITORY = /^https:\/\/github\.com\/goip-sms\/node-red-goip\/(?:blob|tree|raw)\/[^/]+\//;

describe('the pages', () => {
  for (const file of MARKDOWN) {
    it(`${file}: every link leads to something that is there`, () => {
      const broken = linksIn(read(file)).flatMap((link) => {
        const target = targetOf(file, link.file);
        if (target === undefined) return [];
        const isThere = existsSync(path.join(ROOT, target));
        const hasAnchor = link.anchor === '' || (isThere && anchorsIn(read(target)).has(link.anchor));
        return isThere && hasAnchor ? [] : [link.written];
      });
      assert.deepEqual(broken, []);
    });
  }

  it('are all in the index', () => {
    const linked = new Set(linksIn(read('docs/README.md')).map(({ file }) => targetOf('docs/README.md', file)));
    assert.deepEqual(
      PAGES.filter((page) => page !== 'docs/README.md' && !linked.has(page)),
      [],
    );
  });

  it('are in the package, as is all that they and the README link to, but for pictures', () => {
    const linked = MARKDOWN.flatMap((file) => linksIn(read(file)).map((link) => targetOf(file, link.file)));
    const wanted = new Set([...PAGES, ...DECISIONS, ...linked.filter((target) => target !== undefined)]);
    const missing = [...wanted].filter((file) => !/\.(png|svg|gif|webp)$/.test(file) && !isShipped(file));
    assert.deepEqual(missing, []);
  });
});

describe('the page of a node', () => {
  for (const set of NODES) {
    it(`${set}: has every property of its dialog, as it is called there, with its default`, () => {
      const rows = tableRowsIn(read(`docs/${set}.md`));
      const labels = labelsOf(set);
      for (const [property, { value }] of Object.entries(definitionOf(set).defaults)) {
        const found = rows.filter(([, properties = '']) => codeIn(properties).includes(property));
        assert(found.length > 0, `there is no row for \`${property}\``);
        const label = labels[property];
        // Such as the version, which people do not see.
        if (label === undefined) continue;
        const wanted = shownDefaults(value);
        const fits = found.some(
          ([name, , shown = '']) => name === label && wanted.every((text) => shown.includes(text)),
        );
        assert(fits, `no row begins with ${label} | \`${property}\` | ${wanted.join(', ')}`);
      }
    });
  }
});

describe('what the code can say is in the pages', () => {
  it('every error code, and none that there is not', () => {
    const codes = new Set<string>(Object.keys(CODES));
    const rows = tableRowsIn(sectionOf(read('docs/goip-send.md'), 'Errors'));
    assert.deepEqual(new Set(rows.map(([code = '']) => code.replaceAll('`', ''))), codes);
    const named = PAGES.flatMap((page) => read(page).match(/GOIP_[A-Z]+(?:_[A-Z]+)*/g) ?? []);
    for (const code of named) assert(codes.has(code), code);
  });

  it('every kind of event, and none that there is not', () => {
    const rows = tableRowsIn(sectionOf(read('docs/goip-in.md'), 'Events'));
    const kinds = rows.flatMap(([kind = '']) => codeIn(kind));
    assert.deepEqual([...kinds].sort(), [...EVENT_KINDS].sort());
  });

  it('every field of a result and of the state of a line, and every count of dropped datagrams', () => {
    const text = { text: '', parts: 1, encoding: 'GSM-7' } as const;
    const result = { state: 'sent', ...shownOf(new Recipient('', 0, text, 0)) };
    const [device] = new DeviceList([{ id: 'goip-01' }]);
    assert(device);
    const state = new Line(device).state(0, 0);
    for (const [page, heading, fields] of [
      ['docs/goip-send.md', 'Output 1: the result', result],
      ['docs/goip-status.md', 'The state of a line', state],
      ['docs/goip-status.md', 'An answer', new GoipServer().dropped],
    ] as const) {
      const named = new Set(tableRowsIn(sectionOf(read(page), heading)).flatMap(([field = '']) => codeIn(field)));
      assert.deepEqual(
        Object.keys(fields).filter((field) => !named.has(field)),
        [],
        heading,
      );
    }
  });

  it('every reason to refuse somebody, and to hold a line', () => {
    const code = new Set(codeIn(read('docs/goip-status.md')));
    const reasons = [
      ...literalsOf('src/gate/rejections.ts', 'RejectionReason'),
      ...literalsOf('src/lines/limits.ts', 'HoldReason'),
      'rest',
    ];
    assert(reasons.length > 10);
    for (const reason of reasons) assert(code.has(reason), reason);
  });
});

describe('the decisions', () => {
  it('are all in their index', () => {
    const index = 'docs/decisions/README.md';
    const linked = new Set(linksIn(read(index)).map(({ file }) => targetOf(index, file)));
    assert.deepEqual(
      DECISIONS.filter((file) => file !== index && !linked.has(file)),
      [],
    );
  });
});

describe('the page of the protocol', () => {
  it('has every section that a comment cites', () => {
    const sections = new Set([...read('docs/protocol.md').matchAll(/^## (\d+)\. /gm)].map(([, number]) => number));
    const files = readdirSync(path.join(ROOT, 'src'), { recursive: true }) as string[];
    const citations = files
      .filter((name) => name.endsWith('.ts'))
      .flatMap((name) => [...read(`src/${name}`).matchAll(/\bprotocol (§\d+(?:, §\d+)*)/g)]);
    const cited = citations.flatMap(([, list = '']) => [...list.matchAll(/\d+/g)].map(([number]) => number));
    assert(cited.length > 20);
    assert.deepEqual(
      cited.filter((number) => !sections.has(number)),
      [],
    );
  });
});

describe('the page for developers', () => {
  const page = read('docs/developers.md');
  const code = codeIn(page);

  it('names files, folders and commands that are there', () => {
    const paths = code.filter((text) => /^(src|nodes|test|scripts|\.ci)\/[\w./-]*$/.test(text));
    assert(paths.length > 30);
    assert.deepEqual(
      paths.filter((name) => !existsSync(path.join(ROOT, name))),
      [],
    );
    const commands = [...MARKDOWN.flatMap((file) => [...read(file).matchAll(/\bnpm run ([\w:-]+(?:\.\d+)?)/g)])];
    for (const [command, script = ''] of commands) assert(script in manifest.scripts, command);
  });

  it('has every room of src/ and every folder of tests', () => {
    const rooms = filesIn('src').map((name) => (name.endsWith('.ts') ? name : `${name}/`));
    const folders = readdirSync(path.join(ROOT, 'test'), { withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    );
    for (const place of [...rooms, ...folders.map(({ name }) => `test/${name}/`)]) assert(code.includes(place), place);
  });

  it('has every key of the journal', () => {
    const files = readdirSync(path.join(ROOT, 'src'), { recursive: true }) as string[];
    const sources = files.filter((name) => name.endsWith('.ts')).map((name) => read(`src/${name}`));
    const keys = sources.flatMap((source) => [...source.matchAll(/^const [A-Z]+ = '(\w+\/)';$/gm)]);
    assert(keys.length > 10);
    const rows = tableRowsIn(sectionOf(page, 'The journal'));
    const named = new Set(rows.flatMap(([key = '']) => codeIn(key)));
    for (const [, key = ''] of keys) assert(named.has(key), key);
  });
});

/** The file from the root that a link in `file` leads to; undefined for the rest of the world. */
function targetOf(file: string, link: string): string | undefined {
  const own = REPOSITORY.exec(link);
  if (own) return path.posix.normalize(link.slice(own[0].length));
  if (/^[a-z]+:/i.test(link)) return undefined;
  return link === '' ? file : path.posix.join(path.posix.dirname(file), link);
}

/** As npm has it: some files always, others where `files` names them or a folder above. */
function isShipped(file: string): boolean {
  if (['package.json', 'README.md', 'LICENSE'].includes(file)) return true;
  return manifest.files.some((entry) => {
    const pattern = entry.replaceAll('.', '\\.').replaceAll('*', '[^/]*');
    return new RegExp(`^${pattern}(/|$)`).test(file);
  });
}

/** What the dialog of a node calls its settings. */
function labelsOf(set: string): Readonly<Record<string, string>> {
  const catalogue = JSON.parse(read(`nodes/locales/en-US/${set}.json`)) as Record<
    string,
    { readonly label: Readonly<Record<string, string>> }
  >;
  return catalogue[set]?.label ?? assert.fail(`${set}.json has no labels`);
}

/** How a default stands in a table; nothing for one that is empty. */
function shownDefaults(value: unknown): string[] {
  if (Array.isArray(value)) return value.map(String);
  return value === '' ? [] : [String(value)];
}

/** The texts of a union type. */
function literalsOf(file: string, type: string): string[] {
  const [, union = ''] = new RegExp(`type ${type} =([^;]+);`).exec(read(file)) ?? [];
  return [...union.matchAll(/'([^']+)'/g)].map(([, text = '']) => text);
}

function filesIn(folder: string): string[] {
  return readdirSync(path.join(ROOT, folder)).map((name) => `${folder}/${name}`);
}

function read(file: string): string {
  return readFileSync(path.join(ROOT, file), 'utf8');
}
