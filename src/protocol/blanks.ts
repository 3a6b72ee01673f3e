/**
 * Blanks, line ends and the NUL that some firmware leaves behind a message. Loops instead of regular expressions: those
 * take quadratic time on a datagram full of blanks.
 */
const isBlank = (code: number): boolean => code === 32 || code === 10 || code === 13 || code === 9 || code === 0;

export function trimBlanksEnd(text: string): string {
  let end = text.length;
  while (end > 0 && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return end === text.length ? text : text.slice(0, end);
}

/** False at the end of a text, where the code is NaN. One comparison decides for nearly all datagrams. */
const isSkipped = (code: number): boolean => (code <= 32 && isBlank(code)) || code === BYTE_ORDER_MARK;

const BYTE_ORDER_MARK = 0xfeff;

/** Index of the first character that is no blank, line end, NUL or byte order mark. */
export function skipBlanks(text: string): number {
  let start = 0;
  while (isSkipped(text.charCodeAt(start))) start += 1;
  return start;
}

export function trimBlanks(text: string): string {
  let start = 0;
  while (start < text.length && isBlank(text.charCodeAt(start))) start += 1;
  return trimBlanksEnd(start === 0 ? text : text.slice(start));
}

/** Splits at the first run of blanks: the first word, and all that follows it with the blanks at its end taken away. */
export function splitFirstWord(text: string): { readonly word: string; readonly rest: string } {
  const trimmed = trimBlanks(text);
  let end = 0;
  while (end < trimmed.length && !isBlank(trimmed.charCodeAt(end))) end += 1;
  return { word: trimmed.slice(0, end), rest: trimBlanks(trimmed.slice(end)) };
}
