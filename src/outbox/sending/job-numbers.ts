/** The numbers of one session: gives it the next one, saves what goes out, and passes results on. */
import type { Clock } from '../../time/clock.js';
import type { Line } from '../../lines/line.js';
import type { NumberResult, SessionEnd } from '../../sessions/machine.js';
import type { NumberSource, SignsOfLife } from '../../sessions/session.js';
import type { JobLog } from '../log/job-log.js';
import type { Matching } from '../matching/matching.js';
import type { Pool } from '../matching/pool.js';
import type { StickyLines } from '../matching/sticky.js';
import type { OutboxJob } from '../numbers/job.js';
import type { Submission } from '../numbers/life.js';
import type { Recipient } from '../numbers/recipient.js';
import type { LineConditions } from '../policy/line-conditions.js';
import type { Policy } from '../policy/policy.js';
import type { Ledger } from '../progress/ledger.js';

export interface JobNumbersPorts {
  readonly clock: Clock;
  readonly log: JobLog;
  readonly ledger: Ledger;
  readonly matching: Matching;
  readonly policy: Policy;
  readonly sticky: StickyLines;
  readonly conditions: LineConditions;
}

/** What a session is opened for. */
export interface SessionPurpose {
  readonly job: OutboxJob;
  readonly line: Line;
  readonly sendid: number;
  /** Where its first number waited; undefined for a session of a previous run. */
  readonly pool: Pool | undefined;
  readonly text: string;
}

export class JobNumbers implements NumberSource<Recipient> {
  #taken = 1;
  /** Numbers with a result since the last submission. */
  readonly #ended = new Set<Recipient>();

  /** @param onEnd is called when the session has ended */
  constructor(
    private readonly purpose: SessionPurpose,
    private readonly ports: JobNumbersPorts,
    private readonly onEnd: (end: SessionEnd, untouched: Recipient | undefined, signs: SignsOfLife) => void,
  ) {}

  next(): Recipient | undefined {
    const { job, line, pool, text } = this.purpose;
    const taken = this.#taken;
    this.#taken += 1;
    const { clock, matching } = this.ports;
    if (job.refusals.has(line.id) || !isUsable(line) || !job.maySubmit(clock.now())) return undefined;
    return matching.takeNext(job, line, pool, text, taken);
  }

  saveSession(): Promise<void> {
    return this.ports.log.sessionOpened(this.purpose.sendid, this.purpose.line.id);
  }

  /**
   * Saves that a number goes out, together with the results of those before it: devices keep the results of the last numbers only,
   * so the next run must not have to ask for more than this one. Rejects if the disk fails.
   */
  async saveSubmission(recipient: Recipient, telid: number): Promise<'saved' | 'withheld'> {
    const { job, line, sendid } = this.purpose;
    const { clock, log, ledger, sticky, conditions, policy } = this.ports;
    const now = clock.now();
    if (!job.maySubmit(now) || this.#isHeld(recipient, now)) return 'withheld';
    const usage = line.reserve(recipient.parts, now);
    // Shares the write that the number waits for.
    conditions.save(line, now);
    const isSpent = line.isSpent(now);
    const number = sticky.isOn ? recipient.to : undefined;
    const results = ledger.unsavedOf(job, this.#ended);
    this.#ended.clear();
    const submission: Submission = {
      ...{ state: 'submitted', device: line.id, sendid, telid },
      ...{ count: line.count ?? null, attempts: recipient.attempts + 1, at: now },
    };
    try {
      await log.submitted(job.key, recipient.index, submission, { usage, sticky: number, ...results });
    } catch (error) {
      line.usageDropped(usage);
      throw error;
    }
    line.usageSaved(usage);
    if (number !== undefined) sticky.saved(number);
    if (isSpent) policy.limitReached(line);
    return 'saved';
  }

  /** Whether the line is the last one for the number was found out when the number was taken. */
  #isHeld({ parts }: Recipient, now: number): boolean {
    const { job, line } = this.purpose;
    return line.hold(now, parts, job.priority === 'high', true) !== undefined;
  }

  submitted(recipient: Recipient): void {
    const { job, line } = this.purpose;
    this.ports.matching.advance(job, recipient, { type: 'submitted', device: line.id });
  }

  waiting(recipient: Recipient): void {
    this.ports.matching.advance(this.purpose.job, recipient, { type: 'put-on-wait' });
  }

  resumed(recipient: Recipient): void {
    const { job, line } = this.purpose;
    this.ports.matching.advance(job, recipient, { type: 'asked' });
    line.askedAgain(this.ports.clock.now());
  }

  result(recipient: Recipient, result: NumberResult): void {
    const { job, line } = this.purpose;
    this.#ended.add(recipient);
    this.ports.policy.numberEnded(job, recipient, line, result);
  }

  resultsSaved(): Promise<void> {
    return this.ports.ledger.saved(this.purpose.job);
  }

  ended(end: SessionEnd, untouched: Recipient | undefined, signs: SignsOfLife): void {
    this.onEnd(end, untouched, signs);
  }
}

/** Whether a line can send, now or after a rest. */
function isUsable({ readiness }: Line): boolean {
  return readiness === 'ready' || readiness === 'resting';
}
