/** What a simulated gateway tells about itself while it runs. Times are in milliseconds since 1970. */
import type { EventEmitter } from 'node:events';

export type Direction = 'toServer' | 'toDevice';

export interface Datagram {
  readonly line: string;
  readonly direction: Direction;
  /** As it is on the wire, password included. */
  readonly text: string;
}

export interface DatagramEvent extends Datagram {
  /** How many copies arrive: 0 lost, 1, 2 doubled. */
  readonly copies: number;
}

/** An SMS that went over the air: somebody paid for it. */
export interface OnAirSms {
  readonly device: string;
  readonly to: string;
  readonly text: string;
  readonly at: number;
  readonly sendid: number;
  readonly telid: number;
  readonly smsNo: number;
}

/** An SMS that the network did not take. */
export interface FailedSms extends Omit<OnAirSms, 'smsNo'> {
  readonly errorstatus: number;
}

/** A delivery report that a line hands on. */
export interface DeliveryReport extends Omit<OnAirSms, 'text'> {
  /** TP-Status: 0 delivered, 32 … 63 still trying, others failed. */
  readonly state: number;
  readonly recvid: string;
  /** Null as long as the line waits for the server's answer. */
  readonly outcome: NotificationOutcome | null;
}

/** How the server answered a notification. */
export interface NotificationOutcome {
  readonly acked: boolean;
  /** The server's `ERROR …`, or `no answer`, `restarted`, `stopped`. */
  readonly error?: string;
  /** How many datagrams were sent, 1 … 4. */
  readonly copies: number;
  readonly recvid: string;
}

/** Which part of a long SMS a line hands on. */
export interface PartOfSms {
  /** Counts the long SMS of the line. */
  readonly of: number;
  /** 1 … `count`. */
  readonly number: number;
  readonly count: number;
}

export interface ReceivedSms {
  readonly device: string;
  readonly from: string;
  readonly text: string;
  readonly at: number;
  readonly recvid: string;
  /** Only where the line hands a long SMS on part by part: `text` is that of the part. */
  readonly part?: PartOfSms;
  /** Null as long as the line waits for the server's answer. */
  readonly outcome: NotificationOutcome | null;
}

export interface SessionEvent {
  readonly line: string;
  readonly sendid: number;
  readonly change: 'opened' | 'authenticated' | 'refused' | 'released';
  /** Why it was refused or released. */
  readonly reason?: string;
}

export interface SimulatorEvents {
  datagram: [DatagramEvent];
  registered: [{ readonly line: string; readonly port: number }];
  /** Three keepalives without an answer. */
  unregistered: [{ readonly line: string }];
  session: [SessionEvent];
  air: [OnAirSms];
  failed: [FailedSms];
  /** An SMS came in from the air and is on its way to the server. */
  inbound: [ReceivedSms];
  /** The server has, or has not, taken an SMS: `outcome` is set. */
  sms: [ReceivedSms];
  /** A delivery report is on its way to the server. */
  report: [DeliveryReport];
  /** The server has, or has not, taken a delivery report: `outcome` is set. */
  reported: [DeliveryReport];
  /** The server has, or has not, taken a notification (an SMS too). */
  notification: [{ readonly line: string; readonly verb: string; readonly outcome: NotificationOutcome }];
  command: [{ readonly line: string; readonly command: string; readonly id: number; readonly answer: string }];
  gsm: [{ readonly line: string; readonly status: GsmStatus }];
  /** The operator has blocked the SIM, or takes its SMS again. */
  sim: [{ readonly line: string; readonly blocked: boolean }];
  /** The line has lost its power. */
  off: [{ readonly line: string }];
  restarted: [{ readonly line: string; readonly port: number }];
  /** A datagram that the line could not use. */
  ignored: [{ readonly line: string; readonly reason: string }];
}

export type GsmStatus = 'LOGIN' | 'LOGOUT';

export type Emit = EventEmitter<SimulatorEvents>['emit'];
