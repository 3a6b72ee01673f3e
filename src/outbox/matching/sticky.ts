/** The line that a number was sent from before: answers come back there. */
import { BoundedMap } from '../../net/bounded-map.js';
import { STICKY_UNSAVED } from '../../parameters.js';
import type { JobLog } from '../log/job-log.js';

export class StickyLines {
  /** What is not in the journal yet. */
  readonly #assigned = new BoundedMap<string, string>(STICKY_UNSAVED);

  constructor(
    readonly isOn: boolean,
    private readonly log: JobLog,
  ) {}

  /** A device id. Undefined also while the journal is out of order: nothing goes out then. */
  lineOf(number: string): string | undefined {
    try {
      return this.#assigned.get(number) ?? this.log.stickyLine(number);
    } catch {
      return undefined;
    }
  }

  /** From now on; the submission puts it into the journal. */
  assign(number: string, device: string): void {
    this.#assigned.set(number, device);
  }

  saved(number: string): void {
    this.#assigned.delete(number);
  }
}
