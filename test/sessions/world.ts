/**
 * The world around one bulk session, in the hands of a test: a network in which each datagram waits to be delivered, a disk
 * on which each write waits for its outcome, a modem that finishes when it is told to, and a clock. Nothing is left to chance.
 */
import { DeviceList } from '../../src/lines/devices.js';
import { Line } from '../../src/lines/line.js';
import {
  formatServerMessage,
  parseDeviceMessage,
  parseServerMessage,
  type SessionReply,
  type SessionRequest,
} from '../../src/protocol/index.js';
import type { ResultHabit } from '../../src/lines/habits.js';
import type { SessionConfig } from '../../src/sessions/machine.js';
import { BulkSession } from '../../src/sessions/session.js';
import { settingsFrom, type ServerOptions } from '../../src/config/settings.js';
import { ReferenceDevice, type Firmware } from './reference-device.js';
import { numberOf, Rules } from './rules.js';
import { VirtualClock } from './virtual-clock.js';

export interface Circumstances {
  readonly firmware: Firmware;
  readonly sendsAfterRelease: boolean;
  readonly options: ServerOptions;
  readonly line: LineBefore;
  /** What the GSM network does with the numbers, where no step decides otherwise. */
  readonly fates: readonly Fate[];
  /** What a device may have against a session as a whole. */
  readonly refuses: 'password' | 'one more session' | null;
}

/** What is known of the line from sessions before. */
export interface LineBefore {
  readonly habit: ResultHabit;
  /** Milliseconds that the line took to answer, and to send an SMS; null where it was never measured. */
  readonly roundTripMs: number | null;
  readonly resultMs: number | null;
}

export type Fate = 'sent' | 'refused' | 'stuck';

export interface Datagram {
  readonly to: 'device' | 'server';
  readonly text: string;
}

interface Submission {
  readonly telid: number;
  readonly at: number;
}

interface Write {
  readonly what: string;
  readonly submission?: Submission;
  readonly end: (failure?: Error | 'withheld') => void;
}

const SENDID = 11;

export class World {
  readonly clock = new VirtualClock();
  readonly config: SessionConfig;
  readonly device: ReferenceDevice;
  readonly rules: Rules;
  /** Datagrams on their way, the oldest first. */
  flying: Datagram[] = [];
  /** Copies that got lost in the network, and may turn up at any time. */
  strays: Datagram[] = [];
  /** Writes that the disk has not made yet. */
  writes: Write[] = [];
  hasRestarted = false;
  /** What a server that died had submitted, until the next life takes it up. */
  leftOver: Submission | undefined;
  #submission: Submission | undefined;
  #taken = 0;
  #numbers: number;

  constructor(readonly circumstances: Circumstances) {
    const { firmware, sendsAfterRelease, options, fates, refuses } = circumstances;
    this.config = settingsFrom(options, true).session;
    this.rules = new Rules(this.clock, this.config);
    this.#numbers = fates.length;
    const password = refuses === 'password' ? 'password2' : 'password1';
    this.device = new ReferenceDevice(
      { firmware, sendsAfterRelease, password, fateOf: () => 'by hand', onAirAt: 'end' },
      this.clock,
      () => 0,
      (text) => this.flying.push({ to: 'server', text }),
    );
    if (refuses !== 'one more session') return;
    for (let sendid = 1; sendid <= 5; sendid += 1) this.device.receive(`MSG ${sendid} 5 hello\n`);
    this.flying = [];
  }

  /** The next number, as long as there are some. */
  take(): string | undefined {
    if (this.#taken >= this.#numbers) return undefined;
    this.#taken += 1;
    return numberOf(this.#taken);
  }

  cancel(): void {
    this.#numbers = this.#taken;
  }

  save(what: string, submission?: Submission): Promise<'saved' | 'withheld'> {
    return new Promise((resolve, reject) => {
      const end = (failure?: Error | 'withheld'): void => {
        this.rules.tell(`${what} ${failure instanceof Error ? 'not saved' : (failure ?? 'saved')}`);
        if (failure instanceof Error) return reject(failure);
        if (failure) return resolve(failure);
        this.rules.saved(what);
        if (submission) this.#submission = submission;
        resolve('saved');
      };
      this.writes.push({ what, ...(submission && { submission }), end });
    });
  }

  deliver(datagram: Datagram, server: Server): void {
    if (this.#isBeyondDefence(datagram)) return this.rules.tell(`lost: ${datagram.text.trimEnd()}`);
    if (datagram.to === 'server') server.hear(datagram.text);
    else this.device.receive(datagram.text);
  }

  /**
   * Late SENDs against which no server can do anything; the network loses them. All else arrives, however late.
   *
   * One that the device takes for new although it had this number: on air, in its queue, or refused. It keeps the results of
   * ten telids, and none over a restart, DONE or 90 s of silence, after which copies of MSG and PASSWORD may have opened the
   * session once more. Whatever the server sent after them, or says now, does not undo that.
   *
   * A copy, made by the network, of the one SEND that the device turned away for want of a SIM, which is back now: the
   * server knows of one SEND and one refusal.
   */
  #isBeyondDefence({ to, text }: Datagram): boolean {
    if (to === 'server') return false;
    const message = parseServerMessage(text);
    if (message.kind !== 'SEND' || !this.device.isNew(message)) return false;
    const whereabouts = this.device.whereabouts.get(message.number);
    if (whereabouts === 'turned away') return !this.device.isLoggedOut && this.rules.sendsOf(message.telid) === 1;
    return whereabouts !== undefined && whereabouts !== 'lost';
  }

  /** The server dies; what it was writing is `made` or not. Nothing goes on where no number was out. */
  crash(made: boolean): void {
    const [write] = this.writes;
    this.writes = [];
    const { out } = this.rules;
    if (out !== undefined) this.leftOver = this.#submission;
    else if (made && write?.submission) {
      write.end();
      this.leftOver = this.#submission;
    }
    this.rules.crashed();
  }

  /** What happens next where nothing goes wrong. False where nothing does. */
  async goOn(server: Server): Promise<boolean> {
    const write = this.writes.shift();
    const datagram = write ? undefined : this.flying.shift();
    const fate = this.#fate;
    if (write) write.end();
    else if (datagram) this.deliver(datagram, server);
    else if (fate && fate !== 'stuck') this.device.finish(fate);
    else if (this.leftOver) server.resume();
    else if (this.clock.pending > 0) await this.clock.passToNext();
    else return false;
    await this.clock.settle();
    return true;
  }

  /** Of the SMS that the modem has. */
  get #fate(): Fate | undefined {
    const { modem, inHand } = this.device;
    return modem === 'transmitted' ? 'sent' : this.circumstances.fates[Number(inHand) - 101];
  }

  check(): void {
    this.rules.check(this.device.onAir, this.device.queued);
  }
}

interface Recipient {
  readonly to: string;
}

/** The session under test, over the lives of its server. */
export class Server {
  readonly #world: World;
  #line: Line;
  #session: BulkSession<Recipient>;

  constructor(world: World) {
    this.#world = world;
    this.#line = lineOf(world.circumstances.line);
    this.#session = this.#sessionFrom(world.take() ?? '');
    this.#session.start();
  }

  hear(text: string): void {
    const { rules } = this.#world;
    rules.tell(`← ${text.trimEnd()}`);
    if (this.#world.leftOver) return;
    const reply = parseDeviceMessage(text) as SessionReply;
    rules.heard(reply);
    this.#session.reply(reply);
  }

  hearOfRestart(): void {
    this.#world.rules.stopped();
    this.#session.restarted();
  }

  abort(): void {
    this.#world.rules.stopped();
    this.#session.abort();
  }

  crash(made: boolean): void {
    this.#session.leave();
    this.#world.crash(made);
  }

  resume(): void {
    const { leftOver, rules } = this.#world;
    if (!leftOver) return;
    this.#world.leftOver = undefined;
    const { telid, at } = leftOver;
    rules.resumed(telid, at);
    this.#line = lineOf({ habit: 'unknown', roundTripMs: null, resultMs: null });
    this.#session = this.#sessionFrom(numberOf(telid));
    this.#session.resume(telid, at);
  }

  /** Sessions and numbers that the line believes to have. */
  get load(): readonly [sessions: number, sending: number] {
    return [this.#line.sessions, this.#line.sending];
  }

  #sessionFrom(first: string): BulkSession<Recipient> {
    const world = this.#world;
    const { rules, clock, config } = world;
    return new BulkSession<Recipient>(
      SENDID,
      this.#line,
      'hello',
      { to: first },
      {
        next: () => {
          const to = world.take();
          return to === undefined ? undefined : { to };
        },
        saveSession: async () => {
          await world.save('session');
        },
        saveSubmission: ({ to }, telid) => {
          rules.savesNumber(to);
          return world.save(to, { telid, at: clock.now() });
        },
        submitted: ({ to }) => rules.submits(to),
        waiting: ({ to }) => rules.waits(to),
        resumed: () => undefined,
        result: ({ to }, result) => rules.reports(to, result),
        resultsSaved: () => world.save('results'),
        ended: (end, untouched) => rules.ends(end, untouched?.to),
      },
      {
        clock,
        config,
        send: (_, request: SessionRequest) => {
          rules.sends(request);
          world.flying.push({ to: 'device', text: formatServerMessage(request) });
        },
      },
    );
  }
}

function lineOf({ habit, roundTripMs, resultMs }: LineBefore): Line {
  const [device] = new DeviceList([{ id: 'goipid1', password: 'password1' }]);
  if (!device) throw new Error('no device');
  const line = new Line(device);
  if (roundTripMs !== null) line.roundTripMeasured(roundTripMs);
  if (resultMs !== null) {
    line.resultObserved('push', resultMs);
    // Evidence in both directions leaves the habit unknown.
    line.resultObserved('poll');
  }
  if (habit !== 'unknown') for (let i = 0; i < 3; i += 1) line.resultObserved(habit);
  return line;
}
