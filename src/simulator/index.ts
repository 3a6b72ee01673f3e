/**
 * A GoIP gateway in software, for tests and for users without hardware. It needs nothing but Node.js.
 *
 * @module simulator
 */
export { GoipSimulator } from './gateway.js';
export type { RestartOptions, SimulatedLine } from './line.js';
export type { InboundSms } from './inbound.js';
export type { NotificationContent } from './notifier.js';
export {
  DEFAULT_SETTINGS,
  makeLines,
  type Firmware,
  type KeepaliveFields,
  type LineOptions,
  type LineSeries,
  type LineSettings,
  type PartOrder,
  type SimulatorOptions,
  type UssdAnswer,
} from './options.js';
export type { Counters } from './books.js';
export type { Duration } from './duration.js';
export { splitSms, WITH_HEADER, WITHOUT_HEADER, type PartLength } from './sms-parts.js';
export type { Faults, PathFaults } from './faults.js';
export type { Timers } from './alarms.js';
export type {
  Datagram,
  DatagramEvent,
  DeliveryReport,
  Direction,
  FailedSms,
  GsmStatus,
  NotificationOutcome,
  OnAirSms,
  PartOfSms,
  ReceivedSms,
  SessionEvent,
  SimulatorEvents,
} from './events.js';
export { describeEvents } from './report.js';
export { startTraffic, type TrafficOptions } from './traffic.js';
