/** What a handler of a message gets and may use. */
import type { EventBus } from '../events/bus.js';
import type { Gate } from '../gate/gate.js';
import type { Duplicates } from '../inbox/duplicates.js';
import type { Inbox } from '../inbox/inbox.js';
import type { Presence } from '../lines/presence.js';
import type { LineRegistry } from '../lines/registry.js';
import type { Address } from '../net/address.js';
import type { Outbox } from '../outbox/outbox.js';
import type { Timeline } from '../time/timeline.js';
import type { Drops } from '../traffic/drops.js';
import type { Sender } from '../traffic/sender.js';
import type { RepeatedKeepalives } from './repeated-keepalives.js';

/** A datagram that was admitted. */
export interface Datagram {
  readonly data: Buffer;
  readonly from: Address;
  /** Steady time at which it is handled. */
  readonly now: number;
}

export type Handler<M> = (message: M, datagram: Datagram) => void;

/** The rooms that messages concern. */
export interface ReceivingRooms {
  readonly clock: Timeline;
  readonly gate: Gate;
  readonly lines: LineRegistry;
  readonly presence: Presence;
  readonly duplicates: Duplicates;
  readonly inbox: Inbox;
  readonly outbox: Outbox;
  readonly bus: EventBus;
  readonly drops: Drops;
  readonly sender: Sender;
  /** Number in the ack of a keepalive. */
  readonly keepaliveStatus: number;
  /** Undefined to read each keepalive as a whole. */
  readonly repeated: RepeatedKeepalives | undefined;
}
