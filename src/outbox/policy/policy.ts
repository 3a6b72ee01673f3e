/**
 * What results and ends of sessions mean: a line rests, waits for its SIM, or is excluded from a job; a number ends, or another
 * line tries it.
 */
import type { Timeline } from '../../time/timeline.js';
import { isoTime } from '../../time/iso-time.js';
import type { EventKind } from '../../events/events.js';
import { isUnknownNumber } from '../../gsm/causes.js';
import type { Line } from '../../lines/line.js';
import type { LineRegistry } from '../../lines/registry.js';
import type { NumberResult } from '../../sessions/machine.js';
import type { Matching } from '../matching/matching.js';
import type { OutboxJob } from '../numbers/job.js';
import type { Recipient } from '../numbers/recipient.js';
import type { Attempt } from '../result.js';
import type { OutboxSettings } from '../settings.js';
import { Blame } from './blame.js';
import type { LineConditions } from './line-conditions.js';
import { consequenceOf, type Consequence, type EndedSession } from './session-ends.js';

export interface PolicyPorts {
  readonly lines: LineRegistry;
  readonly settings: OutboxSettings;
  readonly clock: Timeline;
  readonly matching: Matching;
  readonly conditions: LineConditions;
  /** Whether a line that is offline has been silent long enough to be considered offline. */
  isOfflineForSure(line: Line): boolean;
  tell(kind: EventKind, line: Line): void;
  /** A line may have work. */
  serve(line: Line): void;
}

type Unsent = Exclude<NumberResult, { state: 'sent' }>;

export class Policy {
  readonly #blame: Blame;
  /** Cancel the ends of rests. */
  readonly #rests = new Set<() => void>();
  #isClosing = false;

  constructor(private readonly ports: PolicyPorts) {
    const { lines, clock, matching, conditions } = ports;
    this.#blame = new Blame({
      lines,
      tell: (kind, line) => ports.tell(kind, line),
      changed: (line) => conditions.save(line, clock.now()),
      troubled: (line) => matching.releaseKept(line),
    });
  }

  /** No line rests any more. */
  close(): void {
    this.#isClosing = true;
    for (const cancel of this.#rests) cancel();
  }

  /** A session has a result: it concerns the line and the number. */
  numberEnded(job: OutboxJob, recipient: Recipient, line: Line, result: NumberResult): void {
    if (result.state === 'sent' || result.code === 'GOIP_SEND_FAILED') job.clearTroubles(line.id);
    const attempt = this.#attempt(job, recipient, line.id, result);
    this.#blame.judge(line, recipient, result, attempt !== undefined, this.ports.clock.now());
    this.ports.matching.advance(job, recipient, { type: 'result', result, attempt });
  }

  /** The result of a number that a previous run submitted will not be known. */
  numberLost(job: OutboxJob, recipient: Recipient, lineId: string, reason: string): void {
    const result = { state: 'unknown', code: 'GOIP_TIMEOUT', reason } as const;
    const attempt = this.#attempt(job, recipient, lineId, result);
    this.ports.matching.advance(job, recipient, { type: 'result', result, attempt });
  }

  /** @param untouched number of the session that it did not send; it waits again */
  sessionEnded(
    job: OutboxJob,
    line: Line,
    session: Omit<EndedSession, 'troubles'>,
    untouched: Recipient | undefined,
  ): void {
    const now = this.ports.clock.now();
    const troubles = job.troubled(line.id, session.end.why, now);
    const consequence = consequenceOf({ ...session, troubles }, now, this.ports.settings);
    this.#judgeLine(line, consequence, now);
    const { refuse } = consequence;
    if (refuse) this.#exclude(job, line, refuse, untouched, now);
  }

  /** A line has sent all that it may in this hour or on this day. */
  limitReached(line: Line): void {
    this.ports.tell('limit-reached', line);
    this.ports.matching.releaseKept(line);
  }

  #judgeLine(line: Line, { rest, pause, restFromLongTexts, park, isFailure }: Consequence, now: number): void {
    if (isFailure) this.#blame.sessionFailed(line, now);
    if (park) line.park();
    if (rest > 0) this.#rest(line, rest);
    if (restFromLongTexts) {
      line.restFromLongTexts(now + restFromLongTexts.ms);
      line.recordError({ code: 'GOIP_TIMEOUT', reason: restFromLongTexts.reason }, now);
    }
    if (park || rest > 0) this.ports.matching.releaseKept(line);
    if (pause > 0) this.#rest(line, pause);
  }

  #rest(line: Line, ms: number): void {
    if (this.#isClosing) return;
    const { clock } = this.ports;
    line.rest(clock.now() + ms);
    const cancel = clock.after(ms, () => {
      this.#rests.delete(cancel);
      line.endRest();
      this.ports.serve(line);
    });
    this.#rests.add(cancel);
  }

  /** Excludes a line from a job. Numbers without another candidate line fail. */
  #exclude(
    job: OutboxJob,
    line: Line,
    refusal: NonNullable<Consequence['refuse']>,
    untouched: Recipient | undefined,
    now: number,
  ): void {
    const { matching } = this.ports;
    job.refuse(line.id, refusal);
    line.recordError(refusal, now);
    if (untouched) {
      const attempt = this.#attemptOn(line.id, { state: 'failed', ...refusal, errorstatus: null });
      matching.advance(job, untouched, { type: 'excluded', attempt });
    }
    matching.reroute(job, line);
  }

  /** Returns the attempt on this line if another line will try the number. */
  #attempt(job: OutboxJob, recipient: Recipient, lineId: string, result: NumberResult): Attempt | undefined {
    if (result.state === 'sent' || !this.#mayTryElsewhere(job, recipient, lineId, result)) return undefined;
    const { state, code, reason } = result;
    const errorstatus = state === 'failed' ? result.errorstatus : null;
    return this.#attemptOn(lineId, { state, code, reason, errorstatus });
  }

  #attemptOn(device: string, failure: Omit<Attempt, 'device' | 'at'>): Attempt {
    return { device, ...failure, at: isoTime(this.ports.clock.wall()) };
  }

  #mayTryElsewhere(job: OutboxJob, recipient: Recipient, lineId: string, result: Unsent): boolean {
    const { attempts, retryUnknown } = this.ports.settings;
    if (recipient.attempts >= attempts || job.isCancelled) return false;
    if (result.state === 'failed' && isUnknownNumber(result.errorstatus)) return false;
    if (result.state === 'unknown') return retryUnknown && !this.#isClosing;
    return this.ports.matching.candidatesFor(job, recipient, lineId).some((line) => this.#mayBecomeReady(line));
  }

  /** Whether it is worth waiting for a line: it was able to send in this run, or may still send its first keepalive. */
  #mayBecomeReady(line: Line): boolean {
    if (line.hasBeenReady) return true;
    return !line.online && !this.ports.isOfflineForSure(line);
  }
}
