import assert from 'node:assert/strict';
import {
  formatServerMessage,
  parseServerMessage,
  type CommandName,
  type DeviceMessage,
  type ServerMessage,
} from '../../src/protocol/index.js';
import { deviceVectors, malformed, serverVectors, type Vector } from './vectors.js';

const command = (name: CommandName, ...values: string[]): ServerMessage => ({
  kind: 'COMMAND',
  command: name,
  id: 5,
  password: 'pw',
  values,
});

const asked = (name: CommandName): Vector<ServerMessage> => ({ datagram: `${name} 5 pw`, means: command(name) });
const set = (name: CommandName, value: string): Vector<ServerMessage> => ({
  datagram: `${name} 5 ${value} pw`,
  means: command(name, value),
});

describe('commands, server → device (protocol §6)', () => {
  serverVectors({
    get_gsm_num: asked('get_gsm_num'),
    get_exp_time: asked('get_exp_time'),
    get_remain_time: asked('get_remain_time'),
    get_gsm_state: asked('get_gsm_state'),
    get_imei: asked('get_imei'),
    get_out_call_interval: asked('get_out_call_interval'),
    get_cells_list: asked('get_cells_list'),
    reset_remain_time: asked('reset_remain_time'),
    svr_drop_call: asked('svr_drop_call'),
    svr_reboot_module: asked('svr_reboot_module'),
    svr_reboot_dev: asked('svr_reboot_dev'),
    CURCELL: asked('CURCELL'),
    GSM: asked('GSM'),
    ATSTART: asked('ATSTART'),
    ATSTOP: asked('ATSTOP'),
    ATALIVE: asked('ATALIVE'),
    'set_gsm_num has the value before the password': set('set_gsm_num', '13800138001'),
    set_exp_time: set('set_exp_time', '60'),
    set_imei: set('set_imei', '123456789012345'),
    set_out_call_interval: set('set_out_call_interval', '10'),
    set_base_cell: set('set_base_cell', '689'),
    module_ctl_i: set('module_ctl_i', '1'),
    'module_ctl has a digit for each channel': set('module_ctl', '10120121'),
    ATCMD: set('ATCMD', 'AT+CSQ'),
    'CF has its values behind the password': {
      datagram: 'CF 5 pw 2 3 +8613800138000 20',
      means: command('CF', '2', '3', '+8613800138000', '20'),
    },
    'blanks and a newline at the end do no harm': {
      datagram: 'get_gsm_num  5  pw \n',
      means: command('get_gsm_num'),
      written: 'get_gsm_num 5 pw',
    },
    USSD: { datagram: 'USSD 5 pw *100#', means: { kind: 'USSD', id: 5, password: 'pw', code: '*100#' } },
    'USSD: an answer to a menu may hold blanks': {
      datagram: 'USSD 5 pw John Doe',
      means: { kind: 'USSD', id: 5, password: 'pw', code: 'John Doe' },
    },
    USSDEXIT: { datagram: 'USSDEXIT 5 pw', means: { kind: 'USSDEXIT', id: 5, password: 'pw' } },
    'no id': { datagram: 'get_gsm_num pw', means: malformed('missing number', 'get_gsm_num') },
    'no password': { datagram: 'get_gsm_num 5', means: malformed('missing password', 'get_gsm_num') },
    'a value but no password': { datagram: 'set_imei 5 1', means: malformed('missing password', 'set_imei') },
    'one value too few': { datagram: 'CF 5 pw 2 3 +86', means: malformed('missing value', 'CF') },
    'one value too many': { datagram: 'get_imei 5 pw x', means: malformed('missing value', 'get_imei') },
    'USSD without a password': { datagram: 'USSD 5', means: malformed('missing value', 'USSD') },
    'USSD without an id': { datagram: 'USSD pw *100#', means: malformed('missing number', 'USSD') },
    'a command that does not exist': { datagram: 'get_coffee 5 pw', means: malformed('unknown verb') },
    'a command that every object has': { datagram: 'constructor 5 pw', means: malformed('unknown verb') },
  });

  it('USSD: a newline behind the code becomes part of it', () => {
    const read = parseServerMessage('USSD 5 pw *100#\n');
    assert.deepEqual(read, { kind: 'USSD', id: 5, password: 'pw', code: '*100#\n' });
  });

  for (const control of ['\n', '\r\n', '\r', '\0', '\t', '\x1b', '\x7f', '\x85']) {
    it(`USSD: a code with ${JSON.stringify(control)} is not written`, () => {
      for (const code of [`*100#${control}`, `${control}*100#`, `1${control}2`])
        assert.throws(() => formatServerMessage({ kind: 'USSD', id: 5, password: 'pw', code }), TypeError);
    });
  }

  for (const end of ['\n', '\r', '\0']) {
    it(`a value or password that ends in ${JSON.stringify(end)} is not written`, () => {
      const withEnd: readonly ServerMessage[] = [
        { kind: 'COMMAND', command: 'set_gsm_num', id: 5, password: `pw${end}`, values: ['1'] },
        { kind: 'COMMAND', command: 'CF', id: 5, password: 'pw', values: ['2', '3', '+86', `20${end}`] },
        { kind: 'USSDEXIT', id: 5, password: `pw${end}` },
      ];
      for (const message of withEnd) assert.throws(() => formatServerMessage(message), TypeError, message.kind);
    });
  }
});

const reply = (name: CommandName, value: string, ok: boolean): DeviceMessage => ({
  kind: 'REPLY',
  command: name,
  id: 5,
  value,
  ok,
});

describe('replies to commands, device → server (protocol §6)', () => {
  deviceVectors({
    'a value': { datagram: 'get_gsm_num 5 13800138000', means: reply('get_gsm_num', '13800138000', false) },
    'a value with blanks': { datagram: 'get_gsm_num 5 not set', means: reply('get_gsm_num', 'not set', false) },
    'an empty value': {
      datagram: 'get_gsm_num 5 \n',
      means: reply('get_gsm_num', '', false),
      written: 'get_gsm_num 5',
    },
    'the value that was set, and ok': {
      datagram: 'set_imei 5 123456789012345 ok',
      means: reply('set_imei', '123456789012345', true),
    },
    'ok alone': { datagram: 'svr_reboot_dev 5 ok', means: reply('svr_reboot_dev', '', true) },
    'OK in upper case': {
      datagram: 'ATSTART 5 OK\n',
      means: reply('ATSTART', '', true),
      written: 'ATSTART 5 ok',
    },
    'a value that ends like ok is a value': {
      datagram: 'get_gsm_state 5 book',
      means: reply('get_gsm_state', 'book', false),
    },
    CURCELL: { datagram: 'CURCELL 5 689', means: reply('CURCELL', '689', false) },
    module_ctl_i: { datagram: 'module_ctl_i 5 ok', means: reply('module_ctl_i', '', true) },
    CFOK: { datagram: 'CFOK 5', means: { kind: 'CFOK', id: 5 } },
    CFERROR: { datagram: 'CFERROR 5', means: { kind: 'CFERROR', id: 5 } },
    GSMERROR: { datagram: 'GSMERROR 5 bad password', means: { kind: 'GSMERROR', id: 5, message: 'bad password' } },
    USSD: { datagram: 'USSD 5 Balance: 1;00', means: { kind: 'USSD', id: 5, text: 'Balance: 1;00' } },
    'USSD: the text may hold newlines and is not trimmed': {
      datagram: 'USSD 5  1. Yes\n2. No\n',
      means: { kind: 'USSD', id: 5, text: ' 1. Yes\n2. No\n' },
    },
    'USSD: no text': { datagram: 'USSD 5', means: { kind: 'USSD', id: 5, text: '' } },
    USSDERROR: { datagram: 'USSDERROR 5 timeout', means: { kind: 'USSDERROR', id: 5, message: 'timeout' } },
    USSDEXIT: { datagram: 'USSDEXIT 5', means: { kind: 'USSDEXIT', id: 5 } },
    'USSDEXIT with a blank and a newline': {
      datagram: 'USSDEXIT 5 \n',
      means: { kind: 'USSDEXIT', id: 5 },
      written: 'USSDEXIT 5',
    },
    'a reply without an id': { datagram: 'get_imei ', means: malformed('missing number', 'get_imei') },
    'CFOK with id 0': { datagram: 'CFOK 0', means: malformed('missing number', 'CFOK') },
    'USSD with an id above 2³¹−1': { datagram: 'USSD 2147483648 x', means: malformed('missing number', 'USSD') },
  });
});

describe('GSM and AT, replies with pairs', () => {
  const at = { kind: 'AT', sendid: 5, count: '1', id: 'goip-1', password: 'goip' } as const;
  const gsm = (...values: [string, string][]): DeviceMessage => ({ kind: 'GSM', id: 5, values: new Map(values) });

  deviceVectors({
    'GSM: several values at once, the unknown ones too': {
      datagram: 'GSM:5;get_gsm_num:+86;get_gsm_state:DIALING:1;flavour:x',
      means: gsm(['get_gsm_num', '+86'], ['get_gsm_state', 'DIALING:1'], ['flavour', 'x']),
    },
    'GSM: empty values, blanks and a line end': {
      datagram: 'GSM: 5; get_gsm_num:; get_exp_time:0\r\n',
      means: gsm(['get_gsm_num', ''], ['get_exp_time', '0']),
      written: 'GSM:5;get_gsm_num:;get_exp_time:0',
    },
    'GSM: a nameless value is nothing': {
      datagram: 'GSM:5; :1;__proto__:2',
      means: gsm(['__proto__', '2']),
      written: 'GSM:5;__proto__:2',
    },
    'GSM: of two equal values the first counts': {
      datagram: 'GSM:5;imei:1;imei:2',
      means: gsm(['imei', '1']),
      written: 'GSM:5;imei:1',
    },
    'GSM: no values': { datagram: 'GSM:5', means: gsm() },
    'GSM: no number': { datagram: 'GSM:;get_gsm_num:1', means: malformed('missing number', 'GSM') },
    'AT: the text runs to the end': {
      datagram: 'AT:5;count:1;id:goip-1;password:goip;receive:write:AT+CMGS="1";x\r\n',
      means: { ...at, text: 'write:AT+CMGS="1";x\r\n' },
    },
    'AT: pass, and any order': {
      datagram: 'AT:5;id:goip-1;pass:goip;count:1;receive:OK',
      means: { ...at, text: 'OK' },
      written: 'AT:5;count:1;id:goip-1;password:goip;receive:OK',
    },
    'AT: no number': { datagram: 'AT:x;count:1;id:a;password:b;receive:c', means: malformed('missing number', 'AT') },
    'AT: no id': { datagram: 'AT:5;count:1;password:b;receive:c', means: malformed('missing id', 'AT') },
    'AT: no password': { datagram: 'AT:5;count:1;id:a;receive:c', means: malformed('missing password', 'AT') },
    'AT: no text': { datagram: 'AT:5;count:1;id:a;password:b', means: malformed('missing text', 'AT') },
  });
});
