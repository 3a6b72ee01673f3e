/**
 * The device's half of protocol §4 as the specs have it, as small as can be, and a book of what went on air. Written apart
 * from the simulator, so that both would have to be wrong in the same way.
 */
import type { Clock } from '../../src/time/clock.js';
import { parseServerMessage, type SessionRequest } from '../../src/protocol/index.js';
import type { Random } from './weather.js';

/** `push`: WAIT, then the result unasked. `poll`: WAIT, and the result only when asked. `direct`: silence, then the result. */
export type Firmware = 'push' | 'poll' | 'direct';

/** What the GSM network does with a number; `stuck` never comes to a result, `by hand` waits for {@link ReferenceDevice.finish}. */
export type Fate = 'sent' | 'refused' | 'stuck' | 'by hand';

export interface DeviceTraits {
  readonly firmware: Firmware;
  readonly password: string;
  readonly fateOf: (number: string) => Fate;
  /** Does an SMS leave the antenna when its time on air begins, or ends? It matters to restarts only. */
  readonly onAirAt: 'start' | 'end';
  /** Is what a released session left in the queue sent nevertheless? */
  readonly sendsAfterRelease: boolean;
  /** How long an SMS takes, where it is not {@link AIR_MS}. */
  readonly airMs?: { readonly least: number; readonly spread: number };
}

interface Session {
  authenticated: boolean;
  /** Results of the last ten telids, in the order of their first SEND. */
  readonly results: Map<number, 'waiting' | 'sent' | 'refused'>;
  releaseIdle: () => void;
}

interface Sms {
  readonly sendid: number;
  readonly telid: number;
  readonly number: string;
}

/** What became of a number that came with a SEND; `lost` with what else a restart or a release threw away. */
export type Whereabouts = 'turned away' | 'queued' | 'on air' | 'refused' | 'lost';

const IDLE_MS = 90_000;
const SESSIONS = 5;
const RESULTS_KEPT = 10;
/** One SMS takes 2–5 s (protocol §4), a refused one as well. */
const AIR_MS = { least: 2000, spread: 3000 };
/**
 * A SIM does not come back, and a device does not boot, in less. Where no datagram is older than this when it arrives, no
 * late copy of MSG, PASSWORD and SEND makes a device that has forgotten a session, or a SIM that comes back, send an SMS
 * again: what no server can defend.
 */
export const COPIES_LIVE_MS = 2000;

export class ReferenceDevice {
  /** Every SMS that left the antenna, by number. */
  readonly onAir: string[] = [];
  readonly whereabouts = new Map<string, Whereabouts>();
  /** SMS that the network refused. */
  refused = 0;
  /** Its numbers of the SMS that left the antenna, by sendid and telid. */
  readonly #smsNos = new Map<string, number>();
  readonly #sessions = new Map<number, Session>();
  #queue: Sms[] = [];
  /** The last SMS that left the antenna. */
  #transmitted: Sms | undefined;
  #cancelAir: (() => void) | undefined;
  #isBooting = false;
  #loggedOutUntil = 0;

  constructor(
    private readonly traits: DeviceTraits,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly reply: (datagram: string) => void,
  ) {}

  /** Bulk sessions that it remembers. */
  get sessions(): number {
    return this.#sessions.size;
  }

  /** Power off and on: all is forgotten, and what arrives while it boots is lost. */
  restart(bootSeconds: number): void {
    for (const session of this.#sessions.values()) session.releaseIdle();
    this.#sessions.clear();
    this.#cancelAir?.();
    this.#cancelAir = undefined;
    this.#lose(this.#queue);
    this.#queue = [];
    this.#isBooting = true;
    this.clock.after(Math.max(bootSeconds * 1000, COPIES_LIVE_MS), () => (this.#isBooting = false));
  }

  logOut(seconds: number): void {
    this.#loggedOutUntil = this.clock.now() + seconds * 1000;
  }

  get isLoggedOut(): boolean {
    return this.clock.now() < this.#loggedOutUntil;
  }

  /** What the modem does with the SMS that it has, if any. */
  get modem(): 'idle' | 'sending' | 'transmitted' {
    const [sms] = this.#queue;
    if (!sms) return 'idle';
    return sms === this.#transmitted ? 'transmitted' : 'sending';
  }

  /** The number of that SMS. */
  get inHand(): string | undefined {
    return this.#queue[0]?.number;
  }

  /** SMS that it has not finished. */
  get queued(): number {
    return this.#queue.length;
  }

  /** The SMS that the modem has leaves the antenna. */
  transmit(): void {
    const [sms] = this.#queue;
    if (!sms || sms === this.#transmitted) return;
    this.#transmitted = sms;
    this.onAir.push(sms.number);
    this.#smsNos.set(`${sms.sendid} ${sms.telid}`, this.onAir.length);
    this.whereabouts.set(sms.number, 'on air');
  }

  /** The modem is done with the SMS that it has. */
  finish(result: 'sent' | 'refused'): void {
    if (result === 'sent') this.transmit();
    else this.refused += 1;
    const sms = this.#queue.shift();
    if (sms) this.#keep(sms, result);
    this.#work();
  }

  /** Would it take this number for one that it has never seen, in this session? */
  isNew({ sendid, telid }: Extract<SessionRequest, { kind: 'SEND' }>): boolean {
    const session = this.#sessions.get(sendid);
    return !this.#isBooting && session?.authenticated === true && !session.results.has(telid);
  }

  receive(datagram: string): void {
    if (this.#isBooting) return;
    const message = parseServerMessage(datagram);
    const session = 'sendid' in message ? this.#sessions.get(message.sendid) : undefined;
    if (session && 'sendid' in message) this.#restartIdleTime(message.sendid, session);
    switch (message.kind) {
      case 'MSG':
        return this.#onMsg(message.sendid, session);
      case 'PASSWORD':
        if (!session) return this.#error(message.sendid, 'SENDID');
        if (message.password !== this.traits.password) return this.#error(message.sendid, 'PASSWORD');
        session.authenticated = true;
        return this.reply(`SEND ${message.sendid}\n`);
      case 'SEND':
        return this.#onSend(message, session);
      case 'DONE':
        if (!session) return this.#error(message.sendid, 'SENDID');
        this.#release(message.sendid);
        return this.reply(`DONE ${message.sendid}\n`);
      default:
        throw new Error(`a server does not send ${JSON.stringify(datagram)}`);
    }
  }

  #onMsg(sendid: number, session: Session | undefined): void {
    if (!session) {
      if (this.#sessions.size >= SESSIONS) return this.#error(sendid, 'too_many_sends_in_server');
      const opened: Session = { authenticated: false, results: new Map(), releaseIdle: () => undefined };
      this.#sessions.set(sendid, opened);
      this.#restartIdleTime(sendid, opened);
    }
    this.reply(`PASSWORD ${sendid}\n`);
  }

  #onSend({ sendid, telid, number }: Extract<SessionRequest, { kind: 'SEND' }>, session: Session | undefined): void {
    if (!session) return this.#error(sendid, 'SENDID');
    if (!session.authenticated) return this.#error(sendid, 'PASSWORD');
    if (session.results.has(telid)) return this.#tell(sendid, telid);
    if (this.isLoggedOut) {
      this.#loggedOutUntil = Math.max(this.#loggedOutUntil, this.clock.now() + COPIES_LIVE_MS);
      this.whereabouts.set(number, 'turned away');
      return this.#error(sendid, 'GSM_LOGOUT');
    }
    session.results.set(telid, 'waiting');
    const [oldest] = session.results.keys();
    if (session.results.size > RESULTS_KEPT && oldest !== undefined) session.results.delete(oldest);
    this.#queue.push({ sendid, telid, number });
    this.whereabouts.set(number, 'queued');
    this.#work();
    if (this.traits.firmware !== 'direct') this.#tell(sendid, telid);
  }

  /** The modem: one SMS at a time. */
  #work(): void {
    const [sms] = this.#queue;
    if (!sms || this.#cancelAir) return;
    const fate = this.traits.fateOf(sms.number);
    if (fate === 'by hand') return;
    if (fate === 'stuck') {
      this.#queue.shift();
      return this.#work();
    }
    if (fate === 'sent' && this.traits.onAirAt === 'start') this.transmit();
    const { least, spread } = this.traits.airMs ?? AIR_MS;
    this.#cancelAir = this.clock.after(least + this.random() * spread, () => {
      this.#cancelAir = undefined;
      this.finish(fate);
    });
  }

  #keep({ sendid, telid, number }: Sms, result: 'sent' | 'refused'): void {
    if (result === 'refused') this.whereabouts.set(number, 'refused');
    const session = this.#sessions.get(sendid);
    if (!session?.results.has(telid)) return;
    session.results.set(telid, result);
    if (this.traits.firmware !== 'poll') this.#tell(sendid, telid);
  }

  #tell(sendid: number, telid: number): void {
    switch (this.#sessions.get(sendid)?.results.get(telid)) {
      case 'waiting':
        return this.reply(`WAIT ${sendid} ${telid}\n`);
      case 'sent':
        return this.reply(`OK ${sendid} ${telid} ${this.#smsNos.get(`${sendid} ${telid}`) ?? ''} \n`);
      case 'refused':
        return this.#error(sendid, `${telid} errorstatus:38`);
      case undefined:
    }
  }

  #restartIdleTime(sendid: number, session: Session): void {
    session.releaseIdle();
    session.releaseIdle = this.clock.after(IDLE_MS, () => this.#release(sendid));
  }

  #release(sendid: number): void {
    this.#sessions.get(sendid)?.releaseIdle();
    this.#sessions.delete(sendid);
    if (this.traits.sendsAfterRelease) return;
    const [sending, ...waiting] = this.#queue;
    if (!sending) return;
    this.#lose(waiting.filter((sms) => sms.sendid === sendid));
    this.#queue = [sending, ...waiting.filter((sms) => sms.sendid !== sendid)];
  }

  #lose(smses: readonly Sms[]): void {
    for (const { number } of smses) {
      if (this.whereabouts.get(number) === 'queued') this.whereabouts.set(number, 'lost');
    }
  }

  #error(sendid: number, message: string): void {
    this.reply(`ERROR ${sendid} ${message}\n`);
  }
}
