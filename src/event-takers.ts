/** Delivers events to those who want them, found by kind and device: most events concern few of many takers. */
import { guarded, reportFault, type FaultReport } from './faults.js';
import { EVENT_KINDS, type EventKind, type EventTaker, type GoipEvent } from './events.js';

/** Takers of one kind of event. */
interface KindTakers {
  readonly ofAllDevices: Set<EventTaker>;
  readonly byDevice: Map<string, Set<EventTaker>>;
}

export class EventTakers {
  readonly #byKind = new Map<EventKind, KindTakers>();

  /** @param fault receives what takers throw */
  constructor(private readonly fault: FaultReport = reportFault) {}

  /** @returns what ends it */
  add(taker: EventTaker): () => void {
    const sets = [...(taker.kinds ?? EVENT_KINDS)].flatMap((kind) => this.#setsFor(kind, taker.devices));
    for (const set of sets) set.add(taker);
    return () => {
      for (const set of sets) set.delete(taker);
    };
  }

  /**
   * Delivers an event to those who want it.
   * @param make called once, and only if somebody wants the event
   * @returns the event; undefined if nobody wants it
   */
  deliver(kind: EventKind, device: string, isNews: boolean, make: () => GoipEvent): GoipEvent | undefined {
    const takers = this.#byKind.get(kind);
    if (!takers) return undefined;
    let event: GoipEvent | undefined;
    const offer = (taker: EventTaker): void => {
      const ask = (): unknown => taker.wants(kind, device, isNews) && taker.take((event ??= make()));
      guarded(ask, this.fault);
    };
    takers.ofAllDevices.forEach(offer);
    takers.byDevice.get(device)?.forEach(offer);
    return event;
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
