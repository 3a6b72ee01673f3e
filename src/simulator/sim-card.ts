/** What a line is: its SIM, its module and its network cell, and how a keepalive tells of them. */
import { formatDeviceMessage } from '../protocol/index.js';
import type { GsmStatus } from './events.js';
import type { LineOptions, LineSettings } from './options.js';
import { digits, mulberry32, pick, seedOf } from './random.js';

export interface SimCard {
  readonly imsi: string;
  readonly iccid: string;
  readonly operator: string;
  readonly signal: number;
  /** Hexadecimal, as in CELLINFO. */
  readonly lac: string;
  /** What commands can change; it outlives a restart. */
  readonly flash: Flash;
}

export interface Flash {
  number: string;
  imei: string;
  /** Minutes; 0 is no limit. */
  expiry: string;
  /** Minutes; -1 is no limit. */
  remainTime: number;
  /** Seconds between two calls. */
  interval: string;
  cell: string;
}

/** Invented, and the same for the same id in every run. */
export function inventSimCard({ id, number }: LineOptions): SimCard {
  const random = mulberry32(seedOf('sim card', id));
  const hex = () =>
    Math.floor(random() * 0x10000)
      .toString(16)
      .toUpperCase()
      .padStart(4, '0');
  return {
    imsi: `310${digits(random, 12)}`,
    iccid: `8901${digits(random, 16)}`,
    operator: pick(random, 'SIMTEL', 'AIR ONE', 'CHINA UNICOM GSM', 'T-Sim'),
    signal: 12 + Math.floor(random() * 20),
    lac: hex(),
    flash: {
      number: number ?? `+1555${digits(random, 7)}`,
      imei: `86${digits(random, 13)}`,
      expiry: '0',
      remainTime: -1,
      interval: '0',
      cell: hex(),
    },
  };
}

export interface KeepaliveState {
  readonly id: string;
  readonly password: string;
  readonly count: number;
  readonly sim: SimCard;
  readonly gsmStatus: GsmStatus;
}

/** The datagram, with the fields in the order of the firmware that has them all. */
export function keepaliveDatagram(state: KeepaliveState, settings: LineSettings): string {
  const { id, password, count } = state;
  const fields = new Map([...fieldsOf(state, settings), ...Object.entries(settings.keepaliveValues)]);
  return formatDeviceMessage({ kind: 'req', count: String(count), id, password, fields });
}

function fieldsOf({ sim, gsmStatus }: KeepaliveState, settings: LineSettings): readonly [string, string][] {
  const seedFields: readonly [string, string][] = [
    ['num', sim.flash.number],
    ['signal', String(gsmStatus === 'LOGIN' ? sim.signal : 0)],
    ['gsm_status', gsmStatus],
    ['voip_status', 'LOGIN'],
  ];
  switch (settings.keepaliveFields) {
    case 'minimal':
      return [];
    case 'seed':
      return seedFields;
    case 'full':
      return [
        ...seedFields,
        ['voip_state', 'IDLE'],
        ['remain_time', String(sim.flash.remainTime)],
        ['imei', sim.flash.imei],
        ['imsi', sim.imsi],
        ['iccid', sim.iccid],
        ['pro', sim.operator],
        ['idle', '1'],
        ['disable_status', '0'],
        ['SMS_LOGIN', 'N'],
        ['SMB_LOGIN', ''],
        ['CELLINFO', `LAC:${sim.lac},CELL ID:${sim.flash.cell}`],
        ['CGATT', 'Y'],
      ];
  }
}
