/** Keeps the pauses, cooldowns and failures of lines in the journal, so that a restart ends none of them. */
import type { Journal } from '../../journal/journal.js';
import { del, put } from '../../journal/store.js';
import { isOrdinary, type LineCondition } from '../../lines/condition.js';
import type { Line } from '../../lines/line.js';
import type { LineRegistry } from '../../lines/registry.js';

/** Journal key, followed by a device id. */
const CONDITION = 'condition/';

type SavedCondition = LineCondition & {
  /** Time of the last change, steady. */
  readonly at: number;
};

export class LineConditions {
  /** What the journal has, by device id. */
  readonly #saved = new Map<string, string>();

  constructor(
    private readonly journal: Journal,
    private readonly lines: LineRegistry,
  ) {}

  /** Restores the lines as the previous run left them. */
  async load(now: number): Promise<void> {
    for await (const [key, value] of this.journal.entries(CONDITION)) {
      const { at, ...condition } = value as SavedCondition;
      const line = this.lines.get(key.slice(CONDITION.length));
      if (!line) continue;
      this.#saved.set(line.id, JSON.stringify(condition));
      line.restoreCondition(condition, now);
    }
  }

  /** Saves the condition of a line if it has changed, with the next write of the journal. */
  save(line: Line, now: number): void {
    const condition = line.condition(now);
    const text = isOrdinary(condition) ? undefined : JSON.stringify(condition);
    if (text === this.#saved.get(line.id)) return;
    const key = CONDITION + line.id;
    if (text === undefined) this.#saved.delete(line.id);
    else this.#saved.set(line.id, text);
    this.journal.later([text === undefined ? del(key) : put(key, { ...condition, at: now } satisfies SavedCondition)]);
  }

  /** Forgets what has passed, and lines that are not in the list any more and have not changed since `deadline`. */
  async prune(now: number, deadline: number): Promise<void> {
    for await (const [key, value] of this.journal.entriesInAnyOrder(CONDITION)) {
      const line = this.lines.get(key.slice(CONDITION.length));
      if (line) this.save(line, now);
      else if ((value as SavedCondition).at <= deadline) this.journal.later([del(key)]);
    }
  }
}
