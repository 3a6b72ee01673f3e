/** Comments, pages, labels, messages and test names use words that are understood at the first reading. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './pack.js';
import { proseOf, proseOfScript } from './prose.js';
import { WORN_WORDS } from './worn-words.js';

/** How many worn words each folder may still hold. A number may only go down. */
const ALLOWED: Readonly<Record<string, number>> = {
  docs: 8,
  examples: 37,
  nodes: 122,
  scripts: 12,
  src: 378,
  test: 780,
};

const OTHER_LANGUAGES = /^nodes\/locales\/(?!en-US\/)/;

const NOT_OURS = new Set(['.git', '.demo', 'api', 'coverage', 'dist', 'resources']);

describe('worn words', () => {
  const found = new Map<string, string[]>();
  before(() => {
    for (const file of filesIn('.').filter((name) => !OTHER_LANGUAGES.test(name))) {
      const hits = proseOf(ROOT, file).flatMap(({ line, text }) =>
        wornWordsIn(text).map(([word, instead, lines]) => `${file}:${line + lines}: "${word}" → ${instead}`),
      );
      const folder = folderOf(file);
      found.set(folder, [...(found.get(folder) ?? []), ...hits]);
    }
  });

  it('are not used', () => {
    const tooMany = [...found].filter(([folder, hits]) => hits.length > (ALLOWED[folder] ?? 0));
    assert.equal(tooMany.length, 0, tooMany.map(([folder, hits]) => `${folder}\n  ${hits.join('\n  ')}`).join('\n'));
  });

  it('are found in comments and test names, and not in code', () => {
    const source = [
      `it('it says \`told\`', () => {`,
      `  const box = /[/*]/.test(\`mend \${\`told\`} \${'}'}\`); // anew`,
      `  /** nobody`,
      `   * stands */`,
      `});`,
    ].join('\n');
    const words = (isTest: boolean) =>
      proseOfScript(source, isTest).flatMap(({ text }) => wornWordsIn(text).map(([word]) => word));
    assert.deepEqual(words(true).sort(), ['anew', 'nobody', 'says', 'stands']);
    assert.deepEqual(words(false).sort(), ['anew', 'nobody', 'says', 'stands']);
  });
});

function wornWordsIn(text: string): (readonly [word: string, instead: string, lines: number])[] {
  return WORN_WORDS.flatMap(([pattern, instead]) =>
    [...text.matchAll(new RegExp(pattern, 'gi'))].map(
      ({ 0: word, index }) => [word, instead, text.slice(0, index).split('\n').length - 1] as const,
    ),
  );
}

/** The folder at the top of a path, such as `src`. */
function folderOf(file: string): string {
  const [folder = '', ...rest] = file.split('/');
  return rest.length === 0 ? '.' : folder;
}

/** All files of a folder, as paths from the root, without what is installed or built. */
function filesIn(folder: string): string[] {
  return readdirSync(path.join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = path.posix.join(folder, entry.name);
    if (entry.isDirectory()) return NOT_OURS.has(name) || entry.name === 'node_modules' ? [] : filesIn(name);
    return NOT_OURS.has(name) ? [] : [name];
  });
}
