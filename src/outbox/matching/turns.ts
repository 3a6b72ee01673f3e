/** What a free line sends next: the number that is due, unless it belongs to another line, or this one has to hold back. */
import type { Clock } from '../../time/clock.js';
import type { Hold } from '../../lines/limits.js';
import type { Line } from '../../lines/line.js';
import type { LineRegistry } from '../../lines/registry.js';
import { TURN_LENGTH } from '../../parameters.js';
import type { OutboxJob } from '../numbers/job.js';
import { isLongText } from '../policy/session-ends.js';
import { keptFor, type Pool } from './pool.js';
import { type NumberQueue } from './queue.js';
import { PRIORITIES, type Priority } from '../result.js';
import type { StickyLines } from './sticky.js';
import type { Turn } from './pool.js';

interface TurnsPorts {
  readonly lines: LineRegistry;
  readonly queue: NumberQueue;
  readonly sticky: StickyLines;
  readonly clock: Clock;
  /** A line may have work. */
  serve(line: Line): void;
  /** A line cannot send for a while. */
  troubled(line: Line): void;
}

export class Turns {
  /** When lines that are held are served again. */
  readonly #wakes = new Map<Line, { readonly at: number; readonly cancel: () => void }>();
  #closed = false;

  constructor(private readonly ports: TurnsPorts) {}

  /** Wakes no line any more. */
  close(): void {
    this.#closed = true;
    for (const { cancel } of this.#wakes.values()) cancel();
  }

  linesIn(pool: Pool): readonly Line[] {
    const lines = this.ports.lines.named(pool.lines ? [...pool.lines] : null);
    return pool.lines || pool.isOfAll ? lines : lines.filter(({ id }) => pool.has(id));
  }

  /** The turn that is due on a line, once numbers that belong to other lines have been sent there. */
  dueOn(line: Line): Turn | undefined {
    const { queue, sticky, clock } = this.ports;
    const now = clock.now();
    const priorities = this.#sendableOn(line, now);
    const mayTake = this.#mayTake(line, now);
    for (;;) {
      const turn = queue.due(line.id, priorities, mayTake);
      const owner = turn && sticky.isOn && this.#ownerOf(turn, line);
      if (!turn || !owner) return turn;
      queue.add(turn.job, queue.take(turn), keptFor(owner.id));
      clock.soon(() => this.ports.serve(owner));
    }
  }

  /** The turn that a session goes on with: its own, unless another one is due. */
  nextOf(job: OutboxJob, line: Line, pool: Pool | undefined, text: string, taken: number): Turn | undefined {
    const due = this.dueOn(line);
    if (!due || due.job === job) return due?.head.text === text ? due : undefined;
    if (due.job.priority !== job.priority || taken >= TURN_LENGTH) return undefined;
    const own = pool && this.ports.queue.turnOf(job, pool);
    if (own?.head.text !== text || !this.#mayTakeNow(own, line, this.ports.clock.now())) return undefined;
    return this.ports.sticky.isOn && this.#ownerOf(own, line) ? undefined : own;
  }

  /** The line that a number was sent from before, where that is another one which can send. */
  #ownerOf(turn: Turn, line: Line): Line | undefined {
    const id = this.ports.sticky.lineOf(turn.head.to);
    const owner = id === undefined || id === line.id || !turn.pool.has(id) ? undefined : this.ports.lines.get(id);
    return owner && this.#isInServiceFor(turn, owner) ? owner : undefined;
  }

  /** Could it send the number, now or soon? */
  #isInServiceFor({ job, head }: Turn, line: Line): boolean {
    const now = this.ports.clock.now();
    if (line.longTextsFrom(now) !== undefined && isLongText(head.text)) return false;
    const hold = line.hold(now, head.parts, job.priority === 'high');
    return line.readiness === 'ready' && !line.isDoubtful && (hold === undefined || hold.reason === 'pause');
  }

  /** Priorities of which it may send something at the moment: of the others, thousands may wait. */
  #sendableOn(line: Line, now: number): readonly Priority[] {
    const hold = line.hold(now, 1, false);
    if (!hold) return PRIORITIES;
    this.#held(line, hold);
    // Whether the line is the last one depends on the number.
    const urgentHold = line.hold(now, 1, true, true);
    if (!urgentHold) return ['high'];
    this.#wake(line, urgentHold.until);
    return [];
  }

  #held(line: Line, { reason, until }: Hold): void {
    this.#wake(line, until);
    if (this.ports.sticky.isOn && reason !== 'pause') this.ports.clock.soon(() => this.ports.troubled(line));
  }

  #mayTake(line: Line, now: number): (turn: Turn) => boolean {
    /** By pool, parts, length and urgency: most of those that wait are alike. */
    const answers = new Map<Pool, boolean[]>();
    return (turn) => {
      const { job, pool, head } = turn;
      if (!job.maySubmit(now)) {
        // It need not be looked at again: there may be a hundred thousand.
        this.ports.queue.holdTurn(turn);
        return false;
      }
      const ofPool = answers.get(pool) ?? [];
      answers.set(pool, ofPool);
      const kind = 4 * head.parts + 2 * Number(isLongText(head.text)) + Number(job.priority === 'high');
      return (ofPool[kind] ??= this.#mayTakeNow(turn, line, now));
    };
  }

  #mayTakeNow(turn: Turn, line: Line, now: number): boolean {
    const { job, head } = turn;
    const longTextsFrom = line.longTextsFrom(now);
    if (longTextsFrom !== undefined && isLongText(head.text)) {
      this.#wake(line, longTextsFrom);
      return false;
    }
    const isUrgent = job.priority === 'high';
    const hold = line.hold(now, head.parts, isUrgent);
    if (hold) {
      this.#held(line, hold);
      return line.hold(now, head.parts, isUrgent, true) === undefined && this.#isLastFor(turn, line);
    }
    const aside = line.asideUntil(now);
    if (aside === undefined) return true;
    const isNeeded = this.#isLastFor(turn, line);
    if (!isNeeded) this.#wake(line, aside);
    return isNeeded;
  }

  /** True if no other line can send the number, now or soon. */
  #isLastFor(turn: Turn, line: Line): boolean {
    return !this.linesIn(turn.pool).some((other) => other !== line && this.#isInServiceFor(turn, other));
  }

  /** Serves a line when it is not held any more. */
  #wake(line: Line, at: number): void {
    const { clock } = this.ports;
    const known = this.#wakes.get(line);
    if (this.#closed || (known && known.at <= at)) return;
    known?.cancel();
    const cancel = clock.after(Math.min(at - clock.now(), LONGEST_WAKE), () => {
      this.#wakes.delete(line);
      this.ports.serve(line);
    });
    this.#wakes.set(line, { at, cancel });
  }
}

/** Wall clocks can be set: it is looked again. */
const LONGEST_WAKE = 60_000;
