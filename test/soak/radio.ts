/** The simulated gateway, and all that can be said about it afterwards. */
import { GoipSimulator, type DatagramEvent, type Faults, type OnAirSms } from '../../src/simulator/index.js';
import type { DeviceReport, InboundSms, OutboundSms, Submission } from './books.js';
import { SCALED } from './flow.js';
import { LINES } from './lines.js';

/** Copies are held back much shorter than a session lives: against later ones nobody can defend himself (protocol §4). */
const WEATHER = { loss: 0.1, duplicate: 0.06, reorder: 0.12, delay: [0, 4], holdBack: [5, 50] } as const;

/** Datagrams that are remembered for the story of a violation. */
const DATAGRAMS_KEPT = 40_000;

interface Heard extends DatagramEvent {
  readonly at: number;
  readonly life: number;
}

export class Radio {
  readonly gateway: GoipSimulator;
  readonly inbound: InboundSms[] = [];
  readonly onAir: OnAirSms[] = [];
  readonly refused: OutboundSms[] = [];
  readonly submissions: Submission[] = [];
  readonly reports: DeviceReport[] = [];
  readonly restarts: { readonly line: string; readonly at: number; readonly whileDown: boolean }[] = [];
  /** Numbers that were asked for once more, in their session, by a later life than the one that submitted them. */
  askedLater = 0;
  /** SMS and delivery reports whose device still waits for an answer. */
  waiting = 0;
  /** When the last SMS went out. */
  lastOnAir = 0;
  /** The life of Node-RED that is, or was last. */
  life = 0;
  /** Node-RED is there and takes what comes. */
  isServed = false;
  /** Their places, by line, recvid and time. */
  readonly #reportOf = new Map<string, number>();
  readonly #datagrams: Heard[] = [];
  readonly #submittedBy = new Map<string, number>();
  /** Counts power-ups, for texts that come again within one. */
  readonly #powerUps = new Map<string, number>();

  constructor(udpPort: number, seed: number, weather: Faults = WEATHER) {
    this.gateway = new GoipSimulator({
      server: { host: '127.0.0.1', port: udpPort },
      lines: LINES,
      seed,
      faults: weather,
      lineTime: SCALED.lineTime,
      keepaliveInterval: SCALED.keepaliveInterval,
      resendInterval: SCALED.deviceResendInterval,
      resendCount: SCALED.deviceResendCount,
      deliveryDelay: [0, 1],
      deliveryInterval: [0.1, 1],
      failNumbers: (to) => (isRefused(to) ? 38 : null),
    });
    this.gateway.on('datagram', (datagram) => this.#hear(datagram));
    this.gateway.on('inbound', ({ device, recvid, from, text }) => {
      this.inbound.push({ device, recvid, from, text, ackedIn: null });
    });
    this.gateway.on('air', (sms) => {
      this.onAir.push(sms);
      this.lastOnAir = Date.now();
    });
    this.gateway.on('report', ({ device, to, state, at, recvid }) => {
      this.waiting += 1;
      this.#reportOf.set(`${device} ${recvid} ${at}`, this.reports.length);
      this.reports.push({ device, to, state, at, acked: false });
    });
    this.gateway.on('reported', ({ device, recvid, at, outcome }) => {
      this.waiting -= 1;
      const index = this.#reportOf.get(`${device} ${recvid} ${at}`) ?? -1;
      const report = this.reports[index];
      if (report) this.reports[index] = { ...report, acked: outcome?.acked === true };
    });
    this.gateway.on('failed', (sms) => this.refused.push(sms));
    this.gateway.on('restarted', ({ line }) => {
      this.#powerUps.set(line, this.powerUps(line) + 1);
      this.restarts.push({ line, at: Date.now(), whileDown: !this.isServed });
    });
  }

  powerUps(line: string): number {
    return this.#powerUps.get(line) ?? 0;
  }

  /** An SMS from the air, on its way to the server until it is acked or given up. */
  async receive(line: string, from: string, text: string): Promise<void> {
    const { inbound } = this;
    this.waiting += 1;
    const outcome = this.gateway.line(line).receiveSms({ from, text });
    // It is in the books of the gateway by now, with its recvid. Only a line without power has none to give.
    const index = inbound.length - 1;
    const { acked } = await outcome;
    this.waiting -= 1;
    const sms = inbound[index];
    // An ack that was held back while a life ended counts as one of the next.
    if (acked && sms) inbound[index] = { ...sms, ackedIn: this.life };
  }

  /** SMS that wait for a modem, or are on air. */
  get load(): number {
    return this.gateway.lines.reduce((sum, { queue }) => sum + queue, 0);
  }

  /** Those of a number's session, or of an SMS as named by the books; for people. */
  datagramsAbout(about: string): string[] {
    const keys = about.startsWith('[')
      ? [{ line: (JSON.parse(about) as string[])[0], id: (JSON.parse(about) as string[])[1] }]
      : this.#datagrams
          .filter(({ text }) => text.startsWith('SEND ') && text.includes(` ${about}\n`))
          .map(({ line, text }) => ({ line, id: text.split(' ')[1] }));
    return this.#datagrams
      .filter(({ line, text }) => keys.some((key) => key.line === line && idOf(text) === key.id))
      .map(({ at, life, line, direction, text, copies }) => {
        const arrow = direction === 'toServer' ? '->' : '<-';
        return `${at} life ${life} ${line} ${arrow} ${JSON.stringify(text)}${copies === 1 ? '' : ` (${copies} copies)`}`;
      });
  }

  #hear(datagram: DatagramEvent): void {
    this.#datagrams.push({ ...datagram, at: Date.now(), life: this.life });
    if (this.#datagrams.length > 2 * DATAGRAMS_KEPT) this.#datagrams.splice(0, DATAGRAMS_KEPT);
    const [verb, sendid, telid] = datagram.text.split(' ');
    if (verb !== 'SEND' || datagram.direction !== 'toDevice') return;
    const key = [datagram.line, sendid, telid].join();
    const by = this.#submittedBy.get(key);
    const to = datagram.text.trimEnd().split(' ')[3] ?? '';
    if (by === undefined) this.submissions.push({ device: datagram.line, to, at: Date.now() });
    if (by !== undefined && by < this.life) this.askedLater += 1;
    this.#submittedBy.set(key, this.life);
  }
}

/** One number in twenty. */
function isRefused(to: string): boolean {
  return Number(to.slice(-2)) % 20 === 13;
}

/** The sendid or recvid of a datagram. */
function idOf(text: string): string | undefined {
  return /^[A-Z]+[ :](-?\d+)/.exec(text)?.[1];
}
