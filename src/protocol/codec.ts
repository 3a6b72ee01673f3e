import { skipBlanks } from './blanks.js';
import { decoded } from './decoding.js';

/** What could not be read. Says why, and never quotes the datagram: it may hold a password. */
export interface Malformed {
  readonly kind: 'malformed';
  readonly reason:
    | 'empty'
    | 'unknown verb'
    | 'missing number'
    | 'missing id'
    | 'missing password'
    | 'missing text'
    | 'missing value'
    | 'wrong length';
  /** The verb, when it is one that we know. */
  readonly verb?: string;
}

export function malformed(reason: Malformed['reason'], verb?: string): Malformed {
  return verb === undefined ? { kind: 'malformed', reason } : { kind: 'malformed', reason, verb };
}

/**
 * One kind of message: `read` takes what follows the verb and its separator, `write` makes the whole datagram.
 * `read` never throws, and `read` after `write` gives the same message back.
 */
export interface Codec<M> {
  read(body: string): M | Malformed;
  write(message: M): string;
}

export type MessageOf<C> = C extends Codec<infer M> ? M : never;

/** Longest verb that is one. */
const LONGEST_VERB = 32;

/**
 * Splits a datagram into how it begins, with the separator (`req:`, `SEND `), and what follows; undefined if it begins like no
 * message of this protocol. Blanks, line ends and a byte order mark in front of the verb are skipped.
 */
export function splitVerb(datagram: string): { readonly beginning: string; readonly body: string } | undefined {
  const start = skipBlanks(datagram);
  let end = start;
  while (end - start <= LONGEST_VERB && isVerbCharacter(datagram.charCodeAt(end), end === start)) end += 1;
  const separator = datagram[end];
  if (end === start || end - start > LONGEST_VERB || (separator !== ':' && separator !== ' ')) return undefined;
  return { beginning: datagram.slice(start, end + 1), body: datagram.slice(end + 1) };
}

/** Letters and `_`, behind the first one digits too. */
function isVerbCharacter(code: number, isFirst: boolean): boolean {
  const letter = code | 0x20;
  return (letter >= 97 && letter <= 122) || code === 95 || (!isFirst && code >= 48 && code <= 57);
}

export function toText(datagram: Uint8Array | string): string {
  if (typeof datagram === 'string') return datagram;
  if (Buffer.isBuffer(datagram)) return decoded(datagram);
  return decoded(Buffer.from(datagram.buffer, datagram.byteOffset, datagram.byteLength));
}

/** All codecs of one direction by how their messages begin: the verb and the separator behind it (`req:`, `SEND `). */
export function codecsBy<M>(table: Readonly<Record<string, object>>): ReadonlyMap<string, Codec<M>> {
  return new Map(Object.entries(table) as [string, Codec<M>][]);
}
