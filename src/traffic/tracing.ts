/** Switches the trace on and off. */
import type { Address } from '../net/address.js';
import type { Clock } from '../time/clock.js';
import { Tracer, type Trace, type TraceEntry, type TracePorts } from './trace.js';

export class Tracing {
  /** Undefined while nobody wants a trace. */
  #tracer: Tracer | undefined;

  constructor(
    private readonly clock: Pick<Clock, 'now'>,
    private readonly ports: TracePorts,
  ) {}

  /** Begins a trace, or lets the one that runs go on as long as a new one. */
  start(): void {
    const now = this.clock.now();
    if (this.#tracer && !this.#tracer.isOver(now)) this.#tracer.extend(now);
    else this.#tracer = new Tracer(now, this.ports);
  }

  /** Forgets what was kept. */
  stop(): void {
    this.#tracer = undefined;
  }

  /** True while datagrams are to be recorded: all that a datagram costs without a trace. */
  get isOn(): boolean {
    return this.#tracer !== undefined;
  }

  record(direction: TraceEntry['direction'], datagram: Buffer | string, peer: Address, now: number): void {
    if (this.#tracer?.isOver(now)) this.stop();
    this.#tracer?.add(direction, datagram, peer, now);
  }

  /** What was kept; null if there is no trace, or no longer. */
  get current(): Trace | null {
    if (this.#tracer?.isOver(this.clock.now())) this.stop();
    return this.#tracer?.list() ?? null;
  }
}
