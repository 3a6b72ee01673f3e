/** Events of a server for programs, with the arguments of their listeners. */
import type { Sms } from '../inbox/sms.js';
import type { ReportedDamage, SetAsideRecord } from '../journal/damage.js';
import type { FolderNews } from '../journal/open-store.js';
import type { ClockStep } from '../time/timeline.js';
import type { GoipEvent } from './events.js';

/** Events of {@link GoipServer}, with the arguments of their listeners. */
export interface ServerEvents {
  /** A received SMS. Listening for it is {@link GoipServer.takeSms} for all lines. */
  sms: [Sms];
  event: [GoipEvent];
  /**
   * A listener or taker has thrown, or a promise of it was rejected. The server goes on. Each text is reported once; without
   * listeners it is a warning of the process.
   */
  fault: [Error];
  /** The socket broke; the server has stopped listening and can be started again. */
  broken: [Error];
  /** The wall clock was set, by more than a time server corrects little by little. Durations do not change, what is shown does. */
  clock: [ClockStep];
  /** The journal cannot be written, works again, or is not what it was. */
  storage: [StorageEvent];
}

export type StorageEvent =
  | { readonly state: 'failing'; readonly error: Error }
  | { readonly state: 'healed' }
  | FolderNews
  | StorageDamage
  /** Records do not look as they should, such as those of a newer version: they are left alone. */
  | { readonly state: 'set aside'; readonly error: Error; readonly records: readonly SetAsideRecord[] };

/** The journal was found damaged, and the server goes on with what could be read. */
export interface StorageDamage extends ReportedDamage {
  readonly state: 'damaged';
  /** Says all of it in words. */
  readonly error: Error;
}
