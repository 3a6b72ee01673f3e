/** Telephone numbers as they are dialled. */

/** Digits with one leading `+`, or a short code. The longest number of E.164 has 15 digits, with dialling prefixes 20. */
export function isDialled(number: string): boolean {
  return /^\+?\d{1,20}$/.test(number);
}

/**
 * Takes out what people and programs put around and between digits: blanks, dashes, dots, slashes, parentheses, marks of
 * writing direction and other marks without width, and line breaks at the ends. Tabs and line breaks inside stay, and make
 * the number invalid. `+00` is read as `+`. The `.0` that programs write behind a number of a table is left out.
 */
export function withoutFormatting(text: string): string {
  const trimmed = withoutMarks(text).replace(/^[ \r\n]+|[ \r\n]+$/g, '');
  const [, whole, decimals = ''] = DECIMAL.exec(trimmed) ?? [];
  // Any other decimal makes it invalid: as a digit, it would lead to another person.
  if (whole !== undefined) return /^0+$/.test(decimals) ? plainDigits(whole) : trimmed;
  return plainDigits(text);
}

/** As {@link withoutFormatting}, of a part of a number. */
export function plainDigits(text: string): string {
  return withoutMarks(text)
    .replace(/^[\r\n]+|[\r\n]+$/g, '')
    .replace(SEPARATORS, '')
    .replace(/^\+00/, '+');
}

/**
 * Digits and a fraction, as spreadsheets and other programs write a column of numbers: one place, or two zeros. Dots between
 * the groups of a number are followed by more digits.
 */
const DECIMAL = /^(\+?\d+)\.(\d|00)$/;

/**
 * Returns the number with the `+` that a URL has turned into a blank: `?to=+49151…` arrives as ` 49151…`. Returns undefined if
 * it is not written so. Short numbers, and those with a leading 0, have no `+` to lose.
 */
export function withLostPlus(text: string): string | undefined {
  return /^ [1-9]/.test(text) && /^[1-9]\d{8,14}$/.test(withoutFormatting(text)) ? `+${text.slice(1)}` : undefined;
}

/** Takes out what has no width. */
export function withoutMarks(text: string): string {
  return text.replace(/[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g, '');
}

const SEPARATORS = /[ \u00a0\u2000-\u200a\u202f\u2010-\u2015\u2212\-./()]/g;
