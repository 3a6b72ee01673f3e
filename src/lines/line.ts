/** A line: one SIM channel of a gateway, known by its id. Only its own methods change it. */
import { NEVER_SET, type WallTime } from '../time/clock.js';
import type { LocalTime } from '../time/local-time.js';
import type { LineCondition } from './condition.js';
import { Contact } from './contact.js';
import type { Device } from './devices.js';
import { LineHabits } from './habits.js';
import { LineHealth } from './health.js';
import { LineMeter, type Hold } from './limits.js';
import { stateFrom, type Failure, type LineCounters, type LineError, type LineState } from './line-state.js';
import type { Usage } from './usage.js';

/** Whether a session can be opened on a line, and why not. */
export type Readiness = 'ready' | 'offline' | 'logged-out' | 'resting';

type Counters = { -readonly [K in keyof LineCounters]: LineCounters[K] };

export class Line extends Contact {
  readonly #meter: LineMeter;
  #health = new LineHealth();
  #habits = new LineHabits();
  #counters: Counters = { received: 0, sent: 0, failed: 0, unknown: 0 };
  #sessions = 0;
  #sending = 0;
  #lastTurn = 0;
  #rests = 0;
  #restsUntil = 0;
  #longTextsFrom = 0;
  #lastError: Failure | null = null;
  #isInherited = false;

  /**
   * @param wall shows times
   * @param local returns the hour and day of a time
   */
  constructor(
    readonly device: Device,
    private readonly wall: WallTime = NEVER_SET,
    local?: LocalTime,
  ) {
    super();
    this.#meter = new LineMeter(device.limits, Math.random, undefined, wall, local);
  }

  get id(): string {
    return this.device.id;
  }

  // --- whether it can send

  get readiness(): Readiness {
    if (!this.online) return 'offline';
    if (this.isLoggedOut) return 'logged-out';
    return this.#rests > 0 ? 'resting' : 'ready';
  }

  /** Leaves the line alone until {@link endRest} was called as often as this method, the last time at `until`. */
  rest(until: number): void {
    this.#rests += 1;
    this.#restsUntil = Math.max(this.#restsUntil, until);
  }

  endRest(): void {
    this.#rests -= 1;
  }

  /** Gives the line no long texts until then, because the network does not carry them. */
  restFromLongTexts(until: number): void {
    this.#longTextsFrom = until;
  }

  /** Time from which the line may be given long texts again; undefined if that is now. */
  longTextsFrom(now: number): number | undefined {
    return now < this.#longTextsFrom ? this.#longTextsFrom : undefined;
  }

  /** Returns why the limits do not let so many SMS go out now, see {@link LineMeter.hold}. */
  hold(now: number, parts: number, isUrgent: boolean, isLast = false): Hold | undefined {
    return this.#meter.hold(now, parts, isUrgent, isLast);
  }

  /** Whether the line has sent all that it may in this hour or on this day. */
  isSpent(now: number): boolean {
    return this.#meter.isSpent(now);
  }

  /** Whether so much has failed in a row that other lines go first. */
  get isDoubtful(): boolean {
    return this.#health.isDoubtful;
  }

  /** Earliest time to try the line again; undefined if it can be used now. */
  asideUntil(now: number): number | undefined {
    return this.#health.asideUntil(now);
  }

  // --- its sessions, and the numbers in them

  /** Bulk sessions that are open. */
  get sessions(): number {
    return this.#sessions;
  }

  sessionOpened(): void {
    this.#sessions += 1;
  }

  sessionClosed(): void {
    this.#sessions -= 1;
  }

  /** Numbers that are with the device. */
  get sending(): number {
    return this.#sending;
  }

  numberSubmitted(): void {
    this.#sending += 1;
  }

  numberEnded(state: 'sent' | 'failed' | 'unknown'): void {
    this.#sending -= 1;
    this.#counters[state] += 1;
  }

  get counters(): LineCounters {
    return this.#counters;
  }

  smsReceived(): void {
    this.#counters.received += 1;
  }

  get habit(): LineHabits['results'] {
    return this.#habits.results;
  }

  get roundTripMs(): number | undefined {
    return this.#habits.roundTripMs;
  }

  get resultMs(): number | undefined {
    return this.#habits.resultMs;
  }

  roundTripMeasured(ms: number): void {
    this.#habits.roundTripMeasured(ms);
  }

  resultObserved(habit: 'push' | 'poll', resultMs?: number): void {
    this.#habits.resultObserved(habit, resultMs);
  }

  // --- what numbers do to its limits and its health

  /** Order of the last number that the line took, among the numbers that all lines took. */
  get lastTurn(): number {
    return this.#lastTurn;
  }

  turnTaken(turn: number, now: number): void {
    this.#lastTurn = turn;
    this.#health.probed(now);
  }

  /**
   * Counts SMS that are about to go out, and returns the usage to save before they do. {@link usageSaved} or
   * {@link usageDropped} follows.
   */
  reserve(parts: number, now: number): Usage {
    return this.#meter.reserve(parts, now);
  }

  usageSaved(usage: Usage): void {
    this.#meter.usageSaved(usage);
  }

  usageDropped(usage: Usage): void {
    this.#meter.usageDropped(usage);
  }

  /** A number of a previous run is asked for, and may go on air only now: the pause starts again. */
  askedAgain(now: number): void {
    this.#meter.askedAgain(now);
  }

  /** The device reported a failure: the pause starts, whether the line or the number is to blame. */
  answered(now: number): void {
    this.#meter.answered(now);
  }

  /** The line sent a number. Returns whether it had been failing. */
  succeeded(now: number): boolean {
    this.#meter.sent(now);
    return this.#health.worked();
  }

  /** The line failed to send a number. Returns whether it begins to fail. */
  failed(now: number): boolean {
    this.#meter.failed(now);
    return this.#health.failed(now);
  }

  /** A session failed because of the line. Returns whether it begins to fail. */
  sessionFailed(now: number): boolean {
    return this.#health.failed(now);
  }

  /** A number failed, and another line will show who is to blame: {@link convict} or {@link acquit} follows. */
  suspect(number: object, now: number): void {
    this.#health.suspect(number, now);
  }

  /** Another line sent the number. Returns whether this line begins to fail. */
  convict(number: object, now: number): boolean {
    const outcome = this.#health.convict(number);
    if (outcome !== 'ignored') this.#meter.failed(now);
    return outcome === 'failing';
  }

  /** Another line did not send the number either. */
  acquit(number: object): void {
    this.#health.acquit(number);
  }

  /** Records why a number was not sent, or why a job excluded the line. That the server closes is no error of the line. */
  recordError({ code, reason }: Pick<LineError, 'code' | 'reason'>, now: number): void {
    if (code !== 'GOIP_CLOSED') this.#lastError = { code, reason, at: now };
  }

  // --- restarts and deploys

  /** Takes over what the previous server knows of the line. */
  inherit(line: Line): void {
    this.#isInherited = true;
    this.inheritContact(line);
    this.#counters = line.#counters;
    this.#habits = line.#habits;
    this.#health = line.#health;
    this.#lastError = line.#lastError;
    this.#meter.inherit(line.#meter);
  }

  /** Goes on with the usage that a previous run saved. */
  restoreUsage(usage: Usage): void {
    this.#meter.restore(usage);
  }

  /** What the line goes on with after a restart. */
  condition(now: number): LineCondition {
    return { ...this.#meter.condition(now), ...this.#health.condition(now) };
  }

  /** Goes on with the condition that a previous run saved, unless the line was inherited from the previous server. */
  restoreCondition(condition: LineCondition, now: number): void {
    if (this.#isInherited) return;
    this.#meter.restoreCondition(condition);
    this.#health.restore(condition, now);
  }

  /** Moves its times, because the timeline goes on at another place. */
  shiftTimes(ms: number): void {
    this.shiftContactTimes(ms);
    if (this.#lastError) this.#lastError = { ...this.#lastError, at: this.#lastError.at + ms };
    this.#health.shiftTimes(ms);
    this.#meter.shiftTimes(ms);
  }

  /** @param waiting numbers that wait and may go out on this line */
  state(waiting: number, now: number): LineState {
    const usage = this.#meter.counts(now);
    const hold = this.#meter.hold(now, 1, false);
    const restsUntil = this.#rests > 0 ? this.#restsUntil : undefined;
    const { isFailing } = this.#health;
    return stateFrom(this, { waiting, now, usage, hold, restsUntil, isFailing, lastError: this.#lastError }, this.wall);
  }
}
