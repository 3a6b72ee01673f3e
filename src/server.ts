/** The SMS server: owns the socket, and takes every datagram along one road — parse, authenticate, handle, ack. */
import { EventEmitter } from 'node:events';
import { systemClock, type Clock } from './clock.js';
import { DeviceList, type Device } from './devices.js';
import { reportOf, type EventKind, type GoipEvent } from './events.js';
import { DuplicateMemory, keyOf } from './inbox/duplicates.js';
import { Inbox, type Sms, type SmsTaker } from './inbox/inbox.js';
import { displayAddress, type Address, type Line, type LineState } from './lines/line.js';
import { LineRegistry } from './lines/registry.js';
import type { Job } from './outbox/job.js';
import { Outbox } from './outbox/outbox.js';
import type { SendRequest } from './outbox/request.js';
import { DUPLICATE_LIMIT, DUPLICATE_WINDOW } from './parameters.js';
import {
  formatServerMessage,
  parseDeviceMessage,
  verbOf,
  type DeviceMessage,
  type Keepalive,
  type Notification,
  type ServerMessage,
  type SessionReply,
} from './protocol/index.js';
import { SendIds } from './sessions/sendids.js';
import { settingsFrom, type ServerOptions, type Settings } from './settings.js';
import { UdpTransport } from './transport.js';

/** What outlives a server that is replaced by another one of the same identity (a redeploy). */
export interface ServerMemory {
  readonly inbox: Inbox;
  readonly sendIds: SendIds;
}

export interface ServerParts {
  readonly clock?: Clock;
  readonly memory?: ServerMemory;
}

interface ServerEvents {
  /** A received SMS. Listening for it is {@link GoipServer.takeSms} for all lines. */
  sms: [Sms];
  event: [GoipEvent];
  /** The socket broke; the server has stopped listening and can be started again. */
  broken: [Error];
}

/** Where datagrams ended that led to nothing. */
export interface DropCounters {
  malformed: number;
  unauthorized: number;
  unexpected: number;
}

export class GoipServer extends EventEmitter<ServerEvents> {
  readonly #settings: Settings;
  readonly #devices: DeviceList;
  readonly #clock: Clock;
  readonly #lines: LineRegistry;
  readonly #memory: ServerMemory;
  readonly #outbox: Outbox;
  readonly #reports = new DuplicateMemory(DUPLICATE_WINDOW * 1000, DUPLICATE_LIMIT);
  readonly #transport: UdpTransport;
  readonly #dropped: DropCounters = { malformed: 0, unauthorized: 0, unexpected: 0 };
  #cancelSweep: (() => void) | undefined;
  #listeningSince: number | undefined;

  /** @throws GoipError `GOIP_BAD_SETTING` naming the setting or device. */
  constructor(options: ServerOptions = {}, parts: ServerParts = {}) {
    super();
    this.setMaxListeners(0);
    this.#takeSmsForListeners();
    this.#settings = settingsFrom(options);
    this.#devices = new DeviceList(options.devices ?? [], options.password);
    this.#clock = parts.clock ?? systemClock;
    this.#memory = parts.memory ?? newServerMemory(this.#clock);
    this.#lines = new LineRegistry(this.#devices);
    this.#transport = new UdpTransport({
      datagram: (data, from) => this.#receive(data, from),
      broken: (error) => {
        this.#stopListening();
        this.emit('broken', error);
      },
    });
    this.#outbox = new Outbox({
      lines: this.#lines,
      settings: this.#settings,
      clock: this.#clock,
      sendIds: this.#memory.sendIds,
      send: (line, request) => line.address && this.#send(request, line.address),
      isOfflineForSure: (line) => this.#isOfflineForSure(line),
    });
  }

  /**
   * Binds the socket and begins to listen.
   * @returns the address and port that it listens on
   * @throws the system's error (`EADDRINUSE`, …); `start` may be called again
   */
  async start(): Promise<Address> {
    const bound = await this.#transport.bind(this.#settings.host, this.#settings.port);
    this.#listeningSince = this.#clock.now();
    this.#scheduleSweep();
    return bound;
  }

  /**
   * Fails what was not submitted yet, waits at most `graceSeconds` for what the devices have in hand, ends all sessions
   * and closes the socket.
   */
  async stop({ graceSeconds = 0 }: { readonly graceSeconds?: number } = {}): Promise<void> {
    await this.#outbox.close(graceSeconds * 1000);
    this.#stopListening();
    await this.#transport.close();
  }

  /**
   * Accepts one text for one or many numbers.
   * @throws GoipError with the code of what is wrong; then nothing was accepted.
   */
  send(request: SendRequest): Promise<Job> {
    // A promise, although nothing is waited for yet: accepting a job will include making it durable.
    return new Promise((resolve) => resolve(this.#outbox.accept(request)));
  }

  /** The state of all lines, or of those named. Unknown ids are left out. */
  lines(ids?: readonly string[]): LineState[] {
    const wanted = ids?.map((id) => this.#lines.get(id)).filter((line) => line !== undefined);
    return [...(wanted ?? this.#lines)].map((line) => this.#stateOf(line));
  }

  /** Counts of datagrams that were not what they should have been. */
  get dropped(): Readonly<DropCounters> {
    return { ...this.#dropped };
  }

  /**
   * Takes received SMS: those that were held because nobody was there to take them at once, all others as they come.
   * @returns what ends it
   */
  takeSms(taker: SmsTaker): () => void {
    return this.#memory.inbox.addTaker(taker);
  }

  // --- the road of a datagram

  #receive(data: Buffer, from: Address): void {
    const message = parseDeviceMessage(data);
    if (message.kind === 'malformed') {
      this.#dropped.malformed += 1;
      return;
    }
    switch (message.kind) {
      case 'req':
        return this.#onKeepalive(message, from);
      case 'PASSWORD':
      case 'SEND':
      case 'OK':
      case 'WAIT':
      case 'ERROR':
      case 'DONE':
        return this.#onSessionReply(message, from);
      default:
        return isNotification(message) ? this.#onNotification(message, from) : this.#drop('unexpected');
    }
  }

  #onKeepalive(message: Keepalive, from: Address): void {
    if (!this.#devices.authenticate(message.id, message.password)) return this.#drop('unauthorized');
    const now = this.#clock.now();
    const outcome = this.#lines.heard(message, from, now);
    if (!outcome) return;
    this.#send({ kind: 'reg', count: message.count, status: this.#settings.keepaliveStatus }, from);
    const { line, cameOnline, restarted, stale } = outcome;
    if (stale) return;
    if (restarted) this.#outbox.lineRestarted(line);
    if (cameOnline) this.#tellOfLine('online', line, now);
    if (restarted) this.#tellOfLine('restarted', line, now);
    this.#tellOfLine('keepalive', line, now);
    this.#outbox.dispatch();
  }

  #onNotification(message: Notification, from: Address): void {
    const { recvid, id, password } = message;
    const verb = verbOf(message);
    const device = this.#devices.authenticate(id, password);
    if (!device) {
      this.#drop('unauthorized');
      // The same words whichever of the two is wrong. A stranger's invented verb gets no answer.
      if (message.kind !== 'OTHER') this.#send({ kind: 'ACK', verb, recvid, error: 'unauthorized' }, from);
      return;
    }
    const now = this.#clock.now();
    const ack = (): void => this.#send({ kind: 'ACK', verb, recvid, error: null }, from);
    if (message.kind === 'RECEIVE') this.#onSms(message, device, from, now, ack);
    else {
      ack();
      this.#onReport(message, device, now);
    }
  }

  #onSms(
    message: Extract<Notification, { kind: 'RECEIVE' }>,
    device: Device,
    from: Address,
    now: number,
    ack: () => void,
  ): void {
    const { inbox } = this.#memory;
    const sms: Sms = {
      event: 'sms',
      device: device.id,
      name: device.name,
      from: message.from,
      text: message.text,
      recvid: message.recvid,
      receivedAt: new Date(now).toISOString(),
      remote: { address: displayAddress(from.address), port: from.port },
      ...(message.smsc === null ? {} : { smsc: message.smsc }),
      ...(message.sentTime === null ? {} : { sentTime: message.sentTime }),
    };
    const verdict = inbox.accept(sms, now);
    if (verdict === 'full') return;
    ack();
    if (verdict === 'duplicate') return;
    const line = this.#lines.get(device.id);
    if (line) line.counters.received += 1;
    inbox.deliver(sms);
  }

  #onReport(message: Exclude<Notification, { kind: 'RECEIVE' }>, device: Device, now: number): void {
    const { event, payload } = reportOf(message);
    const key = keyOf(device.id, verbOf(message), JSON.stringify(payload));
    if (this.#reports.has(key, now)) return;
    this.#reports.add(key, now);
    this.#tell(event, device, payload, now);
  }

  #onSessionReply(message: SessionReply, from: Address): void {
    if (!this.#outbox.reply(message, from)) this.#drop('unexpected');
  }

  // --- the rest

  /** Takes SMS while somebody listens for `sms`, so that none is taken and then heard by nobody. */
  #takeSmsForListeners(): void {
    let stopTaking: (() => void) | undefined;
    const update = (): void => {
      if (this.listenerCount('sms') > 0) stopTaking ??= this.takeSms({ take: (sms) => this.emit('sms', sms) });
      else {
        stopTaking?.();
        stopTaking = undefined;
      }
    };
    // `newListener` comes before the listener is in place.
    const onMeta = (name: 'newListener' | 'removeListener', then: () => void): EventEmitter =>
      (this as EventEmitter).on(name, (about) => about === 'sms' && then());
    onMeta('newListener', () => queueMicrotask(update));
    onMeta('removeListener', update);
  }

  #drop(reason: keyof DropCounters): void {
    this.#dropped[reason] += 1;
  }

  #send(message: ServerMessage, to: Address): void {
    this.#transport.send(formatServerMessage(message), to);
  }

  #tellOfLine(event: EventKind, line: Line, now: number): void {
    if (this.listenerCount('event') === 0) return;
    this.#tell(event, line.device, this.#stateOf(line), now);
  }

  #stateOf(line: Line): LineState {
    return line.state(this.#outbox.waitingFor(line.id));
  }

  #tell(event: EventKind, device: Device, payload: GoipEvent['payload'], now: number): void {
    const { id, name } = device;
    this.emit('event', { event, device: id, name, receivedAt: new Date(now).toISOString(), payload });
  }

  #isOfflineForSure(line: Line): boolean {
    const since = Math.max(line.lastSeen ?? 0, this.#listeningSince ?? Infinity);
    return this.#clock.now() - since >= this.#settings.offlineAfterMs;
  }

  /** One sweep for all lines and jobs instead of a timer each. */
  #scheduleSweep(): void {
    const { offlineAfterMs } = this.#settings;
    this.#cancelSweep = this.#clock.after(Math.min(1000, offlineAfterMs / 10), () => {
      const now = this.#clock.now();
      for (const line of this.#lines.sweep(now - offlineAfterMs, now)) this.#tellOfLine('offline', line, now);
      this.#outbox.sweep();
      this.#scheduleSweep();
    });
  }

  #stopListening(): void {
    this.#cancelSweep?.();
    this.#cancelSweep = undefined;
    this.#listeningSince = undefined;
  }
}

export function newServerMemory(clock: Clock = systemClock): ServerMemory {
  return { inbox: new Inbox(), sendIds: new SendIds(clock.now()) };
}

function isNotification(message: DeviceMessage): message is Notification {
  return 'recvid' in message;
}
