/** The commands that read or change a device (protocol §6), answered as a real one would. */
import {
  errorReply,
  formatDeviceMessage,
  type Command,
  type CommandName,
  type ServerMessage,
} from '../protocol/index.js';
import type { Alarms } from './alarms.js';
import type { LineSettings } from './options.js';
import type { Flash } from './sim-card.js';

export type DeviceCommand = Extract<ServerMessage, { kind: 'COMMAND' | 'USSD' | 'USSDEXIT' }>;

/** What a command can do to the rest of the device. */
export interface CommandEffects {
  readonly rebootModule: () => void;
  readonly rebootDevice: () => void;
  /** One digit per line of the gateway: 1 on, 0 off, all others leave it as it is. */
  readonly switchModules: (digits: string) => void;
  readonly switchModule: (on: boolean) => void;
  readonly sendCells: () => void;
}

export interface CommandsParts {
  readonly alarms: Alarms;
  readonly password: string;
  /** What commands read and change. */
  readonly flash: Flash;
  readonly settings: () => LineSettings;
  readonly effects: CommandEffects;
  readonly send: (datagram: string) => void;
  readonly report: (command: string, id: number, answer: string) => void;
}

/** Answers of other commands than USSD that are kept. */
const ANSWERS_KEPT = 20;

export class Commands {
  readonly #parts: CommandsParts;
  /** By `command id`, oldest first: a repeated command is answered, but not done, again. */
  readonly #answers = new Map<string, string>();
  /** `answer` is null as long as the network has not answered. */
  #lastUssd: { readonly id: number; readonly answer: string | null } = { id: 0, answer: null };

  constructor(parts: CommandsParts) {
    this.#parts = parts;
  }

  handle(command: DeviceCommand): void {
    switch (command.kind) {
      case 'USSD':
        return this.#onUssd(command.id, command.password, command.code);
      case 'USSDEXIT':
        return this.#onUssdExit(command.id, command.password);
      case 'COMMAND':
        return this.#onCommand(command);
    }
  }

  /** A server ends `CF` with `DONE $id`, which is no session's. */
  isCallForward(id: number): boolean {
    return this.#answers.has(`CF ${id}`);
  }

  #onCommand(command: Command): void {
    const key = `${command.command} ${command.id}`;
    const known = this.#answers.get(key);
    if (known !== undefined) return this.#parts.send(known);
    const answer = this.#authenticated(command) ?? this.#carryOut(command);
    this.#answers.set(key, answer);
    const [oldest] = this.#answers.keys();
    if (this.#answers.size > ANSWERS_KEPT && oldest !== undefined) this.#answers.delete(oldest);
    this.#answer(command.command, command.id, answer);
  }

  /** The refusal of a wrong password; undefined where it is right. */
  #authenticated({ command, id, password, values }: Command): string | undefined {
    if (password === this.#parts.password) return undefined;
    if (command === 'GSM') return formatDeviceMessage({ kind: 'GSMERROR', id, message: 'PASSWORD' });
    return formatError(id, ...(command.startsWith('set_') ? values : []), 'PASSWORD');
  }

  #carryOut({ command, id, values }: Command): string {
    const [value = ''] = values;
    const ok = (said = '') => formatReply(command, id, said, true);
    const tell = (said: string) => formatReply(command, id, said, false);
    const { effects, flash } = this.#parts;
    switch (command) {
      case 'get_gsm_num':
        return tell(flash.number);
      case 'set_gsm_num':
        return ok(this.#set('number', value));
      case 'get_exp_time':
        return tell(flash.expiry);
      case 'set_exp_time':
        return this.#setExpiry(id, value);
      case 'get_remain_time':
        return tell(String(flash.remainTime));
      case 'reset_remain_time':
        flash.remainTime = Number(flash.expiry) || -1;
        return ok();
      case 'get_gsm_state':
        return tell('IDLE');
      case 'get_imei':
        return tell(flash.imei);
      case 'set_imei':
        return /^\d{15}$/.test(value) ? ok(this.#set('imei', value)) : formatError(id, value, 'imei_error');
      case 'get_out_call_interval':
        return tell(flash.interval);
      case 'set_out_call_interval':
        return ok(this.#set('interval', value));
      case 'set_base_cell':
        return ok(this.#set('cell', value));
      case 'CURCELL':
        return tell(flash.cell);
      case 'get_cells_list':
        this.#afterwards(effects.sendCells);
        return ok();
      case 'svr_reboot_module':
        this.#afterwards(effects.rebootModule);
        return ok();
      case 'svr_reboot_dev':
        this.#afterwards(effects.rebootDevice);
        return ok();
      case 'module_ctl_i':
        effects.switchModule(value === '1');
        return ok();
      case 'module_ctl':
        effects.switchModules(value);
        return ok();
      case 'CF':
        return formatDeviceMessage({ kind: 'CFOK', id });
      case 'GSM':
        return this.#allValues(id);
      case 'svr_drop_call':
      case 'ATSTART':
      case 'ATSTOP':
      case 'ATALIVE':
      case 'ATCMD':
        return ok();
    }
  }

  /** The answer goes out first: a device that reboots says nothing more. */
  #afterwards(effect: () => void): void {
    this.#parts.alarms.after(0, effect);
  }

  #set(name: 'number' | 'imei' | 'interval' | 'cell', value: string): string {
    this.#parts.flash[name] = value;
    return value;
  }

  #setExpiry(id: number, minutes: string): string {
    if (!/^\d{1,9}$/.test(minutes)) return formatError(id, minutes, 'exp_time_error');
    this.#parts.flash.expiry = minutes;
    this.#parts.flash.remainTime = Number(minutes) || -1;
    return formatReply('set_exp_time', id, minutes, true);
  }

  #allValues(id: number): string {
    const { flash } = this.#parts;
    const values = new Map([
      ['get_gsm_num', flash.number],
      ['get_exp_time', flash.expiry],
      ['get_remain_time', String(flash.remainTime)],
      ['get_gsm_state', 'IDLE'],
      ['imei', flash.imei],
      ['out_call_interval', flash.interval],
      ['module_down', '0'],
    ]);
    return formatDeviceMessage({ kind: 'GSM', id, values });
  }

  /** The device keeps its newest answer and gives it for every id up to that one (protocol §6). */
  #onUssd(id: number, password: string, code: string): void {
    if (password !== this.#parts.password) {
      return this.#answer('USSD', id, formatDeviceMessage({ kind: 'USSDERROR', id, message: 'PASSWORD' }));
    }
    if (id <= this.#lastUssd.id) {
      if (this.#lastUssd.answer !== null) this.#parts.send(this.#lastUssd.answer);
      return;
    }
    this.#lastUssd = { id, answer: null };
    const { ussd, ussdTime } = this.#parts.settings();
    this.#parts.alarms.after(ussdTime, () => {
      const said = ussd(code);
      let answer: string;
      if (typeof said === 'string') answer = formatDeviceMessage({ kind: 'USSD', id, text: said });
      else if ('exit' in said) answer = formatDeviceMessage({ kind: 'USSDEXIT', id });
      else answer = formatDeviceMessage({ kind: 'USSDERROR', id, message: said.error });
      if (this.#lastUssd.id === id) this.#lastUssd = { id, answer };
      this.#answer('USSD', id, answer);
    });
  }

  #onUssdExit(id: number, password: string): void {
    const isRight = password === this.#parts.password;
    const answer = isRight
      ? formatDeviceMessage({ kind: 'USSDEXIT', id })
      : formatDeviceMessage({ kind: 'USSDERROR', id, message: 'PASSWORD' });
    this.#answer('USSDEXIT', id, answer);
  }

  #answer(command: string, id: number, answer: string): void {
    this.#parts.report(command, id, answer);
    this.#parts.send(answer);
  }
}

function formatReply(command: CommandName, id: number, value: string, ok: boolean): string {
  return formatDeviceMessage({ kind: 'REPLY', command, id, value, ok });
}

/** Like all replies to commands without a newline (protocol §6). */
function formatError(id: number, ...words: readonly string[]): string {
  return formatDeviceMessage(errorReply(id, words.join(' '))).trimEnd();
}
