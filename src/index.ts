/**
 * The GoIP SMS server without Node-RED.
 *
 * ```ts
 * import { GoipServer } from '@goip-sms/node-red-goip/core';
 *
 * const server = new GoipServer({ devices: [{ id: 'goipid1', password: 'password1' }] });
 * await server.start();
 * server.on('sms', (sms) => console.log(sms.from, sms.text));
 * const job = await server.send({ to: '+8613800138000', text: 'hello' });
 * console.log(await job.result);
 * await server.stop();
 * ```
 *
 * @module core
 */
export { GoipServer, type ServerParts } from './server.js';
export type { HandoverServer } from './facade/handover.js';
export type { ObservableServer } from './facade/observable.js';
export type { ServerEvents, StorageDamage, StorageEvent } from './events/server-events.js';
export type { DropCounters } from './traffic/drops.js';
export type { LineCounts, LineWatch } from './lines/census.js';
export type { ChangeTaker } from './lines/changes.js';
export type { EarlierStorage } from './journal/carry-over.js';
export { MemoryStore } from './journal/memory-store.js';
export { tidyJournals, type TidyOptions } from './journal/unused.js';
export type { Change, OpenStore, Store } from './journal/store.js';
export { problemOfLimits, type LimitOptions } from './lines/limit-options.js';
export type { HoldReason } from './lines/limits.js';
export type { ReportTaker } from './outbox/reports/late-reports.js';
export type { JobTaker } from './outbox/followers/owners.js';
export type { StatusTaker } from './outbox/followers/statuses.js';
export type { JobSelector } from './outbox/outbox.js';
export type { RoutingRule } from './outbox/matching/routes.js';
export type { ClockStep } from './time/timeline.js';
export { systemClock, type Clock } from './time/clock.js';
export type { Diagnostics, LineDiagnostics } from './traffic/diagnostics.js';
export { problemOfDevice } from './lines/device-rows.js';
export type { ConfigProblem, ProblemEffect } from './reading/problems.js';
export { GoipError, safeErrorOf, safeMessageOf, type GoipErrorCode } from './errors.js';
export { EVENT_KINDS, type EventKind, type EventTaker, type GoipEvent } from './events/events.js';
export type { Rejection, RejectionReason } from './gate/rejections.js';
export type { SmsTaker } from './inbox/inbox.js';
export type { Sms } from './inbox/sms.js';
export type { Seen } from './inbox/seen.js';
export { SeenInMemory } from './inbox/seen-in-memory.js';
export type { LineCounters, LineError, LineState } from './lines/line-state.js';
export type { Address } from './net/address.js';
export {
  errorOf,
  PRIORITIES,
  type Attempt,
  type Delivery,
  type FinalState,
  type Job,
  type JobResult,
  type JobSummary,
  type Priority,
  type RecipientResult,
  type RecipientState,
  type RecipientStatus,
} from './outbox/result.js';
export { Pace } from './time/pace.js';
export type { ProtocolError } from './traffic/protocol-errors.js';
export type { SendRequest } from './outbox/accepting/request.js';
export type { DeviceOptions, ServerOptions } from './config/settings.js';
export type { Trace, TraceEntry } from './traffic/trace.js';
