/** Text from the network, on its way to where people read it. */

/** Characters that would do something instead of being seen: controls, line and paragraph ends, changes of direction. */
// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/** Makes control characters visible (`\u000a`), so that a line of a log stays one line. */
export function printable(text: string): string {
  return text.replace(INVISIBLE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** What is shown instead of a password. */
export const HIDDEN = '••••';

/** Hides a password, and whatever follows the name of one, as a value that swallowed the next pair would show it. */
export function withoutPassword(text: string, password: string | undefined): string {
  const hidden = password === undefined || password === '' ? text : text.replaceAll(password, HIDDEN);
  // Most values of a keepalive have no colon, and each of them comes by here.
  return hidden.includes(':') ? hidden.replace(/(pass(?:word)?:).*/is, `$1${HIDDEN}`) : hidden;
}

/**
 * The same for a value that may be a number, such as that of a SIM: a password of digits is not searched for within longer
 * numbers, and not at all if it is shorter than {@link SHORTEST_DIGITS}. Otherwise most numbers would be unreadable.
 */
export function withoutPasswordInValue(value: string, password: string | undefined): string {
  if (password === undefined || !isDigits(password)) return withoutPassword(value, password);
  return withoutPassword(withoutDigits(value, password), undefined);
}

/** Hides a password in a text that quotes values, by the rule of {@link withoutPasswordInValue}. */
export function withoutPasswordInQuote(text: string, password: string): string {
  return isDigits(password) ? withoutDigits(text, password) : text.replaceAll(password, HIDDEN);
}

function isDigits(password: string): boolean {
  return /^\d+$/.test(password);
}

function withoutDigits(value: string, password: string): string {
  if (password.length < SHORTEST_DIGITS || !value.includes(password)) return value;
  return value.replace(/\d+/g, (digits) => (digits === password ? HIDDEN : digits));
}

const SHORTEST_DIGITS = 4;

/**
 * What a device says in its own words, for results and logs: one line, not endless, and neither with its password nor with
 * what it takes for one (`wrong PASSWORD secret`).
 */
export function deviceWords(text: string, password: string | undefined): string {
  const hidden = withoutPassword(text, password).replace(/(password[=\s]).*/is, `$1${HIDDEN}`);
  return printable(hidden.slice(0, LONGEST_WORDS));
}

const LONGEST_WORDS = 200;
