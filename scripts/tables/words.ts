/** The words of the tables: `help` in the catalogues of each language, with the code, italics and bold of Markdown. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const ROOT = path.dirname(path.dirname(__dirname));
export const ENGLISH = 'en-US';
export const LANGUAGES = readdirSync(path.join(ROOT, 'nodes', 'locales'));

/** Words of one node in one language, by their keys. */
export type Words = (...keys: readonly string[]) => string;

/** @returns what finds words; throws an error that names the key if they are missing */
export function wordsOf(set: string, language: string): Words {
  const find = finderIn(set, language);
  return (...keys) => {
    const found = find(keys);
    if (found === undefined) throw new Error(`${catalogueOf(set, language)} has no words for ${keys.join('.')}`);
    return found;
  };
}

/** As {@link wordsOf}, for words that need not be there. */
export function optionalWordsOf(set: string, language: string): (...keys: readonly string[]) => string | undefined {
  const find = finderIn(set, language);
  return (...keys) => find(keys);
}

function finderIn(set: string, language: string): (keys: readonly string[]) => string | undefined {
  const catalogue = JSON.parse(readFileSync(path.join(ROOT, catalogueOf(set, language)), 'utf8')) as unknown;
  return (keys) => {
    const found = keys.reduce<unknown>((at, key) => (isObject(at) ? at[key] : undefined), catalogue);
    return typeof found === 'string' ? found : undefined;
  };
}

function catalogueOf(set: string, language: string): string {
  return `nodes/locales/${language}/${set}.json`;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** The same words in HTML. */
export function htmlOf(words: string): string {
  // What is code stays as it is.
  return escaped(words)
    .split(/(`[^`]*`)/)
    .map((part) =>
      part.startsWith('`')
        ? `<code>${part.slice(1, -1)}</code>`
        : part.replace(/\*\*([^*]+)\*\*/g, '<b>$1</b>').replace(/_([^_]+)_/g, '<i>$1</i>'),
    )
    .join('');
}

export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
