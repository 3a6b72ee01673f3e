/**
 * A line from power-up to power-off. Wires its parts; each knows its own rules. A restart makes a new one, and so everything
 * that a device forgets is forgotten.
 */
import {
  formatDeviceMessage,
  parseServerMessage,
  verbOf,
  type Malformed,
  type Notification,
  type SessionReply,
} from '../protocol/index.js';
import { Alarms, type Timers } from './alarms.js';
import { BulkSessions } from './bulk-sessions.js';
import { Commands, type CommandEffects } from './commands.js';
import { DeliveryReports } from './delivery-reports.js';
import type { Draw } from './duration.js';
import type { Emit, GsmStatus, NotificationOutcome } from './events.js';
import { Modem, type ModemJob, type SmsResult } from './modem.js';
import { Notifier, type NotificationContent } from './notifier.js';
import type { LineSettings } from './options.js';
import { Registration } from './registration.js';
import { keepaliveDatagram, type SimCard } from './sim-card.js';
import type { Troubles } from './troubles.js';

export interface DeviceParts {
  readonly id: string;
  readonly password: string;
  readonly sim: SimCard;
  readonly troubles: Troubles;
  /** Of the line, as the two above: a restart does not bring the same luck again. */
  readonly draw: { readonly lineTime: Draw; readonly reports: Draw };
  readonly timers: Timers;
  readonly settings: () => LineSettings;
  readonly gsmStatus: () => GsmStatus;
  readonly effects: Omit<CommandEffects, 'sendCells'>;
  readonly send: (datagram: string) => void;
  readonly port: () => number;
  readonly emit: Emit;
}

/** `+CMS ERROR: 331`, no network service: what happens to an SMS in the queue when the SIM loses the network. */
const NO_NETWORK = 331;

export class Device {
  readonly registration: Registration;
  readonly modem: Modem;
  readonly sessions: BulkSessions;
  readonly #parts: DeviceParts;
  readonly #alarms: Alarms;
  readonly #notifier: Notifier;
  readonly #reports: DeliveryReports;
  readonly #commands: Commands;
  #nextRecvid: number;
  #isOff = false;

  constructor(parts: DeviceParts) {
    this.#parts = parts;
    this.#alarms = new Alarms(parts.timers);
    this.#nextRecvid = parts.settings().firstRecvid ?? Math.floor(this.#alarms.now() / 1000);
    this.registration = this.#makeRegistration();
    this.modem = this.#makeModem();
    this.sessions = this.#makeSessions();
    this.#notifier = this.#makeNotifier();
    this.#reports = this.#makeReports();
    this.#commands = this.#makeCommands();
  }

  powerOff(reason: string): void {
    this.#isOff = true;
    this.#alarms.close();
    this.#notifier.abandon(reason);
  }

  /** "count with the current time stamp decreasing" (protocol §3). */
  takeRecvid(): string {
    const recvid = String(this.#nextRecvid);
    this.#nextRecvid -= 1;
    return recvid;
  }

  /** Tells the server until it acks. The promise never rejects. */
  async notify(content: NotificationContent): Promise<NotificationOutcome> {
    const { id, password, emit } = this.#parts;
    const recvid = String(content.recvid ?? this.takeRecvid());
    const message = { ...content, recvid, id, password } as Notification;
    const verb = verbOf(message);
    const outcome = await this.#notifier.send(verb, recvid, this.#formatNotification(message));
    emit('notification', { line: id, verb, outcome });
    return outcome;
  }

  /** The one road in: text → message → the part that knows what to do. */
  receive(text: string): void {
    const message = parseServerMessage(text);
    switch (message.kind) {
      case 'malformed':
        return this.#onMalformed(message, text);
      case 'reg':
        return this.registration.onAck(message.count);
      case 'ACK':
        return this.#notifier.onAck(message.verb, message.recvid, message.error);
      case 'DONE':
        if (!this.#commands.isCallForward(message.sendid)) this.sessions.handle(message);
        return;
      case 'MSG':
      case 'PASSWORD':
      case 'SEND':
        return this.sessions.handle(message);
      case 'COMMAND':
      case 'USSD':
      case 'USSDEXIT':
        return this.#commands.handle(message);
    }
  }

  /** A text whose `$length` is wrong, as from servers that count characters, is refused; anything else is not worth an answer. */
  #onMalformed({ reason, verb }: Malformed, text: string): void {
    const sendid = verb === 'MSG' && reason === 'wrong length' ? /^MSG +(\d+)/.exec(text)?.[1] : undefined;
    if (sendid === undefined) this.#parts.emit('ignored', { line: this.#parts.id, reason });
    else this.sessions.refuse(Number(sendid), 'msg_length_error');
  }

  #onTransmitted({ to, text, sendid, telid }: ModemJob, result: SmsResult): void {
    const { id, troubles, emit } = this.#parts;
    const sms = { device: id, to, text, at: this.#alarms.now(), sendid, telid };
    if (result.state === 'failed') {
      emit('failed', { ...sms, errorstatus: result.errorstatus });
      return;
    }
    const onAir = { ...sms, smsNo: result.smsNo };
    emit('air', onAir);
    // Whoever hears of it can take the power away.
    if (!this.#isOff) this.#reports.onAir(onAir);
    troubles.onAir();
  }

  #refusal(to: string): number | null {
    return this.#parts.gsmStatus() === 'LOGOUT' ? NO_NETWORK : this.#parts.troubles.refusal(to);
  }

  #formatReply(reply: SessionReply): string {
    const datagram = formatDeviceMessage(reply);
    return this.#parts.settings().blankBeforeNewline ? datagram.replace(/\n$/, ' \n') : datagram;
  }

  #formatNotification(message: Notification): string {
    const datagram = formatDeviceMessage(message);
    return this.#parts.settings().passwordName === 'pass' ? datagram.replace(';password:', ';pass:') : datagram;
  }

  #makeRegistration(): Registration {
    const { id, password, sim, settings, gsmStatus, port, send, emit } = this.#parts;
    return new Registration({
      alarms: this.#alarms,
      interval: () => settings().keepaliveInterval,
      send: (count) => send(keepaliveDatagram({ id, password, count, sim, gsmStatus: gsmStatus() }, settings())),
      changed: (registered) => {
        if (registered) emit('registered', { line: id, port: port() });
        else emit('unregistered', { line: id });
      },
    });
  }

  #makeModem(): Modem {
    const { settings, draw } = this.#parts;
    const parts = {
      alarms: this.#alarms,
      lineTime: (to: string) => draw.lineTime(settings().lineTime, to),
      refusal: (to: string) => this.#refusal(to),
      report: (job: ModemJob, result: SmsResult) => this.#onTransmitted(job, result),
    };
    return new Modem(parts, settings().firstSmsNo);
  }

  #makeSessions(): BulkSessions {
    const { id, password, settings, gsmStatus, send, emit } = this.#parts;
    return new BulkSessions({
      alarms: this.#alarms,
      modem: this.modem,
      password,
      settings,
      isLoggedOut: () => gsmStatus() === 'LOGOUT',
      reply: (reply) => send(this.#formatReply(reply)),
      report: (event) => emit('session', { line: id, ...event }),
    });
  }

  #makeNotifier(): Notifier {
    const { settings, send } = this.#parts;
    return new Notifier({
      alarms: this.#alarms,
      resend: () => ({ interval: settings().resendInterval, count: settings().resendCount }),
      send,
    });
  }

  #makeReports(): DeliveryReports {
    const { settings, draw, emit } = this.#parts;
    return new DeliveryReports({
      alarms: this.#alarms,
      settings,
      draw: draw.reports,
      takeRecvid: () => this.takeRecvid(),
      notify: (content) => this.notify(content),
      emit,
    });
  }

  #makeCommands(): Commands {
    const { id, password, sim, settings, effects, send, emit } = this.#parts;
    return new Commands({
      alarms: this.#alarms,
      password,
      flash: sim.flash,
      settings,
      effects: {
        ...effects,
        sendCells: () => void this.notify({ kind: 'CELLS', cells: [sim.flash.cell, '689', '638', '783'] }),
      },
      send,
      report: (command, commandId, answer) => emit('command', { line: id, command, id: commandId, answer }),
    });
  }
}
