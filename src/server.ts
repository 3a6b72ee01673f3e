/** The SMS server as people use it. What it is made of is in `src/wiring.ts`, the road of a datagram in `src/receive/router.ts`. */
import type { ServerOptions } from './config/settings.js';
import type { EventTaker } from './events/events.js';
import { takeSmsForListeners } from './events/sms-listeners.js';
import { furnish, roomsOf } from './facade/rooms.js';
import { HandoverServer } from './facade/handover.js';
import type { SmsTaker } from './inbox/inbox.js';
import type { LineWatch } from './lines/census.js';
import type { ChangeTaker } from './lines/changes.js';
import type { LineState } from './lines/line-state.js';
import type { Address } from './net/address.js';
import type { JobSelector } from './outbox/outbox.js';
import type { SendRequest } from './outbox/accepting/request.js';
import type { Job, JobSummary } from './outbox/result.js';
import { wire, type Parts } from './wiring.js';

export interface ServerParts extends Parts {
  /** A server that this one replaces, and whose lines it goes on with: a redeploy should not wait for keepalives. */
  readonly predecessor?: GoipServer | undefined;
}

export class GoipServer extends HandoverServer {
  /**
   * Leaves out rows of `devices` and `routes` that are wrong, and lists them in {@link problems}.
   * @throws GoipError `GOIP_BAD_SETTING` naming the first setting that is wrong
   */
  constructor(options: ServerOptions = {}, parts: ServerParts = {}) {
    super();
    this.setMaxListeners(0);
    const { predecessor } = parts;
    const rooms = wire(options, parts, this, predecessor && roomsOf(predecessor));
    furnish(this, rooms);
    takeSmsForListeners(this, () => this.takeSms({ take: (sms) => rooms.listeners.emit('sms', sms) }));
  }

  /**
   * Opens the journal, binds the socket and begins to listen. The jobs of a previous run are read from then on.
   * @returns the address and port that it listens on
   * @throws the system's error (`EADDRINUSE`, …) or that of the journal; `start` may be called again
   */
  async start(): Promise<Address> {
    return roomsOf(this).startStop.start();
  }

  /**
   * Waits at most `graceSeconds` for what the devices have in hand, ends the sessions and closes socket and journal. Jobs
   * that the journal keeps go on at the next start; otherwise what was not submitted fails.
   */
  async stop({ graceSeconds = 0 }: { readonly graceSeconds?: number } = {}): Promise<void> {
    await roomsOf(this).startStop.stop(graceSeconds * 1000);
  }

  /**
   * Accepts one text for one or many numbers; resolves when that is saved.
   * @throws GoipError with the code of what is wrong; then nothing was accepted.
   */
  async send(request: SendRequest): Promise<Job> {
    const { startup, outbox } = roomsOf(this);
    await startup.load();
    try {
      return await outbox.accept(request);
    } catch (error) {
      throw this.safeErrorOf(error);
    }
  }

  /** Ends what was not submitted as `cancelled`. Resolves to the ids of the jobs. */
  async cancel(selector: JobSelector): Promise<string[]> {
    const { startup, outbox } = roomsOf(this);
    await startup.load();
    return outbox.cancel(selector);
  }

  /** Holds jobs back until {@link resume}; what is with a device goes on. Resolves to their ids. */
  async pause(selector: JobSelector): Promise<string[]> {
    const { startup, outbox } = roomsOf(this);
    await startup.load();
    return outbox.pause(selector);
  }

  async resume(selector: JobSelector): Promise<string[]> {
    const { startup, outbox } = roomsOf(this);
    await startup.load();
    return outbox.resume(selector);
  }

  /**
   * Jobs in hand, and those whose origin has not taken the result: at most so many, those accepted last. Jobs that have ended
   * come first.
   */
  jobs(most?: number): JobSummary[] {
    return roomsOf(this).outbox.jobs(most);
  }

  /** How many jobs there are for {@link jobs}. */
  get jobCount(): number {
    return roomsOf(this).outbox.jobCount;
  }

  /** Jobs in hand, those accepted first: how many there are, and at most so many of them. */
  runningJobs(most = Infinity): { readonly total: number; readonly jobs: JobSummary[] } {
    return roomsOf(this).outbox.running(most);
  }

  /** How long results of jobs, and what no server uses any more, are kept. */
  get retentionMs(): number {
    return roomsOf(this).config.settings.retentionMs;
  }

  /** The state of all lines, or of those named. Unknown ids are left out. */
  lines(ids?: readonly string[]): LineState[] {
    return roomsOf(this).states.list(ids);
  }

  /** The same as {@link lines}, made in several turns of the event loop if there are many. */
  async linesInTurns(ids?: readonly string[]): Promise<LineState[]> {
    const states: LineState[] = [];
    await this.visitLines((state) => states.push(state), ids);
    return states;
  }

  /** Calls back with the state of each line that {@link lines} returns, in several turns of the event loop if there are many. */
  async visitLines(visit: (state: LineState) => void, ids?: readonly string[]): Promise<void> {
    const { states } = roomsOf(this);
    await states.visit(ids, (line) => visit(states.of(line)));
  }

  /**
   * Watches how many of these lines are known, online, and were ever heard of; all lines for undefined. Unknown ids are left
   * out. The counts are kept as lines come and go, and cost nothing to read.
   * @param changed called after each change
   */
  watchLines(ids: readonly string[] | undefined, changed: () => void): LineWatch {
    return roomsOf(this).lines.watch(ids, changed);
  }

  /**
   * Takes received SMS: those that were held because nobody was there to take them at once, all others as they come.
   * @returns what ends it
   */
  takeSms(taker: SmsTaker): () => void {
    return roomsOf(this).inbox.addTaker(taker);
  }

  /**
   * Takes events, those only that are wanted. Listening for `event` is to want all.
   * @returns what ends it
   */
  takeEvents(taker: EventTaker): () => void {
    return roomsOf(this).eventTakers.add(taker);
  }

  /**
   * Takes the states of lines: of each the first one, and then those in which something has changed that users want to know.
   * @returns what ends it
   */
  takeChanges(taker: ChangeTaker): () => void {
    return roomsOf(this).changes.add(taker);
  }
}
