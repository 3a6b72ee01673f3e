/** Emits the events of a server. What a listener throws stops neither the server nor the other listeners. */
import type { EventEmitter } from 'node:events';
import { emitGuarded, errorFrom, reportFault, type FaultReport } from '../faults.js';
import { FAULTS_REPORTED } from '../parameters.js';
import type { ServerEvents } from './server-events.js';

export class Listeners {
  readonly #reportedFaults = new Set<string>();

  constructor(private readonly emitter: EventEmitter<ServerEvents>) {}

  /** Emits what a listener or taker has thrown, each text once. Without a listener for `fault` it is a warning of the process. */
  readonly fault: FaultReport = (error) => {
    if (!this.areThereFor('fault')) return reportFault(error);
    const fault = errorFrom(error);
    const text = `${fault.name}: ${fault.message}`;
    if (this.#reportedFaults.has(text) || this.#reportedFaults.size >= FAULTS_REPORTED) return;
    this.#reportedFaults.add(text);
    emitGuarded(this.emitter, 'fault', [fault], reportFault);
  };

  emit<K extends keyof ServerEvents>(event: K, ...args: ServerEvents[K]): void {
    emitGuarded(this.emitter, event, args, this.fault);
  }

  areThereFor(event: keyof ServerEvents): boolean {
    return this.emitter.listenerCount(event) > 0;
  }
}
