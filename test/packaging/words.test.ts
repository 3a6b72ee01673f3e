/** All that people read in the editor comes out of the catalogues: no word stands in the pages and scripts themselves. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './pack.js';

/** Code that runs in browsers: that of the runtime is in other folders, and in files named after it. */
const EDITOR_SOURCE = /^(?!shared\/)[\w-]+\/(?!runtime\.ts$|def\.ts$)[\w-]+\.ts$/;

/** The pages as they are built, and the sources of their scripts. */
const sources = [...filesIn('dist/nodes', /^[\w-]+\.html$/), ...filesIn('nodes', EDITOR_SOURCE)];

/** Template literals may put texts together, such as `${name} (${id})`: only what is between counts. */
const withoutValues = (text: string): string => text.replace(/\$\{[^{}]*\}/g, '');

/** Keys of the catalogues and names of attributes look alike; people are not told such words. */
const isKey = (text: string): boolean => /^[a-z][\w-]*(\.[\w-]*)*$/.test(text);

const hasWord = (text: string): boolean => /\p{L}{2}/u.test(withoutValues(text)) && !isKey(text);

const matches = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(([, , found = '']) => found).filter(hasWord);

const MADE_ELEMENT = /(['"`])<[^'"`]*?>([^<>'"`]*)<\/[^'"`]*\1/g;
const SHOWN_TEXT = /\.(?:text|append|html)\(\s*(['"`])([^<'"`]*)\1/g;
const SAID_TEXT = /\b(?:placeholder|title|alt|aria-label)['"]?\s*[:,]\s*(['"`])([^'"`]*)\1/g;

describe('no word is hard-coded', () => {
  for (const [name, text] of sources) {
    const templates = [...text.matchAll(/<script type="text\/html"[^>]*>([\s\S]*?)<\/script>/g)].map(
      ([, html]) => html,
    );
    const script = name.endsWith('.ts')
      ? text
      : (/<script type="text\/javascript">([\s\S]*)<\/script>/.exec(text)?.[1] ?? '');
    const code = script.replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '');

    it(`in the markup of ${name}`, () => {
      for (const html of templates) {
        assert.equal(html?.replace(/<[^>]*>/g, '').trim(), '');
        assert.deepEqual(html.match(/\s(placeholder|title|alt|aria-label)="[^"]*"/g) ?? [], []);
      }
      // Elements that a script makes.
      assert.deepEqual(matches(code, MADE_ELEMENT), []);
    });

    it(`where the script of ${name} shows a text`, () => {
      assert.deepEqual(matches(code, SHOWN_TEXT), []);
      assert.deepEqual(matches(code, SAID_TEXT), []);
    });

    it(`and the keys that ${name} names are in the catalogue`, () => {
      const inMarkup = [...text.matchAll(/data-i18n="([^"]*)"/g)].flatMap(([, all = '']) => all.split(';'));
      const keys = inMarkup.map((key) => key.replace(/^\[[\w-]+\]/, ''));
      const inScript = [...code.matchAll(/_\('(goip-[\w-]+(?:\.[\w-]+)+)'[,)]/g)].map(([, key = '']) => key);
      for (const key of [...keys, ...inScript]) {
        if (!key.startsWith('node-red:')) assert.equal(typeof valueOf(key), 'string', key);
      }
    });
  }

  it('is found if there is one', () => {
    const code = `$('<b>A word</b>'); x.text('a word'); x.attr('title', "Word"); y({ placeholder: 'any word' });`;
    assert.equal(matches(code, MADE_ELEMENT).length, 1);
    assert.equal(matches(code, SHOWN_TEXT).length, 1);
    assert.equal(matches(code, SAID_TEXT).length, 2);
  });
});

function filesIn(folder: string, pattern: RegExp): (readonly [name: string, text: string])[] {
  const names = readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' });
  const found = names.map((name) => name.replaceAll(path.sep, '/')).filter((name) => pattern.test(name));
  assert(found.length > 0, `there is none in ${folder}; run npm run build first`);
  return found.map((name) => [name, readFileSync(path.join(ROOT, folder, name), 'utf8')] as const);
}

/** The value of a key such as `goip-in.label.server`, which is in the catalogue of `goip-in`. */
function valueOf(key: string): unknown {
  const [set = ''] = key.split('.');
  const file = path.join(ROOT, 'nodes', 'locales', 'en-US', `${set}.json`);
  return key
    .split('.')
    .reduce<unknown>(
      (at, name) => (at as Record<string, unknown> | undefined)?.[name],
      JSON.parse(readFileSync(file, 'utf8')),
    );
}
