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

/** All messages of one direction, by how they begin: the verb and the separator behind it (`req:`, `SEND `). */
export type CodecTable = Readonly<Record<string, Codec<never>>>;

const BEGINNING = /^([A-Za-z_][A-Za-z0-9_]{0,31})([: ])/;

/** Splits a datagram into how it begins and what follows; undefined where it begins like no message of this protocol. */
export function splitVerb(datagram: string): { verb: string; separator: string; body: string } | undefined {
  const match = BEGINNING.exec(datagram);
  if (!match) return undefined;
  const [beginning, verb = '', separator = ''] = match;
  return { verb, separator, body: datagram.slice(beginning.length) };
}

export function toText(datagram: Uint8Array | string): string {
  return typeof datagram === 'string'
    ? datagram
    : Buffer.from(datagram.buffer, datagram.byteOffset, datagram.byteLength).toString('utf8');
}

/** Looks a beginning up without walking into `Object.prototype` (`constructor:`, `__proto__:`). */
export function entryOf<T extends object>(table: T, key: string): T[keyof T] | undefined {
  return Object.hasOwn(table, key) ? table[key as keyof T] : undefined;
}
