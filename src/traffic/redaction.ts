/** What a bug report may show of the traffic: enough to see what is wrong, and nothing that is nobody's business. */
import { HIDDEN, printable } from '../printable.js';

/** Characters of a datagram that are shown: in an excerpt, and in a trace. */
const SHOWN = 80;
const SHOWN_IN_TRACE = 300;

/** Numbers of telephones, SIMs and modems; shorter ones are ids, counters and codes. */
const LONG_NUMBER = /\d{7,}/g;
const DIGITS_SHOWN = 3;

/** What follows is a password, or the text of an SMS. */
const NAME_OF_SECRET = /pass(?:word)?[:=\s]|\bmsg:/i;
/** The same, with all of it: a password ends where the next field begins, a text not before the datagram does. */
const PASSWORD_FIELD = /(pass(?:word)?[:=\s])[^;]*(?:;(?!\s*\w+:)[^;]*)*/gi;
const TEXT_FIELD = /(\bmsg:)[^]*/i;
/** Within a session what is secret has no name; the number of the session is none. */
const SESSION_SECRET = /^((?:MSG \d+|PASSWORD) \d+(?= ))[^]*/i;

/** What stands for one hidden character until all is cut to its length: no text has them. */
const COVER = '\ufdd0';
const NUMBER_COVER = '\ufdd1';
const NUMBER_COVERS = new RegExp(`${NUMBER_COVER}+`, 'g');

/** Long numbers are known by their last digits. */
export function withoutNumbers(text: string): string {
  // Most texts have none, and a report of thousands of lines has hundreds of thousands of texts.
  return text.search(LONG_NUMBER) < 0 ? text : shownNumbers(coveredNumbers(text));
}

/**
 * How a datagram begins, in one line that is fit to be read: without any of the passwords, what is called one, texts of SMS
 * and long numbers.
 *
 * @param datagram more of it than is shown, or a password that ends behind that would not be known for one
 */
export function excerptOf(datagram: string, passwords: Iterable<string>): string {
  const text = withCovered(datagram, passwords);
  const secret = NAME_OF_SECRET.exec(text);
  return readable(secret ? text.slice(0, secret.index + secret[0].length) + COVER : text, SHOWN);
}

/**
 * The same of more of a datagram. What comes behind a password is shown, too.
 *
 * @param datagram as for {@link excerptOf}
 */
export function tracedText(datagram: string, passwords: Iterable<string>): string {
  const text = withCovered(datagram, passwords);
  const session = text.replace(SESSION_SECRET, `$1 ${COVER}`);
  if (session !== text || /^PASSWORD \d+\s*$/i.test(text)) return readable(session, SHOWN_IN_TRACE);
  const fields = text.replace(TEXT_FIELD, `$1${COVER}`).replace(PASSWORD_FIELD, `$1${COVER}`);
  return readable(fields, SHOWN_IN_TRACE);
}

function withCovered(text: string, passwords: Iterable<string>): string {
  let covered = text;
  for (const password of passwords) covered = covered.replaceAll(password, COVER.repeat(password.length));
  return covered;
}

/** In one line, cut after so many characters. */
function readable(covered: string, length: number): string {
  const shown = shownNumbers(coveredNumbers(covered).slice(0, length));
  return printable(shown.replaceAll(new RegExp(`${COVER}+`, 'g'), HIDDEN));
}

function coveredNumbers(text: string): string {
  return text.replace(LONG_NUMBER, (number) => {
    const hidden = number.length - DIGITS_SHOWN;
    return NUMBER_COVER.repeat(hidden) + number.slice(hidden);
  });
}

function shownNumbers(text: string): string {
  return text.replaceAll(NUMBER_COVERS, '…');
}
