/** The words of every language: none is missing, none is left in English, and what is no word for people is the same in all. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { blocksOf, dataHelpNames, type Block } from './help.js';
import { ROOT } from './pack.js';

const LOCALES = path.join('nodes', 'locales');
const ENGLISH = 'en-US';
const LANGUAGES = readdirSync(path.join(ROOT, LOCALES));
const TRANSLATIONS = LANGUAGES.filter((language) => language !== ENGLISH);
const FILES = filesOf(ENGLISH);
const CATALOGUES = FILES.filter((file) => file.endsWith('.json'));
const HELP = FILES.filter((file) => file.endsWith('.html'));

/** What is the same as in English in all languages, and what in one. What has no letters need not be here. */
const SAME_EVERYWHERE = [
  'goip in',
  'goip send',
  'goip status',
  'goip-server',
  'GoIP',
  'SMS',
  'SMS ← __lines__',
  'SMS → __lines__',
];
const SAME_IN: Readonly<Record<string, readonly string[]>> = {
  de: ['(optional)', 'Details', 'Name', 'offline', 'online', 'Port', 'Server', 'Signal', 'Status', 'Text', 'normal'],
  es: ['error', 'normal'],
};

/** What a text has that is no word: what is filled in, and where something is in a message. */
const NO_WORDS = /__\w+?__|\{\{.*?\}\}|\bmsg\.[\w.]*\w/g;

describe('the languages', () => {
  for (const language of LANGUAGES) {
    it(`${language}: has the files of English`, () => assert.deepEqual(filesOf(language), FILES));

    for (const file of HELP) {
      it(`${language}/${file}: has the help of the nodes that it is for`, () => {
        const types = [...read('dist', 'nodes', file).matchAll(/registerType\(['"]([^'"]+)['"]/g)].map(
          ([, type]) => type,
        );
        assert.deepEqual(dataHelpNames(localised(language, file)), types);
      });
    }

    for (const file of CATALOGUES) {
      it(`${language}/${file}: says something for each key of English`, () => {
        const texts = textsOf(language, file);
        assert.deepEqual([...texts.keys()], [...textsOf(ENGLISH, file).keys()]);
        for (const [key, text] of texts) assert(text.trim() !== '', key);
      });
    }
  }
});

describe('a catalogue', () => {
  for (const language of [ENGLISH, ...TRANSLATIONS])
    for (const file of CATALOGUES)
      it(`${language}/${file}: names what is filled in as Node-RED does, __so__`, () => {
        for (const [key, text] of textsOf(language, file)) assert.doesNotMatch(text, /\{\{\s*\w/, key);
      });
});

describe('a translation', () => {
  for (const language of TRANSLATIONS) {
    it(`${language}: has one text for one English text`, () => {
      const several = [...dictionaryOf(language)].filter(([, texts]) => new Set(texts).size > 1);
      assert.deepEqual(Object.fromEntries(several), {});
    });

    for (const file of CATALOGUES) {
      it(`${language}/${file}: is in its language, and fills in what English does`, () => {
        const texts = textsOf(language, file);
        for (const [key, english] of textsOf(ENGLISH, file)) {
          const text = texts.get(key) ?? '';
          assert(text !== english || maySay(language, text), `${key} is in English: ${text}`);
          assert.deepEqual(noWordsIn(text), noWordsIn(english), key);
        }
      });
    }

    for (const file of HELP) {
      const pairs = () => pairsOf(blocksOf(localised(language, file)), blocksOf(localised(ENGLISH, file)));

      it(`${language}/${file}: is built as in English, with the same code and the same names of fields`, () => {
        const built = ({ tag, inline, code }: Block) => ({ tag, inline, code });
        assert.deepEqual(blocksOf(localised(language, file)).map(built), blocksOf(localised(ENGLISH, file)).map(built));
        for (const [block, english] of pairs()) {
          if (isFieldName(english)) assert.equal(block.title, english.title);
        }
      });

      it(`${language}/${file}: is in its language`, () => {
        for (const [block, english] of pairs()) {
          const [said, original] = english.isTitle ? [block.title, english.title] : [block.prose, english.prose];
          assert(isFieldName(english) || said !== original || maySay(language, said), said);
        }
      });

      it(`${language}/${file}: calls things as the dialogs and the status do`, () => {
        const words = dictionaryOf(language);
        for (const [block, english] of pairs()) {
          const titles = english.isTitle && !isFieldName(english) ? [english.title] : [];
          const told = [block.title, ...block.names];
          for (const name of [...titles, ...english.names]) {
            const wanted = words.get(name) ?? [];
            const fits = wanted.length === 0 || told.some((text) => wanted.includes(text));
            assert(fits, `${name} is not ${wanted.join(' or ')} but ${told.join(' | ')}`);
          }
        }
      });
    }
  }
});

/** Fields and codes are what lists explain, and settings, which begin as sentences do. */
function isFieldName({ tag, title }: Block): boolean {
  return tag.startsWith('<dt') && !/^\p{Lu}\p{Ll}/u.test(title);
}

/** What the catalogues of a language have for what they say in English. */
function dictionaryOf(language: string): ReadonlyMap<string, readonly string[]> {
  const words = new Map<string, string[]>();
  for (const file of CATALOGUES) {
    const texts = textsOf(language, file);
    for (const [key, english] of textsOf(ENGLISH, file)) {
      words.set(english, [...(words.get(english) ?? []), texts.get(key) ?? '']);
    }
  }
  return words;
}

function maySay(language: string, text: string): boolean {
  return !/\p{L}/u.test(text) || SAME_EVERYWHERE.includes(text) || (SAME_IN[language] ?? []).includes(text);
}

function noWordsIn(text: string): string[] {
  return (text.match(NO_WORDS) ?? []).sort();
}

/** The texts of a catalogue by their keys, such as `goip-in label server`. */
function textsOf(language: string, file: string): ReadonlyMap<string, string> {
  return new Map(flatten(JSON.parse(localised(language, file)) as object));
}

function flatten(catalogue: object, above = ''): [string, string][] {
  return Object.entries(catalogue).flatMap(([key, value]: [string, unknown]): [string, string][] => {
    const full = `${above}${key}`;
    if (typeof value === 'object' && value !== null) return flatten(value, `${full} `);
    assert(typeof value === 'string', `${full} is no text`);
    return [[full, value]];
  });
}

/** Each block beside the one in the same place. */
function pairsOf(blocks: readonly Block[], english: readonly Block[]): [Block, Block][] {
  return english.flatMap((block, index): [Block, Block][] => {
    const translated = blocks[index];
    return translated ? [[translated, block]] : [];
  });
}

function filesOf(language: string): string[] {
  return readdirSync(path.join(ROOT, LOCALES, language)).sort();
}

function localised(language: string, file: string): string {
  return read(LOCALES, language, file);
}

function read(...names: readonly string[]): string {
  return readFileSync(path.join(ROOT, ...names), 'utf8');
}
