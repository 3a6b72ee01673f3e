/** `req:$count;id:$id;pass:$password;…;` — registration and keepalive, every 30 s (protocol §2). */
import { trimBlanks } from './blanks.js';
import { malformed, type Codec, type Malformed } from './codec.js';
import { forEachPair } from './pairs.js';

export interface Keepalive {
  readonly kind: 'req';
  /** Counts up from 1 at power-up; text, to be echoed as it came. */
  readonly count: string;
  readonly id: string;
  readonly password: string;
  /**
   * All other fields in their order, untouched. Known names have the spelling of {@link KEEPALIVE_FIELDS}, unknown ones
   * the one they came with.
   */
  readonly fields: ReadonlyMap<string, string>;
}

/** The fields that specs and known firmware send; more may come. */
export const KEEPALIVE_FIELDS = [
  'num',
  'signal',
  'gsm_status',
  'voip_status',
  'voip_state',
  'remain_time',
  'imei',
  'imsi',
  'iccid',
  'pro',
  'idle',
  'disable_status',
  'SMS_LOGIN',
  'SMB_LOGIN',
  'CELLINFO',
  'CGATT',
  's_l_id',
] as const;
export type KeepaliveField = (typeof KEEPALIVE_FIELDS)[number];

const SPELLING = new Map<string, string>(KEEPALIVE_FIELDS.map((name) => [name.toLowerCase(), name]));

export const keepalive: Codec<Keepalive> = {
  read(body) {
    const end = body.indexOf(';');
    const count = trimBlanks(end < 0 ? body : body.slice(0, end));
    // It is echoed in the ack, so it must be one word.
    if (count === '' || /[\s\0]/.test(count)) return malformed('missing number', 'req');
    return keepaliveOf(count, end < 0 ? '' : body.slice(end + 1));
  },
  write({ count, id, password, fields }) {
    const pairs = [...fields].map(([name, value]) => `${name}:${value};`).join('');
    return `req:${count};id:${id};pass:${password};${pairs}`;
  },
};

function keepaliveOf(count: string, pairs: string): Keepalive | Malformed {
  let id: string | undefined;
  let password: string | undefined;
  forEachPair(pairs, undefined, (name, value) => {
    const key = name.toLowerCase();
    if (key === 'id') id ??= value;
    else if (isPassword(key)) password ??= value;
    return id === undefined || password === undefined;
  });
  if (id === undefined || id === '') return malformed('missing id', 'req');
  if (password === undefined) return malformed('missing password', 'req');
  return new ReceivedKeepalive(count, id, password, pairs);
}

/** Reads its fields when somebody asks for them: few do, and to read all of them takes four times as long as the rest. */
class ReceivedKeepalive implements Keepalive {
  readonly kind = 'req';
  readonly #pairs: string;

  constructor(
    readonly count: string,
    readonly id: string,
    readonly password: string,
    pairs: string,
  ) {
    this.#pairs = pairs;
  }

  static isSame(one: Keepalive, other: Keepalive): boolean {
    return #pairs in one && #pairs in other && one.#pairs === other.#pairs;
  }

  static sayingOf(one: Keepalive): string | undefined {
    if (!(#pairs in one) || one.#pairs.length > LONGEST_SAYING) return undefined;
    return isAscii(one.#pairs) ? one.#pairs : undefined;
  }

  static fieldOf(one: Keepalive, wanted: KeepaliveField): string | undefined {
    if (!(#pairs in one)) return one.fields.get(wanted);
    let found: string | undefined;
    forEachPair(one.#pairs, undefined, (name, value) => {
      if (name !== wanted && SPELLING.get(name.toLowerCase()) !== wanted) return true;
      found = value;
      return false;
    });
    return found;
  }

  get fields(): ReadonlyMap<string, string> {
    const fields = new Map<string, string>();
    forEachPair(this.#pairs, undefined, (name, value) => {
      const key = name.toLowerCase();
      if (key === 'id' || isPassword(key)) return;
      const spelling = SPELLING.get(key) ?? name;
      if (!fields.has(spelling)) fields.set(spelling, value);
    });
    return fields;
  }
}

/** Do two received keepalives say the same, but for the counter? */
export const saysTheSame = (one: Keepalive, other: Keepalive): boolean => ReceivedKeepalive.isSame(one, other);

/** All that a received keepalive says behind its counter; undefined where that is not ASCII or uncommonly long. */
export const sayingOf = (keepalive: Keepalive): string | undefined => ReceivedKeepalive.sayingOf(keepalive);

/** The same of a datagram that begins as a keepalive with this counter, see {@link plainCountOf}. Nothing is read for it. */
export const sayingBehind = (count: number, datagram: Buffer): string =>
  datagram.toString('latin1', BEGINNING.length + String(count).length + 1);

/**
 * Reads a keepalive that is in two parts already, see {@link sayingBehind}; undefined where that is not ASCII, and was not
 * decoded as it should be.
 */
export const readSaying = (count: number, saying: string): Keepalive | Malformed | undefined =>
  isAscii(saying) ? keepaliveOf(String(count), saying) : undefined;

/** The counter of a datagram that may be a keepalive, if it is written as JavaScript writes numbers; otherwise 0. */
export function plainCountOf(datagram: Buffer): number {
  if (datagram.length > LONGEST_SAYING) return 0;
  for (let at = 0; at < BEGINNING.length; at += 1) if (datagram[at] !== BEGINNING[at]) return 0;
  let count = 0;
  for (let at = BEGINNING.length; at <= BEGINNING.length + MOST_DIGITS; at += 1) {
    const code = datagram[at] ?? 0;
    if (code === SEMICOLON) return count;
    const digit = code - ZERO;
    if (digit < 0 || digit > 9 || count + digit === 0) return 0;
    count = 10 * count + digit;
  }
  return 0;
}

const BEGINNING = Buffer.from('req:');
const SEMICOLON = 0x3b;
const ZERO = 0x30;
/** So that a counter is no large object. */
const MOST_DIGITS = 9;
/** In characters; a keepalive has up to 300. */
const LONGEST_SAYING = 512;

/** One field, without reading the others. */
export const fieldOf = (keepalive: Keepalive, name: KeepaliveField): string | undefined =>
  ReceivedKeepalive.fieldOf(keepalive, name);

const isAscii = (text: string): boolean => Buffer.byteLength(text) === text.length;

const isPassword = (name: string): boolean => name === 'pass' || name === 'password';
