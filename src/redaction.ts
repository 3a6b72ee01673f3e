/** What a bug report may show of the traffic: enough to see what is wrong, and nothing that is nobody's business. */
import { HIDDEN, printable } from './printable.js';

/** Characters of a datagram that are shown. */
const SHOWN = 80;

/** Numbers of telephones, SIMs and modems; shorter ones are ids, counters and codes. */
const LONG_NUMBER = /\d{7,}/g;
const DIGITS_SHOWN = 3;

/** What follows is a password, or the text of an SMS. */
const NAME_OF_SECRET = /pass(?:word)?[:=\s]|\bmsg:/i;

/** What stands for one hidden character until all is cut to its length: no text has them. */
const COVER = '\ufdd0';
const NUMBER_COVER = '\ufdd1';

/** Long numbers are known by their last digits. */
export function withoutNumbers(text: string): string {
  return shownNumbers(coveredNumbers(text));
}

/**
 * How a datagram begins, in one line that is fit to be read: without any of the passwords, what is called one, texts of SMS
 * and long numbers.
 *
 * @param datagram more of it than is shown, or a password that ends behind that would not be known for one
 */
export function excerptOf(datagram: string, passwords: Iterable<string>): string {
  let text = datagram;
  for (const password of passwords) text = text.replaceAll(password, COVER.repeat(password.length));
  const secret = NAME_OF_SECRET.exec(text);
  if (secret) text = text.slice(0, secret.index + secret[0].length) + COVER;
  const shown = shownNumbers(coveredNumbers(text).slice(0, SHOWN));
  return printable(shown.replaceAll(new RegExp(`${COVER}+`, 'g'), HIDDEN));
}

function coveredNumbers(text: string): string {
  return text.replace(LONG_NUMBER, (number) => {
    const hidden = number.length - DIGITS_SHOWN;
    return NUMBER_COVER.repeat(hidden) + number.slice(hidden);
  });
}

function shownNumbers(text: string): string {
  return text.replaceAll(new RegExp(`${NUMBER_COVER}+`, 'g'), '…');
}
