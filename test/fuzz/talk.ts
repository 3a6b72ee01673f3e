/** What strangers say: noise, real datagrams that went wrong, and made-up ones of every kind. */
import { COMMANDS } from '../../src/protocol/index.js';
import { NOTIFICATION_FIELDS } from '../../src/tables/events.js';
import datagrams from '../protocol/datagrams.json';
import { Dice } from './dice.js';
import { HONEST, OPEN } from './lines.js';
import { LARGEST, mutated, NUMBERS } from './mutations.js';

/** A bulk session of an honest line that is going on. */
export interface RunningSession {
  readonly sendid: number;
  /** The number that is out; 0 for none yet. */
  readonly telid: number;
}

/** How often of a thousand. */
const SHARES = {
  noise: 80,
  nothing: 3,
  mutated: 210,
  prefix: 90,
  'from a device': 160,
  'from a server': 70,
  oversized: 4,
  'session reply': 60,
  'reply to a running session': 63,
  'name of an object': 50,
  'flood of ids': 80,
  'flood of sendids': 120,
  'id and password swapped': 10,
} as const;

export type Kind = keyof typeof SHARES | 'from an open line';
export const KINDS = [...Object.keys(SHARES), 'from an open line'] as Kind[];

/** One kind per thousandth. */
const WHEEL: readonly Kind[] = Object.entries(SHARES).flatMap(([kind, share]) =>
  Array.from({ length: share }, () => kind as Kind),
);

export interface Utterance {
  readonly kind: Kind;
  readonly datagram: Buffer;
}

export class Talk {
  readonly #dice: Dice;
  readonly #noise: Buffer;
  readonly #real: readonly Buffer[];
  #prefixOf = 0;
  #prefixLength = 0;

  constructor(
    seed: number,
    private readonly running: () => readonly RunningSession[],
  ) {
    const dice = new Dice(seed);
    this.#dice = dice;
    this.#noise = Buffer.from(Array.from({ length: 100_000 }, () => dice.below(256)));
    const real = datagrams.map(({ bytes_utf8 }) => bytes_utf8);
    // As the lines of this server would say it, with a wrong password.
    const ours = real.map((text) => text.replace(/goipid1|(?<=;id:)[^;]*/, HONEST[0]?.id ?? ''));
    this.#real = [...new Set([...real, ...ours])].map((text) => Buffer.from(text));
  }

  /** @param knowsSecrets of the open lines */
  next(knowsSecrets: boolean): Utterance {
    const kind = knowsSecrets && this.#dice.chance(0.9) ? 'from an open line' : this.#dice.pick(WHEEL);
    return { kind, datagram: this.#make(kind) };
  }

  #make(kind: Kind): Buffer {
    const dice = this.#dice;
    switch (kind) {
      case 'noise':
        return this.#slice(dice.chance(0.9) ? 1 + dice.below(64) : 1 + dice.below(1400));
      case 'nothing':
        return Buffer.alloc(0);
      case 'mutated':
        return mutated(dice.pick(this.#real), dice, () => dice.pick(this.#real));
      case 'prefix':
        return this.#nextPrefix();
      case 'from a device':
        return Buffer.from(this.#deviceMessage(this.#id(), this.#wrongPassword()));
      case 'from a server':
        return Buffer.from(this.#serverMessage());
      case 'oversized':
        return this.#oversized();
      case 'session reply':
        return Buffer.from(this.#reply(this.#number(), this.#number()));
      case 'reply to a running session':
        return Buffer.from(this.#runningReply());
      case 'name of an object':
        return Buffer.from(this.#nameOfObject());
      case 'flood of ids':
        return Buffer.from(this.#strangeId());
      case 'flood of sendids':
        return Buffer.from(`${dice.pick(REPLIES)} ${1 + dice.below(2 ** 31 - 1)} ${1 + dice.below(9)}\n`);
      case 'id and password swapped':
        return Buffer.from(this.#swapped());
      case 'from an open line': {
        const { id, password } = dice.pick(OPEN);
        if (dice.chance(0.03)) return this.#largeReport(id, password);
        return Buffer.from(this.#deviceMessage(id, password));
      }
    }
  }

  #slice(length: number): Buffer {
    const from = this.#dice.below(this.#noise.length - length);
    return this.#noise.subarray(from, from + length);
  }

  /** All real ones, cut off at each of their bytes, in turn. */
  #nextPrefix(): Buffer {
    const data = this.#real[this.#prefixOf] ?? Buffer.alloc(0);
    const prefix = data.subarray(0, this.#prefixLength);
    this.#prefixLength += 1;
    if (this.#prefixLength > data.length) {
      this.#prefixLength = 0;
      this.#prefixOf = (this.#prefixOf + 1) % this.#real.length;
    }
    return prefix;
  }

  #deviceMessage(id: string, password: string): string {
    const dice = this.#dice;
    const header = `${dice.chance(0.9) ? this.#recvid() : this.#value()};id:${id};${dice.pick(PASSWORD_NAMES)}:${password}`;
    switch (dice.below(8)) {
      case 0:
      case 1:
        return `req:${this.#number()};id:${id};pass:${password};${this.#pairs(dice.small(20))}`;
      case 2: {
        const smsc = dice.chance(0.2) ? `;smscnum:${this.#value()};senttime:${this.#value()}` : '';
        return `RECEIVE:${header};srcnum:${this.#value()}${smsc};msg:${this.#text()}`;
      }
      case 3:
      case 4:
        return `${dice.pick(VERBS)}:${header};${dice.pick(FIELDS)}:${this.#text()}`;
      case 5:
        return `${this.#word()}:${header};${this.#pairs(dice.small(6))}`;
      case 6:
        return `AT:${this.#number()};count:${this.#number()};id:${id};password:${password};receive:${this.#text()}`;
      default:
        return dice.pick([
          `${dice.pick(COMMAND_NAMES)} ${this.#number()} ${this.#text()}${dice.chance(0.5) ? ' ok' : ''}`,
          `${dice.pick(['USSD', 'USSDERROR', 'GSMERROR'])} ${this.#number()} ${this.#text()}`,
          `${dice.pick(['USSDEXIT', 'CFOK', 'CFERROR'])} ${this.#number()}`,
          `GSM:${this.#number()};${this.#pairs(dice.small(6))}`,
        ]);
    }
  }

  #serverMessage(): string {
    const dice = this.#dice;
    const number = this.#number();
    switch (dice.below(6)) {
      case 0:
        return `reg:${number};status:${this.#number()};`;
      case 1:
        return `${dice.pick(VERBS)} ${number} ${dice.pick(['OK', 'ERROR unauthorized'])}\n`;
      case 2: {
        const text = this.#text();
        return `MSG ${number} ${dice.chance(0.7) ? Buffer.byteLength(text) : this.#number()} ${text}\n`;
      }
      case 3:
        return `${dice.pick(['PASSWORD', 'SEND', 'DONE', 'USSDEXIT'])} ${number} ${this.#wrongPassword()} ${this.#value()}\n`;
      case 4:
        return `USSD ${number} ${this.#wrongPassword()} ${this.#text()}`;
      default:
        return `${dice.pick(COMMAND_NAMES)} ${number} ${this.#value()} ${this.#value()}`;
    }
  }

  /** As somebody would send them who wants the server to remember them all. */
  #largeReport(id: string, password: string): Buffer {
    return Buffer.from(`USSN:${this.#recvid()};id:${id};password:${password};msg:${'x'.repeat(20_000)}`);
  }

  /** A verb and a flood of what might take a careless parser ages. */
  #oversized(): Buffer {
    const dice = this.#dice;
    const beginning = dice.pick(BEGINNINGS);
    const filler = dice.pick(FILLERS);
    const length = dice.chance(0.5) ? LARGEST : 1500 + dice.below(LARGEST - 1500);
    const end = dice.pick(['', 'x', '\n', ';', ' ok', ';msg:x']);
    const text = `${beginning}${filler.repeat(Math.ceil(length / filler.length))}`;
    return Buffer.concat([Buffer.from(text).subarray(0, length - end.length), Buffer.from(end)]);
  }

  #reply(sendid: string | number, telid: string | number): string {
    const dice = this.#dice;
    const verb = dice.pick(REPLIES);
    if (verb !== 'ERROR') return `${verb} ${sendid} ${telid}${dice.chance(0.2) ? ` ${this.#number()}` : ''} \n`;
    return `ERROR ${sendid} ${dice.pick(['PASSWORD', 'SENDID', 'GSM_LOGOUT', 'too_many_sends_in_server', telid])} errorstatus:1\n`;
  }

  /** Exactly what the session waits for, or what would end it – but not from where its line is. */
  #runningReply(): string {
    const dice = this.#dice;
    const running = this.running();
    const { sendid, telid } = running.length > 0 ? dice.pick(running) : { sendid: 1, telid: 1 };
    const out = dice.chance(0.8) ? telid : dice.below(12);
    if (dice.chance(0.3)) return this.#reply(sendid, out);
    return dice.pick([
      `PASSWORD ${sendid}\n`,
      `SEND ${sendid}\n`,
      `OK ${sendid} ${out}\n`,
      `WAIT ${sendid} ${out}\n`,
      `ERROR ${sendid} ${out} errorstatus:38\n`,
      `ERROR ${sendid} SENDID\n`,
      `ERROR ${sendid} GSM_LOGOUT\n`,
      `ERROR ${sendid} PASSWORD\n`,
      `ERROR ${sendid}\n`,
      `DONE ${sendid}\n`,
    ]);
  }

  #nameOfObject(): string {
    const dice = this.#dice;
    const name = dice.pick(OBJECT_NAMES);
    return dice.pick([
      `${name}:1;id:${HONEST[0]?.id ?? ''};password:x`,
      `${name} 1 2\n`,
      `${name}:`,
      `req:1;id:${name};pass:${name};${name}:${name};`,
      `req:${name};id:x;pass:x;`,
      `RECEIVE:${name};id:${name};password:x;msg:${name}`,
      `RECEIVE:1;${name}:1;id:${name};${name}:2;password:${name};srcnum:1;msg:x`,
      `GSM:1;${name}:1;${name}:2`,
      `OK ${name} ${name}\n`,
    ]);
  }

  /** Somebody who tries ids, each one new. */
  #strangeId(): string {
    const dice = this.#dice;
    const id = `id-${dice.below(2 ** 31).toString(36)}`;
    return dice.chance(0.7)
      ? `req:1;id:${id};pass:${this.#wrongPassword()};`
      : `${dice.pick(VERBS)}:${dice.below(2 ** 31)};id:${id};password:${this.#wrongPassword()};msg:x`;
  }

  /** A device of ours that somebody has set up wrongly: the password stands where people may see it. */
  #swapped(): string {
    const { id, password } = this.#dice.pick(HONEST);
    return this.#dice.pick([
      `req:1;id:${password};pass:${id};`,
      `req:1;id:${id},pass:${password};pass:x;`,
      `RECEIVE:1;id:${password};password:${id};srcnum:1;msg:${password}`,
      `RECEIVE:1;id:${id} password:${password};password:x;srcnum:1;msg:x`,
      `${password}:1;id:${id};password:x`,
      `RECEIVE:${password};id:${id};password:x;srcnum:${password};msg:x`,
    ]);
  }

  #id(): string {
    const dice = this.#dice;
    return dice.chance(0.6) ? dice.pick(ALL_IDS) : this.#value();
  }

  #wrongPassword(): string {
    return this.#dice.chance(0.7) ? `guess-${this.#dice.below(1e9)}` : this.#dice.pick(POOR_PASSWORDS);
  }

  #recvid(): string {
    return String(this.#dice.below(2 ** 31));
  }

  #number(): string {
    return this.#dice.chance(0.6) ? String(this.#dice.below(100_000)) : this.#dice.pick(NUMBERS);
  }

  #word(): string {
    return this.#dice.chance(0.5) ? this.#dice.pick(WORDS) : `V${this.#dice.below(1e6).toString(36)}`;
  }

  #value(): string {
    const dice = this.#dice;
    return dice.chance(0.5)
      ? dice.pick(WORDS)
      : this.#noise.toString('latin1', dice.below(9000), 9000 + dice.below(12));
  }

  #pairs(count: number): string {
    let pairs = '';
    for (let n = 0; n < count; n += 1) pairs += `${this.#dice.pick(FIELDS)}:${this.#dice.pick(WORDS)};`;
    return pairs;
  }

  #text(): string {
    let text = '';
    for (let count = this.#dice.small(6); count > 0; count -= 1) text += this.#dice.pick(WORDS);
    return text;
  }
}

const REPLIES = ['PASSWORD', 'SEND', 'OK', 'WAIT', 'ERROR', 'DONE'] as const;
const VERBS = Object.keys(NOTIFICATION_FIELDS);
const COMMAND_NAMES = Object.keys(COMMANDS);
const PASSWORD_NAMES = ['password', 'pass', 'PASSWORD', 'Pass'] as const;
const OBJECT_NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'valueOf',
  'then',
  'toJSON',
];
const ALL_IDS = [...HONEST, ...OPEN].map(({ id }) => id);
const POOR_PASSWORDS = [
  '',
  ' ',
  'undefined',
  'null',
  'NaN',
  '[object Object]',
  'password1',
  '0',
  'true',
  '••••',
  ...ALL_IDS,
];
const FIELDS = [
  ...[
    'num',
    'signal',
    'gsm_status',
    'voip_status',
    'imei',
    'imsi',
    'iccid',
    'pro',
    'CELLINFO',
    'CGATT',
    's_l_id',
    'idle',
  ],
  ...['sms_no', 'state', 'gsm_remain_state', 'dir', 'gsm_remain_time', 'exp', 'info', 'lists', 'bcch', 'cgatt', 'msg'],
  ...['srcnum', 'id', 'pass', 'Password', '__proto__', 'constructor', '', ' ', 'x y', 'ü'],
] as const;
const WORDS = [
  ...[
    'hello',
    '+4915112345678',
    'LOGIN',
    'LOGOUT',
    'IDLE',
    'DIALING:1',
    '(null)',
    '<NULL>',
    '23',
    '-1',
    '0',
    'OK',
    'ERROR',
  ],
  ...[
    ';',
    ':',
    '\n',
    '\r\n',
    ' ',
    '  ',
    '\t',
    '\0',
    ';id:x',
    ';msg:',
    ';password:y',
    ',cause:',
    '1,2,3,',
    ' ok',
    '"',
    '\\',
  ],
  ...[
    'Grüße',
    '你好',
    '😀',
    '\ufeff',
    '\u00a0',
    '\u2028',
    '\u202e',
    '__proto__',
    'constructor',
    'RECEIVE 1 OK\n',
    'DONE 1\n',
  ],
  ...NUMBERS,
  'a'.repeat(300),
] as const;
/** Up to the place where something long may follow, in each of the parser's ways. */
const BEGINNINGS = [
  ...['', ' ', 'A', 'req:', 'req:1;', 'req:1;id:', 'req:1;id:x;pass:', 'req:1;id:x;pass:y;', 'req:1;id:x;pass:y;num:'],
  ...[
    'RECEIVE:',
    'RECEIVE:1;id:',
    'RECEIVE:1;id:x;password:',
    'RECEIVE:1;id:x;password:y;',
    'RECEIVE:1;id:x;password:y;msg:',
  ],
  ...['STATE:1;id:x;password:y;gsm_remain_state:', 'HANGUP:1;id:x;password:y;num:', 'CELLS:1;id:x;password:y;lists:'],
  ...[
    'DELIVER:1;id:x;password:y;sms_no:',
    'NEW:1;id:x;password:y;',
    'NEW:',
    'AT:1;',
    'AT:1;id:x;password:y;receive:',
    'GSM:1;',
  ],
  ...[
    'OK ',
    'OK 1 ',
    'OK 1 1 ',
    'SEND ',
    'DONE 1 ',
    'ERROR ',
    'ERROR 1 ',
    'ERROR 1 2 errorstatus',
    'ERROR 1 2 errorstatus:',
  ],
  ...['get_gsm_num 1 ', 'set_gsm_num ', 'USSD 1 ', 'USSDERROR 1 ', 'CFOK 1', 'USSN:1;id:x;password:y;msg:'],
];
const FILLERS = [
  ' ',
  '\n',
  '\0',
  '\t',
  ';',
  ':',
  ',',
  'a',
  '1',
  'a:b;',
  'a: ;',
  ' ;',
  'id:x;',
  'pass:',
  ',cause:',
  ' ok',
  '\r\n',
  '😀',
];
