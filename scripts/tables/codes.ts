/** The error codes, for the page and the help of goip send. */
import { CODES, type GoipErrorCode } from '../../src/tables/codes.js';
import { helpList, linkTo, markdownTable } from './pages.js';
import { ENGLISH, optionalWordsOf, wordsOf } from './words.js';

const SET = 'goip-send';
const ROWS = Object.entries(CODES) as readonly (readonly [GoipErrorCode, CodeRow])[];

type CodeRow = (typeof CODES)[GoipErrorCode] & { readonly see?: string };

export function codesInDocs(): string {
  const words = wordsOf(SET, ENGLISH);
  const advice = optionalWordsOf(SET, ENGLISH);
  const rows = ROWS.map(([code, { of, see }]) => {
    const section = see === undefined ? [] : [`See ${linkTo(see, 'goip-send.md')}.`];
    return [
      `\`${code}\``,
      of.map((thing) => words('help', 'of', thing)).join(', '),
      words('help', 'code', code, 'meaning'),
      [advice('help', 'code', code, 'advice') ?? [], section].flat().join(' '),
    ];
  });
  return markdownTable(['code', 'of a', 'meaning', 'what to do'], rows);
}

export function codesInHelp(language: string): string {
  const words = wordsOf(SET, language);
  const advice = optionalWordsOf(SET, language);
  return helpList(
    ROWS.map(([code, { of }]) => ({
      title: code,
      note: of.map((thing) => words('help', 'of', thing)).join(' | '),
      words: [words('help', 'code', code, 'meaning'), advice('help', 'code', code, 'advice') ?? []].flat().join(' '),
    })),
  );
}
