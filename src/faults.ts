/**
 * Exceptions of code that the server calls and does not own: listeners, takers, objects of users. They must not end a session
 * half-way, nor the process.
 */
import type { EventEmitter } from 'node:events';
import { FAULTS_REPORTED } from './parameters.js';

export type FaultReport = (error: unknown) => void;

/** Reports an exception that nobody listens for as a warning of the process, each text once. */
export const reportFault: FaultReport = (error) => {
  const { name, message, stack } = errorFrom(error);
  const text = `${name}: ${message}`;
  if (reported.has(text) || reported.size >= FAULTS_REPORTED) return;
  reported.add(text);
  process.emitWarning(message, { type: 'GoipWarning', code: 'GOIP_FAULT', detail: stack });
};

const reported = new Set<string>();

/** Anything can be thrown. */
export function errorFrom(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(`${typeof thrown} was thrown`);
}

/** Calls code that may throw, or return a promise that rejects. Returns whether it has not thrown. */
export function guarded(call: () => unknown, fault: FaultReport): boolean {
  try {
    const result = call();
    if (result instanceof Promise) result.catch(fault);
    return true;
  } catch (error) {
    fault(error);
    return false;
  }
}

/** Emits an event to each listener, whatever the others throw. */
export function emitGuarded(
  emitter: Pick<EventEmitter, 'rawListeners'>,
  event: string,
  args: readonly unknown[],
  fault: FaultReport,
): void {
  for (const listener of emitter.rawListeners(event))
    guarded(() => Reflect.apply(listener, emitter, args) as unknown, fault);
}
