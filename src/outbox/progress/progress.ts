/** Moves numbers on: applies events to their lives, and carries out the actions that need no line. */
import type { Clock } from '../../time/clock.js';
import { GoipError } from '../../errors.js';
import { NUMBERS_PER_TURN } from '../../parameters.js';
import type { Pace } from '../../time/pace.js';
import type { OutboxJob } from '../numbers/job.js';
import type { Ending, NumberAction, NumberEvent } from '../numbers/life.js';
import type { Recipient } from '../numbers/recipient.js';
import type { DeliveryReports } from '../reports/reports.js';
import type { Delivery } from '../result.js';
import type { Ledger } from './ledger.js';

interface ProgressPorts {
  readonly clock: Clock;
  readonly pace: Pace;
  readonly ledger: Ledger;
  readonly reports: DeliveryReports;
}

/** Actions that are left to the caller, who knows the lines. */
export type LineAction = Extract<NumberAction, 'save-refusal' | 'queue' | 'queue-first'>;

export class Progress {
  constructor(private readonly ports: ProgressPorts) {}

  /** Applies an event to a number. Returns the action that is left, if there is one. */
  handle(job: OutboxJob, recipient: Recipient, event: NumberEvent): LineAction | undefined {
    const { isNews, left } = this.#apply(job, recipient, event);
    if (isNews) void this.ports.ledger.save(job);
    return left;
  }

  /** Ends numbers that no line has, and that may be many. Resolves when that is saved, or the server closes. */
  endAll(
    job: OutboxJob,
    recipients: readonly Recipient[],
    ending: Ending,
    type: 'ended' | 'doubted' = 'ended',
  ): Promise<unknown> {
    const { ledger } = this.ports;
    if (recipients.length === 0) return ledger.saved(job);
    const event = { type, ending };
    if (recipients.length > NUMBERS_PER_TURN) return ledger.track(job, this.#endInSlices(job, recipients, event));
    for (const recipient of recipients) this.#apply(job, recipient, event);
    return ledger.save(job);
  }

  async #endInSlices(job: OutboxJob, recipients: readonly Recipient[], event: NumberEvent): Promise<void> {
    const { ledger, pace } = this.ports;
    for (let first = 0; first < recipients.length; first += NUMBERS_PER_TURN) {
      await pace.turn(NUMBERS_PER_TURN);
      for (const recipient of recipients.slice(first, first + NUMBERS_PER_TURN)) this.#apply(job, recipient, event);
      void ledger.save(job);
      await ledger.makeRoom(job);
    }
  }

  /** Applies a delivery report to a number of a running job. Resolves when it is saved. */
  async deliveryReported(job: OutboxJob, recipient: Recipient, delivery: Delivery): Promise<void> {
    const { ledger } = this.ports;
    this.handle(job, recipient, { type: 'delivery-reported', delivery });
    await ledger.saved(job);
    // The server closes, and the disk is out of order: the device has to report again.
    if (ledger.hasUnsavedDelivery(job, recipient, delivery))
      throw new GoipError('GOIP_STORAGE', 'the report is not saved');
  }

  #apply(job: OutboxJob, recipient: Recipient, event: NumberEvent): { isNews: boolean; left?: LineAction } {
    const { clock, ledger, reports } = this.ports;
    const now = clock.now();
    let isNews = false;
    let left: LineAction | undefined;
    for (const action of job.step(recipient, event, now)) {
      switch (action) {
        case 'announce':
          job.announce(recipient);
          break;
        case 'save-result': {
          isNews = true;
          ledger.addNews(job, recipient, { type: 'result' });
          const early = reports.sent(job, recipient, now);
          if (early) this.#apply(job, recipient, { type: 'delivery-reported', delivery: early });
          break;
        }
        case 'save-delivery':
          isNews = true;
          if (event.type === 'delivery-reported')
            ledger.addNews(job, recipient, { type: 'delivery', delivery: event.delivery });
          break;
        default:
          left = action;
      }
    }
    return left ? { isNews, left } : { isNews };
  }
}
