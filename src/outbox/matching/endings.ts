/** How numbers end that no line has. */
import type { OutboxJob } from '../numbers/job.js';
import type { Ending } from '../numbers/life.js';
import type { Recipient } from '../numbers/recipient.js';
import type { Attempt } from '../result.js';

export const CLOSED: Ending = { state: 'failed', code: 'GOIP_CLOSED', reason: 'the server was closed' };
export const CANCELLED: Ending = { state: 'cancelled', code: 'GOIP_CANCELLED', reason: 'cancelled' };
export const EXPIRED: Ending = { state: 'expired', code: 'GOIP_EXPIRED', reason: 'it was not submitted in time' };

/** How a number ends that comes back from a line; undefined if it waits for another one. */
export function forcedOutcome(job: OutboxJob, isClosed: boolean): Ending | undefined {
  if (job.isCancelled) return CANCELLED;
  return isClosed ? CLOSED : undefined;
}

/** How a number ends that every line has refused: as the last refusal says. */
export function unroutable(job: OutboxJob, { tried }: Recipient): Ending {
  const refusal: Partial<Attempt> = [...job.refusals.values()].at(-1) ?? tried.at(-1) ?? {};
  const { code = 'GOIP_REJECTED', reason = 'no line can send it', errorstatus = null } = refusal;
  return { state: 'failed', code, reason, errorstatus };
}
