/** One line of a gateway as its user sees it: to the server a device of its own. */
import { Alarms, type Timers } from './alarms.js';
import type { CommandEffects } from './commands.js';
import { Device, type DeviceParts } from './device.js';
import type { NotificationContent } from './notifier.js';
import { drawFrom } from './duration.js';
import type { DatagramEvent, Emit, GsmStatus, NotificationOutcome } from './events.js';
import type { Network } from './faults.js';
import { Inbound, type InboundSms } from './inbound.js';
import { Link, type Endpoint } from './link.js';
import type { LineOptions, LineSettings } from './options.js';
import { mulberry32, seedOf, type Random } from './random.js';
import { inventSimCard, type SimCard } from './sim-card.js';
import { spelled } from './spelling.js';
import { Troubles } from './troubles.js';

export interface RestartOptions {
  /** Come back on another UDP port; default true. */
  readonly newPort?: boolean;
  /** Seconds without power; default 0. */
  readonly downtime?: number;
}

export interface LineParts {
  readonly timers: Timers;
  readonly network: Network;
  /** Of all that is random about the line itself. */
  readonly seed: number;
  readonly emit: Emit;
  /** What a command can do to the whole gateway. */
  readonly gateway: Pick<CommandEffects, 'rebootDevice' | 'switchModules'>;
}

export class SimulatedLine {
  readonly id: string;
  readonly #password: string;
  readonly #parts: LineParts;
  readonly #sim: SimCard;
  readonly #link: Link;
  /** The end of an outage. */
  readonly #outage: Alarms;
  /** The time until the SIM is back in the GSM network. */
  readonly #radio: Alarms;
  readonly #inbound: Inbound;
  readonly #troubles: Troubles;
  readonly #draw: DeviceParts['draw'];
  #settings: LineSettings;
  #gsmStatus: GsmStatus;
  #device: Device | null = null;
  #server: Endpoint | null = null;
  #stopped = false;
  /** Counts how often the power went off, so that whoever waited for it to come back sees that it went off again. */
  #life = 0;
  #endOutage: () => void = () => undefined;

  /** @internal Lines are made by {@link GoipSimulator}. */
  constructor(options: LineOptions, settings: LineSettings, parts: LineParts) {
    this.id = options.id;
    this.#password = options.password;
    this.#parts = parts;
    this.#settings = settings;
    this.#sim = inventSimCard(options);
    this.#gsmStatus = options.gsmStatus ?? 'LOGIN';
    this.#outage = new Alarms(parts.timers);
    this.#radio = new Alarms(parts.timers);
    this.#link = this.#makeLink();
    this.#inbound = this.#makeInbound();
    this.#troubles = this.#makeTroubles();
    this.#draw = { lineTime: drawFrom(this.#random('line time')), reports: drawFrom(this.#random('reports')) };
  }

  /** The SIM's number. */
  get number(): string {
    return this.#sim.flash.number;
  }

  /** The UDP port that the line sends from; 0 before the start. */
  get port(): number {
    return this.#link.port;
  }

  /** Whether the server has acked a keepalive since power-up, and none of the last three went unanswered. */
  get registered(): boolean {
    return this.#device?.registration.registered ?? false;
  }

  /** Bulk sessions that are open. */
  get sessions(): number {
    return this.#device?.sessions.size ?? 0;
  }

  /** SMS that wait for the modem or are being sent. */
  get queue(): number {
    return this.#device?.modem.load ?? 0;
  }

  get gsmStatus(): GsmStatus {
    return this.#gsmStatus;
  }

  /** The habits as they are now. */
  get settings(): LineSettings {
    return this.#settings;
  }

  /** Changes habits of the running line; what is under way keeps the old ones. */
  configure(changes: Partial<LineSettings>): void {
    const { blocked: wasBlocked } = this.#settings;
    this.#settings = { ...this.#settings, ...changes };
    this.#troubles.onChange(changes);
    const { blocked } = this.#settings;
    if (blocked !== wasBlocked) this.#parts.emit('sim', { line: this.id, blocked });
  }

  /**
   * An SMS comes in from the air; tells the server until it acks. Of a long one in parts the outcome is that of all
   * together, as soon as the last is settled. The promise never rejects.
   */
  receiveSms(sms: InboundSms): Promise<NotificationOutcome> {
    return this.#inbound.receive(sms);
  }

  /** Any other notification; tells the server until it acks. The promise never rejects. */
  notify(content: NotificationContent): Promise<NotificationOutcome> {
    const off = { acked: false, error: 'no power', copies: 0, recvid: String(content.recvid ?? '') };
    return this.#device?.notify(content) ?? Promise.resolve(off);
  }

  /** One datagram to the server as it stands, for what no device should send. */
  sendRaw(datagram: string | Uint8Array): void {
    this.#link.send(datagram);
  }

  /** One keepalive, out of turn. */
  keepalive(): void {
    this.#device?.registration.keepalive();
  }

  /** The SIM loses the GSM network, for so many seconds or for good. The server learns it from the next keepalive. */
  logout(seconds?: number): void {
    this.#setGsmStatus('LOGOUT');
    if (seconds !== undefined) this.#radio.after(seconds, () => this.login());
  }

  login(): void {
    this.#setGsmStatus('LOGIN');
  }

  /** Answers the next `times` requests for a new session with `ERROR $sendid $error`. */
  rejectSessions(times: number, error = 'too_many_sends_in_server'): void {
    this.#device?.sessions.reject(times, error);
  }

  /**
   * Power off and on: sessions, queue and counters are gone, an SMS whose time on the air was not over was never sent.
   * Resolves when the line is back; earlier if it is stopped or restarted again meanwhile.
   */
  async restart({ newPort = true, downtime = 0 }: RestartOptions = {}): Promise<void> {
    const server = this.#server;
    if (!server || this.#stopped) return;
    this.#powerOff('restarted');
    this.#parts.emit('off', { line: this.id });
    const life = this.#life;
    if (downtime > 0) await this.#stayOff(downtime);
    if (newPort && life === this.#life) await this.#link.open(server);
    if (life !== this.#life) return;
    this.#powerOn();
    this.#parts.emit('restarted', { line: this.id, port: this.port });
  }

  /** Used by the gateway. Takes a port, sends the first keepalive. */
  async start(server: Endpoint): Promise<void> {
    this.#server = server;
    await this.#link.open(server);
    if (!this.#stopped) this.#powerOn();
  }

  /** Used by the gateway. Leaves nothing open; what the server has not acked ends with the error `stopped`. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#powerOff('stopped');
    this.#radio.clear();
    this.#inbound.stop();
    await this.#link.close();
  }

  /** Another restart or the stop ends it early. */
  #stayOff(seconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.#endOutage = resolve;
      this.#outage.after(seconds, resolve);
    });
  }

  #powerOn(): void {
    const { timers, emit, gateway } = this.#parts;
    const life = this.#life;
    this.#device = new Device({
      id: this.id,
      password: this.#password,
      sim: this.#sim,
      troubles: this.#troubles,
      draw: this.#draw,
      timers,
      settings: () => this.#settings,
      gsmStatus: () => this.#gsmStatus,
      effects: {
        ...gateway,
        rebootModule: () => this.#rebootModule(),
        switchModule: (on) => this.#setGsmStatus(on ? 'LOGIN' : 'LOGOUT'),
      },
      port: () => this.port,
      // What lost its power in the middle of something must not speak through the link of its successor.
      send: (datagram) => {
        if (life === this.#life) this.#link.send(spelled(datagram, this.#settings));
      },
      emit,
    });
    this.#link.wake();
    this.#device.registration.start();
  }

  #powerOff(reason: string): void {
    this.#life += 1;
    this.#outage.clear();
    this.#endOutage();
    this.#link.sleep();
    this.#device?.powerOff(reason);
    this.#device = null;
  }

  /** The radio is away for a while; the device and its sessions stay. */
  #rebootModule(): void {
    if (this.#gsmStatus === 'LOGIN') this.logout(this.#settings.rebootTime);
  }

  #setGsmStatus(status: GsmStatus): void {
    this.#radio.clear();
    if (status === this.#gsmStatus) return;
    this.#gsmStatus = status;
    this.#parts.emit('gsm', { line: this.id, status });
  }

  /** Each thing draws from a stream of its own: the habits of one do not change the luck of another. */
  #random(purpose: string): Random {
    return mulberry32(seedOf(this.#parts.seed, this.id, purpose));
  }

  #makeInbound(): Inbound {
    return new Inbound({
      device: this.id,
      alarms: new Alarms(this.#parts.timers),
      settings: () => this.#settings,
      random: this.#random('order of parts'),
      draw: drawFrom(this.#random('gaps between parts')),
      takeRecvid: () => this.#device?.takeRecvid() ?? '',
      notify: (content) => this.notify(content),
      emit: this.#parts.emit,
    });
  }

  #makeTroubles(): Troubles {
    return new Troubles({
      settings: () => this.#settings,
      block: () => this.configure({ blocked: true }),
      logout: () => this.logout(this.#settings.logoutTime),
      powerOff: () => void this.restart({ downtime: this.#settings.offlineTime }),
    });
  }

  #makeLink(): Link {
    const { timers, network, emit } = this.#parts;
    const alarms = new Alarms(timers);
    const report = (event: DatagramEvent) => emit('datagram', event);
    return new Link({
      alarms,
      toServer: network.path(this.id, 'toServer', alarms, report),
      toDevice: network.path(this.id, 'toDevice', alarms, report),
      receive: (text) => this.#device?.receive(text),
      ignore: (reason) => emit('ignored', { line: this.id, reason }),
    });
  }
}
