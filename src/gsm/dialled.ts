/** Telephone numbers as they are dialled. */

/** Digits with one leading `+`, or a short code. The longest number of E.164 has 15 digits, with dialling prefixes 20. */
export function isDialled(number: string): boolean {
  return /^\+?\d{1,20}$/.test(number);
}

/**
 * Takes out what people and programs put around and between digits: blanks, dashes, dots, slashes, parentheses, marks of
 * writing direction and other marks without width, and line breaks at the ends. Tabs and line breaks inside stay, and make
 * the number invalid. A `(0)` behind a country code is left out, and `+00` is read as `+`.
 */
export function withoutFormatting(text: string): string {
  const trimmed = withoutMarks(text).replace(/^[\r\n]+|[\r\n]+$/g, '');
  return withoutTrunkZero(trimmed).replace(SEPARATORS, '').replace(/^\+00/, '+');
}

/**
 * The number with the `+` that a URL has turned into a blank: `?to=+49151…` arrives as ` 49151…`. Undefined if it is not
 * written so. Short numbers, and those with a leading 0, have no `+` to lose.
 */
export function withLostPlus(text: string): string | undefined {
  return /^ [1-9]/.test(text) && /^[1-9]\d{8,14}$/.test(withoutFormatting(text))
    ? withoutFormatting(`+${text.slice(1)}`)
    : undefined;
}

function withoutMarks(text: string): string {
  return text.replace(/[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g, '');
}

const SEPARATORS = /[ \u00a0\u2000-\u200a\u202f\u2010-\u2015\u2212\-./()]/g;

/**
 * `+49 (0) 151` is dialled `+49151` abroad and `0151` at home. In Italy, San Marino and the Vatican the 0 is part of the number.
 */
function withoutTrunkZero(text: string): string {
  const international = /^([ (]*(?:\+|00)[^\d]*)(\d[\d .\-/()]*?)(\(\s*0\s*\))/.exec(text);
  if (!international) return text;
  const [all, prefix = '', code = ''] = international;
  const digits = code.replace(/\D/g, '').replace(/^00/, '');
  if (digits.length > 3 || KEEPING_ZERO.includes(digits)) return text;
  return prefix + code + text.slice(all.length);
}

const KEEPING_ZERO = ['39', '378', '379'];
