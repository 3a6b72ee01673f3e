/** The part of the façade for takers that are replaced while the server goes on, as the nodes of a flow are by a deploy. */
import type { ReportTaker } from '../outbox/reports/late-reports.js';
import type { JobTaker } from '../outbox/followers/owners.js';
import type { Job } from '../outbox/result.js';
import type { StatusTaker } from '../outbox/followers/statuses.js';
import { roomsOf } from './rooms.js';
import { ObservableServer } from './observable.js';

export class HandoverServer extends ObservableServer {
  /**
   * Delivers no SMS, no jobs of {@link takeJobs}, no reports of {@link takeReports}, no statuses of jobs that have an origin,
   * and no events to takers with an id until {@link release}, because the takers are about to stop or have not started. What
   * was delivered or {@link told} within the last {@link ServerParts.settleMs} is delivered again then, SMS with
   * `redelivered`; events and statuses are delivered once.
   */
  hold(): void {
    const { eventTakers, inbox, outbox } = roomsOf(this);
    for (const room of [eventTakers, inbox, outbox]) room.hold();
  }

  /** Delivers what was held. */
  release(): void {
    const { eventTakers, inbox, outbox } = roomsOf(this);
    for (const room of [eventTakers, inbox, outbox]) room.release();
  }

  /**
   * Jobs of an origin that go on after a restart, and those whose result it has not been {@link told}. Resolves when the
   * journal is open, however long that takes.
   */
  async adopt(origin: string): Promise<Job[]> {
    const { startup, outbox } = roomsOf(this);
    await startup.loaded;
    return outbox.adopt(origin);
  }

  /**
   * Makes a taker the owner of an origin, in place of the one before. It gets the jobs that {@link adopt} resolves to, now
   * and whenever it may have missed some: after {@link release}, when the journal works again, and when a job is accepted
   * that the owner before it has asked for. It gets a job again that has ended if nobody followed it by its events or its
   * result, and may get a job that it follows already.
   * @returns what ends it
   */
  takeJobs(origin: string, taker: JobTaker): () => void {
    return roomsOf(this).outbox.takeJobs(origin, taker);
  }

  /** The origin of a job has got its result: it need not be kept for it. */
  told(jobId: string): void {
    roomsOf(this).outbox.told(jobId);
  }

  /**
   * Takes the statuses of an origin's jobs, as the listeners of a job do, in place of the taker before. Those of a
   * {@link hold} come at its end, to whoever is the taker then.
   * @returns what ends it
   */
  takeStatuses(origin: string, taker: StatusTaker): () => void {
    return roomsOf(this).outbox.takeStatuses(origin, taker);
  }

  /** Takes delivery reports of an origin's jobs that have ended. @returns what ends it */
  takeReports(origin: string, taker: ReportTaker): () => void {
    return roomsOf(this).outbox.takeReports(origin, taker);
  }
}
