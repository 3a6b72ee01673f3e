/** Commands that read or change a device, and their replies (protocol §6). */
import { splitFirstWord, trimBlanks, trimBlanksEnd } from './blanks.js';
import { malformed, type Codec } from './codec.js';
import { forEachPair, readPairs, readPassword } from './pairs.js';
import { id, readId, restOfDatagram, restOfLine, word, words } from './words.js';

/**
 * What follows `$id` in each command. Where a value is changed the password stands at the end, else right behind the id.
 * To add a command, add a line.
 */
export const COMMANDS = {
  get_gsm_num: ['password'],
  set_gsm_num: ['value', 'password'],
  get_exp_time: ['password'],
  set_exp_time: ['value', 'password'],
  get_remain_time: ['password'],
  reset_remain_time: ['password'],
  get_gsm_state: ['password'],
  get_imei: ['password'],
  set_imei: ['value', 'password'],
  get_out_call_interval: ['password'],
  set_out_call_interval: ['value', 'password'],
  set_base_cell: ['value', 'password'],
  get_cells_list: ['password'],
  CURCELL: ['password'],
  svr_drop_call: ['password'],
  svr_reboot_module: ['password'],
  svr_reboot_dev: ['password'],
  module_ctl_i: ['value', 'password'],
  module_ctl: ['value', 'password'],
  CF: ['password', 'reason', 'mode', 'num', 'ftime'],
  GSM: ['password'],
  ATSTART: ['password'],
  ATSTOP: ['password'],
  ATALIVE: ['password'],
  ATCMD: ['value', 'password'],
} as const satisfies Record<string, readonly string[]>;

export type CommandName = keyof typeof COMMANDS;

/** A command to a device. `values` are all words but the password, in the order of {@link COMMANDS}. */
export interface Command {
  readonly kind: 'COMMAND';
  readonly command: CommandName;
  readonly id: number;
  readonly password: string;
  readonly values: readonly string[];
}

/** What a device answers to most commands: a value, or `ok` behind the value that was set. */
export interface Reply {
  readonly kind: 'REPLY';
  readonly command: CommandName;
  readonly id: number;
  /** Empty where the device only said `ok`. */
  readonly value: string;
  readonly ok: boolean;
}

/** `GSM:$id;name:value;…` — several values at once, by name. */
export interface GsmReply {
  readonly kind: 'GSM';
  readonly id: number;
  readonly values: ReadonlyMap<string, string>;
}

/** `AT:$id;count:…;id:…;password:…;receive:…` — traffic of the modem, not acked. */
export interface AtReport {
  readonly kind: 'AT';
  readonly sendid: number;
  readonly count: string;
  readonly id: string;
  readonly password: string;
  readonly text: string;
}

function command(name: CommandName): Codec<Command> {
  const shape: readonly string[] = COMMANDS[name];
  return {
    read(body) {
      const [idWord = '', ...rest] = body.split(/[ \t\r\n\0]+/).filter((part) => part !== '');
      const commandId = readId(idWord);
      if (commandId === undefined) return malformed('missing number', name);
      const passwordAt = shape.indexOf('password');
      const password = rest[passwordAt];
      if (password === undefined) return malformed('missing password', name);
      if (rest.length !== shape.length) return malformed('missing value', name);
      return { kind: 'COMMAND', command: name, id: commandId, password, values: rest.toSpliced(passwordAt, 1) };
    },
    write({ id: commandId, password, values }) {
      const rest = values.toSpliced(shape.indexOf('password'), 0, password);
      return [name, commandId, ...rest].join(' ');
    },
  };
}

function reply(name: CommandName): Codec<Reply> {
  return {
    read(body) {
      const { word, rest: text } = splitFirstWord(body);
      const replyId = readId(word);
      if (replyId === undefined) return malformed('missing number', name);
      const ok = /(?:^|[ \t\r\n\0])ok$/i.test(text);
      return { kind: 'REPLY', command: name, id: replyId, value: ok ? trimBlanksEnd(text.slice(0, -2)) : text, ok };
    },
    write({ id: replyId, value, ok }) {
      return [name, String(replyId), value, ok ? 'ok' : ''].filter((part) => part !== '').join(' ');
    },
  };
}

/** One codec per command, under how its message begins. */
function forEachCommand<M>(make: (name: CommandName) => Codec<M>): Record<`${CommandName} `, Codec<M>> {
  const names = Object.keys(COMMANDS) as CommandName[];
  return Object.fromEntries(names.map((name) => [`${name} `, make(name)])) as Record<`${CommandName} `, Codec<M>>;
}

/** The code of a USSD runs to the end of the datagram, and the device dials all of it. Control characters are never written. */
const ussdCode: typeof restOfDatagram = {
  ...restOfDatagram,
  write(code) {
    if (/\p{Cc}/u.test(code)) throw new TypeError('a control character within the code of USSD');
    return code;
  },
};

/** Server → device. */
export const COMMAND_MESSAGES = {
  ...forEachCommand(command),
  'USSD ': words('USSD', { id, password: word, code: ussdCode }, ''),
  'USSDEXIT ': words('USSDEXIT', { id, password: restOfLine }, ''),
} as const;

const gsmReply: Codec<GsmReply> = {
  read(body) {
    const { number, pairs } = splitNumber(body);
    if (number === undefined) return malformed('missing number', 'GSM');
    const values = new Map<string, string>();
    forEachPair(pairs, undefined, (name, value) => {
      if (!values.has(name)) values.set(name, value);
    });
    return { kind: 'GSM', id: number, values };
  },
  write: ({ id: replyId, values }) =>
    [`GSM:${replyId}`, ...[...values].map(([name, value]) => `${name}:${value}`)].join(';'),
};

const atReport: Codec<AtReport> = {
  read(body) {
    const { number, pairs } = splitNumber(body);
    if (number === undefined) return malformed('missing number', 'AT');
    const values = readPairs(pairs, 'receive');
    const deviceId = values.get('id');
    if (deviceId === undefined || deviceId === '') return malformed('missing id', 'AT');
    const password = readPassword(values);
    if (password === undefined) return malformed('missing password', 'AT');
    const text = values.get('receive');
    if (text === undefined) return malformed('missing text', 'AT');
    return { kind: 'AT', sendid: number, count: values.get('count') ?? '', id: deviceId, password, text };
  },
  write: ({ sendid, count, id: deviceId, password, text }) =>
    `AT:${sendid};count:${count};id:${deviceId};password:${password};receive:${text}`,
};

/** Splits the number of the command from the pairs behind it. */
function splitNumber(body: string): { readonly number: number | undefined; readonly pairs: string } {
  const semicolon = body.indexOf(';');
  const end = semicolon < 0 ? body.length : semicolon;
  return { number: readId(trimBlanks(body.slice(0, end))), pairs: body.slice(end + 1) };
}

/** Device → server. */
export const COMMAND_REPLIES = {
  ...forEachCommand(reply),
  'USSD ': words('USSD', { id, text: restOfDatagram }, ''),
  'USSDERROR ': words('USSDERROR', { id, message: restOfLine }, ''),
  'USSDEXIT ': words('USSDEXIT', { id }, ''),
  'CFOK ': words('CFOK', { id }, ''),
  'CFERROR ': words('CFERROR', { id }, ''),
  'GSMERROR ': words('GSMERROR', { id, message: restOfLine }, ''),
  'GSM:': gsmReply,
  'AT:': atReport,
} as const;
