/** Delivers events to their takers, which are found by kind and device: few of many takers want the same event. */
import { guarded, reportFault, type FaultReport } from '../faults.js';
import { EVENT_KINDS, type EventKind, type EventTaker, type GoipEvent } from './events.js';
import { HeldBack } from '../delivery/held-back.js';

/** Takers of one kind of event. */
interface KindTakers {
  readonly ofAllDevices: Set<EventTaker>;
  readonly byDevice: Map<string, Set<EventTaker>>;
}

/** A taker with an id. */
interface Place {
  readonly taker: EventTaker;
  readonly remove: () => void;
  /** The taker has stopped during a hold, and events are held for the next one. */
  hasLeft: boolean;
}

export interface HeldEvent {
  readonly event: GoipEvent;
  readonly isNews: boolean;
}

/** An event that is made when a taker wants it. */
interface Offer {
  readonly kind: EventKind;
  readonly device: string;
  readonly isNews: boolean;
  readonly make: () => GoipEvent;
}

export class EventTakers {
  readonly #byKind = new Map<EventKind, KindTakers>();
  readonly #byId = new Map<string, Place>();
  #isHolding = false;

  /**
   * @param fault receives what takers throw
   * @param held shared with the server that this one replaces
   */
  constructor(
    private readonly fault: FaultReport = reportFault,
    private readonly held = new HeldBack<HeldEvent>(),
  ) {}

  /** @returns what ends it */
  add(taker: EventTaker): () => void {
    const sets = [...(taker.kinds ?? EVENT_KINDS)].flatMap((kind) => this.#setsFor(kind, taker.devices));
    for (const set of sets) set.add(taker);
    const remove = (): void => {
      for (const set of sets) set.delete(taker);
    };
    return taker.id === undefined ? remove : this.#place(taker.id, taker, remove);
  }

  #place(id: string, taker: EventTaker, removeTaker: () => void): () => void {
    this.#byId.get(id)?.remove();
    const remove = (): void => {
      removeTaker();
      if (this.#byId.get(id) === place) this.#byId.delete(id);
    };
    const place: Place = { taker, remove, hasLeft: false };
    this.#byId.set(id, place);
    return () => {
      if (this.#isHolding) place.hasLeft = true;
      else remove();
    };
  }

  /** Keeps the events of takers with an id until {@link release}, because they are about to be replaced. */
  hold(): void {
    this.#isHolding = true;
  }

  /** Delivers what was held. What no taker has come back for is forgotten. */
  release(): void {
    this.#isHolding = false;
    for (const { hasLeft, remove } of [...this.#byId.values()]) if (hasLeft) remove();
    for (const [id, events] of this.held.takeAll()) {
      const taker = this.#byId.get(id)?.taker;
      if (!taker) continue;
      for (const { event, isNews } of events) {
        const { event: kind, device } = event;
        if (this.#isTaker(taker, kind, device)) this.#offer(taker, { kind, device, isNews, make: () => event });
      }
    }
  }

  /**
   * Delivers an event to those who want it.
   * @param make called once, and only if a taker wants the event
   * @returns the event; undefined if no taker wants it
   */
  deliver(kind: EventKind, device: string, isNews: boolean, make: () => GoipEvent): GoipEvent | undefined {
    const takers = this.#byKind.get(kind);
    if (!takers) return undefined;
    let event: GoipEvent | undefined;
    const offer = { kind, device, isNews, make: () => (event ??= make()) };
    takers.ofAllDevices.forEach((taker) => this.#offer(taker, offer));
    takers.byDevice.get(device)?.forEach((taker) => this.#offer(taker, offer));
    return event;
  }

  #offer(taker: EventTaker, { kind, device, isNews, make }: Offer): void {
    const { id } = taker;
    const give = (): unknown => taker.wants(kind, device, isNews) && taker.take(make());
    const hold = (heldFor: string): unknown =>
      taker.wants(kind, device, isNews) && this.held.add(heldFor, { event: make(), isNews });
    guarded(() => (this.#isHolding && id !== undefined ? hold(id) : give()), this.fault);
  }

  #isTaker(taker: EventTaker, kind: EventKind, device: string): boolean {
    const { ofAllDevices, byDevice } = this.#byKind.get(kind) ?? {};
    return ofAllDevices?.has(taker) === true || byDevice?.get(device)?.has(taker) === true;
  }

  #setsFor(kind: EventKind, devices: EventTaker['devices']): Set<EventTaker>[] {
    const takers = this.#byKind.get(kind) ?? { ofAllDevices: new Set(), byDevice: new Map<string, Set<EventTaker>>() };
    this.#byKind.set(kind, takers);
    if (!devices) return [takers.ofAllDevices];
    return [...devices].map((device) => {
      const ofDevice = takers.byDevice.get(device) ?? new Set();
      takers.byDevice.set(device, ofDevice);
      return ofDevice;
    });
  }
}
