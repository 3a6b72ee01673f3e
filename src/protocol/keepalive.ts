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

  static bodyOf(one: Keepalive): string | undefined {
    return #pairs in one && isAscii(one.#pairs) ? one.#pairs : undefined;
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

/** All that a received keepalive says behind its counter; undefined if that is not ASCII. */
export const keepaliveBodyOf = (keepalive: Keepalive): string | undefined => ReceivedKeepalive.bodyOf(keepalive);

/**
 * Reads a keepalive from its counter and what follows that, decoded as Latin-1. Undefined if that is not ASCII: then it was
 * not decoded as it should be.
 */
export const readKeepaliveBody = (count: number, body: string): Keepalive | Malformed | undefined =>
  isAscii(body) ? keepaliveOf(String(count), body) : undefined;

/** One field, without reading the others. */
export const fieldOf = (keepalive: Keepalive, name: KeepaliveField): string | undefined =>
  ReceivedKeepalive.fieldOf(keepalive, name);

const isAscii = (text: string): boolean => Buffer.byteLength(text) === text.length;

const isPassword = (name: string): boolean => name === 'pass' || name === 'password';
