/** The SMS server: owns the socket, and takes every datagram along one road — parse, authenticate, handle, ack. */
import { hash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { systemClock, type Clock } from './time/clock.js';
import type { ConfigProblem } from './reading/problems.js';
import { readConfig } from './config/read-config.js';
import type { Device, DeviceList } from './lines/devices.js';
import { diagnosticsOf, lineDiagnosticsOf, type Diagnostics, type LineDiagnostics } from './traffic/diagnostics.js';
import { GoipError } from './errors.js';
import { EventTakers, type HeldEvent } from './events/event-takers.js';
import { reportOf, type EventKind, type EventTaker, type GoipEvent } from './events/events.js';
import { emitGuarded, errorFrom, guarded, reportFault, type FaultReport } from './faults.js';
import { displayAddress } from './net/addresses.js';
import { Gate } from './gate/gate.js';
import type { Rejection } from './gate/rejections.js';
import { HeldBack } from './delivery/held-back.js';
import { isoTime } from './time/iso-time.js';
import { DuplicateMemory, keyOf } from './inbox/duplicates.js';
import { Inbox, type Accepted, type SmsTaker } from './inbox/inbox.js';
import type { Sms } from './inbox/sms.js';
import type { Seen } from './inbox/seen.js';
import { SeenInJournal } from './inbox/seen-in-journal.js';
import { SeenInMemory } from './inbox/seen-in-memory.js';
import type { LineWatch } from './lines/census.js';
import { LineChanges, type ChangeTaker } from './lines/changes.js';
import type { Line } from './lines/line.js';
import type { LineState } from './lines/line-state.js';
import type { Address } from './net/address.js';
import { Presence } from './lines/presence.js';
import { LineRegistry } from './lines/registry.js';
import {
  describeDamage,
  describeSetAside,
  reportedDamage,
  type DamagedJobs,
  type JournalDamage,
  type ReportedDamage,
  type SetAsideRecord,
} from './journal/damage.js';
import { carryingOver, type EarlierStorage } from './journal/carry-over.js';
import { Journal } from './journal/journal.js';
import { MemoryStore } from './journal/memory-store.js';
import { storeOnDisk, type FolderNews } from './journal/open-store.js';
import type { OpenStore } from './journal/store.js';
import type { Job, JobSummary } from './outbox/result.js';
import type { ReportTaker } from './outbox/reports/late-reports.js';
import type { JobTaker } from './outbox/followers/owners.js';
import type { HeldStatus, StatusTaker } from './outbox/followers/statuses.js';
import { Outbox, type JobSelector } from './outbox/outbox.js';
import type { SendRequest } from './outbox/accepting/request.js';
import { Pace } from './time/pace.js';
import {
  DUPLICATE_WINDOW,
  FAULTS_REPORTED,
  JOBS_REPORTED,
  KEEPALIVE_INTERVAL,
  PRUNE_DELAY,
  PRUNE_INTERVAL,
  REPORT_LIMIT,
} from './parameters.js';
import {
  formatServerMessage,
  parseDeviceMessage,
  plainCountOf,
  readSaying,
  sayingBehind,
  verbOf,
  writeKeepaliveAck,
  type Ack,
  type DeviceMessage,
  type Keepalive,
  type Malformed,
  type Notification,
  type ServerMessage,
  type SessionReply,
} from './protocol/index.js';
import { ProtocolErrors, type ProtocolError } from './traffic/protocol-errors.js';
import { problemOfRecord } from './records/records.js';
import { SendIds } from './sessions/sendids.js';
import { randomFirstTelid } from './sessions/telids.js';
import type { ServerOptions, Settings } from './config/settings.js';
import { withoutNul } from './gsm/nul.js';
import type { Secrets } from './secrets.js';
import { Startup } from './startup.js';
import { TimeKeeper } from './journal/time-keeper.js';
import { Timeline, type ClockStep } from './time/timeline.js';
import { Tracer, type Trace, type TraceEntry } from './traffic/trace.js';
import { UdpTransport } from './net/transport.js';

/** States of lines that are made in one turn of the event loop: a few milliseconds, or some tens on a small machine. */
const STATES_PER_TURN = 500;
/** What the diagnostics of a line cost, in states: all texts in them are searched for long numbers. */
const DIAGNOSTICS_STEPS = 5;

export interface ServerParts {
  readonly clock?: Clock;
  /** The journal's store, where it is neither a directory nor of this server's life only. */
  readonly openStore?: OpenStore;
  /** Where the jobs and SMS were kept before the storage was changed: what still waits there moves into the new storage. */
  readonly earlierStorage?: EarlierStorage | undefined;
  /** What knew the duplicates of SMS then, if that was not the journal. */
  readonly earlierSeen?: Seen | undefined;
  /** By which it knows copies of SMS, where that is not the journal. */
  readonly seen?: Seen;
  /**
   * Milliseconds in which {@link GoipServer.hold} takes back what was delivered, for takers that may stop with it on their
   * hands. 0 by default: a delivery is final.
   */
  readonly settleMs?: number;
  /** First telid of each bulk session; default: random, so that a result cannot be forged by guessing. */
  readonly firstTelid?: (() => number) | undefined;
  /** A server that this one replaces, and whose lines it goes on with: a redeploy should not wait for keepalives. */
  readonly predecessor?: GoipServer | undefined;
  /** Go on with a setting that is wrong as far as it is safe, and list it in `problems`; default false. */
  readonly isTolerant?: boolean;
}

/** Events of {@link GoipServer}, with the arguments of their listeners. */
export interface ServerEvents {
  /** A received SMS. Listening for it is {@link GoipServer.takeSms} for all lines. */
  sms: [Sms];
  event: [GoipEvent];
  /**
   * A listener or taker has thrown, or a promise of it was rejected. The server goes on. Each text is reported once; without
   * listeners it is a warning of the process.
   */
  fault: [Error];
  /** The socket broke; the server has stopped listening and can be started again. */
  broken: [Error];
  /** The wall clock was set, by more than a time server corrects little by little. Durations do not change, what is shown does. */
  clock: [ClockStep];
  /** The journal cannot be written, works again, or is not what it was. */
  storage: [StorageEvent];
}

export type StorageEvent =
  | { readonly state: 'failing'; readonly error: Error }
  | { readonly state: 'healed' }
  | FolderNews
  | StorageDamage
  /** Records do not look as they should, such as those of a newer version: they are left alone. */
  | { readonly state: 'set aside'; readonly error: Error; readonly records: readonly SetAsideRecord[] };

/** The journal was found damaged, and the server goes on with what could be read. */
export interface StorageDamage extends ReportedDamage {
  readonly state: 'damaged';
  /** Says all of it in words. */
  readonly error: Error;
}

/** Datagrams that led to nothing, and news that nobody got. */
export interface DropCounters {
  /** No message of the protocol. */
  malformed: number;
  /** From an address that may not talk, or with wrong credentials. */
  unauthorized: number;
  /** A reply that no session expects: late, a copy, or made up. */
  unexpected: number;
  /** A reply to a session of a line that is elsewhere. */
  foreign: number;
  /** SMS and delivery reports that could not be saved, and so were not acked. */
  unsaved: number;
  /** Events, and statuses of numbers, that a deploy held back and that were more than can be held. */
  held: number;
}

/** What a server holds for takers that are replaced, and the server that replaces it goes on with. */
interface HeldNews {
  readonly events: HeldBack<HeldEvent>;
  readonly statuses: HeldBack<HeldStatus>;
}

export class GoipServer extends EventEmitter<ServerEvents> {
  /** What of the configuration is wrong, and what follows from it. Empty if all is well. */
  readonly problems: readonly ConfigProblem[];
  readonly #settings: Settings;
  readonly #gate: Gate;
  readonly #clock: Timeline;
  readonly #time: TimeKeeper;
  readonly #sendIds: SendIds;
  readonly #lines: LineRegistry;
  readonly #journal: Journal;
  readonly #inbox: Inbox;
  readonly #presence: Presence;
  readonly #outbox: Outbox;
  readonly #reports: DuplicateMemory;
  /** Reports that are being saved, as {@link #reports} knows them. */
  readonly #savingReports = new Map<string, Promise<void>>();
  /** Reports what listeners and takers throw, each text once. */
  readonly #fault: FaultReport = (error) => {
    if (this.listenerCount('fault') === 0) return reportFault(error);
    const fault = errorFrom(error);
    const text = `${fault.name}: ${fault.message}`;
    if (this.#reportedFaults.has(text) || this.#reportedFaults.size >= FAULTS_REPORTED) return;
    this.#reportedFaults.add(text);
    emitGuarded(this, 'fault', [fault], reportFault);
  };
  readonly #reportedFaults = new Set<string>();
  readonly #held: HeldNews;
  readonly #eventTakers: EventTakers;
  readonly #changes = new LineChanges();
  /** Shared by all who ask at the same time. */
  readonly #statesPace = new Pace(STATES_PER_TURN, (callback) => this.#clock.soon(callback));
  readonly #transport: UdpTransport;
  readonly #protocolErrors: ProtocolErrors;
  readonly #devices: DeviceList;
  readonly #secrets: Secrets;
  /** Undefined as long as nobody wants one. */
  #tracer: Tracer | undefined;
  /** Rules that say which lines numbers go out on. */
  readonly #routes: number;
  readonly #dropped: Omit<DropCounters, 'held'> = {
    malformed: 0,
    unauthorized: 0,
    unexpected: 0,
    foreign: 0,
    unsaved: 0,
  };
  #cancelSweep: (() => void) | undefined;
  #listeningSince: number | undefined;
  readonly #startup: Startup;
  #tellLoaded: () => void = () => undefined;
  readonly #loaded = new Promise<void>((resolve) => (this.#tellLoaded = resolve));
  #prunedAt = 0;
  readonly #storagePlace: string;
  #damage: StorageDamage | undefined;
  /** Records that were set aside and are not reported yet. */
  #setAside: SetAsideRecord[] = [];
  /** That the jobs cannot be read. */
  #hasReportedFailure = false;

  /**
   * Leaves out rows of `devices` and `routes` that are wrong, and lists them in {@link problems}.
   * @throws GoipError `GOIP_BAD_SETTING` naming the first setting that is wrong
   */
  constructor(options: ServerOptions = {}, parts: ServerParts = {}) {
    super();
    this.setMaxListeners(0);
    this.#takeSmsForListeners();
    const { storage, settings, devices, routes, problems, secrets } = readConfig(
      options,
      parts.openStore !== undefined,
    );
    const { isTolerant = false } = parts;
    const fatal = problems.find(({ what, effect }) => effect === 'no start' || (what === 'setting' && !isTolerant));
    if (fatal) throw new GoipError('GOIP_BAD_SETTING', isTolerant ? fatal.message : `${fatal.name} ${fatal.reason}`);
    const before = parts.predecessor;
    this.#settings = settings;
    this.problems = problems;
    this.#devices = devices;
    this.#secrets = secrets;
    this.#routes = routes.size;
    this.#protocolErrors = new ProtocolErrors(
      () => devices.passwords,
      (time) => this.#clock.wall(time),
    );
    this.#clock = new Timeline(parts.clock ?? systemClock, before && before.#clock);
    this.#sendIds = before ? before.#sendIds : new SendIds(this.#clock.wall());
    this.#reports = before ? before.#reports : new DuplicateMemory(DUPLICATE_WINDOW * 1000, REPORT_LIMIT);
    this.#held = before ? before.#held : { events: new HeldBack(), statuses: new HeldBack() };
    this.#eventTakers = new EventTakers(this.#fault, this.#held.events);
    const openStore = carryingOver(parts.openStore ?? this.#storeFor(storage), {
      earlier: parts.earlierStorage,
      seen: () => seen,
      report: (news) => this.#emit('storage', news),
    });
    this.#journal = new Journal(openStore, this.#clock, problemOfRecord);
    this.#time = new TimeKeeper(this.#clock, this.#journal);
    this.#startup = new Startup({
      ...{ journal: this.#journal, clock: this.#clock },
      // The time comes first: all that is kept is judged by it. The inbox comes last: it delivers SMS as soon as it has them.
      loadInbox: async () => {
        // What a replaced server knew of the lines moves along.
        this.#lines.shiftTimes(await this.#time.load());
        await this.#gate.load();
        await this.#inbox.load();
      },
      loadJobs: () => this.#outbox.load(),
      loaded: () => this.#onLoaded(),
      failing: (error) => this.#onNotLoaded(error),
    });
    this.#journal.on('failing', (error) => this.#emit('storage', { state: 'failing', error }));
    this.#journal.on('healed', () => {
      this.#outbox.storageHealed();
      this.#emit('storage', { state: 'healed' });
    });
    this.#journal.on(
      'damaged',
      (damage) => this.#startup.isLoading || this.#reportDamage(damage, { unknown: 0, results: 0 }),
    );
    this.#journal.on('setAside', (key, problem) => this.#noteSetAside({ key, problem }));
    this.#storagePlace = storage;
    const joining = { clock: this.#clock, waitMs: this.#settings.joinPartsMs, settleMs: parts.settleMs ?? 0 };
    const ownSeen = this.#settings.isPersistent
      ? new SeenInJournal(this.#journal, parts.earlierSeen)
      : new SeenInMemory();
    const seen = parts.seen ?? ownSeen;
    this.#inbox = new Inbox(this.#journal, seen, this.#settings.retentionMs, joining, this.#fault);
    this.#lines = new LineRegistry(
      devices,
      this.#linesOf(parts.predecessor),
      this.#clock.wall,
      this.#settings.timeZone,
    );
    this.#gate = new Gate({
      devices,
      allow: this.#settings.allow,
      journal: this.#journal,
      wall: this.#clock.wall,
      addressOf: (id) => this.#lines.get(id)?.address,
      rejected: (rejection, now) => this.#tell('rejected', { id: rejection.id, name: '' }, () => rejection, now),
    });
    this.#transport = new UdpTransport({
      arrived: () => this.#clock.heard(),
      datagram: (data, from) => void guarded(() => this.#receive(data, from), this.#fault),
      broken: (error) => {
        this.#stopListening();
        this.#emit('broken', error);
      },
    });
    this.#presence = new Presence(this.#clock, this.#settings.eventDelayMs, (line, at) =>
      this.#tellOfLine(line.online ? 'online' : 'offline', line, at),
    );
    this.#outbox = new Outbox({
      lines: this.#lines,
      settings: this.#settings,
      routes,
      clock: this.#clock,
      sendIds: this.#sendIds,
      firstTelid: parts.firstTelid ?? randomFirstTelid,
      journal: this.#journal,
      settleMs: parts.settleMs ?? 0,
      heldStatuses: this.#held.statuses,
      send: (line, request) => line.address && this.#send(request, line.address),
      isOfflineForSure: (line) => this.#isOfflineForSure(line),
      tell: (kind, line) => this.#tellOfLine(kind, line, this.#clock.now()),
      fault: this.#fault,
    });
  }

  /**
   * Opens the journal, binds the socket and begins to listen. The jobs of a previous run are read from then on.
   * @returns the address and port that it listens on
   * @throws the system's error (`EADDRINUSE`, …) or that of the journal; `start` may be called again
   */
  async start(): Promise<Address> {
    await this.#startup.open();
    const bound = await this.#transport.bind(this.#settings.host, this.#settings.port);
    this.#listeningSince = this.#clock.now();
    // Not while everything else starts, too.
    this.#prunedAt = this.#listeningSince - (PRUNE_INTERVAL - PRUNE_DELAY) * 1000;
    this.#scheduleSweep();
    for (const line of this.#lines) this.#presence.changed(line);
    this.#outbox.dispatch();
    // Devices do not wait for the jobs. A failure is reported and tried again.
    void this.#startup.load().catch(() => undefined);
    return bound;
  }

  /**
   * Waits at most `graceSeconds` for what the devices have in hand, ends the sessions and closes socket and journal. Jobs
   * that the journal keeps go on at the next start; otherwise what was not submitted fails.
   */
  async stop({ graceSeconds = 0 }: { readonly graceSeconds?: number } = {}): Promise<void> {
    const read = this.#startup.close();
    const closed = this.#outbox.close(graceSeconds * 1000);
    await Promise.all([read, closed]);
    this.#stopListening();
    await this.#transport.close();
    this.stopTrace();
    this.#inbox.close(this.#settings.isPersistent);
    this.#time.keep();
    await this.#journal.close();
  }

  /**
   * Accepts one text for one or many numbers; resolves when that is saved.
   * @throws GoipError with the code of what is wrong; then nothing was accepted.
   */
  async send(request: SendRequest): Promise<Job> {
    await this.#startup.load();
    try {
      return await this.#outbox.accept(request);
    } catch (error) {
      throw this.safeErrorOf(error);
    }
  }

  /**
   * Jobs of an origin that go on after a restart, and those whose result it has not been {@link told}. Resolves when the
   * journal is open, however long that takes.
   */
  async adopt(origin: string): Promise<Job[]> {
    await this.#loaded;
    return this.#outbox.adopt(origin);
  }

  /**
   * Makes a taker the owner of an origin, in place of the one before. It gets the jobs that {@link adopt} resolves to, now
   * and whenever it may have missed some: after {@link release}, when the journal works again, and when a job is accepted
   * that the owner before it has asked for. It gets a job again that has ended if nobody followed it by its events or its
   * result, and may get a job that it follows already.
   * @returns what ends it
   */
  takeJobs(origin: string, taker: JobTaker): () => void {
    return this.#outbox.takeJobs(origin, taker);
  }

  /** The origin of a job has got its result: it need not be kept for it. */
  told(jobId: string): void {
    this.#outbox.told(jobId);
  }

  /**
   * Takes the statuses of an origin's jobs, as the listeners of a job do, in place of the taker before. Those of a
   * {@link hold} come at its end, to whoever is the taker then.
   * @returns what ends it
   */
  takeStatuses(origin: string, taker: StatusTaker): () => void {
    return this.#outbox.takeStatuses(origin, taker);
  }

  /** Takes delivery reports of an origin's jobs that have ended. @returns what ends it */
  takeReports(origin: string, taker: ReportTaker): () => void {
    return this.#outbox.takeReports(origin, taker);
  }

  /** Ends what was not submitted as `cancelled`. Resolves to the ids of the jobs. */
  async cancel(selector: JobSelector): Promise<string[]> {
    await this.#startup.load();
    return this.#outbox.cancel(selector);
  }

  /** Holds jobs back until {@link resume}; what is with a device goes on. Resolves to their ids. */
  async pause(selector: JobSelector): Promise<string[]> {
    await this.#startup.load();
    return this.#outbox.pause(selector);
  }

  async resume(selector: JobSelector): Promise<string[]> {
    await this.#startup.load();
    return this.#outbox.resume(selector);
  }

  /** Returns an error for logs and users: without passwords, and without what Node.js or a library quotes. */
  safeErrorOf(error: unknown): Error {
    return this.#secrets.safeErrorOf(error);
  }

  /**
   * Jobs in hand, and those whose origin has not taken the result: at most so many, those accepted last. Jobs that have ended
   * come first.
   */
  jobs(most?: number): JobSummary[] {
    return this.#outbox.jobs(most);
  }

  /** How many jobs there are for {@link jobs}. */
  get jobCount(): number {
    return this.#outbox.jobCount;
  }

  /** Jobs in hand, those accepted first: how many there are, and at most so many of them. */
  runningJobs(most = Infinity): { readonly total: number; readonly jobs: JobSummary[] } {
    return this.#outbox.running(most);
  }

  /** Why nothing can be saved at the moment; undefined while all is well. */
  get storageFailure(): Error | undefined {
    return this.#journal.failure ?? this.#startup.failure;
  }

  /** How long results of jobs, and what no server uses any more, are kept. */
  get retentionMs(): number {
    return this.#settings.retentionMs;
  }

  /** What the journal was found to have lost in this run; undefined if nothing. */
  get storageDamage(): StorageDamage | undefined {
    return this.#damage;
  }

  /** The state of all lines, or of those named. Unknown ids are left out. */
  lines(ids?: readonly string[]): LineState[] {
    const wanted = ids?.map((id) => this.#lines.get(id)).filter((line) => line !== undefined);
    return [...(wanted ?? this.#lines)].map(this.#stateOf);
  }

  /** The same as {@link lines}, made in several turns of the event loop if there are many. */
  async linesInTurns(ids?: readonly string[]): Promise<LineState[]> {
    const states: LineState[] = [];
    await this.visitLines((state) => states.push(state), ids);
    return states;
  }

  /** Calls back with the state of each line that {@link lines} returns, in several turns of the event loop if there are many. */
  async visitLines(visit: (state: LineState) => void, ids?: readonly string[]): Promise<void> {
    await this.#visitLines((line) => visit(this.#stateOf(line)), ids);
  }

  /** @param steps what it costs to visit a line, in states */
  async #visitLines(visit: (line: Line) => void, ids?: readonly string[], steps = 1): Promise<void> {
    for (const line of this.#lines.named(ids ?? null)) {
      // Awaited only if the turn is over: few lines are there at once.
      const turn = this.#statesPace.turn(steps);
      if (turn) await turn;
      visit(line);
    }
  }

  /**
   * Watches how many of these lines are known, online, and were ever heard of; all lines for undefined. Unknown ids are left
   * out. The counts are kept as lines come and go, and cost nothing to read.
   * @param changed called after each change
   */
  watchLines(ids: readonly string[] | undefined, changed: () => void): LineWatch {
    return this.#lines.watch(ids, changed);
  }

  /** Counts of datagrams that were not what they should have been, and of news that nobody got. */
  get dropped(): Readonly<DropCounters> {
    return { ...this.#dropped, held: this.#held.events.dropped + this.#held.statuses.dropped };
  }

  /**
   * Takes received SMS: those that were held because nobody was there to take them at once, all others as they come.
   * @returns what ends it
   */
  takeSms(taker: SmsTaker): () => void {
    return this.#inbox.addTaker(taker);
  }

  /**
   * Delivers no SMS, no jobs of {@link takeJobs}, no reports of {@link takeReports}, no statuses of jobs that have an origin,
   * and no events to takers with an id until {@link release}, because the takers are about to stop or have not started. What
   * was delivered or {@link told} within the last {@link ServerParts.settleMs} is delivered again then, SMS with
   * `redelivered`; events and statuses are delivered once.
   */
  hold(): void {
    this.#eventTakers.hold();
    this.#inbox.hold();
    this.#outbox.hold();
  }

  /** Delivers what was held. */
  release(): void {
    this.#eventTakers.release();
    this.#inbox.release();
    this.#outbox.release();
  }

  /**
   * Takes events, those only that are wanted. Listening for `event` is to want all.
   * @returns what ends it
   */
  takeEvents(taker: EventTaker): () => void {
    return this.#eventTakers.add(taker);
  }

  /**
   * Takes the states of lines: of each the first one, and then those in which something has changed that users want to know.
   * @returns what ends it
   */
  takeChanges(taker: ChangeTaker): () => void {
    return this.#changes.add(taker);
  }

  /** How it does, for a bug report: without passwords, texts, names and whole numbers. */
  diagnostics(): Diagnostics {
    return this.#diagnosticsWith(Array.from(this.#lines, this.#diagnosticsOf));
  }

  /** The same as {@link diagnostics}, made in several turns of the event loop if there are many lines. */
  async diagnosticsInTurns(): Promise<Diagnostics> {
    const lines: LineDiagnostics[] = [];
    await this.#visitLines((line) => lines.push(this.#diagnosticsOf(line)), undefined, DIAGNOSTICS_STEPS);
    return this.#diagnosticsWith(lines);
  }

  readonly #diagnosticsOf = (line: Line): LineDiagnostics => lineDiagnosticsOf(line, this.#stateOf(line));

  #diagnosticsWith(lines: readonly LineDiagnostics[]): Diagnostics {
    return diagnosticsOf({
      now: this.#clock.now(),
      wall: this.#clock.wall,
      listeningSince: this.#listeningSince,
      settings: { ...this.#settings, host: this.#secrets.shown(this.#settings.host) },
      routes: this.#routes,
      lines,
      jobs: { total: this.jobCount, first: this.#outbox.firstJobs(JOBS_REPORTED) },
      storageFailure: this.storageFailure,
      dropped: this.dropped,
      rejected: this.rejected,
      protocolErrors: this.#protocolErrors.list(),
      trace: this.trace,
    });
  }

  /**
   * Begins to keep the last datagrams, with passwords, texts and long numbers hidden, until {@link stopTrace}, {@link stop} or
   * a quarter of an hour has passed; called again, a quarter of an hour from then.
   */
  startTrace(): void {
    const now = this.#clock.now();
    if (this.#tracer && !this.#tracer.isOver(now)) return this.#tracer.extend(now);
    this.#tracer = new Tracer(now, {
      wall: this.#clock.wall,
      passwords: () => this.#devices.passwords,
      isDevice: (id) => this.#devices.get(id) !== undefined,
      places: () => Array.from(this.#lines, (line) => [line.id, line.address] as const),
    });
  }

  /** Forgets what was kept. */
  stopTrace(): void {
    this.#tracer = undefined;
  }

  /** What {@link startTrace} has kept; null where there is no trace, or no longer. */
  get trace(): Trace | null {
    if (this.#tracer?.isOver(this.#clock.now())) this.stopTrace();
    return this.#tracer?.list() ?? null;
  }

  /** Who was refused lately, so that people can see who knocks; those seen last come first. */
  get rejected(): Rejection[] {
    return this.#gate.rejections;
  }

  // --- the road of a datagram

  #receive(data: Buffer, from: Address): void {
    this.#clock.heard();
    const now = this.#clock.now();
    if (this.#tracer) this.#record('in', data, from, now);
    if (!this.#gate.admits(from, now)) return this.#drop('unauthorized');
    const count = plainCountOf(data);
    const saying = count > 0 ? sayingBehind(count, data) : undefined;
    if (saying !== undefined && this.#isKeepaliveAgain(count, saying, from, now)) return;
    const message = (saying === undefined ? undefined : readSaying(count, saying)) ?? parseDeviceMessage(data);
    switch (message.kind) {
      case 'malformed':
        return this.#dropOdd('malformed', reasonOf(message), from, now, data);
      case 'req':
        return this.#onKeepalive(message, from, now);
      case 'PASSWORD':
      case 'SEND':
      case 'OK':
      case 'WAIT':
      case 'ERROR':
      case 'DONE':
        return this.#onSessionReply(message, from, now, data);
      default:
        return isNotification(message)
          ? this.#onNotification(message, data.length, from, now)
          : this.#dropOdd('unexpected', 'no command is out', from, now, data);
    }
  }

  /**
   * A keepalive that says what the one before said, as most do. To read, authenticate and compare each would take a tenth of
   * the server's processor time (`npm run bench -- --only echo`).
   */
  #isKeepaliveAgain(count: number, saying: string, from: Address, now: number): boolean {
    const line = this.#lines.repeated(saying, count, from, now);
    if (!line) return false;
    this.#transmit(writeKeepaliveAck(count, this.#settings.keepaliveStatus), from);
    this.#tellOfLine('keepalive', line, now, false);
    this.#outbox.serve(line);
    return true;
  }

  #onKeepalive(message: Keepalive, from: Address, now: number): void {
    const device = this.#gate.authenticate(message.id, message.password, from, now);
    if (!device) return this.#drop('unauthorized');
    const outcome = this.#lines.heard(message, from, now, this.#lines.of(device));
    if (!outcome) return;
    this.#send({ kind: 'reg', count: message.count, status: this.#settings.keepaliveStatus }, from);
    const { line, isFirst, isNews, cameOnline, restarted, isDuplicate, stale } = outcome;
    this.#gate.heard(device, from);
    if (isFirst) this.#onFirstKeepalive(message, now);
    if (isDuplicate) this.#tellOfLine('duplicate-device', line, now);
    if (stale) return;
    if (restarted) {
      this.#inbox.lineRestarted(line.id, now);
      this.#outbox.lineRestarted(line);
    }
    if (cameOnline) {
      this.#outbox.lineOnline(line);
      this.#presence.changed(line);
    }
    if (restarted) this.#tellOfLine('restarted', line, now);
    this.#tellOfLine('keepalive', line, now, isNews);
    this.#outbox.serve(line);
  }

  /** The counter tells since when the device is up: it may have restarted while nobody listened. */
  #onFirstKeepalive({ id, count }: Keepalive, now: number): void {
    const uptimeMs = Number(count) * KEEPALIVE_INTERVAL * 1000;
    if (uptimeMs >= 0) this.#inbox.lineHeard(id, now - uptimeMs);
  }

  #onNotification(message: Notification, size: number, from: Address, now: number): void {
    const { recvid, id, password } = message;
    const verb = verbOf(message);
    const device = this.#gate.authenticate(id, password, from, now);
    if (!device) {
      this.#drop('unauthorized');
      // A stranger's invented verb gets no answer.
      if (message.kind !== 'OTHER') this.#refuse({ kind: 'ACK', verb, recvid, error: 'unauthorized' }, size, from, now);
      return;
    }
    const ack = (): void => this.#send({ kind: 'ACK', verb, recvid, error: null }, from);
    if (message.kind === 'RECEIVE') this.#onSms(message, device, from, now, ack);
    else this.#onReport(message, device, now, ack);
  }

  #refuse(answer: Ack, asked: number, to: Address, now: number): void {
    const text = formatServerMessage(answer);
    if (this.#gate.mayAnswer(to, asked, Buffer.byteLength(text), now)) this.#transmit(text, to);
  }

  #onSms(
    message: Extract<Notification, { kind: 'RECEIVE' }>,
    device: Device,
    from: Address,
    now: number,
    ack: () => void,
  ): void {
    const { smsc, sentTime } = message;
    const sms: { -readonly [K in keyof Sms]: Sms[K] } = {
      event: 'sms',
      device: device.id,
      name: device.name,
      from: message.from,
      text: withoutNul(message.text),
      recvid: message.recvid,
      receivedAt: isoTime(this.#clock.wall(now)),
      remote: { address: displayAddress(from.address), port: from.port },
    };
    if (smsc !== null) sms.smsc = smsc;
    if (sentTime !== null) sms.sentTime = sentTime;
    const saved = ({ verdict, deliver }: Accepted): void => {
      ack();
      if (verdict === 'duplicate') return;
      const line = this.#lines.of(device);
      if (line) line.smsReceived();
      deliver();
    };
    const accepted = this.#inbox.accept(sms, now);
    // Without an ack the device sends it again, or keeps it.
    if (accepted instanceof Promise) accepted.then(saved, () => this.#drop('unsaved'));
    else saved(accepted);
  }

  #onReport(message: Exclude<Notification, { kind: 'RECEIVE' }>, device: Device, now: number, ack: () => void): void {
    const { event, payload } = reportOf(message);
    // A digest: twenty thousand reports of 64 KB each would be a gigabyte.
    const key = hash('sha256', keyOf(device.id, verbOf(message), JSON.stringify(payload)), 'base64url');
    if (this.#reports.has(key, now)) return ack();
    const saved = (): void => {
      ack();
      this.#reports.add(key, now);
      this.#tell(event, device, () => payload, now);
    };
    const underway = this.#savingReports.get(key);
    if (underway) return void underway.then(ack, () => undefined);
    const saving = message.kind === 'DELIVER' ? this.#saveDelivery(message, device) : undefined;
    if (!saving) return saved();
    this.#savingReports.set(key, saving);
    const end = (then: () => void) => (): void => {
      this.#savingReports.delete(key);
      then();
    };
    saving.then(
      end(saved),
      end(() => this.#drop('unsaved')),
    );
  }

  /** Saved before it is acked, as an SMS: the device tells it once. */
  #saveDelivery({ smsNo, state, number, recvid }: Extract<Notification, { kind: 'DELIVER' }>, device: Device) {
    const line = this.#lines.of(device);
    if (!line || smsNo === null || state === null) return undefined;
    return this.#outbox.delivered(line, smsNo, state, number, recvid);
  }

  #onSessionReply(message: SessionReply, from: Address, now: number, data: Buffer): void {
    const taken = this.#outbox.reply(message, from);
    if (taken.outcome === 'taken') return;
    if (taken.outcome === 'guess') this.#gate.guessed(from, now);
    if (taken.outcome !== 'foreign') return this.#dropOdd('unexpected', 'no session waits for it', from, now, data);
    this.#dropOdd('foreign', `not from where ${taken.line.id} is`, from, now, data);
    this.#gate.reject(taken.line.id, from, 'foreign reply', now);
  }

  // --- the rest

  /** Takes SMS while somebody listens for `sms`, so that none is taken and then heard by nobody. */
  #takeSmsForListeners(): void {
    let stopTaking: (() => void) | undefined;
    const update = (): void => {
      if (this.listenerCount('sms') > 0) stopTaking ??= this.takeSms({ take: (sms) => this.#emit('sms', sms) });
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

  /** Emits to each listener, whatever the others throw. */
  #emit<K extends keyof ServerEvents>(event: K, ...args: ServerEvents[K]): void {
    emitGuarded(this, event, args, this.#fault);
  }

  #drop(reason: Exclude<keyof DropCounters, 'held'>): void {
    this.#dropped[reason] += 1;
  }

  #dropOdd(kind: ProtocolError['kind'], reason: string, from: Address, now: number, data: Buffer): void {
    this.#drop(kind);
    this.#protocolErrors.add(kind, reason, from, now, data);
  }

  #send(message: ServerMessage, to: Address): void {
    this.#transmit(formatServerMessage(message), to);
  }

  #transmit(text: string, to: Address): void {
    if (this.#tracer) this.#record('out', text, to, this.#clock.now());
    this.#transport.send(text, to);
  }

  #record(direction: TraceEntry['direction'], datagram: Buffer | string, peer: Address, now: number): void {
    if (this.#tracer?.isOver(now)) this.stopTrace();
    this.#tracer?.add(direction, datagram, peer, now);
  }

  #tellOfLine(kind: EventKind, line: Line, now: number, isNews = true): void {
    this.#tell(kind, line.device, () => this.#stateOf(line), now, isNews);
    // A line comes online with a keepalive, and restarts with one.
    if (kind !== 'online' && kind !== 'restarted') this.#changes.check(line, isNews, this.#stateOf);
  }

  readonly #stateOf = (line: Line): LineState => line.state(this.#outbox.waitingFor(line.id), this.#clock.now());

  #tell(
    kind: EventKind,
    { id, name }: Pick<Device, 'id' | 'name'>,
    payload: () => GoipEvent['payload'],
    now: number,
    isNews = true,
  ): void {
    const make = (): GoipEvent => {
      return { event: kind, device: id, name, receivedAt: isoTime(this.#clock.wall(now)), payload: payload() };
    };
    const event = this.#eventTakers.deliver(kind, id, isNews, make);
    if (this.listenerCount('event') > 0) this.#emit('event', event ?? make());
  }

  #isOfflineForSure(line: Line): boolean {
    const since = Math.max(line.lastSeen ?? 0, this.#listeningSince ?? Infinity);
    return this.#clock.now() - since >= this.#settings.offlineAfterMs;
  }

  /** One sweep for all lines and jobs instead of a timer each. */
  #scheduleSweep(): void {
    const { offlineAfterMs } = this.#settings;
    this.#cancelSweep = this.#clock.after(Math.min(1000, offlineAfterMs / 10), () => {
      const step = this.#time.look();
      if (step) this.#emit('clock', step);
      const now = this.#clock.now();
      for (const line of this.#lines.sweep(now - offlineAfterMs, now)) {
        this.#presence.changed(line);
        this.#outbox.lineOffline(line);
      }
      this.#outbox.sweep();
      this.#pruneIfDue(now);
      this.#scheduleSweep();
    });
  }

  #pruneIfDue(now: number): void {
    if (now - this.#prunedAt < PRUNE_INTERVAL * 1000) return;
    this.#prunedAt = now;
    // What could not be forgotten is forgotten next time.
    Promise.all([this.#inbox.prune(now), this.#outbox.prune(now)]).catch(() => undefined);
  }

  /** On another address the lines will have to be heard of first. */
  #linesOf(predecessor: GoipServer | undefined): LineRegistry | undefined {
    if (!predecessor) return undefined;
    const { host, port } = predecessor.#settings;
    return host === this.#settings.host && port === this.#settings.port ? predecessor.#lines : undefined;
  }

  #onLoaded(): void {
    this.#reportSetAside();
    if (this.#journal.damage) {
      const [unknown, results] = [this.#outbox.doubtfulNumbers, this.#outbox.dropLostResults()];
      this.#reportDamage(this.#journal.damage, { unknown, results });
    }
    void this.#outbox.doubtsSaved().then((areSaved) => areSaved && this.#journal.settleDamage());
    if (this.#hasReportedFailure) this.#emit('storage', { state: 'healed' });
    this.#hasReportedFailure = false;
    this.#tellLoaded();
  }

  #noteSetAside(record: SetAsideRecord): void {
    this.#setAside.push(record);
    if (!this.#startup.isLoading) this.#reportSetAside();
  }

  #reportSetAside(): void {
    const records = this.#setAside;
    this.#setAside = [];
    if (records.length === 0) return;
    const error = new Error(describeSetAside(this.#storagePlace, records));
    this.#emit('storage', { state: 'set aside', error, records });
  }

  #onNotLoaded(error: Error): void {
    if (!this.#hasReportedFailure) this.#emit('storage', { state: 'failing', error });
    this.#hasReportedFailure = true;
  }

  #reportDamage(found: JournalDamage, jobs: DamagedJobs): void {
    const damage = reportedDamage(found, jobs);
    this.#damage = { state: 'damaged', error: new Error(describeDamage(this.#storagePlace, damage)), ...damage };
    this.#emit('storage', this.#damage);
  }

  #storeFor(storage: string): OpenStore {
    if (storage === 'memory') return () => Promise.resolve(new MemoryStore());
    return storeOnDisk(storage, (news) => this.#emit('storage', news));
  }

  #stopListening(): void {
    this.#cancelSweep?.();
    this.#cancelSweep = undefined;
    this.#presence.stop();
    this.#listeningSince = undefined;
  }
}

function reasonOf({ reason, verb }: Malformed): string {
  return verb === undefined ? reason : `${verb}: ${reason}`;
}

function isNotification(message: DeviceMessage): message is Notification {
  return 'recvid' in message;
}
