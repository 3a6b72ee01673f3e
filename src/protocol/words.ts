/** Messages made of words: `VERB word word…\n` (protocol §4, §6). */
import { trimBlanks } from './blanks.js';
import { malformed, type Codec } from './codec.js';
import { MAX_ID } from '../parameters.js';

/** One word, or with `rest` all that is left of the message. */
interface Word<T> {
  readonly rest?: 'line' | 'raw';
  /** `word` is undefined where the message ended before it. */
  read(word: string | undefined): T | undefined;
  write(value: T): string;
}

type WordsOf<W> = { readonly [K in keyof W]: W[K] extends Word<infer T> ? T : never };

/** A `$sendid`, `$telid` or command id: 1 … 2³¹−1. */
export const id: Word<number> = {
  read: (word) => (word === undefined ? undefined : readId(word)),
  write: String,
};

/** An integer that older firmware leaves out, or null. */
export const optionalInteger: Word<number | null> = {
  read: (word) => (word !== undefined && /^\d{1,15}$/.test(word) ? Number(word) : null),
  write: (value) => (value === null ? '' : String(value)),
};

export const word: Word<string> = { read: (text) => text, write: (text) => text };

/** What is left of the line, without the blanks around it and the newline at its end. */
export const restOfLine: Word<string> = {
  rest: 'line',
  read: (text) => text ?? '',
  write: (text) => text,
};

/** What is left of the datagram to its last byte; nothing is taken away. */
export const restOfDatagram: Word<string> = { ...restOfLine, rest: 'raw' };

export function readId(text: string): number | undefined {
  if (!/^\d{1,10}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= 1 && value <= MAX_ID ? value : undefined;
}

const BLANKS = /[ \t\r\n\0]+/y;
const WORD = /[^ \t\r\n\0]+/y;

/** Takes the next word at `from`; `next` stands on the first character behind it. */
function nextWord(text: string, from: number): { word: string | undefined; next: number } {
  BLANKS.lastIndex = from;
  const start = BLANKS.test(text) ? BLANKS.lastIndex : from;
  WORD.lastIndex = start;
  const match = WORD.exec(text);
  return match ? { word: match[0], next: start + match[0].length } : { word: undefined, next: start };
}

/**
 * The codec of `VERB word word…`. `end` is what the writer puts at the end: a newline in bulk sessions (§4), nothing in
 * commands (§6). Readers take a missing newline and blanks before it.
 */
export function words<const V extends string, W extends Readonly<Record<string, Word<unknown>>>>(
  verb: V,
  shape: W,
  end: '\n' | '' = '\n',
): Codec<{ readonly kind: V } & WordsOf<W>> {
  const entries = Object.entries(shape);
  return {
    read(body) {
      const message: Record<string, unknown> = { kind: verb };
      let position = 0;
      for (const [name, part] of entries) {
        let text: string | undefined;
        if (part.rest) {
          text = body.slice(position);
          // Before raw text one blank separates; all behind it belongs to the text.
          text = part.rest === 'line' ? trimBlanks(text) : text.replace(/^ /, '');
        } else {
          ({ word: text, next: position } = nextWord(body, position));
        }
        const value = part.read(text);
        if (value === undefined) return malformed(part === id ? 'missing number' : 'missing value', verb);
        message[name] = value;
      }
      return message as { readonly kind: V } & WordsOf<W>;
    },
    write(message) {
      const values = message as Record<string, unknown>;
      const texts = entries.map(([name, part]) => part.write(values[name])).filter((text) => text !== '');
      return `${[verb, ...texts].join(' ')}${end}`;
    },
  };
}
