/** One line of a gateway as its user sees it: to the server a device of its own. */
import { Alarms, type Timers } from './alarms.js';
import type { CommandEffects } from './commands.js';
import { Device, type NotificationContent } from './device.js';
import type { DatagramEvent, Emit, GsmStatus, NotificationOutcome } from './events.js';
import type { Network } from './faults.js';
import { Link, type Endpoint } from './link.js';
import type { LineOptions, LineSettings } from './options.js';
import { inventSimCard, type SimCard } from './sim-card.js';

export interface InboundSms {
  /** Can be alphanumeric or empty. */
  readonly from: string;
  readonly text: string;
  /** Default: the line's own counter. */
  readonly recvid?: string | number;
  /** `smscnum` and `senttime` of newer firmware. */
  readonly smsc?: string;
  readonly sentTime?: string;
}

export interface RestartOptions {
  /** Come back on another UDP port; default true. */
  readonly newPort?: boolean;
  /** Seconds without power; default 0. */
  readonly downtime?: number;
}

export interface LineParts {
  readonly timers: Timers;
  readonly network: Network;
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
  /** The end of the reboot of the radio. */
  readonly #radio: Alarms;
  #settings: LineSettings;
  #gsmStatus: GsmStatus;
  #device: Device | null = null;
  #server: Endpoint | null = null;
  #stopped = false;
  /** Counts how often the power went off, so that whoever waited for it to come back sees that it went off again. */
  #life = 0;
  #endOutage: () => void = () => undefined;

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

  /** Changes habits of the running line; what is under way keeps the old ones. */
  configure(changes: Partial<LineSettings>): void {
    this.#settings = { ...this.#settings, ...changes };
  }

  /** An SMS comes in from the air; tells the server until it acks. The promise never rejects. */
  async receiveSms(inbound: InboundSms): Promise<NotificationOutcome> {
    const { from, text, smsc = null, sentTime = null } = inbound;
    const recvid = String(inbound.recvid ?? this.#device?.takeRecvid() ?? '');
    const sms = { device: this.id, from, text, at: this.#parts.timers.now(), recvid };
    this.#parts.emit('inbound', { ...sms, outcome: null });
    const outcome = await this.notify({ kind: 'RECEIVE', recvid, from, text, smsc, sentTime });
    this.#parts.emit('sms', { ...sms, outcome });
    return outcome;
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

  /** The SIM loses the GSM network. The server learns it from the next keepalive. */
  logout(): void {
    this.#setGsmStatus('LOGOUT');
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
    this.#device = new Device({
      id: this.id,
      password: this.#password,
      sim: this.#sim,
      timers,
      settings: () => this.#settings,
      gsmStatus: () => this.#gsmStatus,
      effects: {
        ...gateway,
        rebootModule: () => this.#rebootModule(),
        switchModule: (on) => this.#setGsmStatus(on ? 'LOGIN' : 'LOGOUT'),
      },
      port: () => this.port,
      send: (datagram) => this.#link.send(datagram),
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
    if (this.#gsmStatus === 'LOGOUT') return;
    this.logout();
    this.#radio.after(this.#settings.rebootTime, () => this.login());
  }

  #setGsmStatus(status: GsmStatus): void {
    this.#radio.clear();
    if (status === this.#gsmStatus) return;
    this.#gsmStatus = status;
    this.#parts.emit('gsm', { line: this.id, status });
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
