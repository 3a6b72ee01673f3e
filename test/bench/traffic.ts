/** What the gateways of the benchmarks say: keepalives and SMS of so many lines, in turn, each datagram different from all before. */
import type { DeviceOptions } from '../../src/index.js';

export type Line = DeviceOptions & { readonly password: string };

export function linesOf(count: number): Line[] {
  return Array.from({ length: count }, (_, index) => ({ id: `line${index + 1}`, password: `secret-${index + 1}` }));
}

/** Eight, as many as a middling gateway has. */
export const LINES = linesOf(8);

/** 60 characters, as an everyday SMS. */
export const TEXT = 'The pump in cellar 4 has been running for more than 2 hours.';

/** One datagram of a line. */
export interface Message {
  readonly verb: 'req' | 'RECEIVE';
  /** What the answer has to repeat: the count of the keepalive, or the recvid. */
  readonly number: string;
  /** Index of the line. */
  readonly line: number;
  readonly datagram: string;
}

/** How a server answers. */
export type Dialect = (message: Message) => string;

/** As the protocol wants it. */
export const goipAnswer: Dialect = ({ verb, number }) =>
  verb === 'req' ? `reg:${number};status:0;` : `RECEIVE ${number} OK\n`;

/** Of every so many messages one is an SMS: 1 for nothing else. */
export const SMS_EVERY = { keepalives: Infinity, SMS: 1, mix: 10 } as const;

/** A line's signal is another one after so many keepalives. */
const SIGNAL_EVERY = 8;

/** The same lines always say the same: who gets a traffic of his own gets the same datagrams. */
export class Traffic {
  #messages = 0;
  #keepalives = 0;
  #sms = 0;

  constructor(
    private readonly lines: readonly Line[],
    private readonly smsEvery: number,
  ) {}

  next(): Message {
    this.#messages += 1;
    return this.#messages % this.smsEvery === 0 ? this.sms() : this.keepalive();
  }

  take(count: number): Message[] {
    return Array.from({ length: count }, () => this.next());
  }

  /** As newer firmware sends it, 250 to 300 bytes. */
  keepalive(): Message {
    const turn = Math.floor(this.#keepalives / this.lines.length);
    const line = this.#keepalives % this.lines.length;
    this.#keepalives += 1;
    // Far from the count of any other line, so that each answer belongs to one line only.
    const number = String(1000 * (line + 1) + turn);
    const signal = 15 + ((Math.floor((turn + line) / SIGNAL_EVERY) * 7) % 16);
    const serial = String(line).padStart(6, '0');
    const fields =
      `num:+4915901${serial};signal:${signal};gsm_status:LOGIN;voip_status:LOGIN;voip_state:IDLE;remain_time:-1;` +
      `imei:867495023${serial};imsi:262011234${serial}5;iccid:8949020000012${serial}7;pro:Vodafone.de;idle:1;` +
      `disable_status:0;CELLINFO:LAC:3A98,CELL ID:4E21;CGATT:Y;`;
    return this.#message(
      'req',
      number,
      line,
      ({ id, password }) => `req:${number};id:${id};pass:${password};${fields}`,
    );
  }

  /** A text of 60 characters. */
  sms(): Message {
    const line = this.#sms % this.lines.length;
    this.#sms += 1;
    const number = String(1_571_812_849 + this.#sms);
    const from = `+49170${String(this.#sms).padStart(7, '0')}`;
    const text = `Pump ${String(this.#sms).padStart(8, '0')} in cellar 4 has been running for over 2 hours.`;
    return this.#message(
      'RECEIVE',
      number,
      line,
      ({ id, password }) => `RECEIVE:${number};id:${id};password:${password};srcnum:${from};msg:${text}`,
    );
  }

  #message(verb: Message['verb'], number: string, line: number, write: (line: Line) => string): Message {
    const who = this.lines[line];
    if (!who) throw new RangeError('there is no line to say anything');
    return { verb, number, line, datagram: write(who) };
  }
}
