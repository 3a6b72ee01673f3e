/** Telephone numbers as they are dialled. */

/** Digits with one leading `+`, or a short code. The longest number of E.164 has 15 digits, with dialling prefixes 20. */
export function isDialled(number: string): boolean {
  return /^\+?\d{1,20}$/.test(number);
}

/** Takes out the blanks, dashes, dots and parentheses that people type; tabs and line breaks are none of these. */
export function withoutFormatting(text: string): string {
  return text.replace(/[ \u00a0\u2000-\u200b\u202f\u2060\-\u2010-\u2015.()]/g, '');
}
