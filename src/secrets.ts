/** The passwords of a configuration, hidden in texts for users. */
import { GoipError, isGoipError, safeMessageOf } from './errors.js';
import { HIDDEN, printable, withoutPasswordInQuote } from './printable.js';

/** Characters of a value that are quoted. */
const QUOTED = 60;

/** Characters that are looked at: enough to hold a whole password behind those that are shown. */
const LOOKED_AT = 1000;

/** A value in a message, for {@link Secrets.shortQuotes}, which cuts it and hides passwords in it. */
export function quoted(value: string): string {
  return printable(JSON.stringify(value.slice(0, LOOKED_AT)));
}

export class Secrets {
  readonly #passwords: ReadonlySet<string>;
  /** The longest first: one may be part of another. */
  #byLength: readonly string[] | undefined;

  constructor(passwords: Iterable<string> = []) {
    this.#passwords = new Set(passwords);
  }

  has(text: string): boolean {
    return text !== '' && this.#passwords.has(text);
  }

  /** The text, or what stands for a password. */
  shown(text: string): string {
    return this.has(text) ? HIDDEN : text;
  }

  /** Hides all passwords in a text. Those of digits are hidden if they are a whole number there, and not a short one. */
  hide(text: string): string {
    this.#byLength ??= [...this.#passwords].filter(Boolean).sort((one, other) => other.length - one.length);
    let hidden = text;
    for (const password of this.#byLength) hidden = withoutPasswordInQuote(hidden, password);
    return hidden;
  }

  /** The error, fit for logs and users: without passwords, and without what Node.js quotes of arguments. */
  safeErrorOf(error: unknown): Error {
    if (!isGoipError(error)) return new Error(this.hide(safeMessageOf(error)));
    const message = this.shortQuotes(error.message);
    return message === error.message ? error : new GoipError(error.code, message);
  }

  /** Cuts the quoted values of a message, and hides passwords in them. */
  shortQuotes(message: string): string {
    return message.replace(/"(?:[^"\\]|\\.)*"/g, (quote) => {
      const value = this.hide(textIn(quote));
      return quoted(value.length > QUOTED ? `${value.slice(0, QUOTED)}…` : value);
    });
  }
}

function textIn(quote: string): string {
  try {
    return String(JSON.parse(quote));
  } catch {
    return quote.slice(1, -1);
  }
}
